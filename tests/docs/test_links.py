"""Every way in the documentation leads somewhere."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bonded.dists import endpoints
from pages import DOCS, PAGES, SITE, anchors, images, links, name_of

ROOT = DOCS.parent
OUTSIDE = ("https://", "mailto:")


def nav(node: Any) -> list[str]:
    """Return the pages under a node of the nav, in their order."""
    if isinstance(node, str):
        return [node]
    return [
        page for item in (node.values() if isinstance(node, dict) else node) for page in nav(item)
    ]


def test_there_are_pages() -> None:
    """A search through nothing would find nothing."""
    assert DOCS / "index.md" in PAGES
    assert all(page.is_file() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """A relative link names a file of the repository and, after `#`, a heading in it."""
    for target in (link for link in links(page) if not link.startswith(OUTSIDE)):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", SITE, ids=name_of)
def test_the_site_stands_alone(page: Path) -> None:
    """A page of the site links to pages of the site; what else it names, it names by its address."""
    for target in (link for link in links(page) if not link.startswith(OUTSIDE)):
        assert (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_image_is_there(page: Path) -> None:
    """An image that a page shows is a file of the repository."""
    for target in images(page):
        assert (page.parent / target).is_file(), target


def test_the_nav_names_every_page_once() -> None:
    """Every page of the site is in the nav, and nothing else is."""
    settings = YAML(typ="safe").load((ROOT / "mkdocs.yml").read_text("utf-8"))

    assert sorted(nav(settings["nav"])) == [page.relative_to(DOCS).as_posix() for page in SITE]


def test_the_list_of_errors_names_every_page_of_errors() -> None:
    """Whoever looks an error up begins at one list."""
    folder = DOCS / "errors"
    others = {page.name for page in folder.glob("*.md")} - {"index.md"}

    assert others <= set(links(folder / "index.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_an_index_by_its_host(page: Path) -> None:
    """The pages say PyPI and TestPyPI; their addresses are twine's to know."""
    text = page.read_text("utf-8").lower()

    assert [h for one in endpoints.known() for h in sorted(one.hosts) if h in text] == []
