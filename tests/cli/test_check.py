"""`bonded check` as a user meets it: what is printed, what is written, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bonded.cli.main import main
from bonded.workflows.audit import RULES

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs/reference/check.schema.json").read_text("utf-8")
)
RELEASE = """\
on:
  release:
    types: [created]  # when
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
BUILD = """\
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v7
        with:
          name: dist
          retention-days: 1
"""
PUBLISH = """\
  publish:
    needs: build
    environment: pypi
"""
TAKE = """\
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: dist
"""
PYPROJECT = """\
[project]
name = "tool"
version = "1.0"

[[tool.bonded.publishers]]
repository = "octo/tool"
owner-id = "1"
workflow = "release.yml"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with one finding of our own, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "release.yml").write_text(RELEASE, "utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    return tmp_path


def release(project: Path) -> Path:
    """Return the project's workflow."""
    return project / ".github" / "workflows" / "release.yml"


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Return the JSON of a check."""
    main(["check", "--json", *arguments])
    return json.loads(capsys.readouterr().out)


def rules(found: Any) -> list[str]:
    """Return the rules of all findings."""
    return [one["rule"] for project in found["projects"] for one in project["findings"]]


def test_a_finding_has_its_place_its_line_and_a_way_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report shows where, what, and what to do."""
    code = main(["check", "--no-zizmor"])

    assert code == 1
    assert capsys.readouterr().out == (
        ".github/workflows/release.yml:3:12: warning[release-types]: "
        "a release that was a draft is never `created`, so publishing it starts nothing\n"
        "   |\n"
        " 3 |     types: [created]  # when\n"
        "   |            ^^^^^^^^^\n"
        "  = Write `types: [published]`.\n"
        "  = --fix mends it: start when a release is published\n"
        "\n"
        "1 finding (1 warning) in 1 file of 1 project\n"
        "1 can be mended with --fix\n"
        "2 lesser findings not shown; --min-severity info shows them\n"
    )


def test_a_fix_is_written_and_the_rest_stays(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `--fix` the check is clean, and only what was asked for changed."""
    code = main(["check", "--no-zizmor", "--fix"])

    assert code == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "mended .github/workflows/release.yml:3 [release-types]: start when a release is published\n"
        "1 finding mended\n"
    )
    assert release(project).read_text("utf-8") == RELEASE.replace("[created]", "[published]")
    assert [path.name for path in release(project).parent.iterdir()] == ["release.yml"]


def test_a_path_may_follow_the_option(project: Path) -> None:
    """A hook before a commit puts the files behind its options."""
    other = release(project).with_name("b.yml")
    other.write_text(RELEASE, "utf-8")
    main(["check", "--no-zizmor", "--fix", str(release(project)), str(other)])

    assert "[published]" in release(project).read_text("utf-8")
    assert "[published]" in other.read_text("utf-8")


def test_a_diff_changes_nothing_and_can_be_applied(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--diff` prints what `--fix` would do, and only that, on standard output."""
    code = main(["check", "--no-zizmor", "--diff"])
    diff = capsys.readouterr().out

    assert code == 1
    assert release(project).read_text("utf-8") == RELEASE
    subprocess.run(["git", "apply", "-"], cwd=project, input=diff.encode(), check=True)
    assert "[published]" in release(project).read_text("utf-8")


@pytest.mark.parametrize("inside", [False, True])
def test_a_diff_from_elsewhere_is_applied_in_the_project(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    inside: bool,
) -> None:
    """Its paths are those of the project, or of the folder above it that one stands in."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(project.parent if inside else elsewhere)
    main(["check", "--no-zizmor", "--fix", "--diff", str(project)])
    diff = capsys.readouterr().out
    folder = project.parent if inside else project
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff.encode(), check=True)

    assert "[published]" in release(project).read_text("utf-8")


def test_json_is_on_standard_output_beside_a_diff(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program finds its report where it always is, and the diff on standard error."""
    main(["check", "--no-zizmor", "--fix", "--diff", "--json", str(project)])
    out, err = capsys.readouterr()

    assert json.loads(out)["fixed"] == []
    assert err.startswith("--- a/")


@pytest.mark.parametrize(("severity", "count"), [("warning", 1), ("info", 2), ("error", 0)])
def test_what_is_not_shown_is_not_mended(
    project: Path, capsys: pytest.CaptureFixture[str], severity: str, count: int
) -> None:
    """`--fix` mends at the severity that is shown, and names each finding."""
    text = RELEASE.replace("jobs:\n", BUILD).replace("  publish:\n", PUBLISH)
    text = text.replace("    steps:\n      - uses: pypa", f"{TAKE}      - uses: pypa")
    release(project).write_text(text, "utf-8")
    found = data(capsys, "--no-zizmor", "--fix", "--min-severity", severity)

    jsonschema.validate(found, SCHEMA)
    assert len(found["fixed"]) == count


def test_a_file_keeps_its_mark_and_its_line_breaks(project: Path) -> None:
    """A fix leaves a byte order mark, CRLF and the file's mode alone."""
    source = "\ufeff" + RELEASE.replace("\n", "\r\n")
    release(project).write_bytes(source.encode())
    release(project).chmod(0o640)
    main(["check", "--no-zizmor", "--fix"])

    fixed = release(project).read_bytes().decode()
    assert fixed == source.replace("[created]", "[published]")
    assert release(project).stat().st_mode & 0o777 == 0o640


def test_the_json_is_as_its_schema_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every key of the data is described, with zizmor's findings and without."""
    found = data(capsys, "--min-severity", "info")

    jsonschema.validate(found, SCHEMA)
    assert found["zizmor"] == {"asked": True, "trouble": ""}
    assert {"release-types", "zizmor/unpinned-uses"} <= set(rules(found))
    jsonschema.validate(data(capsys, "--no-zizmor"), SCHEMA)


def test_sarif_names_rules_places_and_fixes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log has one run, whose results name rules that are described in it."""
    main(["check", "--sarif", "--no-zizmor"])
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    (result,) = run["results"]
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]

    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [result["ruleId"]]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": ".github/workflows/release.yml"},
        "region": {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 21},
    }
    start = replacement["deletedRegion"]["charOffset"]
    assert RELEASE[start : start + replacement["deletedRegion"]["charLength"]] == " [created]"


def test_annotations_are_for_github(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a job of GitHub Actions they go to standard error; `--format github` prints nothing else."""
    main(["check", "--no-zizmor", "--format", "github"])
    (line,) = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["check", "--no-zizmor", "--json"])
    captured = capsys.readouterr()

    assert line.startswith("::warning file=.github/workflows/release.yml,line=3,endLine=3,col=12,")
    assert captured.err.splitlines() == [line]
    assert json.loads(captured.out)["schema"] == 1


@pytest.mark.parametrize("above", [True, False])
def test_a_comment_ignores_a_finding(
    project: Path, capsys: pytest.CaptureFixture[str], *, above: bool
) -> None:
    """It stands on the line of the finding or above it."""
    comment = "# bonded: ignore[release-types] drafts are not used here"
    old = "    types: [created]  # when"
    new = f"    {comment}\n    types: [created]" if above else f"    types: [created]  {comment}"
    release(project).write_text(RELEASE.replace(old, new), "utf-8")

    assert rules(data(capsys, "--no-zizmor")) == []


def test_a_comment_that_ignores_nothing_is_a_finding(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments do not outlive their reason; those for zizmor count only if it was asked."""
    text = RELEASE.replace(
        "# when", "# bonded: ignore[release-type, tag-pattern, zizmor/artipacked]"
    )
    release(project).write_text(text, "utf-8")
    found = data(capsys, "--no-zizmor")["projects"][0]["findings"]
    messages = [one["message"] for one in found if one["rule"] == "unused-ignore"]

    assert len(messages) == 2
    assert "did you mean `release-types`?" in messages[0] + messages[1]
    assert rules(data(capsys)).count("unused-ignore") == 3


def test_a_publisher_that_is_recorded_is_compared(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is recorded in pyproject.toml is held against the workflow."""
    path = project / "pyproject.toml"
    path.write_text(PYPROJECT.replace("release.yml", "release.yaml"), "utf-8")

    assert "publisher-mismatch" in rules(data(capsys, "--no-zizmor"))


def test_another_repository_than_the_registered_one_is_told_how_to_mend(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the file is right no renaming helps: the registration, or what names the repository, is wrong."""
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    remote = ["git", "remote", "add", "origin", "https://github.com/fork/tool"]
    subprocess.run(remote, cwd=project, check=True)
    found = data(capsys, "--no-zizmor")["projects"][0]["findings"]
    (hint,) = [one["hint"] for one in found if one["rule"] == "publisher-mismatch"]

    assert "git remote" in hint
    assert "Rename" not in hint


def test_the_next_tag_is_held_against_the_version(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tag that says another version than the project would publish the wrong one."""
    text = RELEASE.replace("[created]", "[published]")
    release(project).write_text(text, "utf-8")

    assert rules(data(capsys, "--no-zizmor", "--tag", "v1.0")) == []
    assert rules(data(capsys, "--no-zizmor", "--tag", "v2.0")) == ["version-gate"]


def test_tags_are_those_of_git(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern that misses the project's own tags is found."""
    text = RELEASE.replace("release:\n    types: [created]", "push:\n    tags: ['[0-9]*']")
    release(project).write_text(text, "utf-8")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v1.0"]):
        subprocess.run([*git, *command], cwd=project, check=True)

    assert "tag-pattern" in rules(data(capsys, "--no-zizmor"))


def test_several_projects_are_checked_in_one_call(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each project under a folder is found by its workflows."""
    other = project / "more" / "other" / ".github" / "workflows"
    other.mkdir(parents=True)
    (other / "a.yml").write_text(RELEASE, "utf-8")
    found = data(capsys, "--no-zizmor", ".", "more")

    assert [one["path"] for one in found["projects"]] == [".", "more/other"]
    assert rules(found) == ["release-types", "release-types"]


def test_a_file_is_checked_with_its_project(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only its own findings are shown, as a hook before a commit wants it."""
    (release(project).parent / "b.yml").write_text(RELEASE, "utf-8")
    found = data(capsys, "--no-zizmor", str(release(project)))

    assert [one["file"] for one in found["projects"][0]["findings"]] == [
        ".github/workflows/release.yml"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"on: [push\n", "missing"),
        (b"on: push\njobs:\n  a:\n    runs-on: x\n    needs: b\n", "unknown job"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_github_refuses_is_a_finding(
    project: Path, capsys: pytest.CaptureFixture[str], text: bytes, words: str
) -> None:
    """A broken file does not hide what is found in the others."""
    (release(project).parent / "broken.yml").write_bytes(text)
    found = data(capsys, "--no-zizmor")
    syntax = [one for one in found["projects"][0]["findings"] if one["rule"] == "syntax"]

    assert "release-types" in rules(found)
    assert any(words in one["message"] for one in syntax), syntax


@pytest.mark.parametrize("arguments", [["nowhere"], ["empty"], ["--explain", "tag-patern"]])
def test_what_cannot_be_read_ends_with_two(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A path without a project, and a rule that is none, are the user's to mend."""
    (project / "empty").mkdir()

    assert main(["check", *arguments]) == 2
    assert capsys.readouterr().err


def test_rules_can_be_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """By id, and by the number of their check."""
    main(["check", "--list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        rule.id for rule in RULES
    ]
    main(["check", "--explain", "T8"])
    assert "tag-pattern (error)" in capsys.readouterr().out


@pytest.mark.parametrize("script", ["exit 3", "echo '{}'", "echo 'broken' >&2; exit 1", ""])
def test_a_zizmor_that_fails_loses_nothing(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    script: str,
) -> None:
    """Our findings are there, and the report says that zizmor's may not be."""
    fake = project / "zizmor"
    if script:
        fake.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(project / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = data(capsys)

    assert found["zizmor"]["trouble"].startswith("zizmor ")
    assert rules(found) == ["release-types"]
