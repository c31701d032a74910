"""Whether the file's name and the inside of its archive say what the form says."""

import re
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import replace
from functools import lru_cache

from bonded.dists.agreement import disagreements, omission_fault
from bonded.dists.archives import ArchiveFault
from bonded.dists.names import (
    FileName,
    InvalidName,
    WheelName,
    parse_filename,
    strict_name_fault,
)
from bonded.index.checks.case import Case, refuse
from bonded.index.checks.form import nothing_is_private, requirements_come_from_indexes
from bonded.index.checks.platforms import is_allowed_platform
from bonded.index.model import Refusal

__all__ = [
    "archive_is_sound",
    "entry_points_are_well_formed",
    "entry_points_fault",
    "filename_is_of_the_project",
    "filename_is_of_the_version",
    "filename_is_strict",
    "filename_parses",
    "inside_agrees_with_form",
    "licence_files_are_inside",
    "metadata_version_is_known",
    "platform_is_allowed",
    "record_is_inside",
    "what_the_form_omits_is_valid",
]

_LICENCE_FILES = ("2.4", "2.5")
_READABLE = re.compile(r"[12]\.[0-9]{1,3}")
_SCRIPT = re.compile(r"[\w.-]+")
_MAX_SHOWN = 200
_MOST = 5
"""Disagreements that are told at once."""


def archive_is_sound(case: Case) -> Refusal | None:
    """The archive opens, reads one way only, and holds core metadata where it belongs."""
    if isinstance(case.contents, ArchiveFault):
        message = f"Invalid distribution file. {case.filename!r}: {case.contents.reason}."
        return refuse(archive_is_sound, message)
    return None


def filename_parses(case: Case) -> Refusal | None:
    """The name has the parts that PEP 427 or PEP 625 asks for."""
    try:
        _parsed(case)
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


def entry_points_are_well_formed(case: Case) -> Refusal | None:
    """Installers make programs of these names (entry points specification); a name is no path."""
    data = case.opened.entry_points
    fault = entry_points_fault(data) if data is not None else None
    if fault is None:
        return None
    return refuse(
        entry_points_are_well_formed,
        f"Invalid distribution file. entry_points.txt in {case.filename!r} {fault}.",
    )


def entry_points_fault(data: bytes) -> str | None:
    """Return what is wrong with the bytes of `entry_points.txt`, or None (PyPI's rules)."""
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep letter case
    try:
        parser.read_string(data.decode())
    except (ConfigParserError, UnicodeDecodeError) as error:
        return f"cannot be read: {' '.join(str(error).split())[:_MAX_SHOWN]}"
    for group in ("console_scripts", "gui_scripts"):
        for name in parser.options(group) if parser.has_section(group) else ():
            if not _SCRIPT.fullmatch(name):
                return f"names a script {name[:_MAX_SHOWN]!r}, expected letters, digits, '_', '.' and '-'"
    return None


def metadata_version_is_known(case: Case) -> Refusal | None:
    """Tools must not read metadata of a greater major version than they know (core metadata specification)."""
    got = case.inside.fields.get("metadata_version", "")
    if _READABLE.fullmatch(got):
        return None
    return refuse(
        metadata_version_is_known,
        f"Invalid distribution file. The metadata inside {case.filename!r} must say Metadata-Version: 1.x or 2.x,"
        f" got {got[:_MAX_SHOWN]!r}.",
    )


def inside_agrees_with_form(case: Case) -> Refusal | None:
    """Who reads the archive and who reads the form learn the same."""
    is_sdist = not case.filename.endswith(".whl")
    found = disagreements(case.metadata, case.inside, is_sdist=is_sdist)
    if not found:
        return None
    return refuse(
        inside_agrees_with_form,
        f"Invalid distribution file. The form does not say what the metadata inside {case.filename!r} says."
        f" {'; '.join(map(str, found[:_MOST]))}.",
    )


def what_the_form_omits_is_valid(case: Case) -> Refusal | None:
    """What the index takes from the file is judged as the form would be; and who is private in it stays private."""
    fault = omission_fault(case.metadata, case.inside)
    if fault is not None:
        message = f"The metadata inside {case.filename!r} has an invalid {fault}."
        return refuse(what_the_form_omits_is_valid, f"Invalid distribution file. {message}")
    published, its_own = case.published, case.inside.fields.get("classifiers", ())
    metadata = replace(published, fields={**published.fields, "classifiers": list(its_own)})
    whole = replace(case, submission=replace(case.submission, metadata=metadata))
    for check in (requirements_come_from_indexes, nothing_is_private):
        verdict = check(whole)
        if isinstance(verdict, Refusal):
            return refuse(what_the_form_omits_is_valid, verdict.message)
    return None


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
    return _taken_apart(case.filename)


@lru_cache(maxsize=64)
def _taken_apart(filename: str) -> FileName:
    """Return the parts of a name, which five checks look at one after the other."""
    return parse_filename(filename)
