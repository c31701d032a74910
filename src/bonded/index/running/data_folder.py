"""The folder of an index that is served: whether it is one, and how it was last served.

A small file beside the book, `served.json`, marks the folder as ours and tells commands that work on it without a
server what the server was told: the audience, the configuration, the address. It has the folder's id, too: a book in a
database belongs to one folder, and an empty one in its place (a disk that is not mounted) is not served.
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from bonded.errors import UsageError

__all__ = [
    "BOOK",
    "FILES",
    "MARKER",
    "Occupation",
    "Served",
    "is_open",
    "last_served",
    "make_folder",
    "occupy",
    "read_served",
    "write_served",
]

MARKER = "served.json"
BOOK = "index.sqlite"
"""The book's file in the data folder, unless a database keeps it."""

LOCK = ".serving"
FILES = "files"
"""The folder of published files."""
FORMAT = 1

_MARKER_HINT = (
    f'put back a copy of {MARKER}, or write {{"format": {FORMAT}, "audience": "AUDIENCE", '
    '"configuration": "FILE"} into it'
)

_PRIVATE = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How an index was last served; all empty for one that never was.

    `audience` was chosen at the first start and stays. `configuration` is the absolute path of its file, if there was
    one. `address` is where it listened, as clients reach it, without a final slash. `folder` is the folder's id, which
    every machine that mounts it reads, and every copy of it has.
    """

    audience: str = ""
    configuration: str = ""
    address: str = ""
    folder: str = ""


def make_folder(path: Path, new_id: str = "") -> None:
    """Make the folder for a new index, for its owner's eyes only, or check that it holds one already.

    A new one has the id `new_id`; of servers that start at the same time, the first one's counts. Raises UsageError
    where the path is something else, so that nothing of anybody's is mixed with an index.
    """
    try:
        path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if _is_index(path):
            return
        if found := _of_an_index(path):
            raise _unmarked(path, found)
        if any(path.iterdir()):
            raise UsageError(
                f"{path} is not empty, and what is in it is no index",
                hint="give the folder of an index, or one that does not exist yet",
            )
        path.chmod(_PRIVATE)
        with contextlib.suppress(FileExistsError), (path / MARKER).open("x") as marker:
            marker.write(_text(Served(folder=new_id)))
    except OSError as error:
        raise _unusable(path, error) from None


def read_served(path: Path) -> Served:
    """Return how the index in a folder was last served; raises UsageError where there is no index."""
    try:
        if not _is_index(path):
            if found := _of_an_index(path):
                raise _unmarked(path, found)
            raise UsageError(
                f"{path} holds no index",
                hint="`bonded serve --data DIR` makes one",
            )
        raw = (path / MARKER).read_bytes()
    except OSError as error:
        raise _unusable(path, error) from None
    document = _document(raw)
    if "format" not in document:
        raise UsageError(
            f"{path / MARKER} is damaged: it is not the JSON object that bonded wrote",
            hint=_MARKER_HINT,
        )
    if document["format"] != FORMAT:
        raise UsageError(
            f"{path / MARKER} cannot be read by this version of bonded",
            hint="use the version that the index was served with, or a later one",
        )
    known = {name: document.get(name) for name in asdict(Served())}
    return Served(**{name: text for name, text in known.items() if isinstance(text, str)})


def last_served(path: Path) -> Served:
    """Return how the index in a folder was last served, and nothing where there is no index yet."""
    try:
        return read_served(path) if _is_index(path) else Served()
    except OSError as error:
        raise _unusable(path, error) from None


def write_served(path: Path, served: Served) -> None:
    """Write down how an index is served, whole or not at all."""
    partial = path / f".{MARKER}.partial"
    partial.write_text(_text(served))
    partial.replace(path / MARKER)


class Occupation:
    """A server's hold on its folder. Several may hold it; `alone` says that nobody else did at the start."""

    def __init__(self, lock: TextIO) -> None:
        self._lock = lock
        self.alone = True
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.alone = False
            self.share()

    def share(self) -> None:
        """Let others in: what must not happen under their feet is done."""
        fcntl.flock(self._lock, fcntl.LOCK_SH)


@contextmanager
def occupy(path: Path) -> Iterator[Occupation]:
    """Say that a server runs on the folder while the block lasts; waits for one that is just starting."""
    with (path / LOCK).open("a", encoding="utf-8") as lock:
        yield Occupation(lock)


def _text(served: Served) -> str:
    return json.dumps({"format": FORMAT, **asdict(served)}, indent=2) + "\n"


def _is_index(path: Path) -> bool:
    return (path / MARKER).is_file()


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _of_an_index(path: Path) -> str:
    """Return what a folder without a marker has of an index: its book, or its files and nothing else."""
    if (path / BOOK).is_file():
        return f"the book of an index, {BOOK}"
    names = {one.name for one in path.iterdir()} if path.is_dir() else set()
    return f"the files of an index, {FILES}" if names == {FILES} else ""


def _unmarked(path: Path, found: str) -> UsageError:
    return UsageError(f"{path} has {found}, but {MARKER} is missing", hint=_MARKER_HINT)


def is_open(path: Path) -> bool:
    """Whether other users of this machine may look into a folder."""
    return bool(path.stat().st_mode & 0o077)


def _unusable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the data folder {path} cannot be used: {error.strerror or type(error).__name__}",
        hint="give a folder that can be written by whoever runs the index",
    )
