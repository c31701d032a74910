import pytest

from bonded.rehearsal.actions.cache import ACTION, RESTORE, SAVE
from bonded.rehearsal.actions.role import Call, StepFailed
from stage_world import World, write


def saved(world: World, path: str, key: str = "k-1") -> Call:
    return world.play(SAVE, path=path, key=key)


def test_a_cache_comes_back(world: World) -> None:
    """What a job saved, a later step finds under the same key: files, folders and links."""
    home = write(world.home, {".cache/x": "home"})
    write(world.workspace, {"dir/a": "1", "one": "2"})
    (world.workspace / "dir" / "link").symlink_to("a")
    saved(world, "dir\none\n~/.cache\nmissing")
    for path in (world.workspace / "one", home / ".cache" / "x", world.workspace / "dir" / "a"):
        path.unlink()

    call = world.play(RESTORE, path="dir", key="k-1")

    assert (world.workspace / "one").read_text() == "2"
    assert (world.workspace / "dir" / "link").read_text() == "1"
    assert (home / ".cache" / "x").read_text() == "home"
    assert call.outputs == {
        "cache-primary-key": "k-1",
        "cache-hit": "true",
        "cache-matched-key": "k-1",
    }


@pytest.mark.parametrize(
    ("key", "restore_keys", "found", "hit"),
    [
        ("k-1", "", "k-1", "true"),
        ("k-", "", "k-2", "false"),
        ("x", "y\nk-1\nk-", "k-1", "false"),
        ("x", "k-", "k-2", "false"),
        ("x", "", None, ""),
        ("K-1", "", None, ""),
    ],
)
def test_the_nearest_key_is_found(
    world: World, key: str, restore_keys: str, found: str | None, hit: str
) -> None:
    """An exact key goes before beginnings of keys, and of several the newest counts."""
    write(world.workspace, {"a": "1"})
    for name in ("k-1", "k-2"):
        saved(world, "a", name)

    call = world.play(RESTORE, path="a", key=key, restore_keys=restore_keys)

    assert call.outputs.get("cache-matched-key") == found
    assert call.outputs["cache-hit"] == hit


@pytest.mark.parametrize(
    ("path", "words"), [("a", "the key is taken"), ("missing", "nothing to save")]
)
def test_a_cache_may_not_be_saved(world: World, path: str, words: str) -> None:
    """A key is used once, and nothing is no cache."""
    write(world.workspace, {"a": "1"})
    saved(world, "a")
    world.log.clear()
    saved(world, path, "k-1" if path == "a" else "new")

    assert words in world.log[0]


def test_patterns_name_paths(world: World) -> None:
    """Paths may hold stars, in the workspace and out of it."""
    write(world.workspace, {"x/a": "", "y/a": ""})
    write(world.home, {"z/a": ""})
    saved(world, "*/a\n~/*/a")
    for path in (*world.workspace.glob("*/a"), *world.home.glob("*/a")):
        path.unlink()
    world.play(RESTORE, path="*/a", key="k-1")

    assert len([*world.workspace.glob("*/a")]) == 2
    assert len([*world.home.glob("*/a")]) == 1


def test_the_cache_action_saves_after_the_job(world: World) -> None:
    """A miss is saved when the job ends well; a hit is not."""
    call = world.play(ACTION, path="a", key="k")
    write(world.workspace, {"a": "1"})
    for post in call.posts:
        post()
    again = world.play(ACTION, path="a", key="k")

    assert (call.outputs["cache-hit"], again.outputs["cache-hit"]) == ("", "true")
    assert (len(call.posts), again.posts) == (1, [])


def test_a_look_restores_nothing(world: World) -> None:
    """`lookup-only` tells whether there is a cache, and leaves it."""
    write(world.workspace, {"a": "1"})
    saved(world, "a")
    (world.workspace / "a").unlink()

    assert world.play(RESTORE, path="a", key="k-1", lookup_only="true").outputs["cache-hit"]
    assert not (world.workspace / "a").exists()


def test_a_miss_may_fail(world: World) -> None:
    """With `fail-on-cache-miss` a rehearsal shows that a release needs a warm cache."""
    with pytest.raises(StepFailed) as caught:
        world.play(RESTORE, path="a", key="k", fail_on_cache_miss="true")

    assert "Input key: k" in caught.value.message
    assert "caches are empty" in caught.value.hint
