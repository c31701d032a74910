"""The JSON description of a project of another index, from its page and the metadata beside one of its files.

Its own description is not asked for: no page bounds what stands there and no digest proves it. So what is described are
the files that the page shows here, and the metadata that an installer would read. What nobody can know from those is
left out, above all `vulnerabilities`: an empty list would say that there are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from bonded.dists.metadata import read_declared
from bonded.index.project_json import info
from bonded.index.simple import Page, PageFile

__all__ = ["ForeignRelease", "foreign_json", "foreign_release"]

_HIDDEN = "quarantined"
_SECONDS = len("2027-01-15T08:00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRelease:
    """The release that is described, and the file beside which its metadata is, None where there is none."""

    version: str
    files: Sequence[PageFile]
    described_by: PageFile | None


def foreign_release(page: Page, version: str | None) -> ForeignRelease | None:
    """Return the release of a version, compared by value, or without one the latest, as for projects of our own."""
    releases = {} if page.status == _HIDDEN else _releases(page)
    if version is None:
        chosen = max(releases, key=lambda one: _rank(one, releases[one]), default=None)
    else:
        chosen = next((one for one in releases if _same(one, version)), None)
    if chosen is None:
        return None
    files = releases[chosen]
    beside = [file for file in files if file.core_metadata]
    wheels = [file for file in beside if file.filename.endswith(".whl")]
    return ForeignRelease(
        version=chosen, files=files, described_by=next(iter(wheels or beside), None)
    )


def foreign_json(
    page: Page, release: ForeignRelease, metadata: bytes, origin: str, *, whole: bool
) -> Mapping[str, object]:
    """Return the description of a release; `whole`, that of the project, also lists all releases.

    `metadata` is the METADATA of the release, empty where there is none. `origin` is as for projects of our own.
    """
    fields = dict(read_declared(metadata).fields) if metadata else {}
    python = next((file.requires_python for file in release.files if file.requires_python), None)
    fields.setdefault("requires_python", python)
    home = f"{origin}/simple/{page.name}/"
    reasons = [file.yanked for file in release.files]
    yanked = None if None in reasons else next(filter(None, reasons), "")
    document: dict[str, object] = {
        "info": info(
            fields,
            name=str(fields.get("name") or page.name),
            version=release.version,
            home=home,
            release_url=home,
            yanked=yanked,
        ),
        "urls": [_file(file, origin) for file in release.files],
        "last_serial": None,
    }
    if whole:
        document["releases"] = {
            version: [_file(file, origin) for file in files]
            for version, files in _releases(page).items()
        }
    return document


def _releases(page: Page) -> dict[str, list[PageFile]]:
    releases: dict[str, list[PageFile]] = {}
    for file in page.files:
        if file.version:
            releases.setdefault(file.version, []).append(file)
    return releases


def _rank(version: str, files: Sequence[PageFile]) -> tuple[bool, bool, Version]:
    parsed = Version(version)
    return any(file.yanked is None for file in files), not parsed.is_prerelease, parsed


def _same(version: str, wanted: str) -> bool:
    try:
        return Version(version) == Version(wanted)
    except ValueError:
        return False


def _file(file: PageFile, origin: str) -> Mapping[str, object]:
    is_wheel = file.filename.endswith(".whl")
    time = file.upload_time
    return {
        "filename": file.filename,
        "packagetype": "bdist_wheel" if is_wheel else "sdist",
        "python_version": file.filename.split("-")[-3] if is_wheel else "source",
        "has_sig": False,
        "comment_text": "",
        "digests": {"sha256": file.sha256},
        "core-metadata": {"sha256": file.core_metadata} if file.core_metadata else False,
        "size": file.size,
        "downloads": -1,
        "upload_time": time[:_SECONDS] if time else None,
        "upload_time_iso_8601": time,
        "url": f"{origin}/{file.url.removeprefix('../../')}",
        "requires_python": file.requires_python,
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
    }
