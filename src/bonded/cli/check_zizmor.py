"""zizmor, run as a program beside ours: its JSON as findings, and its failure as a sentence.

It runs offline and while our own rules look at the same files. Nothing it does can lose one of our findings: a program
that is absent, that fails or that speaks another dialect gives a note in the report.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonded.workflows.findings import Finding, Place, Severity

PREFIX = "zizmor/"
TIMEOUT = 300
OPTIONS = ("--offline", "--format", "json", "--no-progress", "--no-exit-codes", "--quiet")
SEVERITIES = {"High": Severity.ERROR, "Medium": Severity.WARNING}
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What zizmor found, by the file's path on disk; `trouble` says why that may not be all."""

    findings: tuple[tuple[Path, Finding], ...] = ()
    trouble: str = ""


class Zizmor:
    """zizmor at work on some files; `hear` waits for its answer."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._program = program()
        self._running: list[subprocess.Popen[bytes]] = []
        if self._program is None:
            return
        for start in range(0, len(files), BATCH):
            paths = [str(path) for path in files[start : start + BATCH]]
            command = [str(self._program), *OPTIONS, "--", *paths]
            try:
                self._running.append(
                    subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                    )
                )
            except OSError:
                self._program = None
                return

    def hear(self) -> Heard:
        """Return what all runs found."""
        if self._program is None:
            return Heard(trouble="zizmor is not installed, so its audits were not made")
        findings: list[tuple[Path, Finding]] = []
        trouble = ""
        for running in self._running:
            try:
                out, err = running.communicate(timeout=TIMEOUT)
                findings += read_json(out)
            except subprocess.TimeoutExpired:
                running.kill()
                running.communicate()
                trouble = f"zizmor did not end within {TIMEOUT} seconds"
            except ValueError:
                last = err.decode("utf-8", "replace").strip().splitlines()[-1:]
                trouble = (
                    f"zizmor failed: {''.join(last).strip() or f'exit code {running.returncode}'}"
                )
        return Heard(findings=tuple(findings), trouble=trouble)


def program() -> Path | None:
    """Return the zizmor beside this interpreter, else that on the path."""
    beside = Path(sys.executable).parent / "zizmor"
    if beside.is_file():
        return beside
    found = shutil.which("zizmor")
    return Path(found) if found else None


def read_json(data: bytes) -> tuple[tuple[Path, Finding], ...]:
    """Return the findings of zizmor's JSON (version 1); raises ValueError for anything else."""
    try:
        entries = json.loads(data)
        if not isinstance(entries, list):
            raise TypeError("no list of findings")
        return tuple(found for entry in entries for found in _finding(entry))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not zizmor's JSON: {error!r}") from None


def _finding(entry: dict[str, Any]) -> Iterator[tuple[Path, Finding]]:
    if entry["ignored"]:
        return
    locations = entry["locations"]
    primary = next((one for one in locations if one["symbolic"]["kind"] == "Primary"), locations[0])
    path = primary["symbolic"]["key"]["Local"]["verbatim_path"]
    start = primary["concrete"]["location"]["start_point"]
    end = primary["concrete"]["location"]["end_point"]
    annotation = primary["symbolic"]["annotation"]
    about = f": {annotation}" if annotation and annotation != entry["desc"] else ""
    yield (
        Path(path),
        Finding(
            rule=f"{PREFIX}{entry['ident']}",
            severity=SEVERITIES.get(entry["determinations"]["severity"], Severity.INFO),
            message=f"{entry['desc']}{about}",
            place=Place(
                path, start["row"] + 1, start["column"] + 1, end["row"] + 1, end["column"] + 1
            ),
            address=entry["url"],
        ),
    )
