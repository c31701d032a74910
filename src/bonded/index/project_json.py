"""The JSON description of a project, as twine and many scripts read it (`/pypi/<name>/json`)."""

from collections.abc import Mapping, Sequence

from packaging.version import Version

from bonded.index.model import File, Project, Release
from bonded.index.simple import iso_time, provenance_path

__all__ = ["project_json"]

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
    project: Project, releases: Sequence[Release], files: Sequence[File], version: str | None
) -> Mapping[str, object] | None:
    """Return the description of one release, the latest where `version` is None; None where there is no such.

    Only the description of the whole project lists all `releases`.
    """
    release = _chosen(releases, version)
    if release is None or project.status == "quarantined":
        return None
    by_version = {
        one.version: [_file(file) for file in files if file.version == one.version]
        for one in releases
    }
    document: dict[str, object] = {
        "info": _info(project, release),
        "urls": by_version[release.version],
        "vulnerabilities": [],
        "last_serial": project.serial,
        "ownership": {"roles": [], "organization": None},
    }
    if version is None:
        document["releases"] = by_version
    return document


def _chosen(releases: Sequence[Release], version: str | None) -> Release | None:
    """Return the release of a version, compared by value, or the latest: final ones before pre-releases."""
    if version is None:
        return max(releases, key=_rank, default=None)
    try:
        wanted = Version(version)
    except ValueError:
        return None
    return next((one for one in releases if Version(one.version) == wanted), None)


def _rank(release: Release) -> tuple[bool, Version]:
    version = Version(release.version)
    return not version.is_prerelease, version


def _info(project: Project, release: Release) -> Mapping[str, object]:
    fields = release.metadata
    home = f"/project/{project.name}/"
    return {
        **{name: fields.get(name) for name in (*_TEXTS, *_LISTS)},
        "name": project.display,
        "version": release.version,
        "keywords": ",".join(fields.get("keywords") or ()) or None,
        "classifiers": fields.get("classifiers") or [],
        "platform": ",".join(fields.get("platforms") or ()) or None,
        "project_urls": fields.get("project_urls"),
        "downloads": {"last_day": -1, "last_week": -1, "last_month": -1},
        "package_url": home,
        "project_url": home,
        "release_url": f"{home}{release.version}/",
        "docs_url": None,
        "bugtrack_url": None,
        "yanked": False,
        "yanked_reason": None,
    }


def _file(file: File) -> Mapping[str, object]:
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
        "url": f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{file.filename}",
        "requires_python": file.requires_python or None,
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
        "provenance": _provenance(file),
    }


def _provenance(file: File) -> Mapping[str, object] | None:
    """Return who built a file, as was proved at its upload; PyPI's description says nothing of it."""
    if file.proof is None:
        return None
    return {**file.proof.to_object(), "url": provenance_path(file)}
