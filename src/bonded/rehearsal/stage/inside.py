"""Files that steps can change, reached so that no link leads out of the stage.

bonded itself stands outside of the room in which steps run. So whatever it reads or writes for them, it opens first and
then asks the kernel where that really is; what lies outside of the stage's front is refused, as is everything that is
no regular file. What is written is created in a folder that was checked and is held open, never through a link.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from io import BufferedReader, BufferedWriter
from pathlib import Path

__all__ = ["Escape", "Folder", "Inside"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
MODE = 0o644


class Escape(OSError):
    """A path leads out of the stage, or to something that is no file."""


class Folder:
    """A folder held open, whatever happens to its name; files in it are reached without following links."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, name: str, text: str) -> Path:
        """Make a new file; raises OSError if the name is taken."""
        handle = os.open(name, _NEW, MODE, dir_fd=self._descriptor)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return self.path / name

    def read(self, name: str, limit: int) -> bytes:
        """Return the beginning of a file, `limit` bytes and one more at the most; empty for what is no file."""
        try:
            handle = os.open(name, _READ | os.O_NOFOLLOW, dir_fd=self._descriptor)
        except OSError:
            return b""
        with os.fdopen(handle, "rb") as file:
            return file.read(limit + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._descriptor)


class Inside:
    """The front of the stage, seen from outside of the room."""

    def __init__(self, front: Path, mounts: Mapping[Path, Path] | None = None) -> None:
        """`mounts` maps folders as the room sees them to where they really are (`/tmp`)."""
        self._front = Path(os.path.realpath(front))
        self._mounts = dict(mounts or {})

    def host(self, path: Path) -> Path:
        """Return where a path of the room really is."""
        if path.is_relative_to(self._front):
            return path
        for seen, real in self._mounts.items():
            if path.is_relative_to(seen):
                return real / path.relative_to(seen)
        return path

    def holds(self, path: Path) -> bool:
        """Whether a path, its links followed, lies on the front."""
        return Path(os.path.realpath(self.host(path))).is_relative_to(self._front)

    def read(self, path: Path) -> BufferedReader:
        """Open a file to read; raises Escape for what lies elsewhere or is no regular file."""
        handle = os.open(self.host(path), _READ)
        try:
            self._check(handle, path)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Escape(f"{path} is not a file")
        except BaseException:
            os.close(handle)
            raise
        return os.fdopen(handle, "rb")

    def text(self, path: Path, limit: int = 1 << 20) -> str:
        """Return a file's text; raises Escape, and UnicodeDecodeError for what is not UTF-8."""
        with self.read(path) as file:
            return file.read(limit).decode("utf-8")

    def write(self, path: Path) -> BufferedWriter:
        """Open a file to write, making its folders; raises Escape where a link would lead elsewhere."""
        folder = self._folder(path.parent)
        try:
            handle = os.open(path.name, _WRITE, MODE, dir_fd=folder)
        except OSError as error:
            raise Escape(f"{path} cannot be written: {error.strerror}") from None
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Escape(f"{path} is not a file")
        return os.fdopen(handle, "wb")

    def link(self, path: Path, target: str) -> None:
        """Make a symbolic link, replacing what is there but a folder."""
        folder = self._folder(path.parent)
        try:
            spare = f".{path.name}.{secrets.token_hex(6)}"
            os.symlink(target, spare, dir_fd=folder)
            os.replace(spare, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)

    def make(self, path: Path) -> Path:
        """Make a folder and those above it; raises Escape where a link would lead elsewhere. Returns the real path."""
        os.close(self._folder(path))
        return self.host(path)

    def new_folder(self, parent: Path) -> Folder:
        """Make a folder that nobody could know of in `parent`, and hold it open."""
        above = self._folder(parent)
        try:
            name = secrets.token_hex(8)
            os.mkdir(name, dir_fd=above)
            return Folder(
                self.host(parent) / name,
                os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=above),
            )
        finally:
            os.close(above)

    def _folder(self, path: Path) -> int:
        """Open a folder on the front, making what is missing, step by step and without following links anew."""
        real = Path(os.path.realpath(self.host(path)))
        if not real.is_relative_to(self._front):
            raise Escape(f"{path} leads out of the stage")
        current = os.open(self._front, _FOLDER)
        for part in real.relative_to(self._front).parts:
            try:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=current)
                below = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=current)
            except OSError as error:
                raise Escape(f"{path} is not a folder: {error.strerror}") from None
            finally:
                os.close(current)
            current = below
        return current

    def _check(self, handle: int, path: Path) -> None:
        real = Path(f"/proc/self/fd/{handle}").readlink()
        if not real.is_relative_to(self._front):
            raise Escape(f"{path} leads out of the stage")
