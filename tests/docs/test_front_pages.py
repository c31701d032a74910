"""The README's commands are the ones that are run, and the front pages keep their form."""

import re

from ruamel.yaml import YAML

from pages import ROOT, blocks

README = (ROOT / "README.md").read_text("utf-8")
INSTALL = "python3 -m venv .venv && .venv/bin/pip install --quiet"


def test_the_test_command_needs_only_python_and_pip() -> None:
    """After the marker comes one command, which makes its own environment and runs every check."""
    marked = README.split("<!-- test command -->\n", 1)[1].lstrip()
    script = "scripts/check.py"

    assert blocks(marked)[0] == f"{INSTALL} uv && .venv/bin/uv run --group dev {script}\n"
    assert marked.startswith("```")
    assert (ROOT / script).is_file()


def test_ci_runs_the_command_of_the_readme() -> None:
    """CI has one step of its own, `.ci/run`, and that runs what the README says."""
    workflow = YAML(typ="safe").load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    scripts = [step.get("run") for step in workflow["jobs"]["check"]["steps"]]

    assert [script for script in scripts if script] == [".ci/run"]
    assert "<!-- test command -->" in (ROOT / ".ci/run").read_text("utf-8")


def test_the_example_is_played_by_one_command() -> None:
    """The README's first command installs bonded and plays a project that is there."""
    command = f"{INSTALL} . && .venv/bin/bonded rehearse examples/greeter\n"

    assert command in blocks(README)
    assert (ROOT / "examples/greeter/pyproject.toml").is_file()


def test_changes_wait_under_unreleased() -> None:
    """The changelog is newest first, under the headings of Keep a Changelog."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[0] == "[Unreleased]"
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds
