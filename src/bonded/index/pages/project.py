"""The page of a project as a value: which release is shown, what is said of it, and what else there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from bonded.index.model import File, Project, Release
from bonded.index.pages.declared import Declared, declared
from bonded.index.pages.files import ShownFile, ShownTime, shown_file, shown_time

__all__ = ["Notice", "ProjectPage", "ShownRelease", "chosen", "project_page"]

_QUARANTINED = "quarantined"
_STATUS: Mapping[str, tuple[str, str, str]] = {
    "archived": ("quiet", "Archived", "Its maintainers do not expect to publish further releases."),
    "deprecated": ("warn", "Deprecated", "Its maintainers advise against it."),
    _QUARANTINED: (
        "bad",
        "Quarantined",
        "It is held to be unsafe. Its files and its description are not shown, and nobody can install it.",
    ),
}
"""Of each status of PEP 792 how grave it is, its name, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a reader must know before anything else; `tone` is `bad`, `warn` or `quiet`."""

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
class ProjectPage:
    """Everything on the page but its README; `version` is empty where nothing is published yet.

    `newest` is the version that installers would take, empty if that is the one shown. `pinned` tells that the reader
    asked for this very version.
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

    @property
    def proved(self) -> tuple[ShownFile, ...]:
        """Return the files whose provenance was verified."""
        return tuple(file for file in self.files if file.proof)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the repositories, or other identities, that were proved to have published the files."""
        return tuple(dict.fromkeys(file.proof.source for file in self.files if file.proof))

    @property
    def is_hidden(self) -> bool:
        """Tell whether files and descriptions are not to be shown."""
        return any(notice.tone == "bad" for notice in self.notices)


def chosen(versions: Sequence[str], files: Sequence[File], wanted: str | None) -> str | None:
    """Return the version that a page shows, or None where there is none.

    Without a wish it is the one that installers would take: the highest final version that has a file which is not
    yanked, then a pre-release, then whatever there is.
    """
    if wanted is not None:
        try:
            asked = Version(wanted)
        except InvalidVersion:
            return None
        return next((one for one in versions if Version(one) == asked), None)
    offered = {file.version for file in files if file.yanked is None}
    return max(versions, key=lambda one: _rank(one, offered), default=None)


def _rank(version: str, offered: set[str]) -> tuple[bool, bool, Version]:
    parsed = Version(version)
    return version in offered, not parsed.is_prerelease, parsed


def project_page(
    project: Project,
    versions: Sequence[str],
    files: Sequence[File],
    release: Release | None,
    *,
    pinned: bool,
) -> ProjectPage:
    """Return the page of a project that shows `release`, None where it has none or nothing of it may be shown."""
    newest = chosen(versions, files, None)
    if project.status == _QUARANTINED:
        files, versions, release = (), (), None
    version = release.version if release else ""
    own = sorted(
        (file for file in files if file.version == version),
        key=lambda file: (file.packagetype == "sdist", file.filename),
    )
    return ProjectPage(
        name=project.name,
        display=project.display,
        version=version,
        newest=newest if release and newest and newest != version else "",
        pinned=pinned,
        notices=(*_status(project), *_yanked(own)),
        declared=declared(release.metadata) if release else Declared(),
        released=shown_time(min(file.uploaded for file in own)) if own else None,
        files=tuple(map(shown_file, own)),
        history=_history(versions, files, version),
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


def _history(
    versions: Sequence[str], files: Sequence[File], shown: str
) -> tuple[ShownRelease, ...]:
    by_version: dict[str, list[File]] = {version: [] for version in versions}
    for file in files:
        by_version.setdefault(file.version, []).append(file)
    ordered = sorted(by_version, key=Version, reverse=True)
    return tuple(_line(version, by_version[version], shown) for version in ordered)


def _line(version: str, files: Sequence[File], shown: str) -> ShownRelease:
    return ShownRelease(
        version=version,
        is_shown=version == shown,
        is_pre=Version(version).is_prerelease,
        is_yanked=bool(files) and all(file.yanked is not None for file in files),
        files=len(files),
        released=shown_time(min(file.uploaded for file in files)) if files else None,
    )
