"""How long `bonded verify` takes for a lock file, beside `pypi-attestations verify` once for each attested package.

    python benchmarks/verify.py [--packages 100] [--runs 5] [--peer 60]

A local index serves the packages: six of ten attested, three without provenance, one with provenance of another file.
Ours is the whole program, start and network included. The peer cannot read lock files or other indexes: it gets each
wheel and its provenance as files, and the trust root in its cache, so it asks no network at all; packages without
provenance are left out. What is printed: seconds in all and for each package, whether every verdict was right, and the
ratio for each attested package.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from sigstore._internal.tuf import DEFAULT_TUF_URL  # noqa: E402 - found by the path above

from attestation_index import Shelf, lock_of, provenance, serving  # noqa: E402 - found by the path above
from attestation_world import World  # noqa: E402 - found by the path above

STATES = {"verified": "verified", "plain": "unattested", "wrong": "alarm"}
PATTERN = ("verified",) * 6 + ("plain",) * 3 + ("wrong",)


def stocked(world: World, count: int) -> tuple[Shelf, dict[str, str]]:
    """Return a shelf of so many packages, and what must be said of each."""
    shelf, right = Shelf(), {}
    for number in range(count):
        kind = PATTERN[number % len(PATTERN)]
        project = f"package-{number}"
        filename = f"package_{number}-1.0-py3-none-any.whl"
        named = filename if kind == "verified" else "other-1.0-py3-none-any.whl"
        data = filename.encode()
        proof = None if kind == "plain" else provenance(world, named, data)
        shelf.add(project, filename, proof, data)
        right[project] = STATES[kind]
    return shelf, right


def ours(folder: Path, url: str) -> tuple[float, dict[str, str]]:
    """Return the seconds of the whole program, and the state of each package."""
    command = [sys.executable, "-m", "bonded", "verify", "pylock.toml", "--index", url]
    command += ["--trust-root", "root.json", "--json"]
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    report = json.loads(ran.stdout)
    return seconds, {one["project"]: one["state"] for one in report["releases"]}


def peer(folder: Path, shelf: Shelf, count: int) -> list[float]:
    """Return the seconds of the peer for each of the first attested packages."""
    program = Path(sys.executable).with_name("pypi-attestations")
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    seconds = []
    for files in shelf.files.values():
        for filename, (data, proof) in files.items():
            if proof is None or b"other" in _statement(proof) or len(seconds) == count:
                continue
            (folder / filename).write_bytes(data)
            (folder / "proof.json").write_bytes(proof)
            command = [
                str(program),
                "verify",
                "pypi",
                "--offline",
                "--provenance-file",
                "proof.json",
            ]
            command += ["--repository", "https://github.com/octo/greeter", filename]
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=True)
            seconds.append(time.perf_counter() - start)
    return seconds


def _statement(proof: bytes) -> bytes:
    import base64

    bundle = json.loads(proof)["attestation_bundles"][0]
    return base64.b64decode(bundle["attestations"][0]["envelope"]["statement"])


def prepare(folder: Path, world: World, shelf: Shelf) -> None:
    """Write the lock file and the trust root, and the peer's cache."""
    root = json.dumps(world.trusted_root())
    (folder / "root.json").write_text(root)
    (folder / "pylock.toml").write_text(lock_of(shelf))
    cache = folder / "cache" / "sigstore-python" / "tuf" / quote(DEFAULT_TUF_URL, safe="")
    cache.mkdir(parents=True)
    (cache / "trusted_root.json").write_text(root)
    config = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [],
        "oidcUrls": [],
        "rekorTlogUrls": [],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": [],
        "tsaConfig": {"selector": "ANY"},
    }
    (cache / "signing_config.v0.2.json").write_text(json.dumps(config))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", type=int, default=60)
    options = parser.parse_args()
    world = World()
    shelf, right = stocked(world, options.packages)
    attested = sum(state == "verified" for state in right.values())
    with tempfile.TemporaryDirectory() as name, serving(shelf) as url:
        folder = Path(name)
        prepare(folder, world, shelf)
        runs = [ours(folder, url) for _ in range(options.runs)]
        others = peer(folder, shelf, options.peer)
    total = statistics.median(seconds for seconds, _ in runs)
    correct = all(states == right for _, states in runs)
    each = total / options.packages
    theirs = statistics.fmean(others)
    print(f"bonded verify, {options.packages} packages ({attested} attested): {total:.2f} s")
    print(f"  for each package {each * 1000:.1f} ms; every verdict right: {correct}")
    print(f"pypi-attestations verify, {len(others)} packages: {sum(others):.2f} s")
    print(f"  for each package {theirs * 1000:.0f} ms")
    print(f"ratio for each package: {theirs / each:.0f} times")
    print(
        f"ratio if all of ours were spent on the attested ones: {theirs * attested / total:.0f} times"
    )


if __name__ == "__main__":
    main()
