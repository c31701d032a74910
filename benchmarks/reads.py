"""How many pages and files a second the index gives, beside its peers and beside nginx with the same bytes as files.

    python benchmarks/reads.py [--seconds S] [--rounds N] [--peers FOLDER] [--only NAME,NAME]

Every server runs during the whole comparison, and takes its turn for each subject in each round, so that what else the
machine does strikes all alike; the median of the rounds counts. `wrk` asks with 32 connections, with four for the large
file. Shown for each subject: requests a second, and how many times that is bonded's part of it: of the best peer, and
of nginx. `--peers` keeps the peers' environments for the next time.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import goods
from servers import ALL, HTML, OTHERS, Bonded, Nginx, Server, running

from bonded.index.simple import JSON


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is asked for."""

    title: str
    project: str
    kind: str
    connections: int = 32
    headers: tuple[str, ...] = ()

    def address(self, server: Server) -> str | None:
        """Return where a server has it; None where it has no such thing."""
        if self.kind == "file":
            return server.file(self.project)
        return server.page(self.project, self.kind) if self.kind in server.kinds else None


SUBJECTS = (
    Subject("page of 5 files, HTML", "small", HTML),
    Subject("page of 5 files, JSON", "small", JSON),
    Subject("page of 500 files, HTML", "large", HTML),
    Subject("page of 500 files, JSON", "large", JSON),
    Subject("page of 500 files, JSON, gzip", "large", JSON, headers=("Accept-Encoding: gzip",)),
    Subject("names list, HTML", "", HTML),
    Subject("names list, JSON", "", JSON),
    Subject("file of 5 KB", "small", "file"),
    Subject("file of 50 MB", "huge", "file", connections=4),
)


def asked(subject: Subject, address: str, seconds: float) -> float:
    """Return how many requests a second are answered; 0 where any is answered otherwise than with 200."""
    wanted = "*/*" if subject.kind == "file" else subject.kind
    headers = [part for one in (f"Accept: {wanted}", *subject.headers) for part in ("-H", one)]
    load = ["-t2", f"-c{subject.connections}", f"-d{seconds}s", "--timeout", "20s"]
    command = ["wrk", *load, *headers, address]
    return rate_of(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rate_of(told: str) -> float:
    """Return the requests a second that wrk tells; 0 where any was answered otherwise than with 200."""
    found = re.search(r"Requests/sec:\s*([0-9.]+)", told)
    return float(found[1]) if found and "Non-2xx" not in told else 0.0


def measure(
    servers: Sequence[Server], *, seconds: float, rounds: int
) -> dict[tuple[str, str], float]:
    """Return requests a second by subject and server."""
    places = {
        (subject.title, server.name): address
        for subject in SUBJECTS
        for server in servers
        if (address := subject.address(server))
    }
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        for subject in SUBJECTS:
            for server in servers:
                address = places.get((subject.title, server.name))
                if address is not None:
                    rate = asked(subject, address, seconds)
                    rates[subject.title, server.name].append(rate)
            print(f"round {number + 1}: {subject.title}", flush=True)
    return {key: statistics.median(values) for key, values in rates.items()}


def show(servers: Sequence[Server], rates: dict[tuple[str, str], float]) -> None:
    """Print the comparison."""
    names = [server.name for server in servers]
    print(f"\n{'':32}" + "".join(f"{name:>14}" for name in names) + "   x best peer    of nginx")
    for subject in SUBJECTS:
        line = [rates.get((subject.title, name), 0.0) for name in names]
        own, limit = rates.get((subject.title, Bonded.name), 0.0), 0.0
        peers = [
            rate
            for name, rate in zip(names, line, strict=True)
            if name not in {Bonded.name, Nginx.name}
        ]
        best = max(peers, default=0.0)
        limit = rates.get((subject.title, Nginx.name), 0.0)
        shown = "".join(f"{rate:>14,.0f}" if rate else f"{'-':>14}" for rate in line)
        ratios = f"{own / best:>13.1f}" if best else f"{'-':>13}"
        ratios += f"{own / limit:>12.2f}" if limit else f"{'-':>12}"
        print(f"{subject.title:32}{shown}{ratios}")
    print(f"{'start, seconds':32}" + "".join(f"{server.started:>14.2f}" for server in servers))
    print(f"{'memory, MiB':32}" + "".join(f"{server.memory():>14.0f}" for server in servers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", help="names of servers, with commas between them")
    options = parser.parse_args()
    only = set(options.only.split(",")) if options.only else {kind.name for kind in ALL}
    kinds = [kind for kind in ALL if kind.name in only]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        goods.write(folder / "goods", OTHERS)
        peers = (options.peers or folder / "peers").absolute()
        with running(kinds, folder=folder, goods=folder / "goods", peers=peers) as servers:
            rates = measure(servers, seconds=options.seconds, rounds=options.rounds)
            show(servers, rates)


if __name__ == "__main__":
    main()
