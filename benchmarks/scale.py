"""Does a page cost more in a large index? One of 1,000 projects beside one of 500,000, ten files each.

    python benchmarks/scale.py [--small N] [--large N] [--seconds S] [--rounds N] [--data FOLDER]

Both indexes are written straight into their books and served by `bonded serve` at the same time; they take turns. Shown
for each: the time of a project's first read, when its page is made, for projects drawn anywhere in the index; requests
a second for a page that is at hand, and for pages drawn out of a thousand that are; then the list of all names, when it
is made and when it is at hand, and what it takes of memory. `--data` keeps the indexes for the next time.
"""

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
from reads import Subject as Page
from reads import asked, rate_of
from servers import HTML, PORT, Bonded
from warehouse import Stock, fill, releases

from bonded.index.simple import JSON

FILES = 10
_PLAIN = {"accept": JSON, "accept-encoding": "identity"}
DRAWN = 1000
"""Projects whose pages are read."""


def stocks(count: int) -> Iterator[Stock]:
    return (releases(f"project-{number:06}", FILES, lambda _name: 5000) for number in range(count))


def drawn(count: int) -> Sequence[str]:
    """Return projects from anywhere in the index, the same ones in every run."""
    numbers = random.Random(count).sample(range(count), min(DRAWN, count))
    return [f"project-{number:06}" for number in numbers]


class Large(Bonded):
    """A bonded with many projects."""

    count: int = 0

    def prepare(self) -> None:
        began = time.perf_counter()
        if not (self.folder / "data").exists():
            fill(self.folder / "data", stocks(self.count))
        seconds = time.perf_counter() - began
        files = self.count * FILES
        print(f"{self.count:,} projects, {files:,} files: written in {seconds:.0f} s", flush=True)


def first_reads(server: Large) -> float:
    """Return the median milliseconds of the first read of a page."""
    times = []
    with httpx2.Client(base_url=server.base, headers=_PLAIN) as client:
        for name in drawn(server.count):
            began = time.perf_counter()
            client.get(f"/simple/{name}/").raise_for_status()
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def many(server: Large, seconds: float, folder: Path) -> float:
    """Return requests a second for pages that are at hand, drawn at random."""
    script = folder / "drawn.lua"
    paths = ", ".join(f'"/simple/{name}/"' for name in drawn(server.count))
    script.write_text(
        f"local paths = {{{paths}}}\n"
        f'local headers = {{["Accept"] = "{JSON}"}}\n'
        "function request() return wrk.format('GET', paths[math.random(#paths)], headers) end\n"
    )
    load = ["wrk", "-t2", "-c32", f"-d{seconds}s", "-s", str(script), server.base]
    return rate_of(subprocess.run(load, check=True, capture_output=True, text=True).stdout)


def names(server: Large, kind: str, coding: str) -> tuple[float, float, int]:
    """Return the seconds of the list of names when it is made and when it is at hand, and its bytes as sent."""
    headers = {"accept": kind, "accept-encoding": coding}
    times, size = [], 0
    with httpx2.Client(base_url=server.base, headers=headers, timeout=120) as client:
        for _ in range(2):
            began = time.perf_counter()
            with client.stream("GET", "/simple/") as response:
                size = sum(len(piece) for piece in response.iter_raw())
            times.append(time.perf_counter() - began)
    return times[0], times[1], size


def compare(servers: Sequence[Large], *, seconds: float, rounds: int, folder: Path) -> None:
    rates: dict[str, list[list[float]]] = {
        "first read, ms": [[first_reads(server)] for server in servers],
        "one page, per second": [[] for _ in servers],
        "a thousand pages, per second": [[] for _ in servers],
    }
    page = Page("page", "", JSON)
    for _ in range(rounds):
        for number, server in enumerate(servers):
            address = server.page(drawn(server.count)[0], JSON)
            rates["one page, per second"][number].append(rate_of(asked(page, address, seconds)))
            rates["a thousand pages, per second"][number].append(many(server, seconds, folder))
    small, large = servers
    print(f"\n{'projects':32}{small.count:>14,}{large.count:>14,}      cost x")
    for title, values in rates.items():
        one, other = (statistics.median(each) for each in values)
        cost = other / one if title.endswith("ms") else one / other
        print(f"{title:32}{one:>14,.2f}{other:>14,.2f}{cost:>12.2f}")


def show_names(server: Large) -> None:
    print(f"\nlist of {server.count:,} names; {server.memory():.0f} MiB before")
    for kind in (JSON, HTML):
        for coding in ("identity", "gzip", "zstd"):
            made, again, size = names(server, kind, coding)
            print(
                f"{kind.rpartition('+')[2]:>12} {coding:9}{size / 1e6:8.1f} MB,"
                f" made in {made:5.2f} s, sent again in {again:5.2f} s, {server.memory():.0f} MiB"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.data.absolute() if options.data else Path(name)
        servers: list[Large] = []
        try:
            for number, count in enumerate((options.small, options.large)):
                own = folder / str(count)
                own.mkdir(parents=True, exist_ok=True)
                server = Large(folder=own, goods=own, peers=own, port=PORT + 50 + number)
                server.count = count
                server.prepare()
                server.start()
                servers.append(server)
            compare(servers, seconds=options.seconds, rounds=options.rounds, folder=Path(name))
            show_names(servers[1])
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
