"""How many pages and files a second the index gives, beside its peers and beside nginx with the same bytes as files.

    python benchmarks/reads.py [--seconds S] [--rounds N] [--peers FOLDER] [--only NAME,NAME]

Every server runs during the whole comparison, and takes its turn for each subject in each round, so that what else the
machine does strikes all alike; the median of the rounds counts. `wrk` asks with 32 connections, with four for the large
file. Shown for each subject: requests a second, and what bonded gives over the best peer and over nginx. Then the same
for each second of the processor that a server had, which other programs on the machine change less; a server that uses
several processors at once shows no advantage there. `--peers` keeps the peers' environments for the next time.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import goods
from servers import ALL, HTML, OTHERS, Bonded, Nginx, Server, running

from bonded.index.simple import JSON

Rates = dict[tuple[str, str], float]
"""Requests by the title of a subject and the name of a server."""

_NO_PEERS = frozenset({Bonded.name, Nginx.name})


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


def asked(subject: Subject, address: str, seconds: float) -> str:
    """Return what wrk tells."""
    wanted = "*/*" if subject.kind == "file" else subject.kind
    headers = [part for one in (f"Accept: {wanted}", *subject.headers) for part in ("-H", one)]
    load = ["-t2", f"-c{subject.connections}", f"-d{seconds}s", "--timeout", "20s"]
    command = ["wrk", *load, *headers, address]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rate_of(told: str) -> float:
    """Return the requests a second that wrk tells; 0 where any was answered otherwise than with 200."""
    found = re.search(r"Requests/sec:\s*([0-9.]+)", told)
    return float(found[1]) if found and "Non-2xx" not in told else 0.0


def answered(told: str) -> int:
    """Return how many requests wrk tells that were answered; 0 where any was answered otherwise than with 200."""
    found = re.search(r"(\d+) requests in", told)
    return int(found[1]) if found and "Non-2xx" not in told else 0


def measure(servers: Sequence[Server], *, seconds: float, rounds: int) -> tuple[Rates, Rates]:
    """Return requests by subject and server, for each second and for each second of the processor."""
    places = {
        (subject.title, server.name): address
        for subject in SUBJECTS
        for server in servers
        if (address := subject.address(server))
    }
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    by_work: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        for subject in SUBJECTS:
            for server in servers:
                address = places.get((subject.title, server.name))
                if address is None:
                    continue
                before = server.worked()
                told = asked(subject, address, seconds)
                worked = server.worked() - before
                key = subject.title, server.name
                rates[key].append(rate_of(told))
                by_work[key].append(answered(told) / max(worked, 0.01))
            print(f"round {number + 1}: {subject.title}", flush=True)
    return _medians(rates), _medians(by_work)


def _medians(values: Mapping[tuple[str, str], Sequence[float]]) -> Rates:
    return {key: statistics.median(each) for key, each in values.items()}


def show(servers: Sequence[Server], title: str, rates: Rates) -> None:
    """Print one comparison."""
    names = [server.name for server in servers]
    heads = "".join(f"{name:>14}" for name in names)
    print(f"\n{title:32}{heads}   x best peer    of nginx")
    for subject in SUBJECTS:
        line = {name: rates.get((subject.title, name), 0.0) for name in names}
        own, limit = line.get(Bonded.name, 0.0), line.get(Nginx.name, 0.0)
        best = max((line[one] for one in names if one not in _NO_PEERS), default=0.0)
        shown = "".join(f"{rate:>14,.0f}" if rate else f"{'-':>14}" for rate in line.values())
        ratios = f"{own / best:>13.1f}" if best else f"{'-':>13}"
        ratios += f"{own / limit:>12.2f}" if limit else f"{'-':>12}"
        print(f"{subject.title:32}{shown}{ratios}")


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
            rates, by_work = measure(servers, seconds=options.seconds, rounds=options.rounds)
            show(servers, "requests a second", rates)
            show(servers, "and of its processor time", by_work)
            print(f"\n{'start, seconds':32}" + "".join(f"{one.started:>14.2f}" for one in servers))
            print(f"{'memory, MiB':32}" + "".join(f"{one.memory():>14.0f}" for one in servers))


if __name__ == "__main__":
    main()
