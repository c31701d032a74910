import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.workflows.expressions import CaseSensitive, equal, to_text, truthy
from bonded.workflows.expressions.values import (
    Missing,
    canonical,
    kind_of,
    less,
    look_up,
    parse_number,
    to_number,
)

PRIMITIVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("aAbB0 1.xé", max_size=4)
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (3.10, "3.1"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e21, "1E+21"),
        (1e-5, "1E-05"),
        (0.0001, "0.0001"),
        (123456789012345678, "1.23456789012346E+17"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        ("a", "a"),
        ([], "Array"),
        ((1, 2), "Array"),
        ({"a": 1}, "Object"),
    ],
)
def test_text_is_what_dot_net_prints(value: Any, text: str) -> None:
    """Null is nothing, numbers have 15 digits, collections are their kind."""
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        (" \t", 0),
        (" 12 ", 12),
        ("+1", 1),
        ("1.", 1),
        (".5", 0.5),
        ("1e3", 1000),
        ("0x1F", 31),
        ("0x7fffffff", 2**31 - 1),
        ("0xffffffff", -1),
        ("0o17", 15),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
    ],
)
def test_numbers_are_read_as_by_the_runner(text: str, number: float) -> None:
    """Decimals, 32 bits of hexadecimal or octal, and the infinities are numbers."""
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["a", ".", "+", "1e", "0x", "0X1", "0b1", "0x100000000", "0o8", "1_0", "infinity", "NaN", "٣"],
)
def test_the_rest_is_not_a_number(text: str) -> None:
    """Spellings of other languages, and more than 32 bits, are NaN."""
    assert math.isnan(parse_number(text))


@pytest.mark.parametrize("value", [None, False, 0, -0.0, math.nan, ""])
def test_six_values_are_false(value: Any) -> None:
    """Null, false, zero, NaN and the empty text are false."""
    assert not truthy(value)


@pytest.mark.parametrize("value", [True, 1, -1, math.inf, "false", "0", " ", [], {}])
def test_all_else_is_true(value: Any) -> None:
    """Also empty collections are true, and the text `false`."""
    assert truthy(value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("A", "a"),
        ("é", "É"),
        (1, "1"),
        (None, ""),
        (None, False),
        (True, 1),
        ("1", True),
        (0, " "),
        (math.inf, "Infinity"),
    ],
)
def test_equality_coerces(left: Any, right: Any) -> None:
    """Kinds that differ meet as numbers; texts meet without letter case."""
    assert equal(left, right)
    assert equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, "true"),
        (math.nan, math.nan),
        ([], []),
        ({}, {}),
        ([], ""),
        (None, []),
        ("\N{LATIN SMALL LETTER DOTLESS I}", "I"),
        ("ß", "SS"),
        (1, "x"),
    ],
)
def test_these_are_not_equal(left: Any, right: Any) -> None:
    """NaN equals nothing, and a collection only itself."""
    assert not equal(left, right)
    assert not equal(right, left)


def test_a_collection_is_itself() -> None:
    """Two mentions of the same list are equal."""
    one = [1]

    assert equal(one, one)


@settings(max_examples=200, deadline=None)
@given(PRIMITIVES, PRIMITIVES)
def test_order_and_equality_exclude_each_other(left: Any, right: Any) -> None:
    """At most one of `<`, `==` and `>` holds, and exactly one unless there is a NaN or only nulls."""
    holding = [less(left, right), equal(left, right), less(right, left)]

    assert sum(holding) <= 1
    if not any(math.isnan(to_number(value)) for value in (left, right)):
        assert sum(holding) == 1


def test_keys_match_without_letter_case_unless_told() -> None:
    """A mapping is looked up as GitHub does; `env` on Linux keeps its letter case."""
    assert look_up({"Path": 1}, "PATH") == 1
    assert look_up({"Path": 1}, "Path") == 1
    assert look_up({"Path": None}, "x") is Missing.MISSING
    assert look_up(CaseSensitive(Path=1), "Path") == 1
    assert look_up(CaseSensitive(Path=1), "PATH") is Missing.MISSING


def test_numbers_are_int_where_they_can_be() -> None:
    """Whole and exact numbers are int; minus zero is zero."""
    assert [repr(canonical(number)) for number in (1.0, -0.0, 0.5, 2.0**60, 7)] == [
        "1",
        "0",
        "0.5",
        "1.152921504606847e+18",
        "7",
    ]


def test_what_no_expression_can_hold_is_a_mistake_of_ours() -> None:
    """A set or an object in a context is a programming error, named by its type."""
    with pytest.raises(TypeError, match="object is no value of an expression"):
        kind_of(object())
