"""Names of projects and of distribution files: parsed once here, trusted by their type afterwards.

The grammar is `packaging`'s, which implements the specifications. Two things are added, because a
name comes from strangers: what could be a path or a control character is refused first, and every
refusal says what was expected. What is valid but not accepted by PyPI (see `strict_name_fault`) is
a separate question, asked at upload.
"""

from dataclasses import dataclass
from typing import NewType

from packaging.tags import Tag
from packaging.utils import (
    canonicalize_name,
    is_normalized_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from bonded.errors import BondedError

__all__ = [
    "FileName",
    "InvalidName",
    "ProjectName",
    "SdistName",
    "WheelName",
    "parse_filename",
    "parse_project_name",
    "strict_name_fault",
]

MAX_NAME = 255
"""Characters in a name: what file systems allow; longer ones would fail later, and less clearly."""

ProjectName = NewType("ProjectName", str)
"""A valid project name in normalised form (`oslo-config`), the form in which projects are compared."""


class InvalidName(BondedError):
    """A name that is not what it must be; `expected` is a phrase, `got` the text as it came."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got[:MAX_NAME]!r}")
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelName:
    """The name of a wheel, taken apart (PEP 427).

    `build` is `()` or (number, rest); `raw_project` is the first component as it was written.
    """

    filename: str
    project: ProjectName
    version: Version
    build: tuple[()] | tuple[int, str]
    tags: frozenset[Tag]

    @property
    def raw_project(self) -> str:
        """The project component in the file's own spelling."""
        return self.filename.partition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistName:
    """The name of a source distribution, taken apart (PEP 625, and `.zip` as older ones had it)."""

    filename: str
    project: ProjectName
    version: Version

    @property
    def exact(self) -> str:
        """The one file name that PEP 625 gives this project and version."""
        return f"{_escaped(self.project)}-{self.version}.tar.gz"


FileName = WheelName | SdistName


def parse_project_name(text: str) -> ProjectName:
    """Return the normalised form of a project name, or raise `InvalidName` (PEP 503, core metadata `Name`)."""
    try:
        if len(text) > MAX_NAME:
            raise ValueError(text)
        return ProjectName(canonicalize_name(text, validate=True))
    except ValueError:
        raise InvalidName(
            "a project name of ASCII letters, digits, '.', '_' and '-' that starts and ends "
            f"with a letter or digit and has at most {MAX_NAME} characters",
            text,
        ) from None


def parse_filename(text: str) -> FileName:
    """Return the name of a wheel or source distribution taken apart, or raise `InvalidName`.

    `text` is a bare file name: directories, control characters and anything that is not ASCII are
    refused.
    """
    if not _is_bare(text):
        raise InvalidName(
            f"a file name without directories, of at most {MAX_NAME} printable ASCII characters",
            text,
        )
    try:
        return _parse_wheel(text) if text.endswith(".whl") else _parse_sdist(text)
    except (ValueError, InvalidName):
        raise InvalidName(
            "a wheel like 'name-1.0-py3-none-any.whl' or a source distribution like 'name-1.0.tar.gz'",
            text,
        ) from None


def strict_name_fault(name: FileName) -> str | None:
    """Return why PyPI refuses a name that is otherwise valid, in PyPI's words, or None.

    PyPI takes a source distribution only under its exact PEP 625 name, and a wheel only with the
    normalised project name (with `_` for `-`); a wheel's version is compared by value and may be
    written otherwise.
    """
    if isinstance(name, SdistName):
        if name.filename == name.exact:
            return None
        return f"Filename {name.filename!r} is invalid, should be {name.exact!r}."
    escaped = _escaped(name.project)
    if name.raw_project == escaped:
        return None
    return (
        f"Filename {name.filename!r} should contain the normalized project name "
        f"{escaped!r}, not {name.raw_project!r}."
    )


def _escaped(project: ProjectName) -> str:
    return project.replace("-", "_")


def _is_bare(text: str) -> bool:
    return (
        len(text) <= MAX_NAME
        and text.isascii()
        and text.isprintable()
        and not any(separator in text for separator in "/\\ ")
    )


def _parse_wheel(text: str) -> WheelName:
    project, version, build, tags = parse_wheel_filename(text)
    return WheelName(
        filename=text,
        project=_known_good(project),
        version=version,
        build=build,
        tags=tags,
    )


def _parse_sdist(text: str) -> SdistName:
    project, version = parse_sdist_filename(text)
    return SdistName(filename=text, project=_known_good(project), version=version)


def _known_good(normalised: str) -> ProjectName:
    """Refuse what a file name may spell but no project may be called, like `_x`."""
    if not is_normalized_name(normalised):
        raise ValueError(normalised)
    return ProjectName(normalised)
