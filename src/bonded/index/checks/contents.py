"""Whether the file's name and the inside of its archive say what the form says."""

from packaging.version import Version

from bonded.dists.archives import ArchiveFault
from bonded.dists.names import (
    FileName,
    InvalidName,
    WheelName,
    parse_filename,
    parse_project_name,
    strict_name_fault,
)
from bonded.index.checks.case import Case, refuse
from bonded.index.checks.platforms import is_allowed_platform
from bonded.index.model import Refusal

__all__ = [
    "archive_is_sound",
    "filename_is_of_the_project",
    "filename_is_of_the_version",
    "filename_is_strict",
    "filename_parses",
    "inside_agrees_with_form",
    "licence_files_are_inside",
    "platform_is_allowed",
    "record_is_inside",
]

_LICENCE_FILES = ("2.4", "2.5")


def archive_is_sound(case: Case) -> Refusal | None:
    """The archive opens, reads one way only, and holds core metadata where it belongs."""
    if isinstance(case.contents, ArchiveFault):
        message = f"Invalid distribution file. {case.filename!r}: {case.contents.reason}."
        return refuse(archive_is_sound, message)
    return None


def filename_parses(case: Case) -> Refusal | None:
    """The name has the parts that PEP 427 or PEP 625 asks for."""
    try:
        parse_filename(case.filename)
    except InvalidName as error:
        kind = "wheel" if case.filename.endswith(".whl") else "source distribution"
        return refuse(filename_parses, f"Invalid {kind} filename: {error.message}.")
    return None


def filename_is_of_the_project(case: Case) -> Refusal | None:
    """The first part of the name is the project of the form."""
    if _parsed(case).project == case.project:
        return None
    expected = str(case.project).replace("-", "_")
    return refuse(
        filename_is_of_the_project,
        f"Start filename for {case.metadata.name!r} with {expected!r}, got {case.filename!r}.",
    )


def filename_is_of_the_version(case: Case) -> Refusal | None:
    """The name bears the form's version, compared as versions are (1.0 is 1.0.0)."""
    got, expected = _parsed(case).version, case.metadata.version
    if got == expected:
        return None
    return refuse(
        filename_is_of_the_version,
        f"Version in filename should be '{expected}' not '{got}'.",
    )


def filename_is_strict(case: Case) -> Refusal | None:
    """Source distributions have exactly one possible name, wheels a normalised first part."""
    fault = strict_name_fault(_parsed(case))
    return None if fault is None else refuse(filename_is_strict, fault)


def platform_is_allowed(case: Case) -> Refusal | None:
    """A wheel is for platforms whose meaning does not depend on the machine that built it."""
    name = _parsed(case)
    if isinstance(name, WheelName):
        for tag in sorted({tag.platform for tag in name.tags}):
            if not is_allowed_platform(tag):
                return refuse(
                    platform_is_allowed,
                    f"Binary wheel {case.filename!r} has an unsupported platform tag {tag!r}.",
                )
    return None


def record_is_inside(case: Case) -> Refusal | None:
    """Installers check a wheel by its RECORD."""
    path = f"{case.dist_info}/RECORD"
    if not case.filename.endswith(".whl") or case.opened.has(path):
        return None
    return refuse(
        record_is_inside,
        f"Wheel {case.filename!r} does not contain the required RECORD file: {path}",
    )


def inside_agrees_with_form(case: Case) -> Refusal | None:
    """Who reads the archive and who reads the form learn the same name and version."""
    name, version = case.inside
    try:
        same_name = parse_project_name(name) == case.project
        same_version = Version(version) == case.metadata.version
    except (InvalidName, ValueError):
        same_name = same_version = False
    if same_name and same_version:
        return None
    form = f"{case.metadata.name} {case.metadata.version}"
    return refuse(
        inside_agrees_with_form,
        f"Invalid distribution file. The metadata inside {case.filename!r} is of"
        f" {f'{name} {version}'!r}, expected {form!r}.",
    )


def licence_files_are_inside(case: Case) -> Refusal | None:
    """A licence that metadata names can be read (PEP 639)."""
    if case.metadata.metadata_version not in _LICENCE_FILES:
        return None
    folder = f"{case.dist_info}/licenses"
    if not case.filename.endswith(".whl"):
        folder = case.opened.top
    for path in case.metadata.texts("license_files"):
        if not case.opened.has(f"{folder}/{path}"):
            return refuse(
                licence_files_are_inside,
                f"License-File {path} does not exist in distribution file {case.filename} at {folder}/{path}",
            )
    return None


def _parsed(case: Case) -> FileName:
    return parse_filename(case.filename)
