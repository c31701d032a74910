"""The only list of the tables, in the order of the page in the docs."""

from bonded.index.configuration import (
    access,
    attestations,
    database,
    health,
    issuers,
    limits,
    listen,
    log,
    memory,
    mint,
    names,
    top,
    uploads,
    upstream,
)
from bonded.index.configuration.keys import Section

__all__ = ["SECTIONS"]

SECTIONS: tuple[Section, ...] = (
    top.SECTION,
    listen.SECTION,
    mint.SECTION,
    access.SECTION,
    limits.SECTION,
    memory.SECTION,
    uploads.SECTION,
    database.SECTION,
    names.SECTION,
    upstream.SECTION,
    attestations.SECTION,
    issuers.SECTION,
    log.SECTION,
    health.SECTION,
)
