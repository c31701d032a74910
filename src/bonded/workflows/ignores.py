"""Comments that say no to a finding: `# bonded: ignore[rule-id] reason`, on its line or on the line above."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bonded.workflows.case import BREAK
from bonded.workflows.findings import Finding, Place, Severity

COMMENT = re.compile(r"#\s*bonded:\s*ignore\[([^\]\n]*)\]")
UNUSED = "unused-ignore"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that one comment silences on a line."""

    rule: str
    line: int
    place: Place


def ignores(source: str, file: str) -> tuple[Ignore, ...]:
    """Return what the comments of a file silence; one alone on its line speaks of the next line that is no comment."""
    lines = BREAK.split(source)
    found = []
    for number, line in enumerate(lines, 1):
        comment = COMMENT.search(line)
        if comment is None:
            continue
        target = number
        if not line[: comment.start()].strip():
            while target < len(lines) and lines[target - 1].lstrip().startswith("#"):
                target += 1
        place = Place(file, number, comment.start() + 1, number, comment.end() + 1)
        rules = [rule.strip() for rule in comment[1].split(",")]
        found += [Ignore(rule, target, place) for rule in rules]
    return tuple(found)


def silence(
    findings: Iterable[Finding],
    sources: Mapping[str, str],
    *,
    known: Collection[str],
    not_run: str = "",
) -> tuple[Finding, ...]:
    """Return the findings that nobody ignores, and one for each comment that ignores nothing.

    `known` are the ids of all rules; those that begin with `not_run` were not asked, so a comment for them may be
    needed.
    """
    left: dict[tuple[str, int, str], Ignore] = {}
    for file, source in sources.items():
        for one in ignores(source, file):
            left[(file, one.line, one.rule)] = one
    used, kept = set(), []
    for finding in findings:
        key = (finding.place.file, finding.place.line, finding.rule)
        if key in left and finding.rule != UNUSED:
            used.add(key)
        else:
            kept.append(finding)
    for key, one in left.items():
        if key not in used and not (not_run and one.rule.startswith(not_run)):
            kept.append(_unused(one, known))
    return tuple(kept)


def _unused(one: Ignore, known: Collection[str]) -> Finding:
    message = f"there is no finding of `{one.rule}` here to ignore"
    if one.rule not in known and "/" not in one.rule:
        near = get_close_matches(one.rule, sorted(known), 1)
        meant = f"; did you mean `{near[0]}`?" if near else ""
        message = f"there is no rule `{one.rule}`{meant}"
    return Finding(
        rule=UNUSED,
        severity=Severity.WARNING,
        message=message,
        place=one.place,
        hint="Remove the comment.",
    )
