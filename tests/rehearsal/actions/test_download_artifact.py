import json
from pathlib import Path

import pytest

from bonded.rehearsal.actions.download_artifact import ACTION
from bonded.rehearsal.actions.role import NotRehearsed, StepFailed
from stage_world import World, write


@pytest.fixture
def stocked(world: World) -> World:
    """Two artifacts: `dist` (1) with a wheel, `docs` (2) with a page in a folder."""
    folder = write(world.temp / "made", {"a.whl": "wheel", "page": "page"})
    (folder / "a.whl").chmod(0o755)
    world.theatre.artifacts.upload("dist", [(folder / "a.whl", "a.whl")])
    world.theatre.artifacts.upload("docs", [(folder / "page", "sub/index.html")])
    return world


def below(folder: Path) -> set[str]:
    """Return the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("inputs", "files"),
    [
        ({}, {"dist/a.whl", "docs/sub/index.html"}),
        ({"merge-multiple": "true"}, {"a.whl", "sub/index.html"}),
        ({"name": "dist"}, {"a.whl"}),
        ({"name": "dist", "path": "got"}, {"got/a.whl"}),
        ({"name": "docs"}, {"sub/index.html"}),
        ({"artifact-ids": "1"}, {"a.whl"}),
        ({"artifact-ids": " 1, 2 "}, {"dist/a.whl", "docs/sub/index.html"}),
        ({"artifact-ids": "1,2", "merge-multiple": "true"}, {"a.whl", "sub/index.html"}),
        ({"pattern": "d*"}, {"dist/a.whl", "docs/sub/index.html"}),
        ({"pattern": "d*", "merge-multiple": "true"}, {"a.whl", "sub/index.html"}),
        ({"pattern": "do*"}, {"sub/index.html"}),
        ({"pattern": "{dist,docs}", "path": "x"}, {"x/dist/a.whl", "x/docs/sub/index.html"}),
        ({"pattern": "none*"}, set()),
    ],
)
def test_artifacts_land_where_the_action_puts_them(
    stocked: World, inputs: dict[str, str], files: set[str]
) -> None:
    """A single artifact lands in the path itself, several in a folder each or together."""
    call = stocked.play(ACTION, inputs=inputs)

    assert below(stocked.workspace) == files
    assert call.outputs["download-path"] == str(stocked.workspace / inputs.get("path", ""))


@pytest.mark.parametrize(
    ("uses", "inputs", "files"),
    [
        ("actions/download-artifact@v4", {"pattern": "dist"}, {"dist/a.whl"}),
        ("actions/download-artifact@v4.3.0", {"artifact-ids": "1"}, {"dist/a.whl"}),
        ("actions/download-artifact@v4", {"name": "dist"}, {"a.whl"}),
        ("actions/download-artifact@v45", {"pattern": "dist"}, {"a.whl"}),
    ],
)
def test_version_four_puts_a_single_one_into_a_folder(
    stocked: World, uses: str, inputs: dict[str, str], files: set[str]
) -> None:
    """Until version 4 an artifact that is not named lands in a folder of its name, even alone."""
    stocked.play(ACTION, uses=uses, inputs=inputs)

    assert below(stocked.workspace) == files


def test_modes_are_lost_on_the_way(stocked: World) -> None:
    """The zip keeps no modes: a program is no program any more, as on GitHub."""
    call = stocked.play(ACTION, name="dist")

    assert not (stocked.workspace / "a.whl").stat().st_mode & 0o111
    assert json.loads(call.outputs["artifacts"]) == [{"name": "dist", "id": 1}]


@pytest.mark.parametrize(
    ("inputs", "kind", "words"),
    [
        ({"name": "dist", "artifact-ids": "1"}, StepFailed, "cannot be used together"),
        ({"name": "none"}, StepFailed, "Artifact not found for name: none"),
        ({"artifact-ids": "x"}, StepFailed, "Invalid artifact ID: 'x'"),
        ({"artifact-ids": "1,7"}, StepFailed, "has the ID 7"),
        ({"github-token": "t", "run-id": "3"}, NotRehearsed, "another run"),
    ],
)
def test_a_download_may_fail(
    stocked: World, inputs: dict[str, str], kind: type[StepFailed], words: str
) -> None:
    """What this run does not have fails, with what it has."""
    with pytest.raises(StepFailed) as caught:
        stocked.play(ACTION, inputs=inputs)

    assert type(caught.value) is kind
    assert words in caught.value.message
    if "of this run" in caught.value.message or "not found" in caught.value.message:
        assert "dist (ID 1), docs (ID 2)" in caught.value.hint


def test_a_run_without_artifacts_says_so(world: World) -> None:
    """The hint does not list nothing."""
    with pytest.raises(StepFailed) as caught:
        world.play(ACTION, name="dist")

    assert caught.value.hint == "this run has none"


def test_a_changed_archive_is_refused(stocked: World) -> None:
    """The digest of the upload is compared."""
    artifact = stocked.theatre.artifacts.all()[0]
    artifact.archive.write_bytes(artifact.archive.read_bytes() + b" ")

    with pytest.raises(StepFailed, match="does not have the digest"):
        stocked.play(ACTION, name="dist")
