"""The page of a project as a value: which release is shown, what is said of it, and what else there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from bonded.index.model import File, Outline, Project, Release
from bonded.index.pages.declared import Declared, declared
from bonded.index.pages.files import ShownFile, ShownTime, shown_file, shown_time

__all__ = [
    "History",
    "Notice",
    "ProjectPage",
    "ShownRelease",
    "chosen",
    "history_of",
    "project_page",
]

_QUARANTINED = "quarantined"
_STATUS: Mapping[str, tuple[str, str, str]] = {
    "archived": ("quiet", "Archived", "Its maintainers do not expect to publish further releases."),
    "deprecated": ("warn", "Deprecated", "Its maintainers advise against it."),
    _QUARANTINED: (
        "alarm",
        "Quarantined",
        "It is held to be unsafe. Its files and its description are not shown, and nobody can install it.",
    ),
}
"""Of each status of PEP 792 how grave it is, its name, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a reader must know before anything else; `tone` is `alarm`, `warn` or `quiet`."""

    tone: str
    title: str
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRelease:
    """One line of the history."""

    version: str
    is_shown: bool
    is_pre: bool
    is_yanked: bool
    files: int
    released: ShownTime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the pages of all versions share: what installers would take, or empty; the highest versions; how many."""

    newest: str = ""
    releases: tuple[ShownRelease, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """Everything on the page but its README; `version` is empty where nothing is published yet.

    `newest` is the version that installers would take, empty if that is the one shown. `pinned` tells that the reader
    asked for this very version. `history` may be the highest of all `releases` and the one shown.
    """

    name: str
    display: str
    version: str
    newest: str
    pinned: bool
    notices: tuple[Notice, ...]
    declared: Declared
    released: ShownTime | None
    files: tuple[ShownFile, ...]
    history: tuple[ShownRelease, ...]
    releases: int

    @property
    def proved(self) -> tuple[ShownFile, ...]:
        """Return the files whose provenance was verified."""
        return tuple(file for file in self.files if file.proof)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the repositories, or other identities, that were proved to have published the files."""
        return tuple(dict.fromkeys(file.proof.source for file in self.files if file.proof))

    @property
    def is_pre(self) -> bool:
        """Tell whether the release that is shown is a pre-release."""
        return any(one.is_shown and one.is_pre for one in self.history)

    @property
    def is_withdrawn(self) -> bool:
        """Tell whether installers take nothing of this project unless it is asked for by its exact version."""
        with_files = [one for one in self.history if one.files]
        return bool(with_files) and all(one.is_yanked for one in with_files)

    @property
    def is_hidden(self) -> bool:
        """Tell whether files and descriptions are not to be shown."""
        return any(notice.tone == "alarm" for notice in self.notices)


def chosen(outlines: Sequence[Outline]) -> str | None:
    """Return the version that installers would take, None where there is none.

    It is the highest final version that has a file which is not yanked, then a pre-release, then whatever there is.
    """
    best = max(outlines, key=_rank, default=None)
    return None if best is None else best.version


def _rank(outline: Outline) -> tuple[bool, bool, Version]:
    parsed = Version(outline.version)
    return outline.files > outline.yanked, not parsed.is_prerelease, parsed


def project_page(
    project: Project,
    history: History,
    release: Release | None,
    files: Sequence[File],
    *,
    pinned: bool,
) -> ProjectPage:
    """Return the page of a project that shows `release` with its `files`; None where it has no release.

    Of a quarantined project nothing is shown, whatever is given.
    """
    if project.status == _QUARANTINED:
        history, release, files = History(), None, ()
    version = release.version if release else ""
    own = sorted(files, key=lambda file: (file.packagetype == "sdist", file.filename))
    return ProjectPage(
        name=project.name,
        display=project.display,
        version=version,
        newest=history.newest if release and history.newest != version else "",
        pinned=pinned,
        notices=(*_status(project), *_yanked(own)),
        declared=declared(release.metadata) if release else Declared(),
        released=shown_time(min(file.uploaded for file in own)) if own else None,
        files=tuple(map(shown_file, own)),
        history=_marked(history.releases, version, own) if release else history.releases,
        releases=history.total,
    )


def _status(project: Project) -> tuple[Notice, ...]:
    status = project.status.removesuffix("-noindex")
    if status == "active":
        return ()
    tone, title, text = _STATUS.get(status, ("warn", status.capitalize(), ""))
    return (Notice(tone=tone, title=f"{title} project", text=text, reason=project.reason),)


def _yanked(files: Sequence[File]) -> tuple[Notice, ...]:
    """Tell of a release of which every file is yanked; single ones are marked in the list."""
    if not files or any(file.yanked is None for file in files):
        return ()
    reasons = dict.fromkeys(file.yanked for file in files if file.yanked)
    text = "Installers pass it over unless it is asked for by its exact version."
    return (Notice(tone="warn", title="Yanked release", text=text, reason="; ".join(reasons)),)


def history_of(outlines: Sequence[Outline], *, most: int | None = None) -> History:
    """Return the history of a project, cut after the `most` highest versions."""
    ordered = sorted(((Version(one.version), one) for one in outlines), key=_parsed, reverse=True)
    return History(
        newest=chosen(outlines) or "",
        releases=tuple(_line(parsed, one) for parsed, one in ordered[:most]),
        total=len(outlines),
    )


def _parsed(pair: tuple[Version, Outline]) -> Version:
    return pair[0]


def _line(parsed: Version, outline: Outline) -> ShownRelease:
    return ShownRelease(
        version=outline.version,
        is_shown=False,
        is_pre=parsed.is_prerelease,
        is_yanked=0 < outline.files == outline.yanked,
        files=outline.files,
        released=None if outline.since is None else shown_time(outline.since),
    )


def _marked(
    releases: Sequence[ShownRelease], version: str, files: Sequence[File]
) -> tuple[ShownRelease, ...]:
    """Return a history in which the version that is shown is marked; put at the end where that was cut off."""
    marked = [replace(one, is_shown=one.version == version) for one in releases]
    if not any(one.is_shown for one in marked):
        own = Outline(
            version=version,
            files=len(files),
            yanked=sum(file.yanked is not None for file in files),
            since=min((file.uploaded for file in files), default=None),
        )
        marked.append(replace(_line(Version(version), own), is_shown=True))
    return tuple(marked)
