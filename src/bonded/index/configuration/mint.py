"""`[mint]`: what is demanded of whoever wants to publish. Every rule of `publishers.Rules` has a key by its name."""

from dataclasses import dataclass, fields, replace

from bonded.dists.endpoints import known
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.settings import MAX_PENDING
from bonded.minting.policy import Policy
from bonded.oidc.verify import PYPI_TOKENS, STRICT_TOKENS, TokenRules
from bonded.publishers import PYPI, STRICT, Rules
from bonded.publishers.providers import PROVIDERS

__all__ = ["SECTION", "MintTable", "audience_fault", "read"]

MAX_AUDIENCE = 255
LIKES = ("bonded", "pypi")


def _rule(name: str, meaning: str, *, like_pypi: bool = False) -> Key:
    strict = getattr(STRICT, name.replace("-", "_"))
    told = f"`{str(strict).lower()}`; like PyPI: `{str(like_pypi).lower()}`"
    return Key(name=name, kind=Kind.FLAG, default=strict, told=told, meaning=meaning)


SECTION = Section(
    name="mint",
    title="Who may publish",
    keys=(
        Key(
            name="audience",
            kind=Kind.TEXT,
            told="the index's host",
            meaning="what ID tokens must be made for; `--audience` is stronger",
        ),
        Key(
            name="like",
            kind=Kind.TEXT,
            default=LIKES[0],
            choices=LIKES,
            meaning="with whose rules the other keys of this table begin",
        ),
        Key(
            name="enabled",
            kind=Kind.FLAG,
            default=True,
            meaning="trusted publishing is on",
        ),
        Key(
            name="disabled-kinds",
            kind=Kind.TEXTS,
            meaning="kinds of publisher whose tokens are not taken",
        ),
        _rule(
            "pin-ids",
            "ids that outlive a rename are kept at the first grant; another id disables the publisher",
        ),
        _rule(
            "deny-risky-events",
            "no token from runs that strangers can start or steer",
        ),
        _rule(
            "exact-letters",
            "where letter case does not count, a sign that only becomes a letter in lower case is not that letter",
        ),
        _rule("require-environment", "the job runs in an environment"),
        _rule("require-protected-ref", "the job runs for a protected branch or tag"),
        _rule("require-hosted-runner", "the job runs on a machine of the service"),
        Key(
            name="max-lifetime",
            kind=Kind.SECONDS,
            default=STRICT_TOKENS.max_lifetime,
            told="`3600`; like PyPI: `0`",
            zero_is_none=True,
            meaning="seconds from `iat` to `exp` of an ID token at most; 0 takes any",
        ),
        Key(
            name="once-without-jti",
            kind=Kind.FLAG,
            default=True,
            told="`true`; like PyPI: `false`",
            meaning="a token without an id of its own is exchanged once, too; those of services that PyPI does not "
            "know always are",
        ),
        Key(
            name="explains",
            kind=Kind.FLAG,
            default=True,
            told="`true`; like PyPI: `false`",
            meaning="a refusal says what to change, to whoever proved to come from the publisher's own repository",
        ),
        Key(
            name="max-pending",
            kind=Kind.COUNT,
            default=MAX_PENDING,
            meaning="pending publishers that one owner may have at once; PyPI itself allows three",
        ),
    ),
    notes="A rule that a service has no claim for is left out for its publishers.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MintTable:
    """The policy, of which an empty `audience` is not set, and how many pending publishers one owner may have."""

    policy: Policy
    max_pending: int


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


def read(table: Table) -> MintTable:
    """Read what is demanded; `like` says where the other keys begin."""
    audience = table.text("audience")
    if audience and (message := audience_fault(audience)):
        table.fault("audience", message, got=audience)
    like = table.text("like")
    base = Policy(audience=audience) if like == "pypi" else Policy.strict(audience)
    policy = replace(
        base,
        rules=_rules(table, PYPI if like == "pypi" else STRICT),
        tokens=_tokens(table, PYPI_TOKENS if like == "pypi" else STRICT_TOKENS),
        disabled_kinds=_disabled(table),
        enabled=table.flag("enabled", default=base.enabled),
        once_without_jti=table.flag("once-without-jti", default=base.once_without_jti),
        explains=table.flag("explains", default=base.explains),
    )
    max_pending = table.count("max-pending")
    table.close()
    return MintTable(policy=policy, max_pending=max_pending)


def _disabled(table: Table) -> frozenset[str]:
    kinds = {provider.kind for provider in PROVIDERS}
    disabled = frozenset(table.texts("disabled-kinds"))
    for kind in sorted(disabled - kinds):
        expected = ", ".join(sorted(kinds))
        message = f"{kind!r} is not one of {expected}"
        table.fault("disabled-kinds", message, expected=f"one of {expected}", got=kind)
    return disabled


def _rules(table: Table, base: Rules) -> Rules:
    keys = {rule.name: rule.name.replace("_", "-") for rule in fields(Rules)}
    return Rules(
        **{name: table.flag(key, default=getattr(base, name)) for name, key in keys.items()}
    )


def _tokens(table: Table, base: TokenRules) -> TokenRules:
    """Read how long a token may live; 0 is for any time."""
    seconds = table.number("max-lifetime", base.max_lifetime or 0.0)
    return TokenRules(max_lifetime=seconds or None)
