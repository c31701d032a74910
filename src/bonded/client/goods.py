"""The files of a release, read once: hashed, opened, and held against each other before anything is asked of anybody.

Every fault of every file is reported at once. What PyPI and bonded demand of a file beyond that (classifiers, platform
tags, links) is asked by whoever calls, with the index's own checks.
"""

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from packaging.version import Version

from bonded.client.form import form_of
from bonded.client.messages import FilePart
from bonded.client.sending import Parcel
from bonded.dists.archives import ArchiveFault, Contents, read_sdist, read_wheel
from bonded.dists.digests import Digests, digest_stream
from bonded.dists.limits import Limits
from bonded.dists.metadata import CoreMetadata, read_metadata
from bonded.dists.names import (
    FileName,
    InvalidName,
    ProjectName,
    WheelName,
    parse_filename,
    parse_project_name,
    strict_name_fault,
)
from bonded.errors import Fault, InvalidInput, Location, UsageError

__all__ = ["Goods", "find_files", "read_goods"]

_ENDINGS = (".whl", ".tar.gz")
_LOOSE = "PyPI would take it; if the index that you publish to takes it too, say --lenient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One distribution, read and sound."""

    path: Path
    name: FileName
    size: int
    digests: Digests
    metadata: CoreMetadata = field(repr=False)
    contents: Contents = field(repr=False)

    @property
    def filename(self) -> str:
        """Its name."""
        return self.name.filename

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The form that it is uploaded with."""
        return form_of(self.name, self.metadata, self.digests)

    def parcel(self) -> Parcel:
        """Return what is sent, as yet without attestations."""
        return Parcel(
            part=FilePart(path=self.path, filename=self.filename, size=self.size),
            project=self.name.project,
            version=str(self.name.version),
            sha256=self.digests.sha256,
            form=self.form,
        )


def find_files(places: Sequence[str]) -> tuple[Path, ...]:
    """Return the distributions that files, folders and patterns name, in the order of their names.

    Of a folder, only distributions are taken. Raises UsageError for what is not there.
    """
    found: dict[Path, None] = {}
    for place in places:
        path = Path(place)
        if path.is_dir():
            hits = [one for one in path.iterdir() if one.name.endswith(_ENDINGS) and one.is_file()]
            if not hits:
                raise UsageError(f"there is no wheel and no source archive in {place}")
        else:
            hits = [path] if path.is_file() else [Path(one) for one in glob.glob(place)]  # noqa: PTH207 - may be absolute
            if not hits:
                raise UsageError(
                    f"there is no file {place}", hint="build first, such as with `uv build`"
                )
        found.update(dict.fromkeys(sorted(hits)))
    return tuple(found)


def read_goods(
    paths: Iterable[Path], *, mixed: bool = False, limits: Limits | None = None
) -> tuple[Goods, ...]:
    """Read all files; raises InvalidInput with every fault of all of them.

    Without `mixed` they must be of one project and version. `limits` are what the index lets in, PyPI's if not given.
    """
    goods: list[Goods] = []
    faults: list[Fault] = []
    for path in paths:
        outcome = _read(path, limits or Limits())
        if isinstance(outcome, Goods):
            goods.append(outcome)
        else:
            faults.extend(outcome)
    if not faults:
        faults.extend(_disagreements(goods, mixed=mixed))
    if faults:
        raise InvalidInput(tuple(faults))
    return tuple(goods)


def _read(path: Path, limits: Limits) -> Goods | list[Fault]:
    """Read one file, or return what is wrong with it."""

    def no(message: str, hint: str = "") -> list[Fault]:
        return [Fault(Location(str(path)), message, hint)]

    if not path.name.endswith(_ENDINGS):
        return no("not a distribution", "a wheel (.whl) or a source archive (.tar.gz) is expected")
    try:
        name = parse_filename(path.name)
        with path.open("rb") as stream:
            digests = digest_stream(stream)
            size = stream.tell()
            stream.seek(0)
            contents = _opened(stream, name, limits)
            hint = _hint(stream, name) if isinstance(contents, ArchiveFault) else ""
    except InvalidName as error:
        return no(error.message)
    except OSError as error:
        return no(f"cannot be read: {error.strerror}")
    if isinstance(contents, ArchiveFault):
        return no(contents.reason, hint)
    metadata = read_metadata(contents.metadata)
    if not isinstance(metadata, CoreMetadata):
        return [Fault(Location(str(path)), f"metadata: {fault}") for fault in metadata]
    if wrong := _mislabelled(name, metadata):
        return no(wrong, "build it again with a current build back end")
    return Goods(
        path=path, name=name, size=size, digests=digests, metadata=metadata, contents=contents
    )


def _opened(stream: BinaryIO, name: FileName, limits: Limits) -> Contents | ArchiveFault:
    if isinstance(name, WheelName):
        return read_wheel(stream, dist_info=_dist_info(name.filename), limits=limits)
    return read_sdist(stream, limits=limits)


def _hint(stream: BinaryIO, name: FileName) -> str:
    """Return what to do with a file that was refused."""
    return "" if isinstance(_opened(stream, name, Limits()), ArchiveFault) else _LOOSE


def _dist_info(filename: str) -> str:
    return "-".join(filename.removesuffix(".whl").split("-")[:2]) + ".dist-info"


def _mislabelled(name: FileName, metadata: CoreMetadata) -> str:
    """Return how the name and the inside of a file contradict each other, or empty."""
    if strict := strict_name_fault(name):
        return strict
    if _project(metadata.name) != name.project:
        return f"the name says {name.project}, the metadata inside says {metadata.name}"
    if metadata.version != name.version:
        return f"the name says version {name.version}, the metadata inside says {metadata.version}"
    return ""


def _project(text: str) -> ProjectName | None:
    try:
        return parse_project_name(text)
    except InvalidName:
        return None


def _disagreements(goods: Sequence[Goods], *, mixed: bool) -> list[Fault]:
    """Return what the files say against each other."""
    if not goods:
        raise UsageError("there is nothing to publish", hint="name files or folders")
    faults = []
    seen: dict[str, Path] = {}
    ranges: dict[tuple[ProjectName, Version], tuple[str, Path]] = {}
    first = goods[0]
    for one in goods:
        where = Location(str(one.path))
        if one.filename in seen:
            faults.append(Fault(where, f"{seen[one.filename]} has the same name"))
        seen[one.filename] = one.path
        if not mixed and _release(one) != _release(first):
            hint = "leave the others out, or say --mixed"
            message = f"of {_shown(one)}, and {first.path} is of {_shown(first)}"
            faults.append(Fault(where, message, hint))
        wanted, path = ranges.setdefault(_release(one), (_range(one), one.path))
        if wanted != _range(one):
            message = f"Requires-Python is {_range(one)!r}, and in {path} it is {wanted!r}"
            faults.append(Fault(where, message, "build both from one source"))
    return faults


def _release(goods: Goods) -> tuple[ProjectName, Version]:
    return goods.name.project, goods.name.version


def _shown(goods: Goods) -> str:
    return f"{goods.name.project} {goods.name.version}"


def _range(goods: Goods) -> str:
    return ",".join(sorted(part.strip() for part in goods.metadata.requires_python.split(",")))
