"""A step's environment means nothing to the programs that enter the room for it."""

import subprocess

import pytest

from bonded.rehearsal.stage.isolation import GO_BACK, enclose

PREFIX = ("/bin/sh", "-c", GO_BACK, "sh")


def environment(env: dict[str, str]) -> dict[str, str]:
    """Return what a program gets that was enclosed with an environment, behind the inner half of the prefix."""
    command, outer = enclose(PREFIX, ["/usr/bin/env", "-0"], env)
    ended = subprocess.run(
        command, env={**outer, "BONDED_FOLDER": "/"}, capture_output=True, check=True
    )
    pairs = (pair.partition("=") for pair in ended.stdout.decode().split("\0") if pair)
    return {name: value for name, _, value in pairs if name not in {"PWD", "_"}}


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"A": "1", "B": ""},
        {"A": "two\nlines", "B": "$HOME `id` \"'\\ * ;"},
        {"IFS": "x", "PATH": "/nowhere:/usr/bin", "n": "1", "HOME": "/x"},
        {"BONDED_X": "1", "LANG": "C.UTF-8", "Ä": "no name of a shell"},
        {"with-dash": "1", "A": "2"},
    ],
)
def test_a_step_gets_its_environment_whole(env: dict[str, str]) -> None:
    """Every value arrives as it was, whatever is in it."""
    found = environment(env)

    assert {**env, "PATH": env.get("PATH", found["PATH"])} == found


def test_nothing_of_it_is_seen_outside() -> None:
    """What would change the entering programs travels under another name."""
    hostile = {
        "LD_PRELOAD": "/x.so",
        "ENV": "/x",
        "BASH_ENV": "/x",
        "PATH": "/x",
        "BASH_FUNC_cd%%": "() { :; }",
        "UID": "0",
    }
    _, outer = enclose(PREFIX, ["true"], hostile)

    carried = {f"BONDED_ENV_{name}" for name in ("LD_PRELOAD", "ENV", "BASH_ENV", "PATH")}
    assert set(outer) == {"PATH", "BONDED_NAMES", *carried}
    assert outer["PATH"] != "/x"


def test_without_a_room_nothing_changes() -> None:
    """At level "proxy only" a step is started as it is."""
    assert enclose((), ["a"], {"B": "c"}) == (["a"], {"B": "c"})
