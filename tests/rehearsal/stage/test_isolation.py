import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bonded.rehearsal.stage.isolation import CREDENTIALS, Isolation, credential_places

OUTSIDE = Path(__file__).parent
"""A folder that is no part of any stage."""


@dataclass
class Room:
    """An open isolation and the folders around it."""

    isolation: Isolation
    stage: Path
    home: Path
    port: int

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script as a step would be run."""
        return subprocess.run(
            [*self.isolation.prefix, "/bin/sh", "-c", script],
            cwd=self.stage,
            env=dict(os.environ) | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def allowed() -> bool:
    """Whether this machine lets us make the namespaces at all, asked of another program."""
    if shutil.which("nsenter") is None or shutil.which("unshare") is None:
        return False
    asked = ["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "true"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One room for the tests that only look."""
    top = tmp_path_factory.mktemp("isolation")
    stage, home = top / "stage", top / "home"
    for folder in (stage / "tmp", home / ".ssh", home / ".config" / "gh"):
        folder.mkdir(parents=True)
    for secret in (".pypirc", ".ssh/id_ed25519", ".config/gh/hosts.yml", "public"):
        (home / secret).write_text("a secret")
    port = free_port()
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(home / "daemon.sock"))
        daemon.listen()
        isolation = Isolation.open(
            writable=[stage],
            temporary=stage / "tmp",
            port=port,
            mask=credential_places(home),
            readable=[home],
        )
        try:
            yield Room(isolation, stage, home, port)
        finally:
            isolation.close()


needs_room = pytest.mark.skipif(not allowed(), reason="asserted by the fallback tests instead")


def test_the_level_is_what_the_machine_allows(room: Room) -> None:
    """Where the kernel lets us there are namespaces; where not, the reason is told and steps run without a prefix."""
    assert room.isolation.level == ("namespaces" if allowed() else "proxy only")
    assert bool(room.isolation.why) == (not room.isolation.prefix) == (not allowed())
    assert (room.isolation.listener is None) == (not allowed())
    assert room.run("exit 7").returncode == 7


@needs_room
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("id -u", f"{os.getuid()}\n"),
        ("id -g", f"{os.getgid()}\n"),
        ("pwd", None),
        ("echo kept > in-stage && cat in-stage", "kept\n"),
        ("echo x > /tmp/t && cat /tmp/t", "x\n"),
        ("echo x > /var/tmp/t && cat /var/tmp/t", "x\n"),
        ("echo x > /dev/shm/t && cat /dev/shm/t", "x\n"),
        ("echo lost > /dev/null; head -c2 /dev/zero | wc -c", "2\n"),
        ("cat /proc/self/comm", "cat\n"),
        ('echo "$SAID" "${BONDED_FOLDER-none}" "${OLDPWD-none}"', "two  words none none\n"),
    ],
)
def test_a_step_finds_what_it_expects(room: Room, script: str, said: str | None) -> None:
    """Inside, a step is the same user in the same folder with the same variables, and may write where steps do."""
    done = room.run(script, SAID="two  words")

    assert done.stdout == (f"{room.stage}\n" if said is None else said), done.stderr
    assert done.returncode == 0


@needs_room
def test_the_interpreter_is_there(room: Room) -> None:
    """This program runs inside too, wherever it is installed."""
    done = room.run(f"{sys.executable} -c 'import bonded; print(1)'")

    assert done.stdout == "1\n", done.stderr


@needs_room
@pytest.mark.parametrize(
    "script",
    [
        f"echo x > {OUTSIDE}/escaped",
        "echo x > /escaped",
        "echo x > /dev/escaped",
        "echo x > /etc/hostname",
        "echo x > /proc/sys/kernel/core_pattern",
        "mount -o remount,rw / && echo x > /escaped",
        "mount -o remount,rw,bind / && echo x > /escaped",
        "umount -l /tmp",
        "unshare --user --map-root-user --mount sh -c 'mount -o remount,rw,bind / && echo x > /escaped'",
        "mknod /tmp/disk b 254 0",
        "nsenter --target 1 --mount true",
        "ip link add dummy0 type dummy",
        "kill -9 1; kill -0 1 && exit 1",
    ],
)
def test_nothing_outside_the_stage_changes(room: Room, script: str) -> None:
    """A step, root or not, can neither write outside the stage nor undo what keeps it from doing so."""
    assert room.run(script).returncode != 0 or "kill" in script
    assert not Path("/escaped").exists()
    assert not (OUTSIDE / "escaped").exists()
    assert room.run("true").returncode == 0


@needs_room
def test_credentials_are_empty(room: Room) -> None:
    """Files and folders of credentials are there, with nothing in them; the rest can be read."""
    script = (
        f"cd {room.home}; cat .pypirc .ssh/* .config/gh/* public 2>/dev/null; ls .ssh .config/gh"
    )

    assert room.run(script).stdout == "a secret.config/gh:\n\n.ssh:\n"


@needs_room
def test_files_below_tmp_stay_readable_when_named(room: Room) -> None:
    """A readable folder under /tmp is seen inside, and is not writable."""
    assert room.run(f"echo x > {room.home}/public").returncode != 0
    assert (room.home / "public").read_text() == "a secret"


@needs_room
def test_daemons_of_the_machine_do_not_answer(room: Room) -> None:
    """A socket that somebody outside listens at (Docker's, an agent's) leads nowhere."""
    connect = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    done = room.run(f'{sys.executable} -c "{connect}" {room.home}/daemon.sock')

    assert "ConnectionRefusedError" in done.stderr


@needs_room
@pytest.mark.parametrize("address", ["192.0.2.1", "93.184.216.34", "169.254.169.254"])
def test_no_address_is_reachable(room: Room, address: str) -> None:
    """A connection past the proxy has no route."""
    connect = f"import socket; socket.create_connection(('{address}', 443), 5)"
    done = room.run(f'{sys.executable} -c "{connect}"')

    assert "Network is unreachable" in done.stderr


@needs_room
def test_names_are_not_looked_up(room: Room) -> None:
    """There is no resolver inside: nothing leaks by DNS."""
    done = room.run(
        f"{sys.executable} -c \"import socket; socket.getaddrinfo('world.example', 443)\""
    )

    assert "gaierror" in done.stderr


@needs_room
def test_the_machines_loopback_is_another(room: Room) -> None:
    """A server on this machine is not reachable inside, and a step's own server is."""
    script = (
        "import socket,sys\n"
        "own = socket.create_server(('127.0.0.1', 0)); socket.create_connection(own.getsockname())\n"
        "six = socket.create_server(('::1', 0), family=socket.AF_INET6)\n"
        "socket.create_connection(six.getsockname()[:2]); print('own')\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
    )
    (room.stage / "own.py").write_text(script)
    with socket.create_server(("127.0.0.1", 0)) as outer:
        done = room.run(f"{sys.executable} own.py {outer.getsockname()[1]}")

    assert done.stdout == "own\n", done.stderr
    assert "ConnectionRefusedError" in done.stderr


@needs_room
def test_the_way_to_the_proxy_is_open(room: Room) -> None:
    """Who connects to the proxy's port inside is answered by whoever serves the listener outside."""
    listener = room.isolation.listener
    assert listener is not None

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"from outside")

    thread = threading.Thread(target=serve)
    thread.start()
    script = f"import socket; print(socket.create_connection(('127.0.0.1', {room.port})).recv(99))"
    done = room.run(f'{sys.executable} -c "{script}"')
    thread.join()

    assert done.stdout == "b'from outside'\n", done.stderr


@needs_room
def test_a_signal_ends_the_whole_step(room: Room) -> None:
    """Killing the step's process group from outside ends what runs inside, and the code says so."""
    step = subprocess.Popen(
        [*room.isolation.prefix, "/bin/sh", "-c", "sleep 600 & echo on; wait"],
        cwd=room.stage,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with step:
        assert step.stdout is not None
        assert step.stdout.readline() == b"on\n"
        os.killpg(step.pid, signal.SIGKILL)
        # The sleeper held the pipe: its end is the pipe's end.
        assert step.stdout.read() == b""
    assert step.returncode == -signal.SIGKILL
    assert "sleep" not in room.run("cat /proc/[0-9]*/comm").stdout


LINGER = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
print("on", flush=True)
time.sleep(600)
"""


def opened(stage: Path) -> Isolation:
    (stage / "tmp").mkdir()
    (stage / "linger.py").write_text(LINGER)
    return Isolation.open(writable=[stage], temporary=stage / "tmp", port=free_port())


@needs_room
def test_closing_ends_even_daemons(tmp_path: Path) -> None:
    """Two forks, a session of their own and an empty environment do not outlive the room."""
    room = opened(tmp_path)
    step = subprocess.Popen(
        [*room.prefix, "env", "-i", sys.executable, "linger.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    )
    with step:
        assert step.stdout is not None
        assert step.stdout.readline() == b"on\n"
        assert step.wait() == 0
        room.close()
        # Only the daemon still holds the pipe.
        assert step.stdout.read() == b""
    room.close()
    assert room.prefix == ()


KILLED = """
import subprocess, sys, os, signal
from pathlib import Path
from bonded.rehearsal.stage.isolation import Isolation
stage = Path(sys.argv[1])
room = Isolation.open(writable=[stage], temporary=stage / "tmp", port=int(sys.argv[2]))
subprocess.Popen([*room.prefix, sys.executable, "linger.py"], cwd=stage).wait()
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_room
def test_nothing_survives_a_killed_parent(tmp_path: Path) -> None:
    """When this program is killed without a chance to clean up, the kernel does it."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "linger.py").write_text(LINGER)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), str(free_port())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == b"on\n"
        program.stdin.write(b"now\n")
        program.stdin.flush()
        # Only the daemon inside still holds the pipe.
        assert program.stdout.read() == b""
    assert program.returncode == -signal.SIGKILL


def test_without_the_program_there_is_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without nsenter is told so, and the evening goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    room = opened(tmp_path)

    assert (room.level, room.prefix, room.listener) == ("proxy only", (), None)
    assert "nsenter" in room.why


def test_other_systems_have_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Namespaces are a part of Linux."""
    monkeypatch.setattr(sys, "platform", "darwin")

    assert opened(tmp_path).why == "namespaces are a part of Linux"


def test_what_the_kernel_refuses_is_told(tmp_path: Path) -> None:
    """A room that cannot be made whole is not made: the reason names what was tried."""
    (tmp_path / "tmp").mkdir()
    room = Isolation.open(
        writable=[tmp_path, tmp_path / "gone"], temporary=tmp_path / "tmp", port=free_port()
    )

    assert room.level == "proxy only"
    assert not allowed() or room.why.endswith(f"{tmp_path}/gone: No such file or directory")


@pytest.mark.parametrize(
    ("program", "why"), [("echo what >&2; exit 1", "what"), ("exec sleep 60", "nothing happens")]
)
def test_a_step_that_cannot_enter_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    """A tool that does not understand its arguments, or hangs, shows at the door and not in the first step."""
    (tmp_path / "sleep").symlink_to(shutil.which("sleep") or "/bin/sleep")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bonded.rehearsal.stage.isolation.PATIENCE", 2)
    for name in ("nsenter", "setpriv"):
        (tmp_path / name).write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / name).chmod(0o755)
    room = opened(tmp_path)

    assert room.level == "proxy only"
    assert not allowed() or room.why == f"the namespaces cannot be entered: {why}"


@pytest.mark.parametrize(
    ("program", "why"),
    [("exit 0", "the keeper of the namespaces died"), ("sleep 60", "does not answer")],
)
def test_a_keeper_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    """A keeper that dies or hangs leaves the proxy and a reason."""
    fake = tmp_path / "python"
    fake.write_text(
        f"#!/bin/sh\nexec {program}\n" if "sleep" in program else f"#!/bin/sh\n{program}\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    monkeypatch.setattr("bonded.rehearsal.stage.isolation.PATIENCE", 0.2)

    assert why in opened(tmp_path).why


def test_an_interpreter_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keeper that cannot be started is a reason, not an error."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))

    assert "cannot be started: No such file" in opened(tmp_path).why


def test_places_of_credentials_are_in_the_home() -> None:
    """Every place is below the home folder, and the well-known ones are among them."""
    home = Path("/home/somebody")

    assert all(place.is_relative_to(home) for place in credential_places(home))
    assert {".pypirc", ".netrc", ".ssh", ".git-credentials"} <= set(CREDENTIALS)
