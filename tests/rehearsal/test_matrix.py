from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.matrix import (
    MAX_JOBS,
    MAX_PRODUCT,
    Combination,
    MatrixError,
    expand,
    job_name,
)
from bonded.workflows.expressions import to_text
from bonded.workflows.expressions.values import equal

FRUIT = {"fruit": ["apple", "pear"], "animal": ["cat", "dog"]}


def values(matrix: dict[str, Any]) -> list[dict[str, Any]]:
    return [combination.values for combination in expand(matrix, equal)]


def test_the_first_key_is_the_slowest() -> None:
    """The combinations come as GitHub numbers them: the last vector varies first."""
    assert values({"os": ["linux", "mac"], "python": [3.11, 3.12]}) == [
        {"os": "linux", "python": 3.11},
        {"os": "linux", "python": 3.12},
        {"os": "mac", "python": 3.11},
        {"os": "mac", "python": 3.12},
    ]


def test_includes_extend_and_append() -> None:
    """The example of GitHub's documentation: what fits is extended, what fits nothing is a job of its own."""
    includes = [
        {"color": "green"},
        {"color": "pink", "animal": "cat"},
        {"fruit": "apple", "shape": "circle"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]

    assert values({**FRUIT, "include": includes}) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ({"fruit": "apple"}, [("pear", "cat"), ("pear", "dog")]),
        ({"FRUIT": "APPLE", "animal": "cat"}, [("apple", "dog"), ("pear", "cat"), ("pear", "dog")]),
        ({"fruit": "kiwi"}, [("apple", "cat"), ("apple", "dog"), ("pear", "cat"), ("pear", "dog")]),
        ({}, []),
    ],
)
def test_an_exclude_drops_what_it_fits(
    exclude: dict[str, Any], left: list[tuple[str, str]]
) -> None:
    """An exclude may name some keys only; keys and texts are the same in any letter case."""
    got = [(row["fruit"], row["animal"]) for row in values({**FRUIT, "exclude": [exclude]})]

    assert got == left


def test_nested_values_are_compared_in_part() -> None:
    """A rule may name a part of a nested mapping; lists must agree item by item."""
    matrix = {
        "on": [{"os": "linux", "arch": "x64"}, {"os": "mac", "arch": "arm"}, "plain"],
        "flags": [["a"], ["a", "b"], "a"],
        "exclude": [
            {"on": {"os": "mac"}},
            {"on": "plain"},
            {"flags": ["a"]},
            {"flags": ["a", "c"]},
        ],
    }

    assert values(matrix) == [
        {"on": {"os": "linux", "arch": "x64"}, "flags": ["a", "b"]},
        {"on": {"os": "linux", "arch": "x64"}, "flags": "a"},
    ]


def test_numbers_and_texts_are_compared_as_in_expressions() -> None:
    """`==` decides, so the number 1 is the text '1'."""
    assert values({"a": [1, 2], "exclude": [{"a": "1"}]}) == [{"a": 2}]


def test_includes_alone_are_jobs() -> None:
    """A matrix may be nothing but includes, which are never merged into each other."""
    assert values({"Include": [{"a": 1}, {"a": 1, "b": 2}]}) == [{"a": 1}, {"a": 1, "b": 2}]


def test_later_extras_win_in_any_letter_case() -> None:
    """An include overwrites what an include added, and never a value of the vectors."""
    matrix = {"a": [1], "include": [{"A": 1, "Color": "red"}, {"color": "blue"}, {"a": 2}]}

    assert values(matrix) == [{"a": 1, "Color": "blue"}, {"a": 2}]


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ({}, "must define at least one vector"),
        ({"include": None, "exclude": []}, "must define at least one vector"),
        ({"a": []}, "'a' does not contain any values"),
        ({"a": "text"}, "'a' must be a list, not str"),
        ({"a": {"b": 1}}, "'a' must be a list, not dict"),
        ({"a": [1], "include": "x"}, "include must be a list"),
        ({"a": [1], "include": {"a": 1}}, "include must be a list"),
        ({"a": [1], "exclude": ["x"]}, "exclude must be a list of mappings"),
        ({"a": [1], "exclude": [{"b": 1}]}, "exclude key 'b' does not match any key"),
        ({"include": [{"a": 1}], "exclude": [{"a": 1}]}, "exclude key 'a' does not match any key"),
        ({"a": list(range(257))}, "makes 257 jobs; GitHub allows 256"),
        ({name: list(range(1000)) for name in "abcdefgh"}, "combinations; GitHub allows 256 jobs"),
    ],
)
def test_a_matrix_may_be_refused(matrix: dict[str, Any], words: str) -> None:
    """What GitHub refuses is refused with its reason, before anything large is made."""
    with pytest.raises(MatrixError) as caught:
        expand(matrix, equal)

    assert words in str(caught.value)


def test_excludes_count_before_the_limit() -> None:
    """A product above the limit of jobs is fine where excludes bring it below."""
    many = list(range(20))
    matrix = {"a": many, "b": many, "exclude": [{"a": number} for number in range(10)]}

    assert len(expand(matrix, equal)) == 200


ATOMS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "B", ""])
ANY = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abA"), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["a", "b", "A", "include", "exclude", "Include"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, ANY | st.lists(st.dictionaries(KEYS, ANY), max_size=3)))
def test_any_matrix_is_expanded_or_refused(matrix: dict[str, Any]) -> None:
    """Whatever a workflow computes as its matrix gives 256 jobs at most, or a reason."""
    try:
        combinations = expand(matrix, equal)
    except MatrixError:
        return

    assert len(combinations) <= MAX_JOBS < MAX_PRODUCT
    assert all(isinstance(combination.values, dict) for combination in combinations)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("wxyz"), st.lists(st.integers(), min_size=1, max_size=4), min_size=1
    )
)
def test_vectors_alone_are_a_product(vectors: dict[str, list[int]]) -> None:
    """Without rules there is a job for every row of the product, in its order, and all values are shown."""
    rows = list(product(*vectors.values()))

    assert expand(vectors, equal) == tuple(
        Combination(dict(zip(vectors, row, strict=True)), row) for row in rows
    )


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ((3.12, "linux"), "build (3.12, linux)"),
        ((True, None), "build (true, )"),
        (({"a": 1}, [1]), "build"),
        ((), "build"),
        (("x" * 92,), f"build ({'x' * 92})"),
        (("x" * 93,), f"build ({'x' * 90}..."),
    ],
)
def test_a_job_is_named_after_its_values(shown: tuple[Any, ...], name: str) -> None:
    """GitHub shows the values of the vectors, and cuts a name at 100 characters."""
    assert job_name("build", Combination({}, shown), to_text) == name
    assert len(name) <= 100


def test_a_job_without_a_matrix_keeps_its_name() -> None:
    """No combination, no brackets."""
    assert job_name("build", None, to_text) == "build"


def test_what_an_include_adds_is_not_shown() -> None:
    """The name holds what the vectors say, and of an appended row all of it."""
    matrix = {"a": [1], "include": [{"a": 1, "extra": "x"}, {"a": 2, "extra": "y"}]}

    assert [combination.shown for combination in expand(matrix, equal)] == [(1,), (2, "y")]
