"""What `bonded check` found in all projects, as one value and as the data of its JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bonded.workflows.findings import Finding, Severity

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One project: `path` is what the user sees of its folder, empty for the working directory."""

    path: str
    sources: Mapping[str, str]
    findings: tuple[Finding, ...]

    def shown(self, file: str) -> str:
        """Return a file's path from the working directory."""
        return f"{self.path}/{file}" if self.path else file


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One finding that was mended, at the place that it had; `path` as in `Checked`."""

    path: str
    finding: Finding

    @property
    def shown(self) -> str:
        """The place from the working directory."""
        place = self.finding.place
        file = f"{self.path}/{place.file}" if self.path else place.file
        return f"{file}:{place.line}"

    @property
    def title(self) -> str:
        """What was done."""
        return self.finding.fix.title if self.finding.fix else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was found; `trouble` says why zizmor's part may be missing."""

    version: str
    projects: tuple[Checked, ...]
    least: Severity = Severity.INFO
    zizmor: bool = True
    trouble: str = ""
    fixed: tuple[Fixed, ...] = ()

    def findings(self) -> Iterator[tuple[Checked, Finding]]:
        """Yield the findings that are severe enough, with their projects."""
        for project in self.projects:
            for finding in project.findings:
                if finding.severity >= self.least:
                    yield project, finding

    @property
    def hidden(self) -> int:
        """How many findings are not severe enough to be shown."""
        return sum(f.severity < self.least for p in self.projects for f in p.findings)

    def as_data(self) -> dict[str, Any]:
        """Return the data of `--json`, as `check.schema.json` describes it."""
        return {
            "schema": SCHEMA,
            "bonded": self.version,
            "projects": [
                {
                    "path": project.path or ".",
                    "files": sorted(project.sources),
                    "findings": [
                        _data(finding)
                        for finding in project.findings
                        if finding.severity >= self.least
                    ],
                }
                for project in self.projects
            ],
            "hidden": self.hidden,
            "fixed": [
                {"place": one.shown, "rule": one.finding.rule, "title": one.title}
                for one in self.fixed
            ],
            "zizmor": {"asked": self.zizmor, "trouble": self.trouble},
        }


def _data(finding: Finding) -> dict[str, Any]:
    place, fix = finding.place, finding.fix
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "message": finding.message,
        "hint": finding.hint,
        "address": finding.address,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "fix": {"title": fix.title, "safe": fix.safe} if fix else None,
    }
