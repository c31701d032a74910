"""The JSON description of a project, as twine and many scripts read it (`/pypi/<name>/json`)."""

from collections.abc import Collection, Mapping, Sequence

from packaging.version import Version

from bonded.index.model import File, Project, Release
from bonded.index.simple import file_path, iso_time, provenance_path

__all__ = ["chosen_release", "info", "project_json"]

_TEXTS = (
    "summary",
    "description",
    "description_content_type",
    "license",
    "license_expression",
    "author",
    "author_email",
    "maintainer",
    "maintainer_email",
    "requires_python",
    "home_page",
    "download_url",
)
_LISTS = ("license_files", "requires_dist", "provides_extra", "dynamic")


def project_json(
    project: Project,
    release: Release,
    releases: Sequence[Release],
    files: Sequence[File],
    origin: str,
    *,
    whole: bool,
) -> Mapping[str, object]:
    """Return the description of one release; `whole`, that of the project, also lists all `releases`.

    `origin` is the scheme and authority that its reader reached the index by, empty where that is not known.
    """
    by_version: dict[str, list[Mapping[str, object]]] = {one.version: [] for one in releases}
    for file in files:
        by_version[file.version].append(_file(file, origin))
    document: dict[str, object] = {
        "info": _info(project, release, files, origin),
        "urls": by_version[release.version],
        "vulnerabilities": [],
        "last_serial": project.serial,
        "ownership": {"roles": [], "organization": None},
    }
    if whole:
        document["releases"] = by_version
    return document


def chosen_release(
    releases: Sequence[Release], files: Sequence[File], version: str | None
) -> Release | None:
    """Return the release of a version, compared by value, or without one the latest, as PyPI chooses it.

    That is the highest of those that are not yanked and final; pre-releases come after final ones, yanked ones last.
    """
    if version is None:
        yanked = {one.version for one in releases if _yanked(one, files) is not None}
        return max(releases, key=lambda one: _rank(one, yanked), default=None)
    try:
        wanted = Version(version)
    except ValueError:
        return None
    return next((one for one in releases if Version(one.version) == wanted), None)


def _rank(release: Release, yanked: Collection[str]) -> tuple[bool, bool, Version]:
    version = Version(release.version)
    return release.version not in yanked, not version.is_prerelease, version


def _yanked(release: Release, files: Sequence[File]) -> str | None:
    """Return why a release is yanked, which it is if all its files are; None where it is not."""
    reasons = [file.yanked for file in files if file.version == release.version]
    if not reasons or None in reasons:
        return None
    return next(filter(None, reasons), "")


def _info(
    project: Project, release: Release, files: Sequence[File], origin: str
) -> Mapping[str, object]:
    home = f"{origin}/project/{project.name}/"
    return info(
        release.metadata,
        name=project.display,
        version=release.version,
        home=home,
        release_url=f"{home}{release.version}/",
        yanked=_yanked(release, files),
    )


def info(
    fields: Mapping[str, object],
    *,
    name: str,
    version: str,
    home: str,
    release_url: str,
    yanked: str | None,
) -> Mapping[str, object]:
    """Return what is said of a release by its metadata, whose `fields` have the names of `packaging`.

    `yanked` is None, or the reason why all its files are, which may be empty.
    """
    return {
        **{name: fields.get(name) for name in (*_TEXTS, *_LISTS)},
        "name": name,
        "version": version,
        "keywords": _joined(fields.get("keywords")),
        "classifiers": fields.get("classifiers") or [],
        "platform": _joined(fields.get("platforms")),
        "project_urls": fields.get("project_urls"),
        "downloads": {"last_day": -1, "last_week": -1, "last_month": -1},
        "package_url": home,
        "project_url": home,
        "release_url": release_url,
        "docs_url": None,
        "bugtrack_url": None,
        "yanked": yanked is not None,
        "yanked_reason": yanked or None,
    }


def _joined(values: object) -> str | None:
    return ",".join(map(str, values)) if isinstance(values, list) and values else None


def _file(file: File, origin: str) -> Mapping[str, object]:
    digest = file.digests.blake2b_256
    has_metadata = file.metadata_sha256 is not None
    return {
        "filename": file.filename,
        "packagetype": file.packagetype,
        "python_version": file.python_version,
        "has_sig": False,
        "comment_text": file.comment,
        "md5_digest": file.digests.md5,
        "digests": {
            "md5": file.digests.md5,
            "sha256": file.digests.sha256,
            "blake2b_256": digest,
        },
        "core-metadata": {"sha256": file.metadata_sha256} if has_metadata else False,
        "size": file.size,
        "downloads": -1,
        "upload_time": iso_time(float(int(file.uploaded))).removesuffix("Z"),
        "upload_time_iso_8601": iso_time(file.uploaded),
        "url": f"{origin}{file_path(digest, file.filename)}",
        "requires_python": file.requires_python or None,
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
        "provenance": _provenance(file, origin),
    }


def _provenance(file: File, origin: str) -> Mapping[str, object] | None:
    """Return who built a file, as was proved at its upload; PyPI's description says nothing of it."""
    if file.proof is None:
        return None
    path = provenance_path(file.project, file.version, file.filename)
    return {**file.proof.to_object(), "url": f"{origin}{path}"}
