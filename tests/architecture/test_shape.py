"""The size and shape of the code: what keeps a house readable when nobody looks."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
TEST_MODULES = sorted(
    path for top in ("tests", "examples/greeter/tests") for path in (ROOT / top).rglob("test_*.py")
)
JUNK_DRAWERS = {"common", "helpers", "misc", "util", "utils"}
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 45

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """Return the path as a test id."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[Function]:
    """Return every function of a module, nested ones and methods too."""
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def exported(path: Path) -> list[str]:
    """Return the names in `__all__`, in their order; none where there is no `__all__`."""
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
            case _:
                continue
    return []


def shelf(name: str) -> tuple[int, str]:
    """Return the sort key of an exported name: constants, then classes, then the rest."""
    if name.isupper():
        return 0, name
    return (1, name) if name[0].isupper() else (2, name)


def test_there_are_modules_to_measure() -> None:
    """A measure of nothing would always pass."""
    assert MODULES
    assert TEST_MODULES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    """Every module has a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_grows_beyond_a_sitting(path: Path) -> None:
    """A file has at most 400 lines; a longer one holds two concepts."""
    assert len(path.read_text("utf-8").splitlines()) <= LINES_OF_A_FILE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_grows_beyond_a_screen(path: Path) -> None:
    """A function has at most 45 lines, docstring included."""
    sizes = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(path)}

    assert {name: size for name, size in sizes.items() if size > LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_exported_names_are_sorted(path: Path) -> None:
    """`__all__`, where there is one, is sorted and names nothing twice."""
    names = exported(path)

    assert names == sorted(set(names), key=shelf)


@pytest.mark.parametrize("path", TEST_MODULES, ids=name_of)
def test_every_test_states_a_fact(path: Path) -> None:
    """Every test function has a docstring."""
    silent = [
        node.name
        for node in functions(path)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


def test_there_is_no_junk_drawer() -> None:
    """A helper lives in the room of its noun; there is no `utils`."""
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}

    assert parts & JUNK_DRAWERS == set()
