import pytest

from greeter import greet, join_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["Ada"], "Ada"),
        (["Ada", "Grace"], "Ada and Grace"),
        (["Ada", "Grace", "Barbara"], "Ada, Grace and Barbara"),
    ],
)
def test_names_are_joined_as_in_a_sentence(names: list[str], expected: str) -> None:
    """Commas stand between names, and "and" before the last."""
    assert join_names(names) == expected


def test_everybody_is_greeted_once() -> None:
    """One greeting names everybody."""
    assert greet("Ada", "Grace") == "Hello, Ada and Grace!"


def test_without_names_the_world_is_greeted() -> None:
    """No name means the world."""
    assert greet() == "Hello, world!"


def test_a_blank_name_is_refused() -> None:
    """Nobody is called by white space."""
    with pytest.raises(ValueError, match="must not be blank"):
        greet("Ada", " ")
