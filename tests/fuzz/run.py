"""Feed one fuzz target for some minutes: `python tests/fuzz/run.py TARGET --minutes N`.

With atheris installed it is led by coverage, without by chance alone. What breaks a target is written into its corpus
under `found-…` and ends the run with 1; mend the code and commit the file, it is a test from then on.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "src")]

fuzz_mutations = import_module("fuzz_mutations")
CORPUS: Path = fuzz_mutations.CORPUS
TARGETS: Mapping[str, Callable[[bytes], None]] = import_module("fuzz_targets").TARGETS


def main() -> int:
    """Run until the time is over or something breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    try:
        atheris = import_module("atheris")
    except ImportError:
        return by_chance(given.target, given.minutes, given.seed)
    return led(atheris, given.target, given.minutes)


def by_chance(name: str, minutes: float, seed: int | None) -> int:
    """Feed mutations of the corpus."""
    chance, seeds, count = random.Random(seed), fuzz_mutations.corpus(name), 0
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        data = fuzz_mutations.mutated(seeds, chance)
        count += 1
        if not survives(TARGETS[name], name, data):
            return 1
    sys.stdout.write(f"{name}: {count} inputs, none of them broke it\n")
    return 0


def survives(target: Callable[[bytes], None], name: str, data: bytes) -> bool:
    """Feed one input; keep it if it breaks the target."""
    begun = time.monotonic()
    try:
        target(data)
        if time.monotonic() - begun < 5:
            return True
        error: BaseException = TimeoutError("it took more than five seconds")
    except Exception as raised:  # noqa: BLE001 - whatever it is, it was found
        error = raised
    path = CORPUS / name / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    sys.stdout.write(f"{name}: {type(error).__name__}: {error}\n{path}\n")
    return False


def led(atheris: Any, name: str, minutes: float) -> int:
    """Let atheris lead."""
    options = [sys.argv[0], f"-max_total_time={int(60 * minutes)}", str(CORPUS / name)]
    atheris.instrument_all()
    atheris.Setup(options, TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
