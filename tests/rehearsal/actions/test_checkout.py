from pathlib import Path

import pytest

from bonded.rehearsal.actions.checkout import ACTION
from bonded.rehearsal.actions.role import NotRehearsed, StepFailed
from stage_world import World, fill_origin, git, repository, write


@pytest.fixture
def sha(world: World, tmp_path: Path) -> str:
    """The rehearsed commit: the second, under the tag v1.0; v0.9 is on the first, `next` on a third."""
    mine = repository(tmp_path / "mine", {"a.txt": "1"})
    write(mine, {"b.txt": "2"})
    git(mine, "add", "--all")
    git(mine, "commit", "--quiet", "-m", "Second")
    git(mine, "branch", "v0.9")
    git(mine, "branch", "next")
    return fill_origin(world, mine)


def test_a_checkout_is_shallow(world: World, sha: str) -> None:
    """By default there is one commit, detached at the tag, and no other tag."""
    call = world.play(ACTION, sha=sha)

    assert call.outputs == {"ref": "refs/tags/v1.0", "commit": sha}
    assert (world.workspace / "b.txt").read_text() == "2"
    assert git(world.workspace, "rev-list", "--count", "HEAD") == "1"
    assert git(world.workspace, "tag", "--list") == "v1.0"
    assert git(world.workspace, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert git(world.workspace, "remote", "get-url", "origin") == "https://github.com/octo/greeter"


@pytest.mark.parametrize(
    ("inputs", "count", "tags"),
    [
        ({"fetch-depth": "0"}, "2", "v0.9\nv1.0"),
        ({"fetch-depth": "2"}, "2", "v1.0"),
        ({"fetch-tags": "true"}, "1", "v0.9\nv1.0"),
    ],
)
def test_history_comes_on_request(
    world: World, sha: str, inputs: dict[str, str], count: str, tags: str
) -> None:
    """`fetch-depth: 0` brings all history and all tags, another depth as much as it says."""
    world.play(ACTION, sha=sha, inputs=inputs)

    assert git(world.workspace, "rev-list", "--count", "v1.0") == count
    assert git(world.workspace, "tag", "--list") == tags


@pytest.mark.parametrize(
    ("ref", "shown", "branch"),
    [
        ("next", "refs/heads/next", "next"),
        ("main", "refs/heads/main", "main"),
        ("refs/tags/v0.9", "refs/tags/v0.9", "HEAD"),
        ("v0.9", "refs/heads/v0.9", "v0.9"),
        ("v1.0", "refs/tags/v1.0", "HEAD"),
    ],
)
def test_another_ref_may_be_wished(
    world: World, sha: str, ref: str, shown: str, branch: str
) -> None:
    """A short name is a branch before it is a tag; a branch is checked out as one."""
    call = world.play(ACTION, sha=sha, inputs={"ref": ref})

    assert call.outputs["ref"] == shown
    assert git(world.workspace, "rev-parse", "--abbrev-ref", "HEAD") == branch


def test_a_commit_may_be_wished(world: World, sha: str) -> None:
    """A full commit id is fetched as it is."""
    call = world.play(ACTION, sha="0" * 40, inputs={"ref": sha})

    assert call.outputs == {"ref": sha, "commit": sha}


def test_a_push_to_a_branch_is_on_it(world: World, sha: str) -> None:
    """For a branch the local branch follows the remote one."""
    world.play(ACTION, sha=sha, ref="refs/heads/main", inputs={"path": "sub/dir"})
    folder = world.workspace / "sub" / "dir"

    assert git(folder, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert git(folder, "rev-parse", "--abbrev-ref", "@{upstream}") == "origin/main"


def test_a_checkout_may_be_repeated(world: World, sha: str) -> None:
    """A second checkout puts the files back."""
    world.play(ACTION, sha=sha)
    (world.workspace / "b.txt").write_text("changed")
    world.play(ACTION, sha=sha)

    assert (world.workspace / "b.txt").read_text() == "2"


@pytest.mark.parametrize(
    ("inputs", "kind", "words"),
    [
        ({"repository": "octo/other"}, NotRehearsed, "another repository, octo/other"),
        ({"submodules": "recursive"}, NotRehearsed, "submodules"),
        ({"ref": "nothing"}, StepFailed, "'nothing' could not be found"),
        ({"ref": "HEAD~1"}, StepFailed, "'HEAD~1' could not be found"),
        ({"path": "../outside"}, StepFailed, "is not under"),
        ({"fetch-depth": "all"}, StepFailed, "whole number"),
        ({"lfs": "true"}, StepFailed, "`git` ended with exit code"),
    ],
)
def test_a_checkout_may_fail(
    world: World, sha: str, inputs: dict[str, str], kind: type[StepFailed], words: str
) -> None:
    """What the stage does not have is said; what GitHub would refuse fails."""
    with pytest.raises(StepFailed) as caught:
        world.play(ACTION, sha=sha, inputs=inputs)

    assert type(caught.value) is kind
    assert words in caught.value.message


def test_the_own_repository_may_be_named(world: World, sha: str) -> None:
    """Naming the project's own repository changes nothing."""
    assert (
        world.play(ACTION, sha=sha, inputs={"repository": "Octo/Greeter"}).outputs["commit"] == sha
    )


@pytest.mark.parametrize("uses", ["actions/checkout@v4", "actions/checkout@v5.0.1"])
def test_older_versions_ask_for_a_tag_twice(world: World, sha: str, uses: str) -> None:
    """Before 6.0.2 `fetch-tags` fails on a tag, as it does on GitHub, and on a branch it does not."""
    with pytest.raises(StepFailed) as caught:
        world.play(ACTION, sha=sha, uses=uses, fetch_tags="true")

    assert "Cannot fetch both" in caught.value.message
    assert "6.0.2" in caught.value.hint
    world.play(ACTION, sha=sha, uses=uses, ref="refs/heads/main", fetch_tags="true")
