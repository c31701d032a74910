"""What is published so far, kept beside the files, so that a release that broke off can go on.

A release is one when every file is out. Until then its journal says which bytes went where. The next attempt sends only
what is missing as far as the index lists it, and refuses files that were built again meanwhile: half of one build and
half of another would be a release that nobody ever tested. When everything is out the journal goes.

It is written whole and put in place at once, so a process that is killed leaves the old one or the new one. It holds
names and digests, no tokens.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from bonded.client.sending import Parcel
from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.oidc.strict_json import read_object

__all__ = ["NAME", "Journal"]

NAME = ".bonded-publish.json"
_VERSION = 1
_MAX_BYTES = 8 << 20
_HINT = "publish the files of the first attempt, or a new version; or remove the journal if none of it matters"


class Journal:
    """The journal of one folder, for one index; may be used from many threads."""

    def __init__(self, path: Path, index: str, indexes: Mapping[str, Mapping[str, str]]) -> None:
        self._path = path
        self._index = index
        self._indexes = {name: dict(files) for name, files in indexes.items()}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, index: str) -> "Journal":
        """Read the journal, or begin one; `index` is the address for uploads. Raises InvalidInput."""
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return cls(path, index, {})
        except OSError as error:
            raise UsageError(f"the journal {path} cannot be read: {error.strerror}") from None
        try:
            return cls(path, index, _read(raw))
        except ValueError as error:
            fault = Fault(Location(str(path)), f"not a journal of bonded publish: {error}", _HINT)
            raise InvalidInput((fault,)) from None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def published(self) -> Mapping[str, str]:
        """Return the files that are out on this index, with their SHA-256."""
        with self._lock:
            return dict(self._indexes.get(self._index, {}))

    def check(self, parcels: Iterable[Parcel]) -> None:
        """Raise InvalidInput where a file of this name went out with other bytes."""
        known = self.published()
        faults = tuple(
            Fault(
                Location(str(one.part.path)),
                f"was published with sha256 {known[one.filename]}, and is {one.sha256} now",
                _HINT,
            )
            for one in parcels
            if known.get(one.filename, one.sha256) != one.sha256
        )
        if faults:
            raise InvalidInput(faults)

    def begin(self) -> None:
        """Make sure that it can be written, before there is anything to write; raises UsageError."""
        with self._lock:
            self._write()

    def note(self, parcel: Parcel) -> None:
        """Write down that a file is out. Raises UsageError where that cannot be written."""
        with self._lock:
            self._indexes.setdefault(self._index, {})[parcel.filename] = parcel.sha256
            self._write()

    def close(self, parcels: Iterable[Parcel] = ()) -> None:
        """Forget a release that is out as a whole; where nothing is noted any more, the file goes."""
        with self._lock:
            files = self._indexes.get(self._index, {})
            gone = [files.pop(parcel.filename, "") for parcel in parcels]
            self._indexes = {name: held for name, held in self._indexes.items() if held}
            if not self._indexes:
                self._path.unlink(missing_ok=True)
            elif any(gone):
                self._write()

    def _write(self) -> None:
        text = json.dumps({"version": _VERSION, "published": self._indexes}, indent=2)
        partial = self._path.with_name(f"{self._path.name}.partial")
        try:
            partial.write_text(f"{text}\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            raise UsageError(
                f"the journal {self._path} cannot be written: {error.strerror}",
                hint="--journal FILE puts it elsewhere",
            ) from None


def _read(raw: bytes) -> dict[str, dict[str, str]]:
    if len(raw) > _MAX_BYTES:
        raise ValueError("too long")
    held = read_object(raw)
    indexes = held.get("published")
    if held.get("version") != _VERSION or not isinstance(indexes, dict):
        raise ValueError(f"expected version {_VERSION} with `published`")
    for files in indexes.values():
        if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
            raise ValueError("expected a digest for each file")
    return indexes
