"""Markup as a type of its own: only `Html` reaches the page as it is, every other text is escaped on the way in.

What a page shows comes from workflows, builds and servers, so it is hostile until proven otherwise. Three rules hold
for all of it, here and nowhere else: terminal escapes and control characters go, directions that would turn text
around become visible, and no single text may be longer than `LONGEST`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from bonded.rehearsal.plain import plain

LONGEST = 8_000
"""The most characters that one text may have on the page."""

_VOID = frozenset({"meta", "hr", "br"})


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is markup already: nothing in it is escaped again."""

    text: str


Child = Html | str | None
"""What may stand in an element: markup, a text to escape, or nothing."""


def clip(text: str, most: int = LONGEST) -> str:
    """Return the beginning of a long text, with the number of characters that are left out."""
    left_out = len(text) - most
    return text if left_out <= 0 else f"{text[:most]}… ({left_out:,} characters left out)"


def element(tag: str, *children: Child, **attributes: str | bool | None) -> Html:
    """Return one element; texts among the children and all attribute values are cleaned, clipped and escaped.

    An attribute's `_` stands for `-`, one at its end is dropped (`class_`); True gives a bare attribute, False and
    None give none.
    """
    opening = f"<{tag}{''.join(_attribute(*pair) for pair in attributes.items())}>"
    return Html(opening if tag in _VOID else f"{opening}{join(children).text}</{tag}>")


def join(children: Iterable[Child]) -> Html:
    """Return children one after another."""
    return Html("".join(_inside(child) for child in children))


def link(url: str, label: str) -> Html:
    """Return a link that opens apart from the page; an address that is not `https` stays a text."""
    try:
        is_web = urlsplit(url).scheme == "https"
    except ValueError:
        is_web = False
    if not is_web:
        return element("code", url)
    return element("a", label, href=url, rel="noopener noreferrer")


def spoken(text: str) -> Html:
    """Return a sentence with what stands between backticks set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return element("span", text)
    return element(
        "span", *(element("code", part) if n % 2 else part for n, part in enumerate(parts))
    )


def table(caption: str, heads: Iterable[str], rows: Iterable[Html], *, class_: str = "") -> Html:
    """Return a table with column heads; its roles are spelt out, because a phone's layout shows rows as blocks."""
    head = join(element("th", text, scope="col", role="columnheader") for text in heads)
    return element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        role="table",
        class_=class_ or None,
    )


def row(first: Child, *cells: tuple[str, Child], class_: str | None = None) -> Html:
    """Return a row: the first cell heads it, each other comes with its column's title for narrow screens."""
    return element(
        "tr",
        element("th", first, scope="row", role="rowheader"),
        *(element("td", child, role="cell", data_label=label) for label, child in cells),
        role="row",
        class_=class_,
    )


def _inside(child: Child) -> str:
    if isinstance(child, Html):
        return child.text
    return escape(clip(plain(child)), quote=False) if child else ""


def _attribute(name: str, value: str | bool | None) -> str:  # noqa: FBT001 - a bare attribute is a boolean in HTML
    if value is None or value is False:
        return ""
    spelt = name.rstrip("_").replace("_", "-")
    return f" {spelt}" if value is True else f' {spelt}="{escape(clip(plain(value)))}"'
