"""Why a token was refused, for the owner: every check in a table, and the next steps in order.

The mint's answer names one check, as PyPI's does. This reads the whole refusal: if the token itself was at fault, the
steps are about the token; if no publisher matched, they are about the nearest one. First come the likeliest steps, one
for each check that failed (all of them are needed), then the other ways.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from bonded.minting.advice import token as advice_token
from bonded.minting.advice.issuer import kind_of_issuer, not_enabled, unknown_issuer
from bonded.minting.advice.register import form_of, register
from bonded.minting.advice.tables import advise
from bonded.minting.advice.wording import Advice, Miss, Side
from bonded.minting.exchange import Refused
from bonded.minting.ports import Refusal
from bonded.oidc.verify import TokenFault, TokenRefused
from bonded.publishers import Claims, Judgement, Selection, shown
from bonded.publishers.provider import Provider
from bonded.publishers.providers import provider_of_issuer, provider_of_kind
from bonded.publishers.rule import Checked

ENABLE = (
    "let it publish again with `bonded publisher enable`, which keeps the ids of its next token (or "
    "remove the publisher and add it again)"
)
DISABLED = "the publisher {} disabled"

__all__ = [
    "Advice",
    "Diagnosis",
    "Row",
    "Side",
    "advice_on",
    "diagnose",
    "once",
    "row_of",
    "unique",
]


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


def diagnose(refused: Refused, *, predicted: bool = False) -> Diagnosis:
    """Explain a refusal. The result is for the owners of a publisher: it quotes what is registered.

    With `predicted`, nobody was refused yet, and no publisher was disabled by it.
    """
    refusal = refused.refusal
    summary = refusal.fault.detail if refusal.fault else refusal.description
    verb = "would be" if predicted and refusal.disable else "is"
    return Diagnosis(
        summary=summary.replace(DISABLED.format("is"), DISABLED.format(verb), 1),
        table=_table(refusal),
        advice=_advice(refusal, DISABLED.format(verb)),
    )


def row_of(fault: TokenRefused) -> Row:
    """Return the check of a token that failed; its claim is empty if it was none of a claim."""
    how = (
        "equal"
        if fault.reason in {TokenFault.AUDIENCE, TokenFault.ISSUER}
        else "present and in time"
    )
    return Row(
        claim=fault.claim, registered=fault.expected, got=fault.got or None, how=how, ok=False
    )


def advice_on(selection: Selection, claims: Claims, kind: str = "") -> tuple[Advice, ...]:
    """Return the steps after which the nearest publisher would match claims of which none was chosen.

    `kind` is that for which the index trusts the claims' issuer, if it is known.
    """
    nearest = selection.nearest
    if nearest is None:
        own = provider_of_kind(kind) or provider_of_issuer(claims.get("iss"))
        return (register(own, claims),)
    provider = provider_of_kind(nearest.publisher.kind)
    assert provider is not None
    ways = [advise(miss) for miss in _misses(nearest, provider, claims)]
    ranked = [advice for rank in zip_longest(*ways) for advice in rank if advice is not None]
    if not ranked:  # a claim is missing that no check compares, such as `ref` or `sha`
        return (advice_token.incomplete(selection.reason, provider),)
    ranked += _other_environments(selection, nearest)
    if any(advice.field == "if" for advice in ranked):
        ranked.append(register(provider, claims))
    return unique(ranked)


def _other_environments(selection: Selection, nearest: Judgement) -> list[Advice]:
    """Return the ways to publishers of the same job in another environment, where nothing but that differs."""
    if [one.claim for one in nearest.mismatches] != ["environment"]:
        return []
    others = [
        one.publisher.to_fields().get("environment", "")
        for one in selection.judgements[1:]
        if [miss.claim for miss in one.mismatches] == ["environment"]
    ]
    return [
        Advice(
            sentence=f"Or give the job `environment: {name}`: there is a publisher for that one too.",
            side="workflow",
            field="environment",
            new_value=name,
        )
        for name in filter(None, others)
    ]


def unique(steps: Iterable[Advice]) -> tuple[Advice, ...]:
    """Return the steps, without those that change what an earlier one changes in the same way."""
    found: dict[tuple[str, str, str], Advice] = {}
    for step in steps:
        found.setdefault((step.side, step.field, step.new_value), step)
    return tuple(found.values())


def once(checks: Iterable[Checked]) -> tuple[Checked, ...]:
    """Return checks with one for each claim: the first that failed, or else the last, which is the strictest."""
    found: dict[str, Checked] = {}
    for check in checks:
        if check.claim not in found or found[check.claim].passed:
            found[check.claim] = check
    return tuple(found.values())


def _misses(nearest: Judgement, provider: Provider, claims: Claims) -> Iterable[Miss]:
    return (
        Miss(
            claim=one.claim,
            expected=one.expected,
            got=one.got or "",
            how=one.how,
            publisher=nearest.publisher,
            provider=provider,
            claims=claims,
        )
        for one in nearest.mismatches
    )


def _table(refusal: Refusal) -> tuple[Row, ...]:
    if refusal.fault is not None and refusal.fault.claim:
        return (row_of(refusal.fault),)
    nearest = refusal.selection.nearest if refusal.selection else None
    if nearest is None:
        return ()
    return tuple(
        Row(claim=one.claim, registered=one.expected, got=one.got, how=one.how, ok=one.passed)
        for one in once((*nearest.checks, *refusal.pinned))
    )


def _advice(refusal: Refusal, disabled: str) -> tuple[Advice, ...]:
    provider = provider_of_kind(refusal.kind) or provider_of_issuer(refusal.issuer)
    claims: Claims = refusal.claims or {}
    if refusal.fault is not None:
        return (advice_token.faulty(refusal.fault, provider),)
    match refusal.code:
        case "invalid-reuse-token":
            return (advice_token.used(provider),)
        case "invalid-pending-publisher":
            return (_exists(provider, claims),)
        case "not-enabled":
            return (not_enabled(refusal.kind or kind_of_issuer(refusal.issuer)),)
        case "invalid-token":
            return (advice_token.later(provider),)
    if refusal.selection is None:
        if not refusal.issuer:
            return (advice_token.no_token(),)
        return (unknown_issuer(refusal.issuer, audience=refusal.audience),)
    if refusal.selection.publisher is not None:
        return (_disabled(refusal, disabled),)
    steps = advice_on(refusal.selection, claims, refusal.kind)
    changed = [one for one in refusal.pinned if not one.passed]
    return (*steps, *(_another(one) for one in changed))


def _exists(provider: Provider | None, claims: Claims) -> Advice:
    """The pending publisher matched, and the project that it waited for was made by somebody."""
    form = form_of(provider, claims) if provider else {}
    listed = ", ".join(f"{label} {value!r}" for label, value in form.items() if value)
    return Advice(
        sentence="The project exists by now, so the pending publisher is void: one who owns the project adds a "
        f"publisher to the project itself{f', with {listed}' if listed else ''}. If it is somebody else's project, "
        "choose another name.",
        side="publisher",
        field="publisher",
        new_value=listed,
    )


def _disabled(refusal: Refusal, disabled: str) -> Advice:
    """Every check passed, but an id was not the one that was pinned. The old id stays unsaid: others may read this."""
    held = [one.claim for one in refusal.pinned]
    changed = next((one.claim for one in refusal.pinned if not one.passed), "")
    now = (shown(refusal.claims.get(changed)) if refusal.claims else "") or ""
    if changed:
        why = f"{changed!r} is {now!r} now, and was another id before"
        why = f"{why}: the source was made anew, or is somebody else's. If it is yours"
    elif name := next((one for one in held if f"'{one}'" in refusal.description), ""):
        why = f"a token came for it with another {name!r}, and this one has the id that was kept"
        why = f"{why}: look who sent the other. Then"
    else:
        why = "an id changed: the source was made anew, or is somebody else's. If it is yours"
    return Advice(
        sentence=f"{disabled[0].upper()}{disabled[1:]}, since {why}, {ENABLE}.",
        side="publisher",
        field=changed or "publisher",
        new_value=now,
    )


def _another(pinned: Checked) -> Advice:
    """The nearest publisher was pinned to another id, so it would be disabled as soon as all the rest fits."""
    return Advice(
        sentence=f"The publisher is kept for the {pinned.claim!r} {pinned.expected!r}, and the token says "
        f"{pinned.got!r}: the source was made anew, or is somebody else's. If it is yours, {ENABLE}.",
        side="publisher",
        field=pinned.claim,
        new_value=pinned.got or "",
    )
