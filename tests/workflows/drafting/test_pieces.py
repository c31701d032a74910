import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bonded.cli.init_world import shipped_pins
from bonded.workflows.drafting.ci import ci_workflow
from bonded.workflows.drafting.dependabot import DEPENDABOT, dependabot
from bonded.workflows.drafting.pieces import filled, indented
from bonded.workflows.drafting.subject import Package, Subject
from bonded.workflows.reading import read_workflow
from project_kinds import KINDS, Kind, member, proposed

LINES = st.lists(st.text("ab ", max_size=5), max_size=4).map("\n".join)


def test_a_value_of_several_lines_keeps_the_column() -> None:
    """What is put in place of a name continues where the name's line begins."""
    assert filled("a:\n  <some-lines>\nz", some_lines="b\n  c\n\nd") == "a:\n  b\n    c\n\n  d\nz\n"


def test_an_empty_value_leaves_no_line() -> None:
    """A line that is only a name goes where the value is empty."""
    assert filled("a\n  <x>\nb <x>", x="") == "a\nb \n"


def test_a_name_without_a_value_is_an_error() -> None:
    """No placeholder is ever left in a workflow."""
    with pytest.raises(KeyError):
        filled("<x>")


@pytest.mark.parametrize("branch", ["main", "release/1.x", "1.0", "on the way", "a#b", "[x]"])
def test_any_branch_is_a_text(branch: str) -> None:
    """Whatever the default branch is called, the workflow names it."""
    subject = Subject(packages=(Package(name="a"),), default_branch=branch, test_command="make")
    workflow = read_workflow(ci_workflow(subject, shipped_pins()), ".github/workflows/ci.yml")

    assert workflow.triggers[0].filters["branches"] == (branch,)


@given(LINES)
def test_indenting_keeps_the_lines(text: str) -> None:
    """Text moves to the right; empty lines stay as they are."""
    moved = indented(text, 2).split("\n")

    assert [line.removeprefix("  ") if line.strip() else line for line in moved] == text.split("\n")


FULL = """\
version: 2
updates:
  # our actions
  - package-ecosystem: github-actions # pins
    directory: /
    cooldown: {default-days: 3}
    groups:
      all: {patterns: ["*"]}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, DEPENDABOT),
        ("", DEPENDABOT),
        (DEPENDABOT, DEPENDABOT),
        (FULL, FULL),
        ("version: 2\nupdates: []\n", None),
        ("- a\n", None),
        ("a: [\n", None),
        ("version: 2\n", None),
        (
            FULL.replace("    cooldown: {default-days: 3}\n", ""),
            FULL.replace("    cooldown: {default-days: 3}\n", "") + "    cooldown:\n      default-days: 7\n",
        ),
        (
            "updates:\n  - package-ecosystem: github-actions\n    cooldown: {}\n    multi-ecosystem-group: x\n",
            "updates:\n  - package-ecosystem: github-actions\n    cooldown: {}\n    multi-ecosystem-group: x\n",
        ),
    ],
)  # fmt: skip
def test_dependabot_gets_what_it_lacks(before: str | None, after: str | None) -> None:
    """A file that is there keeps all it has; one that is not understood is left alone."""
    assert dependabot(before) == after


def test_an_entry_for_actions_joins_the_others() -> None:
    """Entries for other ecosystems stay as they are."""
    before = "version: 2\nupdates:\n- package-ecosystem: pip # here\n  directory: /\n"
    after = dependabot(before)

    assert after is not None
    assert after.startswith(before)
    entries = YAML(typ="safe").load(after)["updates"]
    assert [entry["package-ecosystem"] for entry in entries] == ["pip", "github-actions"]


def test_a_pipeline_is_yaml_with_a_token_for_one_job() -> None:
    """In the pipeline of GitLab the publishing jobs alone have an ID token, and they take no sources."""
    kind = Kind(
        pyproject=KINDS["workspace"].pyproject.replace('"tweed"', '"warm-tweed"')
        + '[dependency-groups]\ndev = ["pytest"]\n',
        more={**member("tweed-core"), "poetry.lock": ""},
        tags=("warm-tweed@1.0.0",),
        wishes=KINDS["gitlab"].wishes,
    )
    change = proposed(kind)[1].changes[0]
    jobs = YAML(typ="safe").load(change.after)

    with_token = {
        name for name, job in jobs.items() if isinstance(job, dict) and "id_tokens" in job
    }
    assert with_token == {"warm-tweed-publish", "tweed-core-publish"}
    assert all(jobs[name]["variables"]["GIT_STRATEGY"] == "none" for name in with_token)
    rule = jobs["warm-tweed-publish"]["rules"][0]["if"]
    assert rule == r"$CI_COMMIT_TAG =~ /^warm-tweed\@[0-9]/"
