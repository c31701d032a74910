"""The map names every room and module of the house."""

import configparser
import re
from pathlib import Path

import pytest

from pages import DOCS, ROOT, blocks, code, section

PAGE = DOCS / "architecture.md"
PACKAGE = ROOT / "src" / "bonded"
ALL = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
RULES = [path for path in ALL if path.parent == PACKAGE / "workflows" / "rules"]
MODULES = [path for path in ALL if path not in RULES]


def room_of(path: Path) -> str:
    """Return the top folder of a module, or its own name at the root."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """Return a module's path as a test id."""
    return path.relative_to(PACKAGE).as_posix()


def test_there_are_modules_to_look_for() -> None:
    """A search for nothing would always succeed."""
    assert len({room_of(path) for path in MODULES}) > 1
    assert RULES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_is_named(path: Path) -> None:
    """A module stands under the heading of its room; one of the root, under that of the rooms."""
    inside = len(path.relative_to(PACKAGE).parts) > 1
    text = section(PAGE, "The modules") if inside else section(PAGE, "The rooms")
    if inside:
        text = re.split(rf"^### {room_of(path)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
        text = re.split(r"^### ", text, maxsplit=1, flags=re.MULTILINE)[0]

    assert path.stem in {name.rpartition(".")[2] for name in code(text)}


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_every_rule_has_its_own_page(path: Path) -> None:
    """The page of a check stands for its module, which is named as the check."""
    name = path.stem.replace("_", "-")

    assert (DOCS / "checks" / f"{name}.md").read_text("utf-8").startswith(f"# `{name}`\n")


def test_the_rows_are_those_of_the_contract() -> None:
    """The picture shows the layers that the import linter holds."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:rooms"]["layers"].split("\n")
    wanted = [re.sub(r"[() ]", "", layer).replace("|", " │ ") for layer in layers if layer.strip()]

    assert [line.strip() for line in blocks(section(PAGE, "The rooms"))[0].splitlines()] == wanted


def test_every_room_has_its_sentence() -> None:
    """Every top folder of the package is in the table of the rooms."""
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}

    assert rooms <= set(code(section(PAGE, "The rooms")))
