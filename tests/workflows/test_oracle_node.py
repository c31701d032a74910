"""The oracles themselves: that they can be asked, and that they can say no."""

from pathlib import Path

import pytest

import oracle_node
from oracle_node import ask, bundled, evaluate_all, install, lint, parse_workflows

pytestmark = pytest.mark.oracle

GREETER = Path(__file__).parents[2] / "examples/greeter/.github/workflows/release.yml"


def test_the_evaluator_answers_and_refuses() -> None:
    """A value comes with kind, text and truth; a refusal with its stage."""
    good, bad = evaluate_all(
        [{"expression": "a.b", "contexts": {"a": {"b": 1}}}, {"expression": "1 +"}]
    )

    assert good == {"kind": "Number", "value": 1, "text": "1", "truthy": True}
    assert bad["stage"] == "lexing"


def test_the_parser_reads_files_and_texts() -> None:
    """A good workflow has jobs and no errors, a bad one errors with a place."""
    good, bad = parse_workflows([GREETER, "on: push\njobs: {}"])

    assert (good["name"], good["errors"]) == ("release.yml", [])
    assert [job["id"] for job in good["jobs"]] == ["build", "publish"]
    assert [error["line"] for error in bad["errors"]] == [2]


def test_the_editor_support_underlines_what_is_wrong() -> None:
    """A good workflow has no diagnostics, a bad one has."""
    good, bad = lint([GREETER, "on: push\njobs: {}"])

    assert good["diagnostics"] == []
    assert bad["diagnostics"]


def test_a_script_that_fails_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An oracle that breaks or skips a question cannot be mistaken for one that agrees."""
    node = install()
    (tmp_path / "breaks.mjs").write_text("throw new Error('broken');", encoding="utf-8")
    (tmp_path / "silent.mjs").write_text("", encoding="utf-8")
    monkeypatch.setattr(oracle_node, "install", lambda: node)
    monkeypatch.setattr(oracle_node, "FOLDER", tmp_path)

    with pytest.raises(RuntimeError, match="broken"):
        ask("breaks.mjs", [{}])
    with pytest.raises(RuntimeError, match="1 questions, 0 answers"):
        ask("silent.mjs", [{}])


def test_the_development_dependencies_bring_a_node() -> None:
    """A machine without Node still has one, with its package manager."""
    node, npm = bundled()

    assert [Path(path).is_file() for path in (node, *npm)] == [True, True, True]
