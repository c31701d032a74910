"""Wheels of which two files go to one place, and archives with names that Windows changes.

All of them are refused only by an index that is stricter than PyPI; with each, words of the sentence that refuses it.
"""

from raw_tar import Entry, entries_of, tarball
from raw_zip import Part, build, parts_of
from sdist_bends import MEMBERS, TOP
from wheel_bends import INFO, members, with_members

__all__ = ["NAMED_SDISTS", "NAMED_WHEELS", "PLACES"]

_DATA = "greeter-1.0.data"
_ENTRIES = f"{INFO}/entry_points.txt"
_COMMAND = b"[console_scripts]\ngreet = greeter:main\n"


def _wheel(*paths: str, entry_points: bytes | None = None) -> bytes:
    """Return the good wheel with more files, each with other bytes."""
    more = {path: path.encode() for path in paths}
    return with_members(more | ({_ENTRIES: entry_points} if entry_points is not None else {}))


_ONE = "are installed to one place"
PLACES: dict[str, tuple[str, bytes]] = {
    "purelib and platlib": (_ONE, _wheel(f"{_DATA}/platlib/greeter/x.py", f"{_DATA}/purelib/greeter/x.py")),
    "purelib and platlib, twins": (_ONE, _wheel(f"{_DATA}/platlib/greeter/X.py", f"{_DATA}/purelib/greeter/x.py")),
    "purelib and root, twins": (_ONE, _wheel(f"{_DATA}/purelib/greeter/X.py", "greeter/x.py")),
    "platlib and root, twins": (_ONE, _wheel(f"{_DATA}/platlib/Greeter/__init__.py")),
    "a file and a folder of two schemes":
        ("as a file and as a folder", _wheel(f"{_DATA}/purelib/x", f"{_DATA}/platlib/x/y.py")),
    "a file over a folder of the root": (_ONE, _wheel("a/b.py", f"{_DATA}/purelib/a")),
    "twins in headers": ("letter case makes no", _wheel(f"{_DATA}/headers/X.h", f"{_DATA}/headers/x.h")),
    "twins in data": ("letter case makes no", _wheel(f"{_DATA}/data/share/X", f"{_DATA}/data/Share/x")),
    "twins in scripts": ("letter case makes no", _wheel(f"{_DATA}/scripts/X", f"{_DATA}/scripts/x")),
    "a script and a command": (_ONE, _wheel(f"{_DATA}/scripts/greet", entry_points=_COMMAND)),
    "a script and a command, twins": (_ONE, _wheel(f"{_DATA}/scripts/Greet", entry_points=_COMMAND)),
    "a script and a window": (
        _ONE, _wheel(f"{_DATA}/scripts/greet", entry_points=_COMMAND.replace(b"console", b"gui"))),
    "a script and a launcher": (_ONE, _wheel(f"{_DATA}/scripts/greet.exe", entry_points=_COMMAND)),
    "a script and an indented command": (
        _ONE, _wheel(f"{_DATA}/scripts/b", entry_points=_COMMAND + b"  b = greeter:main\n")),
    "two commands, twins": (_ONE, _wheel(entry_points=_COMMAND + b"Greet = greeter:other\n")),
    "a command and a window": (
        _ONE, _wheel(entry_points=_COMMAND + _COMMAND.replace(b"console", b"gui"))),
    "data over a module": (
        _ONE, _wheel("greeter/x.py", f"{_DATA}/data/lib/python3.12/site-packages/greeter/x.py")),
    "data over a module on Windows": (
        _ONE, _wheel("greeter/x.py", f"{_DATA}/data/Lib/site-packages/greeter/x.py")),
    "data over a script": (_ONE, _wheel(f"{_DATA}/scripts/x", f"{_DATA}/data/bin/x")),
    "data over a command": (_ONE, _wheel(f"{_DATA}/data/Scripts/greet.exe", entry_points=_COMMAND)),
    "metadata through data": (
        "would be installed as metadata", _wheel(f"{_DATA}/data/lib/python3.12/site-packages/x-9.dist-info/METADATA")),
}  # fmt: skip

_END = "ends in a dot or a blank"
_FORBIDDEN = "which Windows reads as something else"
_DEVICE = "a device on Windows"
_UNSEEN = "cannot be seen"
_STRANGE = {
    "a dot at the end": (_END, "x.py."),
    "dots at the end": (_END, "x..."),
    "a blank at the end": (_END, "x.py "),
    "a folder with a dot at the end": (_END, "d./x.py"),
    "a folder with a blank at the end": (_END, "d /x.py"),
    "a stream": (_FORBIDDEN, "x.py::$DATA"),
    "a named stream": (_FORBIDDEN, "x.py:y"),
    "a question mark": (_FORBIDDEN, "x?.py"),
    "a star": (_FORBIDDEN, "d*/x.py"),
    "CON": (_DEVICE, "CON"),
    "con": (_DEVICE, "d/con"),
    "NUL with an extension": (_DEVICE, "nul.py"),
    "AUX with two extensions": (_DEVICE, "Aux.tar.gz"),
    "PRN, a blank and an extension": (_DEVICE, "prn .txt"),
    "COM1": (_DEVICE, "COM1"),
    "LPT9 as a folder": (_DEVICE, "lpt9/x.py"),
    "COM with a raised digit": (_DEVICE, "com\u00b9.txt"),
    "CONIN$": (_DEVICE, "conin$"),
    "a zero-width joiner": (_UNSEEN, "x\u200d.py"),
    "a zero-width non-joiner": (_UNSEEN, "\u200cx.py"),
    "a soft hyphen": (_UNSEEN, "x\u00ad.py"),
    "a turn of direction": (_UNSEEN, "x\u202eyp.exe"),
}


def _zip_with(name: str) -> bytes:
    """Return the good wheel with one more file, its name in UTF-8."""
    utf8 = {} if name.isascii() else {"flags": 0x800}
    data = {path: body for path, body in members({name: b"x"}).items() if path != name}
    return build([*parts_of(data), Part(name.encode(), b"x", both=utf8)])


NAMED_WHEELS = {key: (words, _zip_with(name)) for key, (words, name) in _STRANGE.items()}
NAMED_SDISTS = {
    key: (words, tarball([*entries_of(MEMBERS), Entry(f"{TOP}/{name}".encode(), b"x")]))
    for key, (words, name) in _STRANGE.items()
}
