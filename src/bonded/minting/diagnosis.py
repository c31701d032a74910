"""Why a token was refused, for the owner: every check in a table, and the next steps in order.

The mint's answer names one check, as PyPI's does. This reads the whole refusal: if the token itself was at fault, the
steps are about the token; if no publisher matched, they are about the nearest one. First come the likeliest steps, one
for each check that failed (all of them are needed), then the other ways.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from bonded.dists.endpoints import known
from bonded.minting.advice import ADVISORS, Advice, Miss, Side, register
from bonded.minting.exchange import Refused
from bonded.minting.ports import Refusal
from bonded.oidc.verify import LEEWAY, TokenFault, TokenRefused
from bonded.publishers import Claims, Selection

__all__ = ["Advice", "Diagnosis", "Row", "Side", "diagnose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check: the claim, what is registered or demanded, what the token says (None: nothing), how it is compared."""

    claim: str
    registered: str
    got: str | None
    how: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A refusal explained: one sentence, the checks of the nearest publisher, the steps that mend it."""

    summary: str
    table: tuple[Row, ...]
    advice: tuple[Advice, ...]


def diagnose(refused: Refused) -> Diagnosis:
    """Explain a refusal. The result is for the owners of a publisher: it quotes what is registered."""
    refusal = refused.refusal
    return Diagnosis(
        summary=refusal.fault.detail if refusal.fault else refusal.description,
        table=_table(refusal),
        advice=_advice(refusal),
    )


def _table(refusal: Refusal) -> tuple[Row, ...]:
    if refusal.fault is not None and refusal.fault.claim:
        fault = refusal.fault
        how = (
            "equal"
            if fault.reason in {TokenFault.AUDIENCE, TokenFault.ISSUER}
            else "present and in time"
        )
        return (
            Row(
                claim=fault.claim,
                registered=fault.expected,
                got=fault.got or None,
                how=how,
                ok=False,
            ),
        )
    nearest = refusal.selection.nearest if refusal.selection else None
    if nearest is None:
        return ()
    return tuple(
        Row(claim=one.claim, registered=one.expected, got=one.got, how=one.how, ok=one.passed)
        for one in nearest.checks
    )


def _advice(refusal: Refusal) -> tuple[Advice, ...]:
    if refusal.fault is not None:
        return (FAULTS[refusal.fault.reason](refusal.fault),)
    if refusal.code == "invalid-reuse-token":
        return (_used(),)
    if refusal.selection is None:
        return (_unreadable(refusal),)
    return _matching(refusal, refusal.selection)


def _matching(refusal: Refusal, selection: Selection) -> tuple[Advice, ...]:
    claims: Claims = refusal.claims or {}
    nearest = selection.nearest
    if nearest is None:
        return (register(claims),)
    fields = nearest.publisher.to_fields()
    ways = [
        ADVISORS[miss.claim](
            Miss(expected=miss.expected, got=miss.got or "", fields=fields, claims=claims)
        )
        for miss in selection.mismatches
    ]
    ranked = [advice for rank in zip_longest(*ways) for advice in rank if advice is not None]
    if not ranked:  # a claim is missing that no check compares, `ref` or `sha`
        return (_token(f"{selection.reason}: ask for the token in the publishing job.", "GitHub"),)
    if any(advice.field == "if" for advice in ranked):
        ranked.append(register(claims))
    return tuple(dict.fromkeys(ranked))


def _audience(fault: TokenRefused) -> Advice:
    titles = {index.audience: index.title for index in known()}
    made_for, wanted = titles.get(fault.got), titles.get(fault.expected)
    if made_for and wanted:
        why = f"The token was made for {made_for}, but this is {wanted}"
    else:
        why = f"The token was made for {fault.got!r}"
    return Advice(
        sentence=f"{why}: in the workflow, ask for the token with the audience {fault.expected!r} alone, and let the "
        "upload go to the same index.",
        side="workflow",
        field="audience",
        new_value=fault.expected,
    )


def _expired(fault: TokenRefused) -> Advice:
    return _token(
        f"{_sentence(fault)} It lives about five minutes: ask for it right before the upload, in the same step."
    )


def _early(fault: TokenRefused) -> Advice:
    return _token(
        f"{_sentence(fault)} Two clocks differ by more than {LEEWAY} seconds: set the clock of this machine.",
        "project",
    )


def _foreign(fault: TokenRefused) -> Advice:
    return _token(
        f"{_sentence(fault)} It is not a token that its issuer made just now: ask GitHub for one inside the publishing "
        "job, with `permissions: id-token: write`, and hand it on unchanged."
    )


def _used() -> Advice:
    return _token(
        "This ID token was exchanged before, and each is taken once: ask GitHub for a new one in every attempt, "
        "and let only one step exchange it."
    )


def _unreadable(refusal: Refusal) -> Advice:
    if refusal.issuer:
        return _token(
            f"Tokens of {refusal.issuer!r} are not taken here: publish from a CI service that this index trusts.",
            "project",
        )
    return _token(
        "What was sent is no ID token: send the text that GitHub gives to the publishing job, as the member "
        "`token` of a JSON object."
    )


def _token(sentence: str, side: Side = "workflow") -> Advice:
    return Advice(sentence=sentence, side=side, field="token", new_value="")


def _sentence(fault: TokenRefused) -> str:
    return f"{fault.detail[0].upper()}{fault.detail[1:]}."


FAULTS: Mapping[TokenFault, Callable[[TokenRefused], Advice]] = {
    TokenFault.ALGORITHM: _foreign,
    TokenFault.CRITICAL_HEADER: _foreign,
    TokenFault.NO_KEY_ID: _foreign,
    TokenFault.UNKNOWN_KEY: _foreign,
    TokenFault.SIGNATURE: _foreign,
    TokenFault.MISSING_CLAIM: _foreign,
    TokenFault.ISSUER: _foreign,
    TokenFault.AUDIENCE: _audience,
    TokenFault.TIME: _foreign,
    TokenFault.LIFETIME: _foreign,
    TokenFault.EXPIRED: _expired,
    TokenFault.NOT_YET: _early,
}
