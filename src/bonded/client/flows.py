"""The conversations by which a right to upload is had and given back: discover, exchange, burn. Pure.

What is tried again, and what never: an ID token is shown once (an index remembers it), so every try of an exchange
asks for a new one. Everything else here may be repeated without harm. An index that leads to another host (PEP 807
forbids it) is not followed: that is where a token would be stolen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from shlex import quote as quoted

from bonded.client.messages import (
    Answer,
    Ask,
    Conversation,
    Identify,
    Identity,
    Outcome,
    Refused,
    Unreached,
    Wait,
    ask,
    refusal_of,
)
from bonded.client.target import Target
from bonded.dists.endpoints import percent_encoded
from bonded.oidc.strict_json import read_object
from bonded.oidc.urls import InvalidUrl, parse_url

__all__ = [
    "SINGLE_USE",
    "Doors",
    "Minted",
    "Patience",
    "audience",
    "burn",
    "discover",
    "exchange",
    "is_passing",
    "patiently",
]

PYTP = "application/vnd.pypi.pytp.v1+json"
PROBLEM = "application/problem+json"
MULTI_USE, SINGLE_USE = "multi-use-token", "single-use-token"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_ASKS_FOR_PATIENCE = frozenset({425, 429, 503})
_NOT_SPOKEN = frozenset({400, 401, 403, 404, 405, 406, 410, 415, 501})
"""What servers answer that have never heard of PEP 807."""
_JSON = {"accept": f"application/json, {PROBLEM};q=0.9"}
_SECONDS = 20.0
_LATEST = 2.0**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often something is tried, and how long is waited in between, in seconds; each wait is twice the last."""

    tries: int = 5
    first: float = 1.0
    longest: float = 30.0

    def wait(self, tried: int, outcome: Outcome) -> Wait:
        """Return the wait after so many tries; a server that names its own time (`Retry-After`) has it, in bounds."""
        why = str(
            refusal_of(outcome, "no answer" if isinstance(outcome, Unreached) else "it failed")
        )
        named = outcome.headers.get("retry-after", "") if isinstance(outcome, Answer) else ""
        if named.isascii() and named.isdigit() and len(named) < len("1000"):
            return Wait(seconds=min(float(named), 4 * self.longest), why=why, exact=True)
        return Wait(seconds=min(self.first * 2 ** (tried - 1), self.longest), why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where an index has its mint.

    `asks` are the features that must be asked for; with `single_use` a token is good for one file.
    """

    audience_url: str
    mint_url: str
    burn_url: str
    single_use: bool = False
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """An upload token and when it ends, in seconds since 1970; 0 where the index does not say."""

    token: str = field(repr=False)
    expires: float = 0.0


def is_passing(outcome: Outcome) -> bool:
    """Whether the same question may have another answer in a moment."""
    return outcome.passing if isinstance(outcome, Unreached) else outcome.status in _PASSING


def patiently(request: Ask, patience: Patience) -> Conversation[Outcome]:
    """Ask what may be asked twice, until there is an answer that will not change or patience ends.

    Where the last try found nobody, the outcome still says whether an earlier one may have arrived.
    """
    sent = False
    for tried in count(1):
        outcome = yield from ask(request)
        if isinstance(outcome, Unreached):
            outcome = replace(outcome, sent=outcome.sent or sent)
        sent = not isinstance(outcome, Unreached) or outcome.sent
        if not is_passing(outcome) or tried >= patience.tries:
            break
        yield patience.wait(tried, outcome)
    return outcome


def discover(target: Target, patience: Patience) -> Conversation[Doors | Refused]:
    """Return where the mint is: as the index says (PEP 807), or where indexes of PyPI's kind have it."""
    query = f"discover={percent_encoded(target.path)}"
    request = Ask(
        method="GET",
        url=f"{target.origin}/.well-known/pytp?{query}",
        headers={"accept": PYTP},
        seconds=_SECONDS,
    )
    outcome = yield from patiently(request, patience)
    if isinstance(outcome, Answer) and outcome.status == 200:  # noqa: PLR2004 - RFC 9110
        if outcome.headers.get("content-type", "").partition(";")[0].strip().lower() == PYTP:
            return _doors(target, outcome)
        return _usual(target)  # a page for people that answers everything
    if isinstance(outcome, Answer) and (outcome.status in _NOT_SPOKEN or outcome.status < 400):  # noqa: PLR2004
        return _usual(target)
    return refusal_of(outcome, f"{target.title} cannot be asked about trusted publishing")


def _usual(target: Target) -> Doors:
    base = f"{target.origin}/_/oidc"
    return Doors(
        audience_url=f"{base}/audience",
        mint_url=f"{base}/mint-token",
        burn_url=f"{base}/burn-token",
    )


def _doors(target: Target, answer: Answer) -> Doors | Refused:
    what = f"what {target.title} says of its trusted publishing cannot be followed"
    try:
        said = read_object(answer.body)
    except ValueError as error:
        return Refused(what=what, said=f"it is {error}")
    found = []
    for name in ("audience-endpoint", "token-mint-endpoint"):
        text = said.get(name)
        try:
            url = parse_url(text) if isinstance(text, str) else None
        except InvalidUrl as error:
            return Refused(what=what, said=f"{name}: {error.message}")
        if url is None or f"{url.scheme}://{url.authority}" != target.origin:
            return Refused(
                what=what,
                said=f"{name} is {str(text)[:200]!r}, expected an address at {target.origin}",
                hint="PEP 807 wants them on the host that takes the uploads; nothing was sent there",
            )
        found.append(str(text))
    features, usual = _texts(said.get("features")), _texts(said.get("default-features"))
    single = SINGLE_USE in usual and MULTI_USE not in usual
    return Doors(
        audience_url=found[0],
        mint_url=found[1],
        burn_url=_usual(target).burn_url,
        single_use=single and MULTI_USE not in features,
        asks=(MULTI_USE,) if single and MULTI_USE in features else (),
    )


def _texts(value: object) -> Sequence[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def audience(doors: Doors, target: Target, patience: Patience) -> Conversation[str | Refused]:
    """Return the audience that the index wants ID tokens to be made for, if it is one that the index may have."""
    request = Ask(method="GET", url=doors.audience_url, headers=_JSON, seconds=_SECONDS)
    outcome = yield from patiently(request, patience)
    found = outcome.to_object().get("audience") if isinstance(outcome, Answer) else None
    if isinstance(outcome, Answer) and outcome.is_success and isinstance(found, str) and found:
        if target.takes_tokens_for(found):
            return found
        return Refused(
            what=f"{target.title} wants an ID token for somebody else: {found[:200]!r}",
            said=f"expected {target.audience or target.origin.partition('://')[2]!r};"
            " whoever has a token for that audience can speak as this workflow there",
            hint="if the index has that name of right, say so: --audience " + quoted(found[:200]),
        )
    hint = (
        "an index without trusted publishing takes an API token: --token-file FILE, or BONDED_TOKEN"
    )
    return refusal_of(outcome, f"{target.title} names no audience for ID tokens", hint=hint)


def exchange(
    doors: Doors, target: Target, name: str, patience: Patience
) -> Conversation[Minted | Refused]:
    """Show the index an ID token of audience `name`, and return the upload token; each try shows a new one.

    A service that has only one (in a variable) gets no second try where the first may have reached the index: it would
    be refused as used, and that would hide what went wrong.
    """
    outcome: Outcome | None = None
    shown = ""
    for tried in count(1):
        identity = yield Identify(audience=name)
        assert isinstance(identity, Identity)
        if outcome is not None and identity.token == shown and _may_have_landed(outcome):
            break
        shown = identity.token
        body: dict[str, object] = {"token": identity.token}
        if doors.asks:
            body["features"] = list(doors.asks)
        outcome = yield from ask(
            Ask(method="POST", url=doors.mint_url, headers=_JSON, body=body, seconds=_SECONDS)
        )
        if not is_passing(outcome) or tried >= patience.tries:
            break
        yield patience.wait(tried, outcome)
    assert outcome is not None
    if isinstance(outcome, Answer) and outcome.is_success:
        said = outcome.to_object()
        token, expires = said.get("token"), said.get("expires")
        # What cannot stand in a header is no token, whoever calls it one.
        if isinstance(token, str) and token.isascii() and token.isprintable() and token.strip():
            return Minted(token=token, expires=_time(expires))
        return Refused(what=f"{target.title} gave no upload token", said="its answer has none")
    return refusal_of(outcome, f"{target.title} gave no upload token")


def _may_have_landed(outcome: Outcome) -> bool:
    """Whether the index may have noted the token as used; one that asks for patience has not looked at it."""
    return isinstance(outcome, Unreached) or outcome.status not in _ASKS_FOR_PATIENCE


def _time(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LATEST:
        return float(value)
    return 0.0


def burn(doors: Doors, token: str) -> Conversation[bool]:
    """End an upload token early; say whether the index took note. It ends by itself anyway, soon."""
    request = Ask(
        method="POST", url=doors.burn_url, headers=_JSON, body={"token": token}, seconds=5.0
    )
    outcome = yield from patiently(request, Patience(tries=2, first=0.5))
    return isinstance(outcome, Answer) and outcome.is_success
