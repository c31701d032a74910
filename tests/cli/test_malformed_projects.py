"""Input that cannot be rehearsed: one clear message with its place, exit code 2, and nothing left behind."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from bonded.cli.main import main

PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "tool"
version = "1.0.0"
"""

WORKFLOW = """\
name: Release
on:
  push:
    tags: ["v*"]
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: uv build
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - run: uv publish
"""

RELEASE = ".github/workflows/release.yml"


def workflow(old: str, new: str) -> dict[str, str | bytes | None]:
    """The release workflow with one text replaced."""
    assert old in WORKFLOW
    return {RELEASE: WORKFLOW.replace(old, new, 1)}


def project(text: str) -> dict[str, str | bytes | None]:
    """Another pyproject.toml."""
    return {"pyproject.toml": text}


def registered(entry: str) -> dict[str, str | bytes | None]:
    """A pyproject.toml with one recorded publisher."""
    return project(f"{PYPROJECT}\n[[tool.bonded.publishers]]\n{entry}\n")


NAMED = 'repository = "octo/tool"\nworkflow = "release.yml"\n'

# name: (changed files, arguments, where, what)
CASES: dict[str, tuple[dict[str, str | bytes | None], list[str], str, str]] = {
    "no-pyproject": ({"pyproject.toml": None}, [], "pyproject.toml", "there is no pyproject.toml"),
    "pyproject-not-toml": (project("[project\n"), [], "pyproject.toml:1:9", "this is not TOML"),
    "pyproject-not-utf8": ({"pyproject.toml": b"a = '\xff'\n"}, [], "pyproject.toml:1", "not UTF-8"),
    "pyproject-empty": (project(""), [], "pyproject.toml", "`project.name` is missing"),
    "no-name": (project('[project]\nversion = "1"\n'), [], "pyproject.toml:1:1", "`project.name`"),
    "name-not-a-text": (project("[project]\nname = 3\n"), [], "pyproject.toml", "`project.name`"),
    "name-impossible": (project('[project]\nname = "-"\nversion = "1"\n'), [], "", "'-'"),
    "no-version": (project('[project]\nname = "x"\n'), [], "pyproject.toml:1:1", "`project.version` is missing"),
    "version-impossible": (project('[project]\nname = "x"\nversion = "one"\n'), [], "pyproject.toml:3:1", "got 'one'"),
    "version-not-a-text": (project('[project]\nname = "x"\nversion = 1\n'), [], "pyproject.toml:3:1", "got 1"),
    "version-dynamic-without-tags": (
        project('[project]\nname = "x"\ndynamic = ["version"]\n'), [], "pyproject.toml", "--tag",
    ),
    "project-not-a-table": (project("project = 3\n"), [], "pyproject.toml:1:1", "`project` must be a table"),
    "tool-not-a-table": (project(PYPROJECT + "\n[tool]\nbonded = 3\n"), [], "pyproject.toml:10:1", "must be a table"),
    "tool-key-unknown": (
        project(PYPROJECT + "\n[tool.bonded]\npublisher = 1\n"), [], "pyproject.toml:10:1", "did you mean `publishers`",
    ),
    "publishers-not-a-list": (
        project(PYPROJECT + "\n[tool.bonded]\npublishers = 1\n"), [], "pyproject.toml:10:1", "list of tables",
    ),
    "publisher-key-unknown": (registered(NAMED + 'enviroment = "pypi"'), [], "pyproject.toml:9:1", "`environment`"),
    "publisher-value-not-a-text": (registered(NAMED + "environment = 1"), [], "pyproject.toml:9:1", "must be a text"),
    "publisher-index-unknown": (registered(NAMED + 'index = "pipy"'), [], "pyproject.toml:9:1", "got 'pipy'"),
    "publisher-kind-unknown": (registered(NAMED + 'kind = "gitlub"'), [], "pyproject.toml:9:1", "got 'gitlub'"),
    "publisher-without-repository": (registered('workflow = "release.yml"'), [], "pyproject.toml:9:1", "OWNER/NAME"),
    "publisher-workflow-no-file": (
        registered('repository = "octo/tool"\nworkflow = "release"'), [], "pyproject.toml:9:1", "workflow",
    ),
    "no-workflows": ({RELEASE: None}, [], "", "no workflow publishes"),
    "nothing-publishes": (workflow("uv publish", "uv build"), [], "", RELEASE),
    "workflow-not-yaml": ({RELEASE: "on: push\njobs: ]\n"}, [], f"{RELEASE}:2:7", ""),
    "workflow-not-utf8": ({RELEASE: b"name: \xff\n"}, [], f"{RELEASE}:1:7", "UTF-8"),
    "workflow-empty": ({RELEASE: ""}, [], RELEASE, ""),
    "workflow-with-tab": (workflow("  build:", "\tbuild:"), [], f"{RELEASE}:7", ""),
    "workflow-two-documents": ({RELEASE: WORKFLOW + "---\na: b\n"}, [], f"{RELEASE}:19", ""),
    "workflow-key-twice": (workflow("permissions: {}", "permissions: {}\npermissions: {}"), [], f"{RELEASE}:6:1", ""),
    "workflow-unknown-key": (workflow("permissions: {}", "permision: {}"), [], f"{RELEASE}:5:1", "permission"),
    "job-unknown-key": (workflow("    needs: build", "    need: build"), [], f"{RELEASE}:12:5", "`needs`"),
    "step-unknown-key": (workflow("- run: uv build", "- rum: uv build"), [], f"{RELEASE}:10:9", ""),
    "step-run-and-uses": (workflow("- run: uv build", "- run: uv build\n        uses: a/b@v1"), [], RELEASE, "uses"),
    "job-without-runner": (workflow("    runs-on: ubuntu-latest\n", ""), [], f"{RELEASE}:7:3", "runs-on"),
    "jobs-missing": ({RELEASE: "on: push\n"}, [], RELEASE, "jobs"),
    "needs-unknown": (workflow("needs: build", "needs: biuld"), [], f"{RELEASE}:12:12", "unknown job 'biuld'"),
    "needs-cycle": (
        workflow("  build:\n", "  build:\n    needs: publish\n"), [], RELEASE, "no dependencies",
    ),
    "needs-cycle-beside": (
        workflow("  build:\n", "  other:\n    runs-on: x\n    steps: [{run: a}]\n  build:\n    needs: publish\n"),
        [], RELEASE, "cycle",
    ),
    "expression-unclosed": (workflow("uv build", "echo ${{ github.ref"), [], f"{RELEASE}:10", ""),
    "expression-syntax": (workflow("uv build", "echo ${{ github. }}"), [], f"{RELEASE}:10", ""),
    "expression-unknown-context": (workflow("uv build", "echo ${{ gihub.ref }}"), [], f"{RELEASE}:10:23", "gihub"),
    "expression-unknown-function": (workflow("uv build", "echo ${{ f(1) }}"), [], f"{RELEASE}:10", "f"),
    "expression-quotes": (workflow("uv build", 'echo ${{ github.ref == "x" }}'), [], f"{RELEASE}:10", '"x"'),
    "secrets-in-if": (
        workflow("    needs: build", "    needs: build\n    if: secrets.TOKEN"), [], f"{RELEASE}:13:9", "secrets",
    ),
    "event-unknown": (workflow("  push:", "  pusch:"), [], f"{RELEASE}:3:3", "pusch"),
    "filter-and-ignore": (workflow('tags: ["v*"]', "tags: [v]\n    tags-ignore: [x]"), [], RELEASE, "tags-ignore"),
    "filter-invalid": (workflow('"v*"', '"[b-a]"'), [], f"{RELEASE}:4:12", "[b-a]"),
    "permission-unknown": (workflow("id-token: write", "id-tokens: write"), [], f"{RELEASE}:16:7", "id-token"),
    "permission-level": (workflow("id-token: write", "id-token: read"), [], f"{RELEASE}:16:17", "read"),
    "no-such-folder": ({}, ["nowhere"], "", "is not a folder"),
    "tag-wish-for-branch-only": ({}, ["--workflow", "other.yml"], "", "there is no workflow other.yml"),
    "repository-wish": ({}, ["--repository", "tool"], "", "OWNER/NAME"),
    "input-wish": ({}, ["--event", "workflow_dispatch", "--input", "a=b"], "", "no input 'a'"),
    "input-shape": ({}, ["--input", "a"], "", "NAME=VALUE"),
    "secret-shape": ({}, ["--secret", "=x"], "", "NAME=VALUE"),
    "secrets-file": ({}, ["--secrets", "nowhere.env"], "", "nowhere.env"),
    "page-folder": ({}, ["--html", "nowhere/page.html"], "", "does not exist"),
    "event-option": ({}, ["--event", "fork"], "", "invalid choice: 'fork'"),
}  # fmt: skip


def lay(folder: Path, changed: dict[str, str | bytes | None]) -> None:
    """Write the good project with some files changed or missing."""
    files: dict[str, str | bytes | None] = {
        "pyproject.toml": PYPROJECT,
        RELEASE: WORKFLOW,
        "src/tool/__init__.py": "",
        **changed,
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif content is not None:
            path.write_bytes(content)


@pytest.mark.parametrize("name", CASES)
def test_malformed_input_is_explained(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every such input ends with exit code 2 and a message that names the place and the fault, never a traceback."""
    changed, arguments, where, what = CASES[name]
    folder = tmp_path / "tool"
    folder.mkdir()
    lay(folder, changed)
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    monkeypatch.chdir(folder)
    try:
        code = main(["rehearse", *arguments])
    except SystemExit as usage:  # argparse ends by itself
        code = int(str(usage.code))
    out, err = capsys.readouterr()

    assert code == 2, err
    assert where in err
    assert what in err
    assert "Traceback" not in err + out
    assert out == ""
    assert list((tmp_path / "temp").iterdir()) == []
    if where and name not in {"no-pyproject", "version-dynamic-without-tags", "pyproject-empty"}:
        assert re.search(r"^\S+:\d+:\d+: ", err, re.MULTILINE), err


def test_there_are_many_of_them() -> None:
    """The table holds more than forty inputs."""
    assert len(CASES) >= 40


def test_a_repository_without_a_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository in which nothing was committed has nothing to rehearse, and says so."""
    lay(tmp_path, {})
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    code = main(["rehearse", str(tmp_path)])

    assert code == 2
    assert "no commit" in capsys.readouterr().err
