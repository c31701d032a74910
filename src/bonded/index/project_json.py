"""The JSON description of a project, as twine and many scripts read it (`/pypi/<name>/json`)."""

from collections.abc import Iterable, Mapping, Sequence

from packaging.version import Version

from bonded.index.model import File, Project, Release
from bonded.index.simple import file_path, iso_time, provenance_path

__all__ = ["by_version", "info", "latest", "project_json"]

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
    files: Mapping[str, Sequence[File]],
    origin: str,
    *,
    whole: bool,
) -> Mapping[str, object]:
    """Return the description of one release; `whole`, that of the project, also lists all releases.

    `files` are by version, those of `release` at least. `origin` is the scheme and authority that its reader reached
    the index by, empty where that is not known.
    """
    own = files[release.version]
    document: dict[str, object] = {
        "info": _info(project, release, own, origin),
        "urls": [_file(file, origin) for file in own],
        "vulnerabilities": [],
        "last_serial": project.serial,
        "ownership": {"roles": [], "organization": None},
    }
    if whole:
        document["releases"] = {
            version: [_file(file, origin) for file in found] for version, found in files.items()
        }
    return document


def by_version(versions: Iterable[str], files: Iterable[File]) -> Mapping[str, Sequence[File]]:
    """Return the files of each of the versions, in the order in which they were given."""
    found: dict[str, list[File]] = {version: [] for version in versions}
    for file in files:
        found[file.version].append(file)
    return found


def latest(files: Mapping[str, Sequence[File]]) -> str | None:
    """Return the latest version, as PyPI chooses it, from the files of each; None where there is none.

    That is the highest of those that are not yanked and final; pre-releases come after final ones, yanked ones last.
    """
    return max(files, key=lambda version: _rank(version, files[version]), default=None)


def _rank(text: str, files: Sequence[File]) -> tuple[bool, bool, Version]:
    version = Version(text)
    return _yanked(files) is None, not version.is_prerelease, version


def _yanked(files: Sequence[File]) -> str | None:
    """Return why a release is yanked, which it is if all its files are; None where it is not."""
    reasons = [file.yanked for file in files]
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
        yanked=_yanked(files),
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
