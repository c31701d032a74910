"""A room that steps cannot leave, where the kernel allows one; the proxy alone where it does not.

`holder.py` makes the room; this file starts it, enters it, and ends it. A step enters through a command before its own:
`nsenter` joins the namespaces (by their first process) and `setpriv` gives up what root could break out with. Who
changes the mount namespace finds himself at its root, so a shell before notes the folder and one after goes back to it.

The step and `nsenter` are in one process group, so a signal to the group reaches both, and the step's exit code is
`nsenter`'s. Nothing here raises when the machine says no: then `level` is "proxy only" and `why` says what was refused.
"""

import contextlib
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self, TypeAlias

from bonded.rehearsal.stage import holder

__all__ = ["CREDENTIALS", "Isolation", "Level", "credential_places", "enclose", "leave_keyring"]

Level: TypeAlias = Literal["namespaces", "proxy only"]

PATIENCE = 10.0
"""Seconds for the room to be made or emptied; both take a hundredth of that."""

CREDENTIALS = (
    ".pypirc", ".netrc", "_netrc", ".git-credentials", ".gitconfig", ".npmrc", ".yarnrc.yml", ".boto",
    ".ssh", ".gnupg", ".password-store", ".docker", ".aws", ".azure", ".kube", ".oci", ".terraform.d",
    ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml",
    ".config/gh", ".config/glab-cli", ".config/hub", ".config/git/credentials", ".config/gcloud", ".config/op",
    ".config/pip", ".pip", ".config/uv", ".config/pypoetry", ".config/pdm", ".config/hatch", ".config/twine",
    ".config/rclone", ".config/doctl", ".config/sops", ".config/containers", ".config/google-chrome",
    ".config/chromium", ".mozilla", ".local/share/uv/credentials", ".local/share/keyrings", ".local/share/kwalletd",
    ".local/share/python_keyring", ".local/share/hatch/publish", ".local/share/sigstore-python",
    ".cache/sigstore-python", ".cache/keyring", ".cache/hatch", ".bash_history", ".zsh_history", ".python_history",
)  # fmt: skip
"""Where tools keep what would open somebody's account, relative to the home folder."""

ROOT_KEEPS = "chown,dac_override,dac_read_search,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,setfcap"
"""What root may still do inside: handle files of every owner. Not: mount, make devices, change the network."""

KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
JOIN_SESSION_KEYRING = 1
"""The system call `keyctl` by machine, and its operation (linux/keyctl.h)."""

NOTE_FOLDER = 'export BONDED_FOLDER="$PWD"; exec "$@"'
GO_BACK = """\
cd -- "$BONDED_FOLDER" || exit 126
unset BONDED_FOLDER OLDPWD
for BONDED_NAME in $BONDED_NAMES; do
  eval "export $BONDED_NAME=\\"\\$BONDED_ENV_$BONDED_NAME\\""
  unset "BONDED_ENV_$BONDED_NAME"
done
unset BONDED_NAME BONDED_NAMES
exec "$@"
"""
"""Run inside: back to the step's folder, then the step's environment under its own names."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
READONLY = frozenset({"UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"})
"""Names that some shells refuse to set."""

_ENTER_WITH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def enclose(
    prefix: Sequence[str], command: Sequence[str], env: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment that run `command` with `env` inside the room of a prefix.

    The programs that enter the room run outside of it. Whatever a step set (`LD_PRELOAD`, an exported function of
    bash) must mean nothing to them: so the step's variables travel under other names, and get their own inside.
    """
    if not prefix:
        return list(command), dict(env)
    named = {k: v for k, v in env.items() if IDENTIFIER.fullmatch(k) and k not in READONLY}
    # No shell can export these; `env` can, and shows them in its arguments.
    others = [f"{k}={v}" for k, v in env.items() if not IDENTIFIER.fullmatch(k) and "=" not in k]
    carried = {f"BONDED_ENV_{name}": value for name, value in named.items()}
    inner = ["/usr/bin/env", *others, *command] if others else command
    return [*prefix, *inner], {**_ENTER_WITH, "BONDED_NAMES": " ".join(named), **carried}


def leave_keyring() -> None:
    """Give this process and its children a session keyring of their own, empty; quietly nothing where there is none."""
    number = KEYCTL.get(os.uname().machine)
    if number is not None:
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).syscall(number, JOIN_SESSION_KEYRING, None)


def credential_places(home: Path) -> tuple[Path, ...]:
    """Return the places of CREDENTIALS in a home folder, whether they exist or not."""
    return tuple(home / place for place in CREDENTIALS)


class _Refused(Exception):
    pass


class Isolation:
    """The room; `listener` is a socket that listens inside, for the proxy to serve.

    It listens on 127.0.0.1 and the port that was asked for, so the proxy has the same URL inside and outside. `prefix`
    goes before a command to run it inside, in the folder that it is started in; it is empty at level "proxy only".
    `keeper` is the room's first process, which adopts the orphans in there; 0 at level "proxy only".
    """

    def __init__(self, *, why: str = "") -> None:
        self.level: Level = "proxy only"
        self.why = why
        self.keeper = 0
        self.listener: socket.socket | None = None
        self._control: socket.socket | None = None
        self._holder: subprocess.Popen[bytes] | None = None
        self.prefix: tuple[str, ...] = ()

    @classmethod
    def open(
        cls,
        *,
        writable: Sequence[Path],
        temporary: Path,
        port: int,
        mask: Sequence[Path] = (),
        readable: Sequence[Path] = (),
    ) -> Self:
        """Make the room.

        `writable` folders exist and stay writable; `temporary` is a folder in one of them that gives `/tmp` and
        `/var/tmp` their contents; `mask` is empty inside; `readable` is seen even where it lies under `/tmp` (the
        interpreter and this program always are); `port` is the proxy's, on the loopback inside.
        """
        own = (
            sys.prefix,
            sys.base_prefix,
            os.path.realpath(sys.executable),
            __file__.rpartition("/bonded/")[0],
        )
        request = {
            "writable": _real(writable),
            "temporary": os.path.realpath(temporary),
            "mask": [os.fspath(path) for path in mask],
            "readable": _real(path for path in [*readable, *map(Path, own)] if path.exists()),
            "port": port,
        }
        room = cls()
        try:
            room._open(request)
        except _Refused as refusal:
            room.why = str(refusal)
        except OSError as error:
            room.why = f"the keeper of the namespaces cannot be started: {error.strerror or error}"
        except subprocess.TimeoutExpired:
            room.why = "the namespaces cannot be entered: nothing happens"
        if room.level == "proxy only":
            room.close()
        return room

    def close(self) -> None:
        """End every process inside, and wait until the kernel has done so. May be called more than once."""
        self.prefix = ()
        if self.listener is not None:
            self.listener.close()
        if self._control is not None:
            self._control.close()
        if self._holder is not None:
            try:
                self._holder.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                # The room's first process dies with its maker.
                self._holder.kill()
                self._holder.wait()

    def _open(self, request: dict[str, object]) -> None:
        if not sys.platform.startswith("linux"):
            raise _Refused("namespaces are a part of Linux")
        nsenter = _program("nsenter")
        root = os.geteuid() == 0
        less = (_program("setpriv"), *_give_up(), "--") if root else ()
        self.keeper = keeper = self._start(request)
        self.prefix = (
            "/bin/sh", "-c", NOTE_FOLDER, "sh",
            nsenter, f"--target={keeper}", "--user", "--mount", "--net", "--ipc", "--pid",
            "--preserve-credentials", "--", *less, "/bin/sh", "-c", GO_BACK, "sh",
        )  # fmt: skip
        tried = subprocess.run(
            [*self.prefix, "/bin/sh", "-c", ":"],
            cwd="/",
            env=_ENTER_WITH,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        if tried.returncode != 0:
            text = tried.stderr.decode(errors="replace").strip()
            raise _Refused(f"the namespaces cannot be entered: {text}")
        self.level = "namespaces"

    def _start(self, request: dict[str, object]) -> int:
        """Start the holder and hear from it: the first process of the room."""
        self._control, theirs = socket.socketpair()
        with theirs:
            self._holder = subprocess.Popen(
                [sys.executable, "-I", "-S", holder.__file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_ENTER_WITH,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A Ctrl-C at the terminal is for us; the room ends when we say so.
                start_new_session=True,
            )
        self._control.settimeout(PATIENCE)
        try:
            self._control.sendall(json.dumps(request).encode() + b"\n")
            data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
        except TimeoutError as error:
            raise _Refused("the keeper of the namespaces does not answer") from error
        except ConnectionError as error:
            raise _Refused("the keeper of the namespaces died") from error
        if descriptors:
            self.listener = socket.socket(fileno=descriptors[0])
        said = {"why": "the keeper of the namespaces died"}
        with contextlib.suppress(ValueError):
            said = json.loads(data)
        if "keeper" not in said:
            raise _Refused(said["why"])
        return int(said["keeper"])


def _real(paths: Iterable[Path]) -> list[str]:
    return sorted({os.path.realpath(path) for path in paths})


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise _Refused(f"the program {name} (of util-linux) is not there")
    return found


def _give_up() -> tuple[str, ...]:
    kept = ",".join(f"+{name}" for name in ROOT_KEEPS.split(","))
    return (f"--bounding-set=-all,{kept}", "--inh-caps=-all")
