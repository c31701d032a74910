"""The file that says what an index demands and whom it trusts: TOML in, a value or every fault at once out.

    name = "Example packages"
    trusted-proxies = ["10.0.0.1"]
    issuers-only = false
    ca-bundle = "authorities.pem"    # for every issuer; each may have its own

    [mint]
    audience = "packages.example"
    like = "bonded"                  # or "pypi": whose rules the following begin with
    require-environment = true       # every rule of `publishers.Rules`, by its name
    max-lifetime = 3600              # every rule of `oidc.verify.TokenRules`
    max-pending = 100

    [database]
    url = "postgresql://bonded@db.example/packages"

    [attestations]
    policy = "verify"                # or "refuse"
    trust-root = "sigstore.json"     # or "public"

    [[issuers]]
    url = "https://gitlab.example"
    kind = "gitlab"

An unknown key is an error, because a rule that is misspelt would silently not be enforced. Which issuers are trusted is
`trust`'s business; here each is read alone.
"""

import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_address
from pathlib import Path

from bonded.dists.endpoints import known
from bonded.errors import BondedError, Fault, InvalidInput, Location
from bonded.index.settings import MAX_PENDING, Attestations, Settings
from bonded.index.toml_table import Table
from bonded.index.trust import trusted_issuers
from bonded.minting.policy import Policy
from bonded.oidc.discovery import read_pinned_keys
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import ALGORITHMS, KeySet
from bonded.oidc.verify import PYPI_TOKENS, STRICT_TOKENS, TokenRules
from bonded.publishers import PYPI, STRICT, Rules
from bonded.publishers.providers import PROVIDERS, provider_of_kind

__all__ = ["Configuration", "audience_fault", "read_configuration"]

MAX_AUDIENCE = 255
LIKES = ("bonded", "pypi")
PUBLIC, NONE = "public", "none"
"""Trust roots that are no files: the public Sigstore, and nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the file says; without a file, what an index is unless told otherwise.

    An `audience` in `mint` that is empty is not set. `issuers` are all that are trusted, those of the services that
    bonded knows included. `organisations` says whether issuers that a service has for each organisation are trusted
    too. `ca_bundle` is the PEM file of the authorities that are believed where issuers are asked for keys, None for the
    machine's; `ca_bundles` are those of single issuers, by their addresses. `trust_root` is the file of the Sigstore by
    which attestations are verified, None for the public one. `database` is the address of a PostgreSQL, None for a file
    in the data folder. `max_pending` is how many pending publishers one owner may have at once.
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
        )


def audience_fault(audience: str) -> str:
    """Return why a text cannot be an index's audience, or an empty text.

    An index with the audience of another one takes tokens that were made for that other one: whoever sees such a token
    there could publish here.
    """
    if not audience or len(audience) > MAX_AUDIENCE or not audience.isprintable():
        return f"an audience is a text of 1 to {MAX_AUDIENCE} printable characters"
    if " " in audience:
        return "an audience has no spaces"
    for index in known():
        if audience.casefold() == index.audience.casefold():
            return f"{audience!r} is the audience of {index.title}: its tokens would be taken here"
    return ""


def read_configuration(path: Path) -> Configuration:
    """Read the file; raises InvalidInput that names everything that is wrong with it.

    Paths in it are relative to the file's own folder.
    """
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
        document = tomllib.loads(raw.decode())
    except RecursionError:
        raise InvalidInput((Fault(place, "is not TOML: nested too deeply"),)) from None
    except ValueError as error:
        raise InvalidInput((Fault(place, f"is not TOML: {error}"),)) from None
    faults: list[Fault] = []
    configuration = _configuration(Table(document, "", place, faults), path.parent)
    if faults:
        raise InvalidInput(tuple(faults))
    return configuration


def _configuration(top: Table, folder: Path) -> Configuration:
    name = top.text("name", "bonded")
    proxies = _proxies(top)
    only = top.flag("issuers-only", default=False)
    rules = top.table("mint")
    max_pending = rules.count("max-pending", MAX_PENDING)
    mint = _mint(rules)
    database = _database(top.table("database"))
    attestations, trust_root = _attestations(top.table("attestations"), folder)
    ca_bundle = _ca_bundle(top, folder)
    ca_bundles: dict[str, Path] = {}
    tables = top.tables("issuers")
    named = [issuer for one in tables if (issuer := _issuer(one, folder, ca_bundles)) is not None]
    issuers: tuple[TrustedIssuer, ...] = ()
    try:
        issuers = trusted_issuers(named, only=only)
    except BondedError as error:
        top.error("issuers", error)
    top.close()
    return Configuration(
        name=name,
        mint=mint,
        issuers=issuers,
        organisations=not only,
        ca_bundle=ca_bundle,
        ca_bundles=ca_bundles,
        trusted_proxies=proxies,
        attestations=attestations,
        trust_root=trust_root,
        database=database,
        max_pending=max_pending,
    )


def _proxies(top: Table) -> frozenset[str]:
    found = set()
    for text in top.texts("trusted-proxies"):
        try:
            found.add(str(ip_address(text)))
        except ValueError:
            top.fault("trusted-proxies", f"expected addresses such as '10.0.0.1', got {text!r}")
    return frozenset(found)


def _mint(table: Table) -> Policy:
    audience = table.text("audience")
    if audience and (message := audience_fault(audience)):
        table.fault("audience", message)
    like = table.text("like", LIKES[0])
    if like not in LIKES:
        table.fault("like", f"expected {' or '.join(map(repr, LIKES))}, got {like!r}")
    base = Policy(audience=audience) if like == "pypi" else Policy.strict(audience)
    kinds = {provider.kind for provider in PROVIDERS}
    disabled = frozenset(table.texts("disabled-kinds"))
    for kind in sorted(disabled - kinds):
        table.fault("disabled-kinds", f"{kind!r} is not one of {', '.join(sorted(kinds))}")
    policy = replace(
        base,
        rules=_rules(table, PYPI if like == "pypi" else STRICT),
        tokens=_tokens(table, PYPI_TOKENS if like == "pypi" else STRICT_TOKENS),
        disabled_kinds=disabled,
        enabled=table.flag("enabled", default=base.enabled),
        once_without_jti=table.flag("once-without-jti", default=base.once_without_jti),
        explains=table.flag("explains", default=base.explains),
    )
    table.close()
    return policy


def _database(table: Table) -> str | None:
    """Read where the book is kept. The address is not repeated, for it may hold a password."""
    url = table.text("url")
    table.close()
    if url and not url.startswith("postgresql://"):
        hint = "without a database, the index keeps its book in a file in its data folder"
        table.fault("url", "expected postgresql://USER@HOST/NAME", hint)
    return url or None


def _attestations(table: Table, folder: Path) -> tuple[Attestations, Path | None]:
    """Read what becomes of attestations, and the file of the Sigstore that is believed; None for the public one."""
    text, root = table.text("policy", Attestations.VERIFY.value), table.text("trust-root")
    table.close()
    policies = {policy.value: policy for policy in Attestations}
    policy = policies.get(text)
    if policy is None:
        table.fault("policy", f"expected {' or '.join(map(repr, policies))}, got {text!r}")
        return Attestations.REFUSE, None
    if root and policy is not Attestations.VERIFY:
        table.fault("trust-root", f"is asked only where policy is 'verify', not {text!r}")
    if root == NONE:
        return Attestations.REFUSE, None
    if root in {"", PUBLIC}:
        return policy, None
    path = folder / root
    if not _is_file(path):
        hint = f"give {PUBLIC!r}, {NONE!r}, or the file of a trust root of Sigstore"
        table.fault("trust-root", f"there is no file {root!r}", hint)
    return policy, path


def _is_file(path: Path) -> bool:
    """Whether there is such a file; what cannot be a path, for its length or a NUL in it, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _rules(table: Table, base: Rules) -> Rules:
    keys = {rule.name: rule.name.replace("_", "-") for rule in fields(Rules)}
    return Rules(
        **{name: table.flag(key, default=getattr(base, name)) for name, key in keys.items()}
    )


def _tokens(table: Table, base: TokenRules) -> TokenRules:
    """Read how long a token may live; 0 is for any time."""
    seconds = table.number("max-lifetime", base.max_lifetime or 0.0)
    return TokenRules(max_lifetime=seconds or None)


def _ca_bundle(table: Table, folder: Path) -> Path | None:
    """Read which authorities are believed; a file that is none is said now, not when a token waits for it."""
    text = table.text("ca-bundle")
    if not text:
        return None
    path = folder / text
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:  # ValueError: what cannot be a path
        reason = "there is no certificate in it"
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            reason = str(error.strerror)
        table.fault("ca-bundle", f"{text!r} is no file of certificates in PEM form: {reason}")
        return None
    return path


def _issuer(table: Table, folder: Path, ca_bundles: dict[str, Path]) -> TrustedIssuer | None:
    """Read one issuer, None if it cannot be; the authorities for its own host go to `ca_bundles`."""
    url, kind = table.text("url"), table.text("kind")
    algorithms = frozenset(table.texts("algorithms"))
    keys = table.text("keys")
    hosts = frozenset(table.texts("jwks-hosts"))
    private = table.flag("private-network", default=False)
    if (bundle := _ca_bundle(table, folder)) is not None:
        ca_bundles[url] = bundle
    table.close()
    pinned = _pinned(table, folder, keys)
    provider = provider_of_kind(kind)
    if provider is None:
        kinds = ", ".join(sorted(one.kind for one in PROVIDERS))
        table.fault("kind", f"expected one of {kinds}, got {kind!r}")
    if keys and bundle is not None:
        table.fault("ca-bundle", "is not used: with 'keys' nothing is asked for", "leave one out")
    for name in sorted(algorithms - ALGORITHMS):
        known = " or ".join(map(repr, sorted(ALGORITHMS)))
        table.fault("algorithms", f"expected {known}, got {name!r}")
    base = provider or PROVIDERS[0]  # what is wrong with the rest is said all the same
    try:
        issuer = TrustedIssuer(
            url=url,
            kind=base.kind,
            algorithms=algorithms & ALGORITHMS or base.algorithms,
            pinned=pinned,
            jwks_hosts=hosts | (base.jwks_hosts if base.signs_as(url) else frozenset()),
            private_network=private,
        )
    except BondedError as error:
        table.error("url", error)
        return None
    return issuer if provider is not None else None


def _pinned(table: Table, folder: Path, keys: str) -> KeySet | None:
    try:
        return read_pinned_keys(folder / keys) if keys else None
    except InvalidInput as error:
        table.fault("keys", "; ".join(str(fault) for fault in error.faults))
        return None
