"""Whether the index can take this file: its outward signs, its digests, its place on the shelf."""

import re

from bonded.index.byte_sizes import size_exact
from bonded.index.checks.case import AlreadyThere, Case, refuse
from bonded.index.model import Refusal

__all__ = [
    "bytes_were_never_deleted",
    "content_type_is_plausible",
    "digests_match",
    "extension_fits_filetype",
    "file_fits_limit",
    "file_is_new",
    "filename_is_bare",
    "filename_was_never_used",
    "only_one_sdist",
    "project_fits_limit",
    "release_is_open",
]

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")
_EXTENSIONS = {"sdist": (".tar.gz", ".zip"), "bdist_wheel": (".whl",)}
_BLAKE2B_512 = 128
"""Hexadecimal digits of what distutils sends under the name of the shorter digest, beside MD5 and SHA-256."""

_DAY = 86_400.0


def filename_is_bare(case: Case) -> Refusal | None:
    """A name, not a path, and nothing that a terminal would obey."""
    if _UNSAFE.search(case.filename):
        return refuse(
            filename_is_bare,
            "Cannot upload a file with '/', '\\' or control characters in its name,"
            f" got {case.filename!r}.",
        )
    return None


def extension_fits_filetype(case: Case) -> Refusal | None:
    """The ending says the same as the form."""
    if not case.filename.lower().endswith((".tar.gz", ".whl", ".zip")):
        return refuse(
            extension_fits_filetype,
            f"Invalid file extension: Use .tar.gz, .whl or .zip extension, got {case.filename!r}.",
        )
    filetype = case.submission.text("filetype")
    if not case.filename.endswith(_EXTENSIONS[filetype]):
        return refuse(
            extension_fits_filetype,
            f"Invalid file extension: Extension of {case.filename!r} is invalid for filetype"
            f" {filetype!r}, expected {' or '.join(_EXTENSIONS[filetype])}.",
        )
    return None


def content_type_is_plausible(case: Case) -> Refusal | None:
    """An absent type is fine, uv sends none; an empty one or a picture is a mistake."""
    got = case.submission.content_type
    if got is None or (got and not got.startswith("image/")):
        return None
    return refuse(
        content_type_is_plausible, f"Invalid distribution file. Its content type is {got!r}."
    )


def file_fits_limit(case: Case) -> Refusal | None:
    """Larger files need the owner's consent."""
    if case.submission.size <= case.file_limit:
        return None
    return refuse(
        file_fits_limit,
        f"File too large. Limit for project {str(case.project)!r} is {size_exact(case.file_limit)},"
        f" got {case.filename!r} with more.",
    )


def project_fits_limit(case: Case) -> Refusal | None:
    """All files of a project together; asked after the duplicates, since those add nothing."""
    project = case.shelf.project
    total = case.submission.size + (project.size if project is not None else 0)
    if total <= case.total_limit:
        return None
    return refuse(
        project_fits_limit,
        f"Project size too large. Limit for project {str(case.project)!r} total size is"
        f" {size_exact(case.total_limit)}, with {case.filename!r} it would have {size_exact(total)}.",
    )


def digests_match(case: Case) -> Refusal | None:
    """What came is what was sent, by every digest that the client gave."""
    digests = case.submission.digests
    counted = {
        "md5_digest": digests.md5,
        "sha256_digest": digests.sha256,
        "blake2_256_digest": digests.blake2b_256,
    }
    for field, got in counted.items():
        expected = case.submission.text(field).lower()
        if field == "blake2_256_digest" and len(expected) == _BLAKE2B_512:
            continue
        if expected and expected != got:
            return refuse(
                digests_match,
                "The digest supplied does not match a digest calculated from the uploaded file:"
                f" {field} is {expected!r}, the file has {got!r}.",
            )
    return None


def file_is_new(case: Case) -> Refusal | AlreadyThere | None:
    """A name and the bytes behind it never change; clients look for "File already exists"."""
    digests = case.submission.digests
    for file in case.shelf.same:
        if file.filename == case.filename and file.digests.sha256 == digests.sha256:
            return AlreadyThere()
    for file in case.shelf.same:
        return refuse(
            file_is_new,
            f"File already exists ({file.filename!r}, with blake2_256 hash"
            f" {file.digests.blake2b_256!r}); got {case.filename!r} with {digests.blake2b_256!r}.",
        )
    return None


def filename_was_never_used(case: Case) -> Refusal | None:
    """The name of a deleted file is not given again, not even for the same bytes, as on PyPI."""
    if case.shelf.name_was_used:
        return refuse(
            filename_was_never_used,
            "This filename was previously used by a file that has since been deleted."
            f" Use a different version. Expected a new name, got {case.filename!r}.",
        )
    return None


def bytes_were_never_deleted(case: Case) -> Refusal | None:
    """What was taken back does not return under another name; PyPI keeps no such list."""
    if case.shelf.deleted:
        return refuse(
            bytes_were_never_deleted,
            "This file was published here under another name and has since been deleted. Expected new bytes,"
            f" got {case.filename!r} with blake2_256 hash {case.submission.digests.blake2b_256!r}.",
        )
    return None


def release_is_open(case: Case) -> Refusal | None:
    """A release that everybody has pinned gets no more files; after the duplicates, so that resuming works."""
    begun, days = case.shelf.begun, case.closes_after_days
    if begun is None or days is None or case.now <= begun + days * _DAY:
        return None
    return refuse(
        release_is_open,
        f"Uploading new files to releases older than {days:g} days is not allowed. Version"
        f" {case.metadata.version} began {(case.now - begun) / _DAY:.1f} days ago: publish a new version.",
    )


def only_one_sdist(case: Case) -> Refusal | None:
    """A release has one source."""
    if case.submission.text("filetype") == "sdist" and case.shelf.sdists:
        return refuse(
            only_one_sdist,
            "Only one sdist may be uploaded per release."
            f" There is {case.shelf.sdists[0]!r}, got {case.filename!r}.",
        )
    return None
