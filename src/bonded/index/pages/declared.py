"""What the metadata of a release says of its project: links, people, licence, classifiers.

Nobody has verified any of it, and a page says so where it matters. A link is one only if its scheme is `http` or
`https`; whatever else somebody wrote there (`javascript:` above all) is shown as text at most.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

__all__ = ["Declared", "Group", "Link", "Person", "declared", "host_of", "is_link"]

_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f\\]+", re.IGNORECASE)
_HOST = re.compile(r"https?://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:]*)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_MAX_LINK = 2000
_MAX_LICENCE = 100
_MAX_TEXT = 2000
_MAX_ITEMS = 500
_MAX_ITEM = 500
"""What is longer than this nobody wrote to be read."""
_LICENCE = "License :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of the project; `url` is empty where it is none that may be followed. `host` says where it leads."""

    label: str
    url: str
    host: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author or a maintainer as declared; name or address may be empty."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Classifiers that share their first part."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Everything that a page tells of the metadata, the README apart."""

    summary: str = ""
    licence: str = ""
    requires_python: str = ""
    keywords: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    authors: tuple[Person, ...] = ()
    maintainers: tuple[Person, ...] = ()
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    classifiers: tuple[Group, ...] = ()


def declared(fields: Mapping[str, Any]) -> Declared:
    """Return what a release declares; `fields` are named as `packaging` names them, and any may be missing."""
    classifiers = _texts(fields, "classifiers")
    return Declared(
        summary=_text(fields, "summary"),
        licence=_licence(fields, classifiers),
        requires_python=_text(fields, "requires_python"),
        keywords=tuple(dict.fromkeys(word for word in _texts(fields, "keywords") if word)),
        links=_links(fields),
        authors=_people(_text(fields, "author"), _text(fields, "author_email")),
        maintainers=_people(_text(fields, "maintainer"), _text(fields, "maintainer_email")),
        requires=_texts(fields, "requires_dist"),
        extras=_texts(fields, "provides_extra"),
        classifiers=_groups(one for one in classifiers if not one.startswith(_LICENCE)),
    )


def is_link(text: str) -> bool:
    """Tell whether a text is an address that a page may lead to."""
    return len(text) <= _MAX_LINK and _LINK.fullmatch(text) is not None and bool(host_of(text))


def host_of(url: str) -> str:
    """Return the host of a link, empty if there is none; it is shown beside labels that strangers choose."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value[:_MAX_TEXT].strip() if isinstance(value, str) else ""


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    items = value[:_MAX_ITEMS] if isinstance(value, list | tuple) else ()
    return tuple(str(item)[:_MAX_ITEM] for item in items)


def _links(fields: Mapping[str, Any]) -> tuple[Link, ...]:
    """Return the labelled links, and the two old fields where no label leads to the same place."""
    given = fields.get("project_urls")
    pairs = list(given.items())[:_MAX_ITEMS] if isinstance(given, Mapping) else []
    known = {url for _, url in pairs}
    old = (("Homepage", _text(fields, "home_page")), ("Download", _text(fields, "download_url")))
    before = [(label, url) for label, url in old if url and url not in known]
    return tuple(_link(str(label), str(url)) for label, url in [*before, *pairs])


def _link(label: str, url: str) -> Link:
    safe = is_link(url)
    return Link(
        label=label or host_of(url) or url,
        url=url if safe else "",
        host=host_of(url) if safe else "",
        text=url,
    )


def _people(names: str, addresses: str) -> tuple[Person, ...]:
    """Return people by the two fields that core metadata has for them (`Ada <ada@example.org>, bob@example.org`)."""
    found = []
    for name, email in getaddresses([addresses] if addresses else []):
        valid = email if _EMAIL.fullmatch(email) else ""
        if name or valid:
            found.append(Person(name=name, email=valid))
    if names and all(one.name != names for one in found):
        found.insert(0, Person(name=names, email=""))
    return tuple(dict.fromkeys(found))


def _licence(fields: Mapping[str, Any], classifiers: Iterable[str]) -> str:
    """Return the licence in a line: its SPDX expression, the old free field, or what classifiers say."""
    expression = _text(fields, "license_expression")
    if expression:
        return expression
    # Some projects put the whole text of their licence here.
    first = _text(fields, "license").partition("\n")[0].strip()
    if first and first != "UNKNOWN":
        return first if len(first) <= _MAX_LICENCE else f"{first[: _MAX_LICENCE - 1]}…"
    said = (one.rpartition(" :: ")[2] for one in classifiers if one.startswith(_LICENCE))
    return ", ".join(dict.fromkeys(said))


def _groups(classifiers: Iterable[str]) -> tuple[Group, ...]:
    found: dict[str, list[str]] = {}
    for one in classifiers:
        title, _, rest = one.partition(" :: ")
        found.setdefault(title, []).append(rest or title)
    return tuple(Group(title=title, items=tuple(items)) for title, items in found.items())
