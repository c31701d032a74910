"""The program that makes a room without doors and keeps it. `isolation.py` runs it by path; standard library only.

It makes namespaces (user, mount, network, process ids, System V IPC) in which

    the network      is a loopback of its own; the only way on is one listening socket, made here and handed to the
                     caller: whoever connects to it inside is answered by the proxy outside
    files            are read-only, but for the folders that the caller names; `/tmp` and `/var/tmp` are folders of the
                     stage, `/dev` is a new one with the harmless devices; credential files are empty, and so are the
                     sockets of daemons of this machine (Docker, D-Bus, agents), which would do a step's errands outside
    processes        see and signal each other only; when the first one ends, the kernel ends all the others

That first process, a child of this one, lives as long as the caller holds its end of the control socket, whatever
becomes of the caller. The namespaces belong to a user namespace in which every id means what it means outside. A step
has no capability in it (or, as root, none that could undo the mounts: `isolation.py` drops those when it enters).

Rule: what cannot be done raises, the caller is told in one line, and nothing is kept. There is no half of a room.
"""

import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import stat
import struct
import sys
from collections.abc import Iterable
from typing import Any

__all__ = ["main", "masked_sockets", "places"]

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
NOSUID, NODEV, NOEXEC, RECURSIVE, PRIVATE = 2, 4, 8, 0x4000, 0x40000
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
"""System calls by number, the same on every architecture of Linux but Alpha; the newest is of Linux 5.12."""

HERE, EMPTY_PATH, WHOLE_TREE, CLONE, MOVE_FROM_FD, READ_ONLY = -100, 0x1000, 0x8000, 1, 4, 1
DEATH_SIGNAL = 1

TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  the places themselves, which are covered
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
KERNEL_SWITCHES = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi")
"""Parts of /proc that belong to root by user id alone, namespaces or not."""

LISTENING = 0x10000


def masked_sockets(table: str, writable: Iterable[str]) -> list[str]:
    """Return the paths of the sockets that daemons listen at, from the text of /proc/net/unix.

    Abstract sockets (`@…`) belong to the network namespace and need no mask; sockets in writable folders are the
    stage's own.
    """
    paths = set()
    for line in table.splitlines()[1:]:
        fields = line.split(maxsplit=7)
        if len(fields) == 8 and fields[7].startswith("/") and int(fields[3], 16) & LISTENING:  # noqa: PLR2004
            paths.add(fields[7])
    return sorted(path for path in paths if not _within(path, writable))


def places(
    writable: Iterable[str], readable: Iterable[str], covered: Iterable[str]
) -> list[tuple[str, bool]]:
    """Return what must be put in place after the covers, outermost first: (path, may be written).

    A readable folder counts only where a cover would hide it. A folder both readable and writable is writable.
    """
    wanted = {path: False for path in readable if _within(path, covered)}
    wanted |= dict.fromkeys(writable, True)
    return sorted(wanted.items(), key=lambda place: (place[0].count("/"), place[0]))


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)


# System calls. Each raises OSError with what was tried.

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(what: str, number: int, *arguments: Any) -> int:
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *plain), what)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _checked(result, f"mounting {kind or source} on {target}")


def _tree(path: str, *, deep: bool = True) -> int:
    """Copy the mounts at a path into a tree of their own, attached nowhere; a file descriptor."""
    flags = CLONE | os.O_CLOEXEC | (WHOLE_TREE if deep else 0)
    return _syscall(f"copying the mounts at {path}", OPEN_TREE, HERE, os.fsencode(path), flags)


def _freeze(at: int, path: str, what: str, *, deep: bool = True) -> None:
    attributes = struct.pack("=QQQQ", READ_ONLY, 0, 0, 0)
    flags = EMPTY_PATH | (WHOLE_TREE if deep else 0)
    name = os.fsencode(path)
    _syscall(
        f"making {what} read-only", MOUNT_SETATTR, at, name, flags, attributes, len(attributes)
    )


def _attach(tree: int, path: str) -> None:
    try:
        _syscall(
            f"mounting on {path}", MOVE_MOUNT, tree, b"", HERE, os.fsencode(path), MOVE_FROM_FD
        )
    finally:
        os.close(tree)


# The room, in the order in which it is made.


def _namespaces() -> None:
    """Leave the caller's namespaces; every id keeps its meaning."""
    uid, gid = os.geteuid(), os.getegid()
    outer = {name: _identity(name) for name in ("uid_map", "gid_map")}
    begin, go = os.pipe()
    me = os.getpid()
    # Only a process outside may map more ids than one's own, which root needs (tar and chown use them).
    scribe = os.fork() if uid == 0 else 0
    if uid == 0 and scribe == 0:
        os.close(go)
        os.read(begin, 1)
        try:
            for name, text in outer.items():
                _write(f"/proc/{me}/{name}", text)
        except OSError:
            os._exit(1)
        os._exit(0)
    os.close(begin)
    flags = NEW_USER | NEW_MOUNTS | NEW_NET | NEW_PIDS | NEW_IPC
    try:
        _checked(_libc.unshare(flags), "making namespaces")
    finally:
        os.close(go)
    if uid == 0:
        if os.waitpid(scribe, 0)[1] != 0:
            raise OSError(errno.EPERM, "mapping the ids of the user namespace is not permitted")
        return
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1\n")
    _write("/proc/self/gid_map", f"{gid} {gid} 1\n")


def _identity(name: str) -> str:
    with open(f"/proc/self/{name}", encoding="ascii") as file:  # noqa: PTH123  pathlib would cost start-up time
        rows = [line.split() for line in file]
    return "".join(f"{inside} {inside} {count}\n" for inside, _, count in rows)


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _loopback(port: int) -> socket.socket:
    """Bring the loopback up and listen on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running = struct.pack("16sh14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, up_and_running)  # SIOCSIFFLAGS
    return socket.create_server(("127.0.0.1", port))


def _mounts(request: dict[str, Any], sockets: list[str]) -> None:
    covers = sorted({os.path.realpath(path) for path in TEMPORARY if os.path.isdir(path)})  # noqa: PTH112
    _mount("none", "/", "", RECURSIVE | PRIVATE)
    trees = [(path, _tree(path), free) for path, free in
             places(request["writable"], request["readable"], covers)]  # fmt: skip
    covering = [(path, _tree(_folder(request["temporary"], path), deep=False)) for path in covers]
    devices = {name: _tree(f"/dev/{name}") for name in DEVICES}
    _freeze(HERE, "/", "the file system")
    for path, tree in covering:
        _attach(tree, path)
    _dev(devices)
    for path, tree, free in trees:
        _make_place(path, os.fstat(tree).st_mode)
        if not free:
            _freeze(tree, "", path)
        _attach(tree, path)
    for path in [*request["mask"], *sockets]:
        _mask(path)
    _freeze(HERE, "/dev", "/dev", deep=False)


def _folder(temporary: str, path: str) -> str:
    folder = os.path.join(temporary, path.strip("/").replace("/", "-"))  # noqa: PTH118
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    os.chmod(folder, 0o1777)  # noqa: PTH101, S103  what /tmp has everywhere
    return folder


def _dev(devices: dict[str, int]) -> None:
    _mount("tmpfs", "/dev", "tmpfs", NOSUID, "mode=755")
    for name, tree in devices.items():
        _make_place(f"/dev/{name}", stat.S_IFREG)
        _attach(tree, f"/dev/{name}")
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"/dev/{name}")  # noqa: PTH211
    for name in ("pts", "shm", ".masks"):
        os.mkdir(f"/dev/{name}")  # noqa: PTH102
    _mount("devpts", "/dev/pts", "devpts", NOSUID | NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    _mount("tmpfs", "/dev/shm", "tmpfs", NOSUID | NODEV, "mode=1777")  # noqa: S108
    os.mkdir("/dev/.masks/folder", 0o555)  # noqa: PTH102
    _make_place("/dev/.masks/file", stat.S_IFREG)


def _make_place(path: str, mode: int) -> None:
    """Make something that a mount can be put on, where there is nothing yet."""
    if os.path.lexists(path):
        return
    if stat.S_ISDIR(mode):
        os.makedirs(path)  # noqa: PTH103
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))


def _mask(path: str) -> None:
    """Put an empty file or folder over what must not be read; what a step cannot reach anyway needs no mask."""
    real = os.path.realpath(path)
    try:
        kind = "folder" if stat.S_ISDIR(os.stat(real).st_mode) else "file"  # noqa: PTH116
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return
    tree = _tree(f"/dev/.masks/{kind}")
    _freeze(tree, "", path)
    _attach(tree, real)


def _processes() -> None:
    """Show the processes of the new namespace only, and none of the kernel's switches."""
    _mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    for name in KERNEL_SWITCHES:
        path = f"/proc/{name}"
        if os.path.exists(path):  # noqa: PTH110
            tree = _tree(path)
            _freeze(tree, "", path)
            _attach(tree, path)


def _keep(control: socket.socket, ready: int) -> None:
    """Be process 1: say that the room stands, then wait for the caller to let go. Never returns."""
    try:
        _checked(
            _libc.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0), "binding the keeper to its maker"
        )
        # Ignored, the kernel takes away the dead by itself, orphans too.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        _processes()
        os.write(ready, b"ok")
        os.close(ready)
        control.recv(1)
    except OSError as error:
        os.write(ready, str(error.strerror or error).encode())
    os._exit(0)


def _make(request: dict[str, Any], control: socket.socket) -> tuple[int, socket.socket]:
    """Make the room; returns its process 1, as seen from outside, and the listening socket inside. Raises OSError."""
    with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
        sockets = masked_sockets(file.read(), request["writable"])
    os.chdir("/")
    _namespaces()
    listener = _loopback(request["port"])
    _mounts(request, sockets)
    waiting, ready = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        os.close(waiting)
        listener.close()
        _keep(control, ready)
    os.close(ready)
    said = os.read(waiting, 4096).decode(errors="replace")
    os.close(waiting)
    if said != "ok":
        raise OSError(errno.EPERM, said or "the first process of the namespace died")
    return keeper, listener


def main(descriptor: int) -> int:
    """Read a request from the control socket, make the room, answer, and stay until the room is empty."""
    control = socket.socket(fileno=descriptor)
    with control.makefile("rb") as file:
        request = json.loads(file.readline())
    try:
        keeper, listener = _make(request, control)
    except OSError as error:
        control.sendall(json.dumps({"why": str(error.strerror or error)}).encode() + b"\n")
        return 1
    answer = json.dumps({"keeper": keeper}).encode() + b"\n"
    socket.send_fds(control, [answer], [listener.fileno()])
    listener.close()
    control.close()
    os.waitpid(keeper, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
