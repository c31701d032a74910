"""`[tool.bonded.verify]` is read strictly: every fault is named, and nothing is guessed."""

from typing import Any

import pytest

from bonded.attestations.policy import Kind, read_policy
from bonded.errors import InvalidInput

EXCEPTION = {"project": "greeter", "alarm": "vanished", "reason": "checked by hand"}

# What stands in the table, and what is said about it.
FAULTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"no-downgrad": True}, "no-downgrad is not known, do you mean no-downgrade?"),
    ({"colour": "red"}, "colour is not known"),
    ({"no-downgrade": "yes"}, "no-downgrade is true or false"),
    ({"require": "some"}, 'require is "all" or a list of projects'),
    ({"require": ["-"]}, "require: expected a project name"),
    ({"projects": []}, "projects is a table"),
    ({"projects": {"greeter": "octo"}}, "projects.greeter is a table"),
    ({"projects": {"greeter": {}}}, "projects.greeter says nothing"),
    ({"projects": {"greeter": {"repositry": "o/g"}}}, "projects.greeter.repositry is not known, do you mean"),
    ({"projects": {"greeter": {"workflow": 1}}}, "projects.greeter.workflow is a text"),
    ({"projects": {"-": {"workflow": "w.yml"}}}, "projects.-: expected a project name"),
    ({"exceptions": {}}, "exceptions are a list of tables"),
    ({"exceptions": [{**EXCEPTION, "reason": " "}]}, "exceptions[0].reason says why it was allowed"),
    ({"exceptions": [{**EXCEPTION, "alarm": "all"}]}, "exceptions[0].alarm is one of"),
    ({"exceptions": [{**EXCEPTION, "versions": "x"}]}, "exceptions[0].versions: Invalid specifier"),
    ({"exceptions": [{**EXCEPTION, "until": "x"}]}, "exceptions[0].until is not known"),
    ({"exceptions": [{**EXCEPTION, "project": ""}]}, "exceptions[0].project: expected a project name"),
    ({"exceptions": ["greeter"]}, "exceptions[0] is a table"),
)  # fmt: skip


@pytest.mark.parametrize(("table", "sentence"), FAULTS)
def test_a_fault_is_named(table: dict[str, Any], sentence: str) -> None:
    """With the key that has it."""
    with pytest.raises(InvalidInput) as caught:
        read_policy("pyproject.toml", table)

    assert f"pyproject.toml: tool.bonded.verify: {sentence}" in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    """One run tells everything that must be mended."""
    with pytest.raises(InvalidInput) as caught:
        read_policy("p", {"a": 1, "require": 1, "no-downgrade": 1, "projects": 1, "exceptions": 1})

    assert len(caught.value.faults) == 5


def test_without_a_table_provenance_must_only_not_get_worse() -> None:
    """Nothing is required, but what was there must stay."""
    policy = read_policy("pyproject.toml", {})

    assert policy.required == frozenset()
    assert policy.no_downgrade


def test_a_whole_policy() -> None:
    """Names are normalised, and exceptions without versions cover all."""
    from packaging.version import Version

    policy = read_policy(
        "pyproject.toml",
        {
            "require": "all",
            "projects": {"Greeter_X": {"repository": "octo/greeter"}},
            "exceptions": [EXCEPTION],
        },
    )

    assert policy.required is None
    assert dict(policy.projects) == {"greeter-x": {"repository": "octo/greeter"}}
    assert policy.exceptions[0].covers(policy.exceptions[0].project, Version("2rc1"), Kind.VANISHED)
