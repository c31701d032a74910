"""The run over all rules: order, fixes together, comments that ignore, and places."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.workflows import audit
from bonded.workflows.case import BREAK, Facts, line_starts
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Place, Severity
from bonded.workflows.ignores import ignores, silence
from rule_world import PUBLISH, bare, job, workflow

PATH = ".github/workflows/release.yml"
# Pieces that some rule finds something in, to be put together.
TRIGGERS = (
    "  push:\n    tags: ['v*']  # tags\n",
    "  release:\n    types: [created]  # draft\n",
    "  release:\n    types: [created, published]  # both\n",
)
TOPS = (
    "",
    "permissions: {}  # nothing\n",
    "concurrency:\n  group: x\n  cancel-in-progress: true  # soon\n",
)
JOBS = (
    bare("      - run: pytest | tee log  # loud\n", name="test"),
    bare(PUBLISH.rstrip() + "  # trusted\n", name="publish"),
    job(PUBLISH + "        with:\n          skip-existing: true  # again\n          verbose: 1\n"),
    bare("      - run: uv run --with x -c 'import x'  # smoke\n", name="smoke"),
    bare("      - uses: actions/checkout@v7  # all\n        with: {fetch_depth: 0}\n", name="c"),
)
# Fixing one of these lets or forbids what another one judges.
LINKED = {
    "release-types": {"double-trigger", "cancelled-release", "version-gate", "rejected-event"},
    "missing-id-token": {"wide-id-token", "build-in-publish-job", "missing-contents-read"},
    "missing-contents-read": {"missing-id-token"},
}


def said(source: str, without: str) -> set[tuple[str, str]]:
    """Return what all rules but one (and those linked to it) say."""
    return {
        (one.rule, re.sub(r":\d+:\d+", "", one.message))  # lines move
        for one in audit.audit({PATH: source}, Facts())
        if one.rule not in {without} | LINKED.get(without, set())
    }


@settings(max_examples=60, deadline=None)
@given(
    on=st.sampled_from(TRIGGERS),
    top=st.sampled_from(TOPS),
    jobs=st.lists(st.sampled_from(JOBS), min_size=1, max_size=3, unique_by=lambda one: one[:9]),
    chosen=st.data(),
)
def test_a_fix_changes_nothing_else(
    on: str, top: str, jobs: list[str], chosen: st.DataObject
) -> None:
    """Other rules say what they said, and every comment that is not on a removed line is there."""
    source = workflow(*jobs, on=on, top=top)
    fixable = [one for one in audit.audit({PATH: source}, Facts()) if one.fix]
    if not fixable:
        return
    finding = chosen.draw(st.sampled_from(fixable))
    fixed, made = audit.mend(source, [finding], unsafe=True)
    removed = finding.rule == "skip-existing"

    assert made == 1
    assert said(fixed, finding.rule) == said(source, finding.rule)
    for comment in (line.split("  # ")[1] for line in source.splitlines() if "  # " in line):
        assert f"# {comment}" in fixed or (removed and comment == "again")


def test_all_fixes_can_be_made_together() -> None:
    """What is left after some rounds has no safe fix."""
    source = workflow(*JOBS[:2], on=TRIGGERS[2], top=TOPS[2])
    for _ in range(5):
        source, _ = audit.mend(source, audit.audit({PATH: source}, Facts()))

    assert not [one for one in audit.audit({PATH: source}, Facts()) if one.fix and one.fix.safe]


def test_of_fixes_that_overlap_the_first_is_made() -> None:
    """The other one has to be found again."""

    def fixing(start: int, end: int) -> Finding:
        fix = Fix(title="x", edits=(Edit(start, end, "-"),))
        place = Place("f", 1, 1)
        return Finding(rule="r", severity=Severity.INFO, message="m", place=place, fix=fix)

    assert audit.mend("abcdef", [fixing(0, 2), fixing(1, 3), fixing(4, 5)]) == ("-cd-f", 2)


def test_findings_are_in_the_order_of_the_files() -> None:
    """By file and place, the worst first at the same place, each once."""
    sources = {".github/workflows/b.yml": workflow(), ".github/workflows/a.yml": "on: push\n"}
    findings = audit.audit(sources, Facts())

    assert findings == audit.in_order([*findings, *reversed(findings)])
    assert [one.place for one in findings] == sorted(one.place for one in findings)
    assert findings[0].rule == "syntax"


def test_what_only_we_cannot_read_is_no_error() -> None:
    """GitHub takes a block that is one expression; nothing is said against it."""
    text = workflow(bare(PUBLISH, more="    strategy: ${{ fromJSON('{}') }}\n"))
    (finding,) = audit.audit({PATH: text}, Facts())

    assert (finding.rule, finding.severity) == ("not-read", Severity.INFO)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 1  # bonded: ignore[x] why", [("x", 1)]),
        ("# bonded: ignore[x, y]\na: 1", [("x", 2), ("y", 2)]),
        ("# bonded: ignore[x]\n# more\n  a: 1", [("x", 3)]),
        ("#bonded:ignore[x]\r\na: 1\r\n", [("x", 2)]),
        ("# bonded: ignored", []),
        ("# bonded: ignore[x]", [("x", 1)]),
    ],
)
def test_comments_are_read(source: str, expected: list[tuple[str, int]]) -> None:
    """On a line of its own a comment speaks of the next line that is none."""
    assert [(one.rule, one.line) for one in ignores(source, "f")] == expected


def test_a_comment_for_what_was_not_run_is_kept() -> None:
    """Without zizmor nobody can tell whether a comment for it is needed."""
    sources = {"f": "a: 1  # bonded: ignore[zizmor/artipacked]\n"}

    assert silence([], sources, known=(), not_run="zizmor/") == ()
    assert [one.rule for one in silence([], sources, known=())] == ["unused-ignore"]


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab\r\n\x85\u2028\ufeff"), max_size=20))
def test_lines_begin_where_the_parser_says(source: str) -> None:
    """There are as many beginnings as lines, and each is behind a line break."""
    starts = line_starts(source)

    assert len(starts) == len(BREAK.split(source))
    assert all(BREAK.search(source[start - 1]) for start in starts[1:])
