"""What holds for every rule: its file, its words, its examples and its fix."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.cli.check_zizmor import Zizmor
from bonded.workflows import audit
from bonded.workflows.case import Facts
from bonded.workflows.findings import Finding
from bonded.workflows.rule import Example, Rule

FOLDER = Path(audit.__file__).parent / "rules"
NAMES = [rule.id for rule in audit.RULES]


def found(example: Example) -> tuple[Finding, ...]:
    """Return what all rules find in an example."""
    return audit.audit(example.sources(), example.facts)


def path_of(example: Example) -> str:
    """Return where the example's own file lies."""
    return f".github/workflows/{example.file}"


def test_every_file_is_in_the_list() -> None:
    """A rule lies in a file with its id for a name, and ids are used once."""
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py")} - {"--init--"}

    assert files == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_every_check_of_the_list_is_made() -> None:
    """T1 to T25 all have rules."""
    assert {rule.alias for rule in audit.RULES} == {f"T{number}" for number in range(1, 26)}


@pytest.mark.parametrize("rule", audit.RULES, ids=NAMES)
def test_a_rule_has_its_words(rule: Rule) -> None:
    """Title, reason and remedy are sentences."""
    for text in (rule.title, rule.reason, rule.remedy):
        assert text[0].isupper() or text.startswith(("`", "uv", "pypa/"))
        assert text.endswith(".")
        assert "  " not in text


@pytest.mark.parametrize("rule", audit.RULES, ids=NAMES)
def test_the_bad_example_is_found(rule: Rule) -> None:
    """It is found in its own file, at the rule's own severity, with a place and an advice."""
    findings = [one for one in found(rule.bad) if one.rule == rule.id]

    assert findings
    assert max(one.severity for one in findings) == rule.severity
    assert {one.place.file for one in findings} == {path_of(rule.bad)}
    assert all(one.place.line and one.hint for one in findings)


@pytest.mark.parametrize("rule", audit.RULES, ids=NAMES)
def test_the_good_example_is_not(rule: Rule) -> None:
    """The rule is silent, and the file is one that GitHub accepts."""
    ids = {one.rule for one in found(rule.good)}

    assert not ids & {rule.id, audit.SYNTAX}


@pytest.mark.parametrize(
    "rule", [r for r in audit.RULES if any(f.fix for f in found(r.bad))], ids=lambda rule: rule.id
)
def test_a_fix_heals_and_touches_nothing_else(rule: Rule) -> None:
    """After the fix the rule is silent, other rules say what they said, and every comment is there."""
    sources = rule.bad.sources()
    path = path_of(rule.bad)
    commented = "".join(
        f"{line}  # {number}\n" for number, line in enumerate(sources[path].splitlines())
    )
    before = audit.audit({**sources, path: commented}, rule.bad.facts)
    own = [one for one in before if one.rule == rule.id and one.fix]
    fixed, made = audit.mend(commented, own, unsafe=True)
    after = audit.audit({**sources, path: fixed}, rule.bad.facts)

    assert made
    assert not [one for one in after if one.rule == rule.id and one.fix]
    assert {one.rule for one in after} <= {one.rule for one in before} | RELATED.get(rule.id, set())
    gone = [number for number in range(commented.count("\n")) if f"  # {number}\n" not in fixed]
    assert rule.id in REMOVES or not gone


# What is published by identity from now on is looked at by the rules for that.
RELATED = {"leftover-secret": {"no-environment"}}
# Fixes that take a key away, and with it the comment on its line.
REMOVES = {"leftover-secret", "no-attestations", "skip-existing"}

TEXTS = [example.workflow for rule in audit.RULES for example in (rule.bad, rule.good)]


@settings(max_examples=60, deadline=None)
@given(text=st.sampled_from(TEXTS), place=st.integers(0, 900), junk=st.text(max_size=6))
def test_no_text_makes_a_rule_stumble(text: str, place: int, junk: str) -> None:
    """A workflow with anything in the middle of it gives findings, never an exception."""
    source = text[:place] + junk + text[place + len(junk) :]

    for finding in audit.audit({".github/workflows/a.yml": source}, Facts()):
        assert finding.message


def test_zizmor_is_no_unhappier_after_a_fix(tmp_path: Path) -> None:
    """Of all bad examples with a fix, none gets a finding of zizmor's that it did not have."""
    pairs: dict[Path, Path] = {}
    for rule in audit.RULES:
        source = rule.bad.sources()[path_of(rule.bad)]
        fixed, made = audit.mend(source, [f for f in found(rule.bad) if f.fix], unsafe=True)
        if made:
            before, after = tmp_path / f"{rule.id}-before.yml", tmp_path / f"{rule.id}-after.yml"
            before.write_text(source, "utf-8")
            after.write_text(fixed, "utf-8")
            pairs[before] = after
    heard = Zizmor([*pairs, *pairs.values()]).hear()
    said: dict[Path, set[str]] = {}
    for path, finding in heard.findings:
        said.setdefault(path, set()).add(finding.rule)

    assert not heard.trouble
    assert said
    for before, after in pairs.items():
        assert said.get(after, set()) <= said.get(before, set())
