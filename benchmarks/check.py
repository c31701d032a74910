"""How long `bonded check` takes for many workflows, beside zizmor and actionlint (if it is there) on the same files.

    python benchmarks/check.py [--files 1000] [--from DIR]

Without --from it uses this repository's own workflows and the examples of all rules, over and over. The files lie in
projects of twenty. What is printed: seconds for each, and our share for each file at two sizes, which should be flat.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from bonded.cli.check_facts import find_checkouts
from bonded.cli.check_zizmor import OPTIONS, program
from bonded.workflows.audit import RULES, audit

EACH = 20
ROOT = Path(__file__).resolve().parents[1]


def texts(folder: Path | None) -> Iterator[str]:
    """Yield workflows to copy."""
    if folder is not None:
        for path in sorted(folder.rglob(".github/workflows/*.y*ml")):
            yield path.read_text("utf-8")
        return
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        yield path.read_text("utf-8")
    for rule in RULES:
        for example in (rule.bad, rule.good):
            yield from example.sources().values()


def fill(folder: Path, sources: list[str], count: int) -> list[Path]:
    """Write so many workflows, in projects of twenty, and return their paths."""
    paths = []
    for number, text in enumerate(islice(cycle(sources), count)):
        place = folder / f"project-{number // EACH:04}" / ".github/workflows"
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"workflow-{number % EACH}.yml"
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def ours(folder: Path) -> tuple[float, int]:
    """Return the seconds of reading and of all rules in this process, and how much they found."""
    start = time.perf_counter()
    found = sum(len(audit(one.sources, one.facts)) for one in find_checkouts([folder]))
    return time.perf_counter() - start, found


def outside(command: list[str]) -> float:
    """Return the seconds of a program."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--from", dest="folder", type=Path)
    options = parser.parse_args()
    sources = list(texts(options.folder))
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        fill(Path(small), sources, max(EACH, options.files // 10))
        paths = fill(Path(large), sources, options.files)
        ours(Path(small))  # the first run also loads modules
        few, _ = ours(Path(small))
        many, found = ours(Path(large))
        zizmor = outside([str(program()), *OPTIONS, "--", *map(str, paths)])
        command = [sys.executable, "-m", "bonded", "check", large, "--json"]
        whole = outside(command)
        alone = outside([*command, "--no-zizmor"])
        print(f"{options.files} files of {len(sources)} different texts; {found} findings of ours")
        print(f"our rules        {many:7.2f} s  {1000 * many / options.files:6.2f} ms a file")
        print(
            f"  at a tenth     {few:7.2f} s  {1000 * few / max(EACH, options.files // 10):6.2f} ms a file"
        )
        print(f"zizmor           {zizmor:7.2f} s  {1000 * zizmor / options.files:6.2f} ms a file")
        print(f"ours / zizmor    {many / zizmor:7.2f}")
        print(f"bonded check     {whole:7.2f} s  both, at the same time")
        print(f"  --no-zizmor    {alone:7.2f} s")
        if lint := shutil.which("actionlint"):
            print(f"actionlint       {outside([lint, *map(str, paths)]):7.2f} s")


if __name__ == "__main__":
    main()
