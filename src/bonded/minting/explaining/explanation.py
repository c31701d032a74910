"""What an index would say to claims that nobody vouched for, and why: the mint's decision as an explanation.

Nothing is granted here and nothing proved. The claims come from a token whose signature may be unknown, from a file,
from a log, or from a workflow that never ran. They are plain mappings, judged by the same matcher as the mint's
(`publishers.select`), and what comes out can be shown and not spent. Where the mint stops at the first fault, all of
them are gathered, so that one look is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bonded.dists.endpoints import known as known_indexes
from bonded.minting.advice import token as advice_token
from bonded.minting.advice.elsewhere import Known, elsewhere, title_of, with_issuer
from bonded.minting.advice.issuer import kind_of_issuer, not_enabled, unknown_issuer
from bonded.minting.advice.wording import Advice
from bonded.minting.diagnosis import advice_on, once, row_of, unique
from bonded.minting.explaining.assumed import provider_by_shape
from bonded.minting.explaining.cases import Case, Presented, judged
from bonded.minting.explaining.notes import notes_on
from bonded.minting.explaining.token import token_faults
from bonded.minting.policy import Policy
from bonded.oidc.verify import TokenRefused
from bonded.publishers import said
from bonded.publishers.providers import provider_of_issuer, provider_of_kind

__all__ = ["Explanation", "Known", "Outcome", "Presented", "Seen", "explain"]

NOT_FOUND = "valid token, but no corresponding publisher"

Outcome = Literal["ok", "no", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One check, and how it came out; `unknown` if the claim, or what is registered for it, is not known."""

    claim: str
    registered: str
    got: str | None
    how: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What an index would answer: the verdict in a `sentence`, PyPI's `code` and `reason`, empty if it would accept.

    `known` is the publisher that matches, or the nearest; None if there is none of that issuer. `checks` are those of
    the token that failed, then the publisher's. `advice` are the steps, ranked. `unknown` are the claims that had to be
    taken for granted. `notes` are things to know beside the verdict.
    """

    code: str
    reason: str
    sentence: str
    known: Known | None
    checks: tuple[Seen, ...]
    advice: tuple[Advice, ...]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether the index would give an upload token."""
        return not self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """Something that the index would stop at."""

    code: str
    reason: str
    why: str
    advice: tuple[Advice, ...]


def explain(
    known: Sequence[Known],
    presented: Presented,
    *,
    policy: Policy,
    project: str = "",
    now: float | None = None,
    fault: TokenRefused | None = None,
) -> Explanation:
    """Return what an index of this policy, with these publishers, would say to a token with these claims.

    `project` is the project to be published, normalised, or empty for any. `now` is the moment (Unix seconds) at which
    the token comes; without it, the token comes right when it was made. `fault` is what a verification of the whole
    token has found.
    """
    here = [one for one in known if one.is_at(policy.audience) and one.is_for(project)]
    case = judged(
        [one.publisher for one in here],
        presented,
        rules=policy.rules,
    )
    seen = token_faults(presented.claims, policy=policy, now=now, partial=presented.partial)
    faults = (fault,) if fault else seen
    rows = _of_publisher(case, here)
    stops = _stop(case, known, policy)
    nearest = _nearest(case, here)
    findings = [*_token_findings(faults, case), *stops]
    if not stops and case.selection.publisher is None:
        findings.append(_mismatch(case, known, rows, policy=policy, project=project))
    first = findings[0] if findings else _Finding(code="", reason="", why="", advice=())
    unrecorded = nearest.unrecorded if nearest else frozenset()
    unknown = tuple(row.claim for row in rows if row.claim in case.assumed)
    steps = unique(step for finding in findings for step in finding.advice)
    return Explanation(
        code=first.code,
        reason=first.reason,
        sentence=_sentence(findings, nearest, unknown, policy),
        known=nearest,
        checks=(*_of_token(faults), *rows),
        advice=tuple(step for step in steps if step.field not in unrecorded),
        unknown=unknown,
        notes=notes_on(nearest, case.claims) if not findings else (),
    )


def _token_findings(faults: Sequence[TokenRefused], case: Case) -> list[_Finding]:
    nearest, issuer = case.selection.nearest, case.claims.get("iss")
    kind = nearest.publisher.kind if nearest else ""
    provider = (
        provider_of_kind(kind) or provider_of_issuer(issuer) or provider_by_shape(case.claims)
    )
    return [
        _Finding(
            code="invalid-token",
            reason="malformed or invalid token",
            why=fault.detail,
            advice=(advice_token.faulty(fault, provider),),
        )
        for fault in faults
    ]


def _stop(case: Case, known: Sequence[Known], policy: Policy) -> list[_Finding]:
    """Return why the index would not come to look at publishers; empty if it would."""
    issuer = said(case.claims, "iss")
    own = provider_of_issuer(issuer)
    at_pypi = policy.audience in {index.audience for index in known_indexes()}
    is_trusted = own is not None and (own.on_pypi or not at_pypi)
    could_be = any(
        one.publisher.issuer == issuer or with_issuer(one.publisher, case.claims)
        for one in known
        if not at_pypi or _is_on_pypi(one)
    )
    if not is_trusted and not could_be:
        reason = "unknown trusted publishing issuer"
        step = unknown_issuer(issuer, audience=policy.audience)
        why = f"it does not know the issuer {issuer!r}"
        return [_Finding(code="invalid-payload", reason=reason, why=why, advice=(step,))]
    kind = own.kind if own else kind_of_issuer(issuer)
    if policy.takes(kind):
        return []
    off = f"{kind} trusted publishing functionality not enabled"
    step = not_enabled(kind)
    return [_Finding(code="not-enabled", reason=off, why=off, advice=(step,))]


def _is_on_pypi(known: Known) -> bool:
    provider = provider_of_kind(known.publisher.kind)
    return provider is not None and provider.on_pypi


def _mismatch(
    case: Case,
    known: Sequence[Known],
    rows: Sequence[Seen],
    *,
    policy: Policy,
    project: str,
) -> _Finding:
    steps = elsewhere(
        known, case.claims, audience=policy.audience, project=project, rules=policy.rules
    )
    missed = [
        f"`{one.claim}` is {'absent' if one.got is None else repr(one.got)} and must be {one.registered!r}"
        for one in rows
        if one.outcome == "no"
    ]
    nothing = "no publisher is registered there for this issuer and project"
    why = "; ".join(missed) or (case.selection.reason if case.selection.judgements else nothing)
    return _Finding(
        code="invalid-publisher",
        reason=f"{NOT_FOUND} ({case.selection.reason})",
        why=why,
        advice=_ranked(steps, case),
    )


def _ranked(elsewhere: tuple[Advice, ...], case: Case) -> tuple[Advice, ...]:
    """Return the steps: a near miss of the same source comes first, then what matches elsewhere, then any miss."""
    nearest = case.selection.nearest
    provider = provider_of_kind(nearest.publisher.kind) if nearest else None
    is_own = nearest and provider and provider.same_source(nearest.publisher, case.claims)
    here = advice_on(case.selection, case.claims) if is_own or not elsewhere else ()
    return (*here, *elsewhere)


def _of_token(faults: Sequence[TokenRefused]) -> list[Seen]:
    rows = [row_of(fault) for fault in faults if fault.claim]
    return [
        Seen(claim=row.claim, registered=row.registered, got=row.got, how=row.how, outcome="no")
        for row in rows
    ]


def _of_publisher(case: Case, here: Sequence[Known]) -> list[Seen]:
    nearest, judgement = _nearest(case, here), case.selection.nearest
    if nearest is None or judgement is None:
        return []
    rows = []
    for one in once(judgement.checks):
        is_recorded = one.claim not in nearest.unrecorded
        is_known = one.claim not in case.assumed and is_recorded
        rows.append(
            Seen(
                claim=one.claim,
                registered=one.expected if is_recorded else "",
                got=None if one.claim in case.assumed else one.got,
                how=one.how,
                outcome="unknown" if not is_known else "ok" if one.passed else "no",
            )
        )
    return rows


def _nearest(case: Case, here: Sequence[Known]) -> Known | None:
    judgement = case.selection.nearest
    if judgement is None:
        return None
    return next(one for one in here if one.publisher is judgement.publisher)


def _sentence(
    findings: Sequence[_Finding], nearest: Known | None, unknown: Sequence[str], policy: Policy
) -> str:
    title = title_of(policy.audience)
    index = f"{title[0].upper()}{title[1:]}"
    if findings:
        return f"{index} would refuse this: {'; '.join(finding.why for finding in findings)}."
    assert nearest is not None
    unsure = f", if what is not known is right ({', '.join(unknown)})" if unknown else ""
    return f"{index} would accept this{unsure}: it matches {nearest.publisher.title}."
