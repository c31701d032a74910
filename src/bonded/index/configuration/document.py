"""The whole file: TOML in, a value or every fault at once out.

An unknown key is an error, because a rule that is misspelt would silently not be enforced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bonded.errors import BondedError, Fault, InvalidInput, Location
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
from bonded.index.configuration.attestations import AttestationsTable
from bonded.index.configuration.environment import PREFIX, Given, given, variable
from bonded.index.configuration.files import Tables, overlaid, read_document
from bonded.index.configuration.health import HealthTable
from bonded.index.configuration.limits import LimitsTable
from bonded.index.configuration.listen import Listen
from bonded.index.configuration.log import Log
from bonded.index.configuration.memory import MemoryTable
from bonded.index.configuration.sections import SECTIONS
from bonded.index.configuration.table import Wrong
from bonded.index.configuration.uploads import UploadsTable
from bonded.index.policies import NO_NAMES, Names
from bonded.index.settings import MAX_PENDING, Access, Attestations, Settings
from bonded.index.trust import trusted_issuers
from bonded.index.upstream.settings import UpstreamSettings
from bonded.minting.policy import Policy
from bonded.oidc.issuers import TrustedIssuer

__all__ = ["Configuration", "Examined", "examine", "fault_of", "read_configuration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the file says; without a file, what an index is unless told otherwise.

    An `audience` in `mint` that is empty is not set. `issuers` are all that are trusted, those of the services that
    bonded knows included. `organisations` says whether issuers that a service has for each organisation are trusted
    too. `ca_bundle` is the PEM file of the authorities that are believed where issuers are asked for keys, None for the
    machine's; `ca_bundles` are those of single issuers, by their addresses. `trust_root` is the file of the Sigstore by
    which attestations are verified, None for the public one, which is kept new if `trust_refreshes`. `database` is the
    address of a PostgreSQL, None for a file in the data folder. `max_pending` is how many pending publishers one owner
    may have at once.
    `names` stay at home, `upstream` is the index behind this one, None where there is none. `access` says who may read,
    `limits` how much is taken, `memory` how much is held, `uploads` what is taken, `listen` where it is served, `log`
    what is written, `health` what watchers are told.
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
    trust_refreshes: bool = True
    database: str | None = field(default=None, repr=False)
    max_pending: int = MAX_PENDING
    names: Names = NO_NAMES
    upstream: UpstreamSettings | None = None
    access: Access = Access.ANYONE
    limits: LimitsTable = field(default_factory=LimitsTable)
    memory: MemoryTable = field(default_factory=MemoryTable)
    uploads: UploadsTable = field(default_factory=UploadsTable)
    listen: Listen = field(default_factory=Listen)
    log: Log = field(default_factory=Log)
    health: HealthTable = field(default_factory=HealthTable)

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
            names=self.names,
            upstream=self.upstream,
            access=self.access,
            file_size=self.limits.file_size,
            project_size=self.limits.project_size,
            forms_size=self.memory.forms,
            page_memory=self.memory.pages,
            closes_after_days=self.uploads.closes_after_days,
            archives=self.uploads.archives,
            old_forms=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found in a file and in the environment: a configuration, of use only where `wrongs` is empty.

    `values` are what is given, by tables and keys; `by_environment` is the part that came from there.
    """

    configuration: Configuration
    wrongs: tuple[Wrong, ...]
    values: Mapping[str, Any]
    by_environment: Given


def examine(path: Path | None, environ: Mapping[str, str] = MappingProxyType({})) -> Examined:
    """Read a file, if there is one, and the environment over it; raises InvalidInput where it is no TOML.

    Paths are relative to the file's own folder.
    """
    wrongs: list[Wrong] = []
    by_environment = given(environ, SECTIONS, wrongs)
    document = overlaid(read_document(path) if path else {}, by_environment)
    configuration = _configuration(Tables(document, path.parent if path else Path(), wrongs))
    return Examined(
        configuration=configuration,
        wrongs=tuple(_renamed(wrong, by_environment) for wrong in wrongs),
        values=document,
        by_environment=by_environment,
    )


def read_configuration(
    path: Path | None, environ: Mapping[str, str] = MappingProxyType({})
) -> Configuration:
    """Read the file and the environment; raises InvalidInput that names everything that is wrong with them."""
    found = examine(path, environ)
    if found.wrongs:
        raise InvalidInput(tuple(fault_of(wrong, path) for wrong in found.wrongs))
    return found.configuration


def fault_of(wrong: Wrong, path: Path | None) -> Fault:
    """Return what is wrong as a fault of the file, or of the environment."""
    is_variable = path is None or wrong.key.startswith(PREFIX)
    place = Location("the environment" if is_variable else str(path))
    return Fault(place, f"{wrong.key}: {wrong.message}", wrong.hint)


def _renamed(wrong: Wrong, by_environment: Given) -> Wrong:
    """Return what is wrong under the name of the variable that gave it, if one did."""
    table, _, key = wrong.key.rpartition(".")
    for section in SECTIONS:
        if section.name == table and key in by_environment.get(table, {}):
            return replace(wrong, key=variable(section, section.key(key)))
    return wrong


def _configuration(tables: Tables) -> Configuration:
    whole = tables.top()
    first = top.read(whole)
    minting = mint.read(tables.one(mint.SECTION))
    book = database.read(tables.one(database.SECTION))
    kept = names.read(tables.one(names.SECTION))
    behind = upstream.read(tables.one(upstream.SECTION))
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
        trust_refreshes=attested.refreshes,
        database=book,
        names=kept,
        upstream=behind,
        max_pending=minting.max_pending,
        access=access.read(tables.one(access.SECTION)),
        limits=limits.read(tables.one(limits.SECTION)),
        memory=memory.read(tables.one(memory.SECTION)),
        uploads=uploads.read(tables.one(uploads.SECTION)),
        listen=listen.read(tables.one(listen.SECTION)),
        log=log.read(tables.one(log.SECTION)),
        health=health.read(tables.one(health.SECTION)),
    )
