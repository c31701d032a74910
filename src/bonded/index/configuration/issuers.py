"""`[[issuers]]`: whose ID tokens are believed, each read alone. Which issuer is whom is `trust`'s business."""

from dataclasses import dataclass
from pathlib import Path

from bonded.errors import BondedError, InvalidInput
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.paths import ca_bundle
from bonded.index.configuration.table import Table
from bonded.oidc.discovery import read_pinned_keys
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import ALGORITHMS, KeySet
from bonded.publishers.providers import PROVIDERS, provider_of_kind

__all__ = ["SECTION", "NamedIssuer", "read"]

SECTION = Section(
    name="issuers",
    title="Whose tokens are believed",
    many=True,
    keys=(
        Key(
            name="url",
            kind=Kind.TEXT,
            needed=True,
            meaning="the issuer, to the letter as tokens say it in `iss`",
        ),
        Key(
            name="kind",
            kind=Kind.TEXT,
            needed=True,
            meaning="the kind of publisher that it speaks for",
        ),
        Key(
            name="algorithms",
            kind=Kind.TEXTS,
            told="the kind's",
            choices=tuple(sorted(ALGORITHMS)),
            meaning="what it signs with",
        ),
        Key(
            name="keys",
            kind=Kind.TEXT,
            told="fetched",
            meaning="a file with its keys (JWKS); nothing is fetched",
        ),
        Key(
            name="jwks-hosts",
            kind=Kind.TEXTS,
            meaning="hosts beside its own that may hold its keys",
        ),
        Key(
            name="ca-bundle",
            kind=Kind.TEXT,
            told="as at the top",
            meaning="a file of the authorities (PEM) that are believed for this issuer, and no others",
        ),
        Key(
            name="private-network",
            kind=Kind.FLAG,
            meaning="it may have an address that is not public",
        ),
    ),
    notes="An entry for the issuer of a known service takes its place, for instance to pin its keys.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedIssuer:
    """One issuer, None where it cannot be, and the authorities for its own host."""

    url: str
    issuer: TrustedIssuer | None
    ca_bundle: Path | None


def read(table: Table) -> NamedIssuer:
    """Read one issuer; whatever is wrong with it is said, not only the first."""
    url, kind, keys = table.text("url"), table.text("kind"), table.text("keys")
    bundle = ca_bundle(table)
    algorithms = frozenset(table.texts("algorithms"))
    hosts = frozenset(table.texts("jwks-hosts"))
    private = table.flag("private-network")
    table.close()
    pinned = _pinned(table, keys)
    provider = provider_of_kind(kind)
    if provider is None:
        kinds = ", ".join(sorted(one.kind for one in PROVIDERS))
        table.unexpected("kind", f"one of {kinds}", kind)
    if keys and bundle is not None:
        table.fault("ca-bundle", "is not used: with 'keys' nothing is asked for", "leave one out")
    base = provider or PROVIDERS[0]  # what is wrong with the rest is said all the same
    issuer = None
    try:
        issuer = TrustedIssuer(
            url=url,
            kind=base.kind,
            algorithms=algorithms or base.algorithms,
            pinned=pinned,
            jwks_hosts=hosts | (base.jwks_hosts if base.signs_as(url) else frozenset()),
            private_network=private,
        )
    except BondedError as error:
        table.error("url", error)
    return NamedIssuer(url=url, issuer=issuer if provider else None, ca_bundle=bundle)


def _pinned(table: Table, keys: str) -> KeySet | None:
    try:
        return read_pinned_keys(table.folder / keys) if keys else None
    except InvalidInput as error:
        table.fault("keys", "; ".join(str(fault) for fault in error.faults))
        return None
