"""The whole file: TOML in, a value or every fault at once out.

An unknown key is an error, because a rule that is misspelt would silently not be enforced.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bonded.errors import BondedError, Fault, InvalidInput, Location
from bonded.index.configuration import access, attestations, database, issuers, limits, mint, top
from bonded.index.configuration.attestations import AttestationsTable
from bonded.index.configuration.keys import Section
from bonded.index.configuration.limits import LimitsTable
from bonded.index.configuration.sections import SECTIONS
from bonded.index.configuration.table import Table, Wrong
from bonded.index.settings import MAX_PENDING, Access, Attestations, Settings
from bonded.index.trust import trusted_issuers
from bonded.minting.policy import Policy
from bonded.oidc.issuers import TrustedIssuer

__all__ = ["Configuration", "read_configuration", "read_document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the file says; without a file, what an index is unless told otherwise.

    An `audience` in `mint` that is empty is not set. `issuers` are all that are trusted, those of the services that
    bonded knows included. `organisations` says whether issuers that a service has for each organisation are trusted
    too. `ca_bundle` is the PEM file of the authorities that are believed where issuers are asked for keys, None for the
    machine's; `ca_bundles` are those of single issuers, by their addresses. `trust_root` is the file of the Sigstore by
    which attestations are verified, None for the public one. `database` is the address of a PostgreSQL, None for a file
    in the data folder. `max_pending` is how many pending publishers one owner may have at once.
    `access` says who may read, `limits` how much is taken.
    """

    name: str = "bonded"
    mint: Policy = field(default_factory=lambda: Policy.strict(""))
    issuers: tuple[TrustedIssuer, ...] = field(default_factory=lambda: trusted_issuers(()))
    organisations: bool = True
    ca_bundle: Path | None = None
    ca_bundles: Mapping[str, Path] = field(default_factory=dict)
    trusted_proxies: frozenset[str] = frozenset()
    attestations: Attestations = Attestations.VERIFY
    trust_root: Path | None = None
    database: str | None = field(default=None, repr=False)
    max_pending: int = MAX_PENDING
    access: Access = Access.ANYONE
    limits: LimitsTable = field(default_factory=LimitsTable)

    def settings(self, data: Path, audience: str) -> Settings:
        """Return the settings of an index in a folder; `audience` is what it was decided to be."""
        return Settings(
            name=self.name,
            mint=replace(self.mint, audience=audience),
            data=data,
            trusted_proxies=self.trusted_proxies,
            attestations=self.attestations,
            database=self.database,
            max_pending=self.max_pending,
            access=self.access,
            file_size=self.limits.file_size,
            project_size=self.limits.project_size,
        )


def read_configuration(path: Path) -> Configuration:
    """Read the file; raises InvalidInput that names everything that is wrong with it.

    Paths in it are relative to the file's own folder.
    """
    document = read_document(path)
    wrongs: list[Wrong] = []
    configuration = _configuration(_Tables(document, path.parent, wrongs))
    if wrongs:
        place = Location(str(path))
        faults = (Fault(place, f"{one.key}: {one.message}", one.hint) for one in wrongs)
        raise InvalidInput(tuple(faults))
    return configuration


def read_document(path: Path) -> Mapping[str, Any]:
    """Return the file as TOML has it; raises InvalidInput where it cannot be read or is no TOML."""
    place = Location(str(path))
    try:
        raw = path.read_bytes()
    except (
        OSError,
        ValueError,
    ) as error:  # ValueError: what cannot be a path, such as one with a NUL
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidInput((Fault(place, f"cannot be read: {reason}"),)) from None
    try:
        return tomllib.loads(raw.decode())
    except RecursionError:
        raise InvalidInput((Fault(place, "is not TOML: nested too deeply"),)) from None
    except ValueError as error:
        raise InvalidInput((Fault(place, f"is not TOML: {error}"),)) from None


class _Tables:
    """The tables of one file, by their sections."""

    def __init__(self, document: Mapping[str, Any], folder: Path, wrongs: list[Wrong]) -> None:
        self._document = document
        self._folder = folder
        self._wrongs = wrongs

    def top(self) -> Table:
        return Table(self._document, top.SECTION, self._folder, self._wrongs)

    def one(self, section: Section) -> Table:
        """Return a table, empty if there is none."""
        values = self._document.get(section.name, {})
        if not isinstance(values, dict):
            self.top().fault(section.name, f"expected a table, got {values!r}", expected="a table")
            values = {}
        return Table(values, section, self._folder, self._wrongs)

    def many(self, section: Section) -> list[Table]:
        """Return an array of tables, empty if there is none."""
        name = section.name
        values = self._document.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            got = "" if isinstance(values, list) else f", got {values!r}"
            expected = f"an array of tables, written [[{name}]]"
            self.top().fault(name, f"expected {expected}{got}", expected=expected)
            return []
        return [
            Table(value, section, self._folder, self._wrongs, f"{name}[{place}]")
            for place, value in enumerate(values)
        ]


def _configuration(tables: _Tables) -> Configuration:
    whole = tables.top()
    first = top.read(whole)
    minting = mint.read(tables.one(mint.SECTION))
    book = database.read(tables.one(database.SECTION))
    attested: AttestationsTable = attestations.read(tables.one(attestations.SECTION))
    named = [issuers.read(table) for table in tables.many(issuers.SECTION)]
    trusted: tuple[TrustedIssuer, ...] = ()
    try:
        own = [one.issuer for one in named if one.issuer is not None]
        trusted = trusted_issuers(own, only=first.issuers_only)
    except BondedError as error:
        whole.error("issuers", error)
    whole.close(beside=[section.name for section in SECTIONS if section.name])
    return Configuration(
        name=first.name,
        mint=minting.policy,
        issuers=trusted,
        organisations=not first.issuers_only,
        ca_bundle=first.ca_bundle,
        ca_bundles={one.url: one.ca_bundle for one in named if one.ca_bundle is not None},
        trusted_proxies=first.trusted_proxies,
        attestations=attested.policy,
        trust_root=attested.trust_root,
        database=book,
        max_pending=minting.max_pending,
        access=access.read(tables.one(access.SECTION)),
        limits=limits.read(tables.one(limits.SECTION)),
    )
