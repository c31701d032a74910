"""What a rule of the audit is: words for people, two examples, and a pure function."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bonded.dists import endpoints
from bonded.workflows.case import Case, Facts
from bonded.workflows.findings import Finding, Fix, Place, Severity

__all__ = ["Example", "Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A workflow, with what is known of its project, that a rule does or does not find something in."""

    workflow: str
    about: str = ""
    """What is known of the project, as half a sentence."""
    file: str = "release.yml"
    facts: Facts = field(default_factory=Facts)
    others: tuple[tuple[str, str], ...] = ()
    """Names and texts of the project's other workflows."""

    def sources(self) -> dict[str, str]:
        """Return all texts by their paths; `PYPI-HOST` stands for the host that is named nowhere."""
        host = endpoints.pypi().web_url.split("/")[2] if "PYPI-HOST" in self.workflow else ""
        files = ((self.file, self.workflow), *self.others)
        return {
            f".github/workflows/{name}": text.replace("PYPI-HOST", host) for name, text in files
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: `title` is a sentence, `reason` says what happens otherwise, `remedy` what to write instead."""

    id: str
    alias: str
    severity: Severity
    title: str
    reason: str
    remedy: str
    bad: Example
    good: Example
    find: Callable[["Rule", Case], Iterable[Finding]]

    def finding(
        self,
        place: Place,
        message: str,
        *,
        severity: Severity | None = None,
        hint: str = "",
        fix: Fix | None = None,
    ) -> Finding:
        """Return a finding of this rule; the remedy is its hint unless there is a better one."""
        return Finding(
            rule=self.id,
            severity=severity or self.severity,
            message=message,
            place=place,
            hint=hint or self.remedy,
            fix=fix,
        )
