"""A README as safe HTML: PyPI's own renderer, then what a page needs beside it, and the sanitiser last of all.

What the renderer made is changed in a stream of tags: headings go down two levels, because the page has its own;
pictures become links, so that a page asks no other server for anything and no stranger learns who reads it; links that
lead nowhere, because they were meant for the repository, become text. Whatever that pass does, the sanitiser sees
afterwards with a list of tags, attributes and values of our own: its output is the only markup on a page that was
written by strangers.

A renderer may take long over what was written to that end. Whoever calls bounds its time (`bonded.index.readmes`).
"""

import html
import re
from email.message import EmailMessage
from html.parser import HTMLParser

__all__ = ["MAX_LENGTH", "is_plain", "plain", "render"]

MAX_LENGTH = 400_000
"""Characters of a README that is rendered; a longer one is shown as it was written."""

_MAX_PLAIN = 400_000
_MAX_MADE = 4_000_000
"""Characters of HTML; what repeats itself may become longer than any browser bears."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PREFIX = "user-content-"
_KINDS = {"text/markdown": "md", "text/x-rst": "rst", "text/plain": "txt", "": "rst"}
"""What may be declared (PyPI's list); what declares nothing is taken for reStructuredText, as on PyPI."""

_TAGS = frozenset(
    {
        *(
            "a",
            "abbr",
            "aside",
            "b",
            "blockquote",
            "br",
            "caption",
            "cite",
            "code",
            "col",
            "colgroup",
            "dd",
            "del",
        ),
        *(
            "details",
            "div",
            "dl",
            "dt",
            "em",
            "figcaption",
            "figure",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "input",
        ),
        *(
            "kbd",
            "li",
            "ol",
            "p",
            "pre",
            "s",
            "section",
            "small",
            "span",
            "strong",
            "sub",
            "summary",
            "sup",
        ),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    }
)
_ALIGNED = {"align"}
_ATTRIBUTES = {
    "*": {"id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "aside": {"class"},
    "div": _ALIGNED,
    "input": {"checked"},
    "ol": {"start"},
    "p": {"align", "class"},
    "span": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    **{f"h{level}": _ALIGNED for level in range(3, 7)},
}
_HIGHLIGHT = re.compile(r"[a-z][a-z0-9]{0,2}")
"""Pygments' short names; no class of the pages' own style sheet is as short."""

_CLASSES = {"aside": {"admonition"}, "p": {"admonition-title"}, "span": {"picture"}}
_ADMONITIONS = frozenset(
    {"note", "tip", "important", "warning", "caution", "attention", "danger", "error", "hint"}
)
_SIDES = frozenset({"left", "center", "right"})
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\x7f\\]+", re.IGNORECASE)
_VOID = frozenset({"br", "col", "hr", "input"})


def is_plain(content_type: str) -> bool:
    """Tell whether a README is declared to be text, or something that nobody renders."""
    return _KINDS.get(_kind(content_type), "txt") == "txt"


def plain(text: str) -> str:
    """Return a README as it was written, up to a length that a browser bears."""
    cut = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text[:_MAX_PLAIN].replace("\r\n", "\n"))
    more = "\n\n[…]" if len(text) > _MAX_PLAIN else ""
    return f'<pre class="written">{html.escape(cut + more)}</pre>'


def render(text: str, content_type: str) -> str | None:
    """Return a README as safe HTML, or None where it cannot be rendered; it may then be shown as `plain` text.

    Takes as long as the renderer takes, and may raise whatever that raises, `RecursionError` and `MemoryError` too.
    """
    if is_plain(content_type) or len(text) > MAX_LENGTH:
        return None
    message = _message(content_type)
    if _KINDS[_kind(content_type)] == "md":
        from readme_renderer import markdown

        variant = str(message.get_param("variant", "GFM"))
        made = markdown.render(text, variant if variant in markdown.variants else "GFM")
    else:
        from readme_renderer import rst

        made = rst.render(text)
    if not made or len(made) > _MAX_MADE:
        return None
    return _settled(made)


def _message(content_type: str) -> EmailMessage:
    message = EmailMessage()
    message["content-type"] = " ".join(content_type.split()) or "text/x-rst"
    return message


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _settled(made: str) -> str:
    """Return the renderer's HTML as it fits into the page, sanitised."""
    import nh3

    settler = _Settler()
    settler.feed(made)
    settler.close()
    return nh3.clean(
        "".join(settler.pieces),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute keeps, or None where it goes."""
    if name == "id":
        return _prefixed(value)
    if name == "href":
        if value.startswith("#"):
            return f"#{_prefixed(value[1:])}"
        return value if _ABSOLUTE.fullmatch(value) else None
    if name == "class":
        return _classes(tag, value)
    if name == "align":
        return value.lower() if value.lower() in _SIDES else None
    return value


def _prefixed(name: str) -> str:
    """Return a name that no element of the page itself has."""
    return name if name.startswith(_PREFIX) else f"{_PREFIX}{name}"


def _classes(tag: str, value: str) -> str | None:
    words = value.split()
    known = [word for word in words if word in _CLASSES.get(tag, ())]
    if tag == "span":
        known += [word for word in words if _HIGHLIGHT.fullmatch(word)]
    if tag == "aside":
        known += [word for word in words if word in _ADMONITIONS]
    return " ".join(dict.fromkeys(known)) or None


class _Settler(HTMLParser):
    """Changes tags one by one as they come; it needs not be safe, for the sanitiser comes after it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a start tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._picture(given)
            return
        if tag == "a":
            self._in_link = True
        shown = "".join(f' {name}="{html.escape(value)}"' for name, value in given.items())
        self.pieces.append(f"<{_lowered(tag)}{shown}>")

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag; a link around nothing goes, for nobody could see where it is."""
        if tag == "a":
            self._in_link = False
            if self.pieces and self.pieces[-1].startswith("<a "):
                self.pieces.pop()
                return
        if tag not in _VOID:
            self.pieces.append(f"</{_lowered(tag)}>")

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.pieces.append(html.escape(data))

    def _picture(self, given: dict[str, str]) -> None:
        """Put a picture's words where it stood, leading to the picture, unless it stood in a link already."""
        words = html.escape(" ".join(given.get("alt", "").split()) or "picture")
        shown = f'<span class="picture">{words}</span>'
        address = given.get("src", "")
        if not self._in_link and _ABSOLUTE.fullmatch(address):
            shown = f'<a href="{html.escape(address)}">{shown}</a>'
        self.pieces.append(shown)


def _lowered(tag: str) -> str:
    """Return the tag two levels down, if it is a heading's: the page has the first two."""
    if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":  # noqa: PLR2004 - a letter and a digit
        return f"h{min(int(tag[1]) + 2, 6)}"
    return tag
