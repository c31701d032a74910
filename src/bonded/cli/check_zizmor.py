"""zizmor, run as a program beside ours: its JSON as findings, and its failure as a sentence.

It runs offline and while our own rules look at the same files. Nothing it does can lose one of our findings: a program
that is absent, that fails or that speaks another dialect gives a note in the report.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonded.workflows.findings import Finding, Place, Severity

PREFIX = "zizmor/"
TIMEOUT = 300
OPTIONS = ("--offline", "--format", "json", "--no-progress", "--no-exit-codes", "--quiet")
SEVERITIES = {"High": Severity.ERROR, "Medium": Severity.WARNING}
BATCH = 500
# What it says of a file that is no workflow to it, and where there is no other.
UNREAD = re.compile(r"^\s*WARN .*?: failed to (?:parse|validate|load|read)", re.MULTILINE)
NO_INPUT = "error: no inputs collected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What zizmor found, by the file's path on disk; `trouble` says why that may not be all."""

    findings: tuple[tuple[Path, Finding], ...] = ()
    trouble: str = ""
    skipped: int = 0
    """How many files it could not read."""

    def trouble_beside(self, broken: int) -> str:
        """Return what to tell the user, where so many files are broken by our own reading."""
        more = self.skipped - broken
        if self.trouble or more <= 0:
            return self.trouble
        return f"zizmor cannot read {more} of the files, so its audits were not made there"


class Zizmor:
    """zizmor at work on some files; `hear` waits for its answer."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._program = program()
        batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
        self._running = [(batch, self._start(batch)) for batch in batches]

    def _start(self, files: Sequence[Path]) -> "subprocess.Popen[bytes] | None":
        if self._program is None:
            return None
        command = [str(self._program), *OPTIONS, "--", *map(str, files)]
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        except OSError:
            self._program = None
            return None

    def hear(self, *, broken: Collection[Path] = ()) -> Heard:
        """Return what all runs found; one that failed is tried again without the files that are known as broken."""
        answers = []
        for batch, running in self._running:
            answer = _answer(running)
            rest = [file for file in batch if file not in broken]
            if answer.trouble and self._program is not None and 0 < len(rest) < len(batch):
                answer = _answer(self._start(rest))
            answers.append(answer)
        if self._program is None:
            return Heard(trouble="zizmor is not installed, so its audits were not made")
        return Heard(
            findings=tuple(found for answer in answers for found in answer.findings),
            trouble=next((answer.trouble for answer in answers if answer.trouble), ""),
            skipped=sum(answer.skipped for answer in answers),
        )


def _answer(running: "subprocess.Popen[bytes] | None") -> Heard:
    """Return what one run found."""
    if running is None:
        return Heard()
    try:
        out, err = running.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()
        return Heard(trouble=f"zizmor did not end within {TIMEOUT} seconds")
    said = err.decode("utf-8", "replace")
    skipped = len(UNREAD.findall(said))
    if NO_INPUT in said:
        return Heard(skipped=skipped)
    try:
        return Heard(findings=read_json(out), skipped=skipped)
    except ValueError:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        words = next((line for line in lines if line.startswith("error")), "".join(lines[:1]))
        return Heard(trouble=f"zizmor failed: {words or f'exit code {running.returncode}'}")


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
