"""The example, played whole, and bent in one place at a time."""

from pathlib import Path

import pytest

from plays.conftest import GREETER, ROOT, Play, edit

pytestmark = pytest.mark.play

RELEASE = ".github/workflows/release.yml"


def test_greeter_is_ready(play: Play) -> None:
    """The example as it stands is READY: built, published by its identity, installed twice and imported."""
    played = play(GREETER)

    assert played.causes == ""
    assert (played.code, played.data["verdict"]) == (0, "READY")
    assert [record["filename"] for record in played.data["published"]] == [
        "greeter-0.1.0-py3-none-any.whl",
        "greeter-0.1.0.tar.gz",
    ]
    assert [(record["kind"], record["imports"]) for record in played.data["curtain"]] == [
        ("wheel", ["greeter"]),
        ("sdist", ["greeter"]),
    ]
    assert [exchange["granted"] for exchange in played.data["exchanges"]] == [True]
    assert all(check["ok"] for check in played.data["exchanges"][0]["checks"])


def test_a_rehearsal_leaves_the_project_as_it_was(play: Play, greeter: Path) -> None:
    """Nothing in the user's folder is changed, added or removed."""
    before = {path: path.read_bytes() for path in greeter.rglob("*") if path.is_file()}
    play(greeter)
    after = {path: path.read_bytes() for path in greeter.rglob("*") if path.is_file()}

    assert before == after


def test_another_environment_in_the_workflow_only(play: Play, greeter: Path) -> None:
    """An environment that is not the registered one is refused, and both ways to mend it are named."""
    edit(greeter / RELEASE, "name: pypi", "name: release")
    played = play(greeter)

    assert (played.code, played.data["verdict"]) == (1, "NOT READY")
    assert "invalid-publisher" in played.causes
    assert "environment: pypi" in played.causes
    assert "change the environment name to 'release'" in played.causes
    assert [
        (check["claim"], check["registered"], check["got"])
        for check in played.data["exchanges"][0]["checks"]
        if not check["ok"]
    ] == [("environment", "pypi", "release")]


def test_a_renamed_workflow_file(play: Play, greeter: Path) -> None:
    """A workflow under another file name than the registered one is refused, with the name to change."""
    (greeter / RELEASE).rename(greeter / ".github/workflows/publish.yml")
    played = play(greeter)

    assert played.data["verdict"] == "NOT READY"
    assert "change the publisher's workflow name to 'publish.yml'" in played.causes
    assert "rename the workflow's file to 'release.yml'" in played.causes


def test_no_right_to_an_id_token(play: Play, greeter: Path) -> None:
    """Without `id-token: write` there is no ID token, and the cause is that line and no other."""
    edit(greeter / RELEASE, "id-token: write", "contents: read")
    played = play(greeter)

    assert played.data["verdict"] == "NOT READY"
    assert "`id-token: write`" in played.causes
    assert f"{RELEASE}:" in played.causes
    assert played.data["exchanges"] == []


def test_a_tag_that_is_not_the_version(play: Play, greeter: Path) -> None:
    """A tag for another version than the project's is not ready, and both ways to agree are named."""
    played = play(greeter, "--tag", "v9.9.9")

    assert played.data["verdict"] == "NOT READY"
    assert "the tag v9.9.9 says 9.9.9, but the project says 0.1.0" in played.causes
    assert "or tag v0.1.0" in played.causes


def test_a_failing_smoke_test(play: Play, greeter: Path) -> None:
    """A wheel that cannot be imported stops the release at its smoke test, and the last lines are shown."""
    edit(
        greeter / "pyproject.toml",
        "[tool.uv]",
        '[tool.uv.build-backend]\nmodule-name = "greeter_"\n\n[tool.uv]',
    )
    (greeter / "src" / "greeter").rename(greeter / "src" / "greeter_")
    edit(greeter / RELEASE, "uv run pytest", "true")
    played = play(greeter)

    assert played.data["verdict"] == "NOT READY"
    assert "Try the wheel in a clean environment" in played.causes
    assert "No module named 'greeter'" in played.causes


def test_a_second_run_for_the_same_version(play: Play, greeter: Path, tmp_path: Path) -> None:
    """On an index that has the version, the same bytes publish nothing and other bytes are refused."""
    kept = ("--keep-index", str(tmp_path / "kept"))
    first = play(greeter, *kept)
    again = play(greeter, *kept)
    (greeter / "README.md").write_text("Other words.\n")
    other = play(greeter, *kept)

    assert [p.data["verdict"] for p in (first, again, other)] == ["READY", "NOT READY", "NOT READY"]
    assert "nothing new was published: greeter 0.1.0 is on the index already" in again.causes
    assert "File already exists" in other.causes
    assert "raise the version" in other.causes


def test_a_tag_that_starts_nothing(play: Play, greeter: Path) -> None:
    """A tag that no trigger matches starts nothing, and every workflow says by which rule."""
    played = play(greeter, "--tag", "release-0.1.0")

    assert played.data["verdict"] == "NOT READY"
    assert "the push of tag release-0.1.0 starts no workflow that publishes" in played.causes
    assert "'v[0-9]*'" in played.causes
    assert played.data["jobs"] == []


def test_an_action_without_a_stand_in(play: Play, greeter: Path) -> None:
    """An unknown action is named with its step and what to do, and the verdict is not READY."""
    edit(
        greeter / RELEASE,
        "      - name: Run the tests",
        "      - uses: octo/unknown@v1\n      - name: Run the tests",
    )
    played = play(greeter)

    assert (played.code, played.data["verdict"]) == (1, "NOT REHEARSED")
    assert "there is no stand-in for the action octo/unknown@v1" in played.causes


def test_offline_with_a_warm_cache(play: Play) -> None:
    """What was fetched once is enough to rehearse without a network."""
    play(GREETER)
    played = play(GREETER, "--offline")

    assert played.data["verdict"] == "READY"
    assert [c for c in played.data["connections"] if c["went"] == "outside"] == []


def test_the_project_rehearses_its_own_release(play: Play) -> None:
    """Bonded's own release workflow is READY under bonded."""
    played = play(ROOT, "--dirty")

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert [record["project"] for record in played.data["published"]] == ["bonded", "bonded"]
