"""What every page knows of its index: its title, and what may be done there."""

import re
from dataclasses import dataclass

from bonded.index.settings import Settings

__all__ = ["Site", "site_of"]

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


def site_of(settings: Settings) -> Site:
    """Return what pages know of the index of these settings."""
    return Site(
        title=settings.name,
        has_upstream=settings.upstream is not None,
        trusts_publishers=settings.mint.enabled,
    )
