"""Files read before anything is asked of anybody, and the form that they are sent with."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from twine.package import PackageFile

from bonded.client.goods import find_files, read_goods
from bonded.dists.metadata import CoreMetadata, read_form
from bonded.errors import InvalidInput, UsageError
from index_world import zipped

RICH = """\
Metadata-Version: 2.4
Name: Greeter.Tool
Version: 1.0
Summary: Greets
Home-page: https://greeter.example/
Author: Ada
Author-email: ada@greeter.example
Maintainer: Bob
License-Expression: MIT
License-File: LICENSE
Keywords: hello,world
Platform: any
Supported-Platform: linux
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: Utilities
Requires-Dist: packaging
Requires-Dist: rich; extra == "color"
Requires-External: libc
Provides-Extra: color
Requires-Python: >=3.11, <4
Project-URL: Source, https://greeter.example/src
Project-URL: Docs, https://greeter.example/docs?a=b,c
Description-Content-Type: text/markdown
Dynamic: summary

# Greeter

It greets: äöü.
"""
PLAIN = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"


def wheel(
    folder: Path, name: str = "greeter-1.0-py3-none-any.whl", text: str = "", more: str = ""
) -> Path:
    """Write a wheel with this metadata."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    metadata = text or PLAIN.format(name=project, version=version, more=more)
    path = folder / name
    path.write_bytes(
        zipped(
            {
                f"{project}/__init__.py": b"",
                f"{info}/METADATA": metadata.encode(),
                f"{info}/WHEEL": b"Wheel-Version: 1.0\n",
                f"{info}/RECORD": b"",
                f"{info}/licenses/LICENSE": b"MIT",
            }
        )
    )
    return path


def sdist(folder: Path, name: str = "greeter-1.0.tar.gz", more: str = "") -> Path:
    """Write a source archive."""
    top = name.removesuffix(".tar.gz")
    project, _, version = top.rpartition("-")
    text = PLAIN.format(name=project, version=version, more=more).encode()
    path = folder / name
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(f"{top}/PKG-INFO")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
        archive.addfile(tarfile.TarInfo(f"{top}/setup.py"))
    return path


def faults(*paths: Path, mixed: bool = False) -> str:
    """Return what is wrong with files."""
    with pytest.raises(InvalidInput) as caught:
        read_goods(paths, mixed=mixed)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["wheel", "rich wheel", "sdist"])
def test_the_form_is_twines(tmp_path: Path, kind: str) -> None:
    """Every field has the name and the values that the reference uploader sends."""
    rich = "greeter_tool-1.0-py3-none-any.whl"
    path = {
        "wheel": lambda: wheel(tmp_path),
        "rich wheel": lambda: wheel(tmp_path, rich, RICH),
        "sdist": lambda: sdist(tmp_path, more="Summary: Greets\n"),
    }[kind]()
    theirs = PackageFile.from_filename(str(path), comment=None).metadata_dictionary()
    (goods,) = read_goods([path])
    ours: dict[str, list[str]] = {}
    for name, value in goods.form:
        ours.setdefault(name, []).append(value)

    assert ours.pop(":action") == ["file_upload"]
    assert ours.pop("protocol_version") == ["1"]
    for name, value in dict[str, Any](theirs).items():
        if not value:
            continue
        got = ours.pop(name)
        if name == "name":  # theirs is made safe, ours is as it was written; both normalise to one
            assert [canonicalize_name(text) for text in got] == [canonicalize_name(value)]
        elif name == "keywords":
            assert got == [",".join(value)]
        elif isinstance(value, dict):
            assert got == [f"{label}, {link}" for label, link in value.items()]
        else:
            assert got == (value if isinstance(value, list) else [str(value)])
    assert ours == {}


def test_an_index_reads_the_form_as_the_file(tmp_path: Path) -> None:
    """What the form says is what the metadata inside says, field by field."""
    (goods,) = read_goods([wheel(tmp_path, "greeter_tool-1.0-py3-none-any.whl", RICH)])
    read = read_form(goods.form)

    assert isinstance(read, CoreMetadata)
    assert dict(read.fields) == dict(goods.metadata.fields)


def test_a_parcel_is_the_file(tmp_path: Path) -> None:
    """Size, digest, release and place are those of the file."""
    path = sdist(tmp_path)
    (goods,) = read_goods([path])
    parcel = goods.parcel()

    assert (parcel.filename, parcel.project, parcel.version) == (path.name, "greeter", "1.0")
    assert parcel.part.size == len(path.read_bytes()) == goods.size
    assert parcel.sha256 == goods.digests.sha256
    assert parcel.attestations == ()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("greeter-1.0.zip", b"", "a wheel (.whl) or a source archive"),
        ("greeter.whl", b"", "expected a wheel like"),
        ("greeter-1.0-py3-none-any.whl", b"no zip", "not a zip archive"),
        ("greeter-1.0.tar.gz", b"no gzip", "gzip"),
        ("Greeter-1.0.tar.gz", None, "should be 'greeter-1.0.tar.gz'"),
    ],
)
def test_what_is_no_distribution(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    """A file of another kind, or a broken one, is named with what is wrong."""
    path = sdist(tmp_path, name) if data is None else tmp_path / name
    if data is not None:
        path.write_bytes(data)

    assert words in faults(path)
    assert str(path) in faults(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN.format(name="other", version="1.0", more=""), "the metadata inside says other"),
        (PLAIN.format(name="_", version="1.0", more=""), "name"),
        (PLAIN.format(name="greeter", version="2.0", more=""), "the metadata inside says 2.0"),
        (
            PLAIN.format(name="greeter", version="1.0", more="Requires-Python: x\n"),
            "requires-python",
        ),
    ],
)
def test_a_mislabelled_file(tmp_path: Path, text: str, words: str) -> None:
    """Name and inside say the same, and the inside is valid."""
    assert words in faults(wheel(tmp_path, text=text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The reason is the system's."""
    assert "cannot be read" in faults(tmp_path / "greeter-1.0.tar.gz")


def test_files_agree(tmp_path: Path) -> None:
    """One project, one version, one range of Pythons, each name once; all faults at once."""
    good, same = wheel(tmp_path), sdist(tmp_path)
    other = sdist(tmp_path, "other-1.0.tar.gz")
    newer = sdist(tmp_path, "greeter-2.0.tar.gz")
    (tmp_path / "sub").mkdir()
    again = wheel(tmp_path / "sub", more="Requires-Python: >=3.11\n")
    said = faults(good, same, other, newer, again)

    assert "of other 1.0, and" in said
    assert "of greeter 2.0, and" in said
    assert "has the same name" in said
    assert "Requires-Python is '>=3.11'" in said
    assert len(read_goods([good, same, other, newer], mixed=True)) == 4


def test_ranges_are_compared_without_order(tmp_path: Path) -> None:
    """The same range written in another order is the same."""
    one = wheel(tmp_path, more="Requires-Python: >=3.11,<4\n")
    two = sdist(tmp_path, more="Requires-Python: <4, >=3.11\n")

    assert len(read_goods([one, two])) == 2


def test_places_name_files(tmp_path: Path) -> None:
    """Folders give their distributions, patterns what they match, each file once."""
    one, two = wheel(tmp_path), sdist(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "sub.whl").mkdir()
    folder, pattern = str(tmp_path), str(tmp_path / "*.whl")

    assert find_files([folder]) == (one, two)
    assert find_files([pattern, str(one)])[0] == one
    assert find_files([str(two), folder]) == (two, one)
    with pytest.raises(UsageError, match="no file"):
        find_files([str(tmp_path / "none-*.whl")])
    with pytest.raises(UsageError, match="no wheel and no source archive"):
        find_files([str(tmp_path / "sub.whl")])
    with pytest.raises(UsageError, match="nothing to publish"):
        read_goods([])
