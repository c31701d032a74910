"""How much a rehearsal costs over the work inside it.

    python benchmarks/rehearsal.py [ROUNDS]

In each round greeter is rehearsed once, and the same builds, tests, uploads and installs are done by hand with uv
against a running bonded index, one command after another. Both start from an empty uv cache, both get other people's
packages from the same warm cache of the index. Nothing is attested there; then greeter is rehearsed as it is, signed.
Printed are the medians, the ratio of each round, and how long `bonded --help` takes over `python -c pass`.
"""

import contextlib
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from bonded.dists import endpoints
from bonded.dists.names import parse_project_name
from bonded.index.app import open_index
from bonded.index.policies import Names
from bonded.index.settings import Settings
from bonded.minting.policy import Policy
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.rehearsal.stage.default_index import users_index

ROOT = Path(__file__).resolve().parents[1]
GREETER = ROOT / "examples" / "greeter"
HELP_ROUNDS = 15


@contextlib.contextmanager
def running_index(folder: Path, cache: Path) -> Iterator[tuple[str, str]]:
    """Serve a bonded index; yields its address and an upload token for greeter."""
    project = parse_project_name("greeter")
    index = open_index(
        Settings(
            name="bench",
            mint=Policy(audience="bench"),
            data=folder,
            names=Names(own=frozenset({project})),
            upstream=users_index(
                os.environ,
                Path.home(),
                otherwise=endpoints.pypi().simple_url,
                cache=cache,
                offline=False,
            ),
            durable=False,
        ),
        keys=NoKeys(),
        clock=time.time,
        entropy=secrets.token_bytes,
    )
    server = uvicorn.Server(uvicorn.Config(index.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", index.issue_token([project], lifetime=3600)
    finally:
        server.should_exit = True
        thread.join()
        index.close()


class NoKeys:
    """Trusts no issuer: by hand, an upload token is used."""

    def issuer(self, _url: str) -> None:
        """Return nothing, whichever issuer it is."""

    def keys_for(self, _issuer: TrustedIssuer, _key_id: str) -> KeySet:
        """Say that there are none; nobody asks where no issuer is known."""
        raise LookupError("no issuer is trusted here")


def by_hand(url: str, token: str, work: Path) -> float:
    """Do what the release workflow and the curtain do, and return the sum of the commands' seconds."""
    project = Path(shutil.copytree(GREETER, work / "greeter"))
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIP_"))},
        "UV_CACHE_DIR": str(work / "cache"),
        "UV_DEFAULT_INDEX": f"{url}/simple/",
        "UV_PUBLISH_TOKEN": token,
    }
    wheel, sdist = "dist/greeter-0.1.0-py3-none-any.whl", "dist/greeter-0.1.0.tar.gz"
    check = ["python", "-c", "import greeter; print(greeter.greet('Ada'))"]
    install = ["uv", "pip", "install", "--no-config", "-q", "--refresh-package", "greeter"]
    commands = [
        ["uv", "version", "--short"],
        ["uv", "run", "pytest"],
        ["uv", "build"],
        ["uv", "run", "--isolated", "--no-project", "--with", wheel, *check],
        ["uv", "run", "--isolated", "--no-project", "--with", sdist, *check],
        ["uv", "publish", "--publish-url", f"{url}/legacy/"],
        *(
            command
            for name, only in (("one", "--only-binary"), ("two", "--no-binary"))
            for command in (
                ["uv", "venv", "-q", "--no-project", str(work / name)],
                [*install, only, "greeter", "--python", str(work / name), "greeter==0.1.0"],
                [str(work / name / "bin" / "python"), "-I", "-c", "import greeter"],
            )
        ),
    ]
    began = time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=project, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def plain(folder: Path) -> Path:
    """Return a copy of greeter whose release attests nothing, as the work by hand."""
    project = Path(shutil.copytree(GREETER, folder / "plain"))
    workflow = project / ".github" / "workflows" / "release.yml"
    before, attest, after = workflow.read_text().partition(
        "      - name: Attest who built the files\n"
    )
    uses, publish, rest = after.partition("      - name: Publish\n")
    if not (attest and publish and "astral-sh/attest-action" in uses):
        raise ValueError("greeter's release has no step that attests, right before 'Publish'")
    workflow.write_text(f"{before}{publish}{rest}")
    return project


def rehearsed(cache: Path, project: Path) -> float:
    """Rehearse greeter and return the seconds of the whole process."""
    env = {**os.environ, "BONDED_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bonded", "rehearse", str(project), "-q"],
        env=env,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def started(command: list[str]) -> float:
    """Return the median of the seconds that a command takes."""
    taken = []
    for _ in range(HELP_ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    uv = Path(sys.executable).parent
    os.environ["PATH"] = f"{uv}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        rehearsed(cache, GREETER)  # fills the cache
        bare_project = plain(Path(folder))
        hands, plays, attested = [], [], []
        for number in range(rounds):
            work = Path(folder) / str(number)
            with running_index(work / "index", cache / "upstream") as (url, token):
                hands.append(by_hand(url, token, work))
            plays.append(rehearsed(cache, bare_project))
            attested.append(rehearsed(cache, GREETER))
            print(
                f"round {number + 1}: by hand {hands[-1]:.2f} s, rehearsed {plays[-1]:.2f} s, "
                f"ratio {plays[-1] / hands[-1]:.2f}, with attestations {attested[-1]:.2f} s"
            )
    ratios = [play / hand for play, hand in zip(plays, hands, strict=True)]
    print(
        f"median: by hand {statistics.median(hands):.2f} s, rehearsed {statistics.median(plays):.2f} s, "
        f"ratio {statistics.median(ratios):.2f}, with attestations {statistics.median(attested):.2f} s"
    )
    bare = started([sys.executable, "-c", "pass"])
    helped = started([str(uv / "bonded"), "--help"])
    print(
        f"bonded --help {helped * 1000:.0f} ms, python -c pass {bare * 1000:.0f} ms, ratio {helped / bare:.2f}"
    )


if __name__ == "__main__":
    main()
