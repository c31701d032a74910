"""What stands at the top of the file, in no table."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.paths import ca_bundle
from bonded.index.configuration.table import Table

__all__ = ["SECTION", "Top", "read"]

SECTION = Section(
    name="",
    title="At the top",
    keys=(
        Key(
            name="name",
            kind=Kind.TEXT,
            default="bonded",
            meaning="what the index is called",
        ),
        Key(
            name="trusted-proxies",
            kind=Kind.TEXTS,
            meaning="addresses of servers in front whose `X-Forwarded-Proto`, `X-Forwarded-Host` and "
            "`X-Request-ID` (8 to 128 letters, digits, `.`, `_` or `-`) are believed",
        ),
        Key(
            name="issuers-only",
            kind=Kind.FLAG,
            meaning="trust no issuer but those that are named",
        ),
        Key(
            name="ca-bundle",
            kind=Kind.TEXT,
            told="`SSL_CERT_FILE`, else the machine's",
            meaning="a file of the authorities (PEM) that are believed where issuers are asked for their keys",
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The values at the top."""

    name: str
    trusted_proxies: frozenset[str]
    issuers_only: bool
    ca_bundle: Path | None


def read(table: Table) -> Top:
    """Read them; whoever reads the whole file closes the table."""
    return Top(
        name=table.text("name"),
        trusted_proxies=_proxies(table),
        issuers_only=table.flag("issuers-only"),
        ca_bundle=ca_bundle(table),
    )


def _proxies(table: Table) -> frozenset[str]:
    found = set()
    for text in table.texts("trusted-proxies"):
        try:
            found.add(str(ip_address(text)))
        except ValueError:
            table.unexpected("trusted-proxies", "addresses such as '10.0.0.1'", text)
    return frozenset(found)
