"""Uploads a second: bonded, which waits for the disk, beside pypiserver, devpi-server and peryx, which do as they do.

    python benchmarks/uploads.py [--tools DIR] [--rounds N] [--files N] [--large MIB] [--only NAME ...]

The peers are installed from PyPI into environments under `--tools`, once. Every server runs on loopback with a new
folder on the disk of `--work`. In each round the servers take turns: N small wheels one after the other over one
connection, as many over eight at once, and one large wheel. The best round of each counts, because others show what
else the machine was doing; the median is shown beside it. Lost is what was answered with anything but success, and
what was answered with success and is not listed at the end. Beside it stands the rate at which this machine computes
the three digests of the protocol, in one thread and in two.
"""

import argparse
import base64
import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = 8
PATIENCE = 120
MEBIBYTE = 1 << 20
UV = str(Path(sys.executable).parent / "uv")
Body = tuple[str, bytes, str]


@dataclass
class Server:
    """One index that runs, and what was measured of it."""

    name: str
    port: int
    path: str
    listing: str
    headers: dict[str, str]
    sent: set[str] = field(default_factory=set)
    refused: int = 0
    rates: dict[str, list[float]] = field(default_factory=dict)


# --- what is uploaded ---------------------------------------------------------------------------------------------


def wheel(version: str, ballast: bytes = b"") -> bytes:
    """Return a wheel whose RECORD is right; the ballast is stored as it is."""
    info = f"greeter-{version}.dist-info"
    members = {
        "greeter/__init__.py": f"VERSION = {version!r}\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: greeter\nVersion: {version}\nSummary: Greets\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: b\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if ballast:
        members["greeter/ballast"] = ballast
    record = f"{info}/RECORD"
    lines = [f"{name},sha256={_record(data)},{len(data)}" for name, data in members.items()]
    members[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _record(data: bytes) -> str:
    digest = hashlib.sha256(data).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def body(version: str, ballast: bytes = b"") -> Body:
    """Return a file's name, the form that uploads it as clients write it, and the form's type."""
    data = wheel(version, ballast)
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": "greeter",
        "version": version,
        "summary": "Greets",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "md5_digest": hashlib.md5(data).hexdigest(),
        "sha256_digest": hashlib.sha256(data).hexdigest(),
        "blake2_256_digest": hashlib.blake2b(data, digest_size=32).hexdigest(),
    }
    name = f"greeter-{version}-py3-none-any.whl"
    parts = [(f'name="{key}"', text.encode()) for key, text in fields.items()]
    parts.append(
        (f'name="content"; filename="{name}"\r\nContent-Type: application/octet-stream', data)
    )
    lines = [
        f"--limit\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content
        for head, content in parts
    ]
    return name, b"\r\n".join([*lines, b"--limit--\r\n"]), "multipart/form-data; boundary=limit"


# --- the clients --------------------------------------------------------------------------------------------------


def upload(server: Server, bodies: Sequence[Body]) -> None:
    """Upload one after the other over one connection; note what was taken and what was not."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    for name, form, kind in bodies:
        try:
            connection.request("POST", server.path, form, {"Content-Type": kind, **server.headers})
            answer = connection.getresponse()
            answer.read()
            taken = answer.status in {200, 201}
        except (OSError, http.client.HTTPException):
            taken = False
            connection.close()
        if taken:
            server.sent.add(name)
        else:
            server.refused += 1
    connection.close()


def at_once(server: Server, bodies: Sequence[Body]) -> None:
    """Upload with several clients at once."""
    threads = [
        threading.Thread(target=upload, args=(server, bodies[number::CLIENTS]))
        for number in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(server: Server, round_: int, files: int, ballast: bytes) -> None:
    """Play one round against one server."""
    bodies = [body(f"{round_}.{number}") for number in range(2 * files)]
    large = body(f"{round_}.{2 * files}", ballast + str(round_).encode())
    rates = {
        "in sequence": files / timed(lambda: upload(server, bodies[:files])),
        "eight at once": files / timed(lambda: at_once(server, bodies[files:])),
        "large": len(large[1]) / MEBIBYTE / timed(lambda: upload(server, [large])),
    }
    for name, rate in rates.items():
        server.rates.setdefault(name, []).append(rate)


def lost(server: Server) -> int:
    """Return how many files were refused, or taken and are not listed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", server.listing, headers={"Accept": "text/html"})
    page = connection.getresponse().read().decode()
    connection.close()
    return server.refused + sum(name not in page for name in server.sent)


def digests(data: bytes, threads: int) -> float:
    """Return the MiB of which the three digests are computed in a second."""
    makers = (hashlib.md5, hashlib.sha256, lambda: hashlib.blake2b(digest_size=32))
    groups = [makers] if threads == 1 else [makers[:1], makers[1:]]
    view, best = memoryview(data), 0.0

    def hash_all(some: Sequence[Callable[[], "hashlib._Hash"]]) -> None:
        states = [make() for make in some]
        for start in range(0, len(view), MEBIBYTE):
            for state in states:
                state.update(view[start : start + MEBIBYTE])

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            seconds = timed(lambda: list(pool.map(hash_all, groups)))
            best = max(best, len(data) / MEBIBYTE / seconds)
    return best


# --- the servers --------------------------------------------------------------------------------------------------


def tool(tools: Path, name: str, *packages: str) -> Path:
    """Return the folder of the programs of a peer, installed if it is not there yet."""
    home = tools / name
    if not home.exists():
        print(f"installing {name}", file=sys.stderr)
        subprocess.run([UV, "venv", "-q", str(home)], check=True)
        python = str(home / "bin" / "python")
        subprocess.run([UV, "pip", "install", "-q", "--python", python, *packages], check=True)
    return home / "bin"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; begins once it answers."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not start: {(folder / 'log').read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


@contextmanager
def bonded(_tools: Path, folder: Path) -> Iterator[Server]:
    data, port = folder / "data", free_port()
    command = [sys.executable, "-m", "bonded"]
    with running([*command, "serve", "--data", str(data), "--port", str(port)], port, folder):
        words = ["add", "bench", "--scope", "upload", "--project", "greeter", "--create"]
        done = subprocess.run(
            [*command, "token", *words, "--data", str(data), "--json"],
            check=True,
            capture_output=True,
        )
        bearer = {"Authorization": f"Bearer {json.loads(done.stdout)['token']}"}
        yield Server("bonded", port, "/legacy/", "/simple/greeter/", bearer)


@contextmanager
def pypiserver(tools: Path, folder: Path) -> Iterator[Server]:
    packages = ("pypiserver[cache]", "gevent")
    program, port = tool(tools, "pypiserver", *packages) / "pypi-server", free_port()
    (folder / "files").mkdir()
    options = ["-i", "127.0.0.1", "-P", ".", "-a", ".", "--server", "gevent"]
    command = [str(program), "run", "-p", str(port), *options, "--backend", "cached-dir", "files"]
    with running(command, port, folder):
        yield Server("pypiserver", port, "/", "/simple/greeter/", {})


@contextmanager
def devpi(tools: Path, folder: Path) -> Iterator[Server]:
    """Run devpi-server; clients bring a session token, because its password hash alone takes a tenth of a second."""
    programs, port = tool(tools, "devpi", "devpi-server"), free_port()
    where = ["--serverdir", str(folder / "data")]
    init = [str(programs / "devpi-init"), *where, "--no-root-pypi"]
    subprocess.run(init, check=True, capture_output=True)
    with running([str(programs / "devpi-server"), *where, "--port", str(port)], port, folder):

        def ask(method: str, path: str, what: object, **headers: str) -> dict[str, dict[str, str]]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            kind = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request(method, path, json.dumps(what), {**kind, **headers})
            answer: dict[str, dict[str, str]] = json.loads(connection.getresponse().read())
            connection.close()
            return answer

        ask("PUT", "/bench", {"password": "bench"})
        token = ask("POST", "/+login", {"user": "bench", "password": "bench"})["result"]["password"]
        proof = base64.b64encode(f"bench:{token}".encode()).decode()
        ask("PUT", "/bench/dev", {"bases": []}, **{"X-Devpi-Auth": proof})
        basic = {"Authorization": f"Basic {proof}", "X-Devpi-Auth": proof}
        yield Server("devpi-server", port, "/bench/dev/", "/bench/dev/+simple/greeter/", basic)


@contextmanager
def peryx(tools: Path, folder: Path) -> Iterator[Server]:
    program, port = tool(tools, "peryx", "peryx") / "peryx", free_port()
    (folder / "peryx.toml").write_text(
        f'data_dir = "{folder / "data"}"\n[[index]]\nname = "hosted"\nhosted = true\n'
        '[[index.access_token]]\nname = "bench"\nsecret = "bench"\nactions = ["read", "write"]\n'
    )
    options = ["-c", "peryx.toml", "--port", str(port), "--log-level", "error"]
    with running([str(program), "serve", *options], port, folder):
        basic = base64.b64encode(b"__token__:bench").decode()
        proof = {"Authorization": f"Basic {basic}"}
        yield Server("peryx", port, "/hosted/", "/hosted/simple/greeter/", proof)


SERVERS = {"bonded": bonded, "pypiserver": pypiserver, "devpi-server": devpi, "peryx": peryx}


# --- the table ----------------------------------------------------------------------------------------------------


def show(servers: Sequence[Server], one: float, two: float) -> None:
    """Print every number, and the ratios that count."""
    print(f"{'':14}{'in sequence':>18}{'eight at once':>18}{'large, MiB/s':>18}{'lost':>6}")
    for server in servers:
        cells = [
            f"{max(rates):9,.0f} ({statistics.median(rates):6,.0f})"
            for rates in server.rates.values()
        ]
        print(f"{server.name:14}" + "".join(f"{cell:>18}" for cell in cells) + f"{lost(server):6}")
    print(f"three digests: {one:,.0f} MiB/s in one thread, {two:,.0f} in two")
    ours = next((server for server in servers if server.name == "bonded"), None)
    if ours is None:
        return
    for name, rates in ours.rates.items():
        best = max((max(one.rates[name]) for one in servers if one is not ours), default=0.0)
        if best:
            print(f"bonded over the best peer, {name}: {max(rates) / best:.2f}")
    large = max(ours.rates["large"])
    print(
        f"bonded over the digests, large: {large / one:.2f} of one thread, {large / two:.2f} of two"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Uploads a second, beside the peers.")
    parser.add_argument("--tools", type=Path, default=Path.home() / ".cache" / "bonded-benchmarks")
    parser.add_argument("--work", type=Path, help="where the servers keep what they get")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--large", type=int, default=95, metavar="MIB", help="bonded takes 100")
    parser.add_argument("--only", nargs="+", choices=SERVERS, default=list(SERVERS))
    options = parser.parse_args()
    options.tools = options.tools.resolve()
    options.tools.mkdir(parents=True, exist_ok=True)
    ballast = random.Random(1).randbytes(options.large * MEBIBYTE)
    one, two = (digests(ballast, threads) for threads in (1, 2))
    with tempfile.TemporaryDirectory(dir=options.work) as work, ExitStack() as stack:
        servers = []
        for name in options.only:
            folder = Path(work) / name
            folder.mkdir()
            servers.append(stack.enter_context(SERVERS[name](options.tools, folder)))
        for round_ in range(options.rounds):
            for server in servers:
                os.sync()
                print(f"round {round_ + 1}: {server.name}", file=sys.stderr)
                measure(server, round_, options.files, ballast)
        show(servers, one, two)


if __name__ == "__main__":
    main()
