import hashlib
import zipfile

import pytest

from bonded.rehearsal.actions.role import StepFailed
from bonded.rehearsal.actions.upload_artifact import ACTION
from stage_world import World, write

FILES = {
    "dist/a.whl": "wheel",
    "dist/a.tar.gz": "sdist",
    "dist/.gitignore": "*",
    "docs/index.html": "page",
    "docs/img/x.png": "image",
    ".github/x.yml": "flow",
    "README.md": "text",
}


def members(world: World, name: str = "artifact") -> set[str]:
    """Return the names inside an artifact."""
    artifact = world.theatre.artifacts.by_name(name)
    assert artifact
    with zipfile.ZipFile(artifact.archive) as packed:
        return set(packed.namelist())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("dist", {"a.whl", "a.tar.gz"}),
        ("dist/", {"a.whl", "a.tar.gz"}),
        ("dist/*", {"a.whl", "a.tar.gz"}),
        ("dist/*.whl\ndist/*.gz", {"a.whl", "a.tar.gz"}),
        ("dist/a.whl", {"a.whl"}),
        ("dist/a.whl\ndist/a.tar.gz", {"a.whl", "a.tar.gz"}),
        ("dist\ndocs", {"dist/a.whl", "dist/a.tar.gz", "docs/index.html", "docs/img/x.png"}),
        ("dist\ndocs/img", {"dist/a.whl", "dist/a.tar.gz", "docs/img/x.png"}),
        ("docs\ndocs/img", {"index.html", "img/x.png"}),
        ("docs\n!docs/img", {"index.html"}),
        ("dist/*.whl\nmissing.txt", {"dist/a.whl"}),
        ("**/*.png", {"docs/img/x.png"}),
        ("docs/**/*.png", {"img/x.png"}),
        ("README.md", {"README.md"}),
        (".", {"dist/a.whl", "dist/a.tar.gz", "docs/index.html", "docs/img/x.png", "README.md"}),
    ],
)
def test_names_begin_at_the_common_folder(world: World, path: str, names: set[str]) -> None:
    """One search root is left out of the names; of several roots the common folder is; hidden files stay out."""
    write(world.workspace, FILES)
    world.play(ACTION, path=path)

    assert members(world) == names


def test_hidden_files_come_on_request(world: World) -> None:
    """`include-hidden-files` takes what begins with a dot."""
    write(world.workspace, FILES)
    world.play(ACTION, path="dist", include_hidden_files="true")

    assert members(world) == {"a.whl", "a.tar.gz", ".gitignore"}


@pytest.mark.parametrize("path", [".github", "dist/.gitignore", "nothing", "!dist"])
def test_a_hidden_root_holds_nothing(world: World, path: str) -> None:
    """A hidden folder or file stays out even where it is named; nothing to upload is a warning."""
    write(world.workspace, FILES)
    call = world.play(ACTION, path=path)

    assert call.outputs == {}
    assert world.log == [
        f"::warning::No files were found with the provided path: {path}. No artifacts will be uploaded."
    ]


def test_outputs_name_the_artifact(world: World) -> None:
    """Id, digest and address are the action's outputs."""
    write(world.workspace, FILES)
    call = world.play(ACTION, path="dist", name="dists")
    artifact = world.theatre.artifacts.by_name("dists")

    assert artifact
    assert call.outputs == {
        "artifact-id": "1",
        "artifact-digest": hashlib.sha256(artifact.archive.read_bytes()).hexdigest(),
        "artifact-url": "https://github.com/octo/greeter/actions/runs/1/artifacts/1",
    }


def test_a_single_file_may_go_without_an_archive(world: World) -> None:
    """`archive: false` names the artifact after its only file."""
    write(world.workspace, FILES)
    world.play(ACTION, path="dist/a.whl", archive="false", name="ignored")

    assert members(world, "a.whl") == {"a.whl"}


def test_nothing_may_be_fine(world: World) -> None:
    """`if-no-files-found: ignore` only logs."""
    world.play(ACTION, path="x", if_no_files_found="ignore")

    assert world.log == [
        "No files were found with the provided path: x. No artifacts will be uploaded."
    ]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"path": "x", "if-no-files-found": "error"}, "No files were found"),
        ({"path": "x", "if-no-files-found": "fail"}, "Available options: warn, error, ignore"),
        ({"path": "dist", "archive": "false"}, "only a single file can be uploaded"),
        ({"path": "dist", "name": "a/b"}, "The artifact name is not valid: a/b"),
        ({"path": "dist", "name": "taken"}, "(409) Conflict"),
    ],
)
def test_an_upload_may_fail(world: World, inputs: dict[str, str], words: str) -> None:
    """What the action or the service refuses fails the step with its sentence."""
    write(world.workspace, FILES)
    world.play(ACTION, path="docs", name="taken")

    with pytest.raises(StepFailed) as caught:
        world.play(ACTION, inputs=inputs)

    assert words in caught.value.message


def test_a_name_may_be_used_again(world: World) -> None:
    """With `overwrite` the artifact of this name is another one."""
    write(world.workspace, FILES)
    world.play(ACTION, path="docs")
    call = world.play(ACTION, path="dist", overwrite="true")

    assert call.outputs["artifact-id"] == "2"
    assert members(world) == {"a.whl", "a.tar.gz"}
