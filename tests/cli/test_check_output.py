"""Reports of `bonded check` as text, for programs, and as diffs, from values."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bonded.cli.check_facts import Checkout
from bonded.cli.check_formats import annotations, sarif
from bonded.cli.check_mending import difference, mended, write
from bonded.cli.check_report import Checked, Report
from bonded.cli.check_text import render
from bonded.cli.check_words import explained
from bonded.cli.check_zizmor import Zizmor, read_json
from bonded.errors import UsageError
from bonded.workflows.audit import RULES, SPECIAL
from bonded.workflows.case import Facts
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Place, Severity

SOURCE = "on: push\njobs:\n\ta: 1\n"


def finding(place: Place, *, fix: Fix | None = None, address: str = "") -> Finding:
    """Return a finding of a rule that is none of ours."""
    return Finding(
        rule="zizmor/x",
        severity=Severity.ERROR,
        message="50% \x1b[31mred",
        place=place,
        fix=fix,
        address=address,
    )


def report(*found: Finding, trouble: str = "", path: str = "p") -> Report:
    """Return a report on one project."""
    project = Checked(path=path, sources={"a.yml": SOURCE}, findings=found)
    return Report(version="1", projects=(project,), trouble=trouble)


def test_nothing_found_is_said() -> None:
    """And that zizmor was missing."""
    text = render(report(trouble="zizmor is away"), color=False)

    assert text == "nothing found in 1 file of 1 project\nnote: zizmor is away"
    assert render(report(), color=False, quiet=True) == ""


def test_a_quiet_report_has_a_line_for_each_finding() -> None:
    """What others wrote gives the terminal no orders."""
    text = render(report(finding(Place("a.yml", 1, 1, 1, 3))), color=False, quiet=True)

    assert text.startswith("p/a.yml:1:1: error[zizmor/x]: 50% ")
    assert "\x1b" not in text
    assert "\n" not in text


def test_colours_are_for_the_severity() -> None:
    """Red for an error."""
    assert "\x1b[1;31merror\x1b[0m" in render(report(finding(Place("a.yml"))), color=True)


@pytest.mark.parametrize(
    ("place", "frame"),
    [
        (Place("a.yml", 1, 1, 2, 3), " 1 | on: push\n   | ^^^^^^^^"),
        (Place("a.yml", 3, 2, 3, 3), " 3 |  a: 1\n   |  ^"),
        (Place("a.yml", 9, 1, 9, 2), ""),
        (Place("a.yml"), ""),
        (Place("other.yml", 1, 1, 1, 2), ""),
    ],
)
def test_the_line_is_shown_where_there_is_one(place: Place, frame: str) -> None:
    """A finding of several lines is marked to the end of its first one; a tab counts as one."""
    text = render(report(finding(place, address="https://example.org")), color=False)

    assert frame in text
    assert (" | " in text) == bool(frame)
    assert "= https://example.org" in text


def test_a_fix_that_needs_a_look_is_counted_apart() -> None:
    """Both kinds are named with their options."""
    fix = Fix(title="do it", edits=(Edit(0, 1, ""),), safe=False)
    text = render(report(finding(Place("a.yml", 1, 1, 1, 2), fix=fix)), color=False)

    assert "--fix=all mends it: do it" in text
    assert "1 can be mended with --fix=all, which" in text
    quiet = render(report(finding(Place("a.yml", 1, 1, 1, 2), fix=fix)), color=False, quiet=True)
    assert quiet.endswith(" (--fix=all)")


def test_sarif_tells_of_trouble_and_of_whole_files() -> None:
    """A finding without a line has no region; a run without zizmor was not a success."""
    log = sarif(report(finding(Place("a.yml"), address="https://x.example"), trouble="away"))
    (run,) = log["runs"]

    assert "region" not in run["results"][0]["locations"][0]["physicalLocation"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["tool"]["driver"]["rules"] == [{"id": "zizmor/x", "helpUri": "https://x.example"}]


def test_annotations_escape_what_github_reads() -> None:
    """A per cent sign, a colon or a comma ends nothing."""
    (line,) = annotations(report(finding(Place("a,b.yml")), path="c:d"))

    assert line.startswith("::error file=c%3Ad/a%2Cb.yml,title=bonded%3A zizmor/x::50%25 ")


def checkout(root: Path, text: str) -> Checkout:
    """Return a project of one file."""
    return Checkout(root=root, sources={"a.yml": text}, beside={}, facts=Facts())


def test_a_diff_names_a_missing_line_break(tmp_path: Path) -> None:
    """As git and patch want it."""
    diff = difference(checkout(tmp_path, "a: 1"), checkout(tmp_path, "a: 2"), shown="p")

    assert diff.startswith("--- a/p/a.yml\n+++ b/p/a.yml\n")
    assert diff.count("\\ No newline at end of file\n") == 2


def test_a_file_that_cannot_be_written_stays(tmp_path: Path) -> None:
    """The error is the user's to mend, and nothing is left beside the file."""
    (tmp_path / "a.yml").mkdir()
    with pytest.raises(UsageError, match=r"a\.yml cannot be written"):
        write(checkout(tmp_path, "a: 1"), checkout(tmp_path, "a: 2"))

    assert [path.name for path in tmp_path.iterdir()] == ["a.yml"]


def test_a_rule_is_explained_with_what_its_example_knows() -> None:
    """By any spelling of its id; an audit of zizmor is not ours to explain."""
    assert "Bad, in `release.yml`, with a publisher registered for `release.yaml`:" in explained(
        "publisher_mismatch"
    )
    with pytest.raises(UsageError) as caught:
        explained("zizmor/artipacked")
    assert "zizmor's own documentation" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("syntax", "GitHub refuses the workflow"),
        ("not-read", "bonded does not read it"),
        ("unused_ignore", "A comment ignores nothing"),
    ],
)
def test_what_is_about_the_files_is_explained_too(name: str, words: str) -> None:
    """Findings that no rule makes have ids, and so they have explanations."""
    assert words in explained(name)
    assert set(SPECIAL) == {"syntax", "not-read", "unused-ignore"}


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'[{"ignored": false}]', b"null"])
def test_another_dialect_is_refused(data: bytes) -> None:
    """JSON that is not zizmor's gives no findings by accident."""
    with pytest.raises(ValueError, match=r"zizmor|Expecting"):
        read_json(data)


def test_what_zizmor_ignores_is_no_finding() -> None:
    """Its own comments count."""
    assert read_json(b'[{"ignored": true}]') == ()


def test_a_zizmor_that_does_not_start_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no program counts as none."""
    (tmp_path / "zizmor").write_bytes(b"\x00")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert "not installed" in Zizmor([tmp_path / "a.yml"]).hear().trouble


SAYS = "WARN zizmor::registry::input: failed to parse input: no"


@pytest.mark.parametrize(
    ("script", "broken", "trouble"),
    [
        (f"echo ' {SAYS}' >&2; echo 'error: no inputs collected' >&2; exit 3", 1, ""),
        (f"echo ' {SAYS}' >&2; echo '[]'", 1, ""),
        (f"echo ' {SAYS}' >&2; echo '[]'", 0, "zizmor cannot read 1 of the files"),
        ("echo 'fatal: x' >&2; echo 'error: broken here' >&2", 0, "zizmor failed: error: broken"),
        ('case "$*" in *bad*) exit 1;; esac; echo "[]"', 1, ""),
        ('case "$*" in *bad*) exit 1;; esac; echo "[]"', 0, "zizmor failed: exit code 1"),
    ],
)
def test_a_file_that_zizmor_cannot_read_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, broken: int, trouble: str
) -> None:
    """What is broken for everybody is no trouble; what only zizmor cannot read is said."""
    fake = tmp_path / "zizmor"
    fake.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    bad = tmp_path / "bad.yml"
    heard = Zizmor([bad, tmp_path / "good.yml"]).hear(broken=[bad][:broken])

    assert heard.trouble_beside(broken)[: len(trouble) or None] == trouble


def test_sarif_writes_addresses() -> None:
    """A file's name is a URI reference there, and a space is none."""
    log = sarif(report(finding(Place("a b.yml", 1, 1, 1, 2)), path="p q"))
    (result,) = log["runs"][0]["results"]

    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "p%20q/a%20b.yml"


def test_rounds_of_fixes_end(tmp_path: Path) -> None:
    """Fixes are made as often as asked for, and only in the files that are asked for."""
    rule = next(rule for rule in RULES if rule.id == "release-types")
    (text,) = rule.bad.sources().values()
    project = checkout(tmp_path, text)

    def made(checkout: Checkout, *, rounds: int, least: Severity = Severity.INFO) -> int:
        return len(mended(checkout, least=least, unsafe=True, rounds=rounds)[1])

    assert made(project, rounds=0) == 0
    assert made(project, rounds=1) == 1
    assert made(project, rounds=1, least=Severity.ERROR) == 0
    assert made(replace(project, only=frozenset({"b.yml"})), rounds=5) == 0
