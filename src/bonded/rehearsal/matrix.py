"""One job becomes several: GitHub's rules for `strategy.matrix`, over evaluated values.

Strategy: the cartesian product of the vectors, first key slowest; any `exclude` that fits drops a combination; each
`include` extends every surviving combination that agrees with it on the vectors' keys, and is a job of its own where
none does. Comparison is the expression language's `==`, keys are the same in any letter case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

MAX_JOBS = 256
MAX_NAME = 100
# Excludes may bring a large product below the limit; one that cannot be looked through is refused before.
MAX_PRODUCT = 16_384

Value = Any
Same = Callable[[Value, Value], bool]


class MatrixError(ValueError):
    """A matrix that GitHub refuses; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Combination:
    """The values of one job: `values` is its `matrix` context, `shown` are those in its name."""

    values: dict[str, Value]
    shown: tuple[Value, ...] = ()


def expand(matrix: Mapping[str, Value], same: Same) -> tuple[Combination, ...]:
    """Return the combinations of an evaluated matrix in GitHub's order; raises MatrixError.

    `same` compares two values as the expression language's `==` does.
    """
    vectors = {
        key: value for key, value in matrix.items() if key.lower() not in {"include", "exclude"}
    }
    includes = _rows(matrix, "include")
    excludes = _rows(matrix, "exclude")
    if not vectors and not includes:
        raise MatrixError("Matrix must define at least one vector")
    for key, value in vectors.items():
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise MatrixError(f"Matrix vector '{key}' must be a list, not {type(value).__name__}")
        if not value:
            raise MatrixError(f"Matrix vector '{key}' does not contain any values")
    _known_keys(excludes, vectors)
    survivors = [
        row for row in _product(vectors) if not any(_fits(rule, row, same) for rule in excludes)
    ]
    combinations = _include(survivors, includes, set(map(str.lower, vectors)), same)
    if len(combinations) > MAX_JOBS:
        raise MatrixError(f"the matrix makes {len(combinations)} jobs; GitHub allows {MAX_JOBS}")
    return tuple(combinations)


def _rows(matrix: Mapping[str, Value], name: str) -> list[dict[str, Value]]:
    rows = next((value for key, value in matrix.items() if key.lower() == name), None) or []
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise MatrixError(f"Matrix {name} must be a list")
    if any(not isinstance(row, Mapping) for row in rows):
        raise MatrixError(f"Matrix {name} must be a list of mappings")
    return [dict(row) for row in rows]


def _known_keys(excludes: list[dict[str, Value]], vectors: Mapping[str, Value]) -> None:
    known = {key.lower() for key in vectors}
    for rule in excludes:
        for key in rule:
            if key.lower() not in known:
                raise MatrixError(
                    f"Matrix exclude key '{key}' does not match any key within the matrix"
                )


def _product(vectors: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    if not vectors:
        return []
    size = prod(map(len, vectors.values()))
    if size > MAX_PRODUCT:
        raise MatrixError(f"the matrix makes {size} combinations; GitHub allows {MAX_JOBS} jobs")
    return [dict(zip(vectors, row, strict=True)) for row in product(*vectors.values())]


def _lookup(row: Mapping[str, Value], key: str) -> Value:
    return next((value for name, value in row.items() if name.lower() == key.lower()), None)


def _fits(rule: Mapping[str, Value], row: Mapping[str, Value], same: Same) -> bool:
    """Whether the row has every value of the rule; nested mappings may be partial."""
    return all(_same(expected, _lookup(row, key), same) for key, expected in rule.items())


def _same(expected: Value, got: Value, same: Same) -> bool:
    if isinstance(expected, Mapping):
        return isinstance(got, Mapping) and _fits(expected, got, same)
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(expected) == len(got)
            and all(_same(a, b, same) for a, b in zip(expected, got, strict=True))
        )
    return same(expected, got)


def _include(
    survivors: list[dict[str, Value]], includes: list[dict[str, Value]], known: set[str], same: Same
) -> list[Combination]:
    extended = [dict(row) for row in survivors]
    appended: list[dict[str, Value]] = []
    for include in includes:
        rule = {key: value for key, value in include.items() if key.lower() in known}
        extra = {key: value for key, value in include.items() if key.lower() not in known}
        matched = [index for index, row in enumerate(survivors) if _fits(rule, row, same)]
        for index in matched:
            _extend(extended[index], extra)
        if not matched:
            appended.append(dict(include))
    shown = [tuple(row.values()) for row in survivors]
    return [
        *(Combination(row, values) for row, values in zip(extended, shown, strict=True)),
        *(Combination(row, tuple(row.values())) for row in appended),
    ]


def _extend(row: dict[str, Value], extra: Mapping[str, Value]) -> None:
    """Set the extra values; a key that is there in other letters keeps its spelling."""
    for key, value in extra.items():
        row[next((name for name in row if name.lower() == key.lower()), key)] = value


def job_name(name: str, combination: Combination | None, to_text: Callable[[Value], str]) -> str:
    """Return what GitHub shows for a job of a matrix: `build (3.12, linux)`, cut to 100 characters."""
    if combination is None:
        return name
    values = [to_text(v) for v in combination.shown if not isinstance(v, Mapping | list)]
    text = f"{name} ({', '.join(values)})" if values else name
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 3] + "..."
