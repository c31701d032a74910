"""What every page knows of its index: its title, where it is reached, and how programs are told to use it."""

import re
from dataclasses import dataclass

__all__ = ["ORIGIN", "Site", "located"]

ORIGIN = "<origin>"
"""Stands in a page for scheme and authority of the index, until it is known who reads it.

No text on a page can look like it: texts are escaped, and the sanitiser of READMEs knows no such tag.
"""

_MARK = ORIGIN.encode()
_OTHERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One index. `has_upstream` tells that another is behind it, `trusts_publishers` that CI needs no stored token."""

    title: str
    has_upstream: bool = False
    trusts_publishers: bool = False

    @property
    def slug(self) -> str:
        """Return the title as uv and twine name an index."""
        return _OTHERS.sub("-", self.title.lower()).strip("-") or "index"


def located(page: bytes, origin: str) -> bytes:
    """Return a page as it is sent to whoever reached the index by `origin`, which must be safe in HTML as it is."""
    return page.replace(_MARK, origin.encode())
