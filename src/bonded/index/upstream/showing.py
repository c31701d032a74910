"""What is shown of another index's page: its files addressed through us, and none that may not be had yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from bonded.dists.names import ProjectName
from bonded.index.foreign import ForeignFile, ForeignPage
from bonded.index.policies import Cooldown
from bonded.index.simple import Page, PageFile, iso_time

__all__ = ["Shown", "held_line", "held_text", "shown"]

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page as it is shown from now until `until`, when the next file may be had.

    `held` has the files that are left out, by name, and when each may be had, in seconds since 1970.
    """

    page: Page
    files: Mapping[str, ForeignFile]
    held: Mapping[str, float] = field(default_factory=dict)
    until: float = float("inf")


def shown(
    name: ProjectName,
    page: ForeignPage,
    *,
    cooldown: Cooldown,
    first_seen: Mapping[str, float],
    now: float,
) -> Shown:
    """Return what is shown of a page now. A version goes with the last of its files that is left out."""
    ripe = {
        file.shown.filename: cooldown.ripe(
            name,
            file.version,
            uploaded=file.uploaded,
            first_seen=first_seen.get(file.shown.sha256, now),
        )
        for file in page.files
    }
    held = {filename: at for filename, at in ripe.items() if at > now}
    left = [file for file in page.files if file.shown.filename not in held]
    gone = {file.version for file in page.files if file.shown.filename in held} - {
        file.version for file in left
    }
    return Shown(
        page=Page(
            name=name,
            status=page.status,
            versions=_without(page.versions, gone),
            files=[_readdressed(name, file) for file in left],
        ),
        files={file.shown.filename: file for file in page.files},
        held=held,
        until=min(held.values(), default=float("inf")),
    )


def held_text(filename: str, at: float) -> str:
    """Return why a file is not served, for whoever asked for it."""
    return (
        f"{filename} is held back by this index's rule on the age of other people's releases (min-age);"
        f" it may be had from {_day(at)}"
    )


def held_line(name: ProjectName, held: Mapping[str, float]) -> str:
    """Return what the log says where files are left out of a page: how many, the next ones, and when those come."""
    coming = sorted(held, key=lambda filename: held[filename])
    shown = ", ".join(f"{one} (from {_day(held[one])})" for one in coming[:_NAMED])
    more = ", …" if len(coming) > _NAMED else ""
    return f"{name}: {len(held)} files are held back by min-age: {shown}{more}"


def _day(at: float) -> str:
    return iso_time(int(at) + 1)


def _readdressed(name: ProjectName, file: ForeignFile) -> PageFile:
    address = f"../../upstream/{name}/{file.shown.sha256}/{file.shown.filename}"
    version = "" if file.version is None else str(file.version)
    return replace(file.shown, url=address, version=version)


def _without(versions: Sequence[str], gone: Iterable[Version | None]) -> Sequence[str]:
    away = set(gone)
    return [text for text in versions if _version(text) not in away] if away else versions


def _version(text: str) -> Version | str:
    try:
        return Version(text)
    except ValueError:  # no version, or one with more digits than Python reads
        return text
