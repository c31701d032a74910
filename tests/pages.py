"""The pages of the documentation, as tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SITE = sorted(DOCS.rglob("*.md"))
FRONT = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")]
PAGES = [*FRONT, *SITE]

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    """Return a page's path from the root, as a test id."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links; those of images are left out."""
    return [target for image, target in _LINK.findall(prose(page)) if not image]


def images(page: Path) -> list[str]:
    """Return the targets of a page's images."""
    return [target for image, target in _LINK.findall(prose(page)) if image]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    texts = (text.replace("`", "").lower() for text in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-") for text in texts}


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        page.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None, f"{name_of(page)} has no heading '{heading}'"
    return found[1]


def blocks(text: str) -> list[str]:
    """Return the insides of the fenced blocks in a text."""
    return re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables in a text: rows of cells, without the head."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[_cells(line) for line in table.splitlines()[2:]] for table in found]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def code(text: str) -> list[str]:
    """Return the texts in backquotes, those of fenced blocks left out."""
    return re.findall(r"`([^`]+)`", _FENCE.sub("", text))
