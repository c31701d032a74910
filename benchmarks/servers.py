"""The indexes that are compared, each started as its own documentation says, all with the same files.

Peers are installed into virtual environments of their own by uv. nginx, which is no index, serves the very bytes that
bonded serves, from files: it shows what the machine can do.
"""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urljoin

import httpx2
from goods import projects
from warehouse import Stock, fill

from bonded.index.simple import JSON

HTML = "text/html"
PORT = 18_800
_STARTS_WITHIN = 60


@dataclass(kw_only=True)
class Server:
    """A server on loopback, and where its pages are."""

    folder: Path
    goods: Path
    peers: Path
    port: int
    name: ClassVar[str]
    needs: ClassVar[Sequence[str]] = ()
    simple: ClassVar[str] = "/simple/"
    kinds: ClassVar[Sequence[str]] = (HTML, JSON)
    started: float = 0.0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def program(self, name: str) -> str:
        return str(self.peers / self.name / "bin" / name)

    def install(self) -> None:
        """Install what it needs, if it is not there."""
        venv = self.peers / self.name
        if not self.needs or venv.exists():
            return
        subprocess.run(["uv", "venv", "-q", "--python", sys.executable, str(venv)], check=True)
        python = str(venv / "bin" / "python")
        subprocess.run(["uv", "pip", "install", "-q", "--python", python, *self.needs], check=True)

    def prepare(self) -> None:
        """Put the goods where it finds them."""

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and note how long the first good answer took."""
        with (self.folder / "log").open("wb") as log:
            began = time.perf_counter()
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, start_new_session=True, cwd=self.folder
            )
        while not self._answers():
            if time.perf_counter() - began > _STARTS_WITHIN or self.process.poll() is not None:
                told = (self.folder / "log").read_text(errors="replace")
                raise SystemExit(f"{self.name} did not start:\n{told}")
            time.sleep(0.005)
        self.started = time.perf_counter() - began
        self.ready()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return httpx2.get(self.base + "/", timeout=5).status_code < 500
        except (OSError, httpx2.HTTPError):
            return False

    def ready(self) -> None:
        """Do what can only be done once it runs."""

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def page(self, project: str, _kind: str) -> str:
        return f"{self.base}{self.simple}{project}/" if project else f"{self.base}{self.simple}"

    def file(self, project: str) -> str:
        """Return the address of the first file of a project."""
        page = self.page(project, HTML)
        text = httpx2.get(page, headers={"accept": HTML}, follow_redirects=True).text
        found = re.search(r'href="([^"#]+\.whl)', text)
        assert found is not None, text
        return urljoin(page, str(found[1]))

    def memory(self) -> float:
        """Return the resident memory of its processes in mebibytes."""
        pages = sum(int(fields[21]) for fields in self._processes())
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def worked(self) -> float:
        """Return the seconds of processor time that its processes have had."""
        ticks = sum(int(fields[11]) + int(fields[12]) for fields in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> Iterator[Sequence[str]]:
        """Give the numbers that the system keeps of each process in its group, from the state on."""
        assert self.process is not None
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid:
                yield fields


class Bonded(Server):
    name = "bonded"

    def prepare(self) -> None:
        stocks = []
        for project, (count, _) in projects(OTHERS).items():
            names = [(f"1.{n}", f"{project}-1.{n}-py3-none-any.whl") for n in range(count)]
            files = [(version, one, (self.goods / one).read_bytes()) for version, one in names]
            stocks.append(Stock(name=project, files=files))
        fill(self.folder / "data", stocks)

    def command(self) -> Sequence[str]:
        options = ["--data", str(self.folder / "data"), "--port", str(self.port)]
        return [sys.executable, "-m", "bonded", "serve", *options]


class Nginx(Server):
    name = "nginx"

    def prepare(self) -> None:
        """Copy what bonded serves, byte for byte; it must run."""
        www = self.folder / "www"
        www.mkdir()
        for project in ("small", "large", ""):
            for kind in self.kinds:
                body = httpx2.get(
                    f"http://127.0.0.1:{PORT}/simple/{project}{'/' if project else ''}",
                    headers={"accept": kind, "accept-encoding": "identity"},
                )
                (www / _static(project, kind)).write_bytes(body.content)
        for project in ("small", "huge"):
            shutil.copy(self.goods / f"{project}-1.0-py3-none-any.whl", www)
        folders = "".join(
            f"{kind}_temp_path {self.folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.folder / "conf").write_text(
            f"user root; daemon off; worker_processes auto; pid {self.folder}/pid; error_log {self.folder}/errors;"
            "events { worker_connections 1024; } http { access_log off; sendfile on; tcp_nopush on;"
            f"keepalive_requests 100000000; open_file_cache max=1000; {folders}"
            f"server {{ listen 127.0.0.1:{self.port} reuseport; root {www}; }} }}"
        )

    def command(self) -> Sequence[str]:
        return ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "conf")]

    def page(self, project: str, kind: str) -> str:
        return f"{self.base}/{_static(project, kind)}"

    def file(self, project: str) -> str:
        return f"{self.base}/{project}-1.0-py3-none-any.whl"


def _static(project: str, kind: str) -> str:
    return f"{project or 'list'}.{'json' if kind == JSON else 'html'}"


class Pypiserver(Server):
    name = "pypiserver"
    needs = ("pypiserver==2.4.2", "gevent", "setuptools<81")
    kinds = (HTML,)

    def command(self) -> Sequence[str]:
        options = ["-i", "127.0.0.1", "-p", str(self.port), "--server", "gevent"]
        return [self.program("pypi-server"), "run", *options, "--disable-fallback", str(self.goods)]


class Devpi(Server):
    name = "devpi-server"
    needs = ("devpi-server==6.20.3",)
    simple = "/bench/dev/+simple/"

    def prepare(self) -> None:
        init = [
            self.program("devpi-init"),
            "--serverdir",
            str(self.folder / "data"),
            "--no-root-pypi",
        ]
        subprocess.run(init, check=True, capture_output=True)

    def command(self) -> Sequence[str]:
        options = ["--serverdir", str(self.folder / "data"), "--port", str(self.port)]
        return [self.program("devpi-server"), *options]

    def ready(self) -> None:
        """Make a user and an index, and upload with the user's session, which is much faster than his password."""
        with httpx2.Client(base_url=self.base, timeout=120) as client:
            client.put("/bench", json={"password": "bench"}).raise_for_status()
            login = client.post("/+login", json={"user": "bench", "password": "bench"}).json()
            session = f"bench:{login['result']['password']}".encode()
            client.headers["x-devpi-auth"] = base64.b64encode(session).decode()
            client.put("/bench/dev", json={"type": "stage", "bases": []}).raise_for_status()
            for path in sorted(self.goods.iterdir()):
                name, version = path.name.split("-")[:2]
                form = {":action": "file_upload", "name": name, "version": version}
                form |= {"filetype": "bdist_wheel", "pyversion": "py3", "metadata_version": "2.1"}
                content = {"content": (path.name, path.read_bytes())}
                client.post("/bench/dev/", data=form, files=content).raise_for_status()


class Peryx(Server):
    name = "peryx"
    needs = ("peryx==2026.1010.0",)
    simple = "/hosted/simple/"

    def prepare(self) -> None:
        for command in (["init"], ["import-dir", "hosted", str(self.goods)]):
            options = ["--data-dir", str(self.folder / "data")]
            run = [self.program("peryx"), *command, *options]
            subprocess.run(run, check=True, capture_output=True, cwd=self.folder)

    def command(self) -> Sequence[str]:
        options = ["--data-dir", str(self.folder / "data"), "--port", str(self.port)]
        return [self.program("peryx"), "serve", *options, "--log-level", "error"]


OTHERS = 197
ALL: Sequence[type[Server]] = (Bonded, Nginx, Pypiserver, Devpi, Peryx)


@contextmanager
def running(
    kinds: Sequence[type[Server]], *, folder: Path, goods: Path, peers: Path
) -> Iterator[Sequence[Server]]:
    """Give servers that run, in this order; they end with the block."""
    servers: list[Server] = []
    try:
        for number, kind in enumerate(kinds):
            own = folder / kind.name
            own.mkdir()
            server = kind(folder=own, goods=goods, peers=peers, port=PORT + number)
            server.install()
            server.prepare()
            servers.append(server)
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
