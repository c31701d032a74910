"""What whoever asked for an upload token is told when there is none.

PyPI tells everyone one code and one sentence. An index of ours tells more, but not to everyone (the disclosure rule):

* A token that is not genuine, and one that comes from nowhere near a publisher, learns PyPI's code and that there is no
  publisher for the source that the token itself names.
* A genuine token from the very source of a publisher (`Provider.same_source`) learns what to change. Only publishers
  of that source are looked at; what is registered for others is never quoted, however near it comes.
* A publisher that was disabled since an id changed may have been taken over: nothing that is stored is quoted. One that
  is pinned to other ids than the token's is not looked at.

The steps are further members of `errors`, because clients print each of those, and members of `advice` for programs.
"""

from dataclasses import replace

from bonded.minting.advice.wording import Advice
from bonded.minting.diagnosis import diagnose
from bonded.minting.exchange import Refused
from bonded.minting.policy import Policy
from bonded.minting.ports import Refusal
from bonded.publishers import Claims, Judgement
from bonded.publishers.provider import Provider
from bonded.publishers.providers import provider_of_issuer, provider_of_kind

__all__ = ["TITLES", "body_of"]

TITLES = {
    "invalid-payload": "The request holds no ID token that is taken here",
    "invalid-token": "The ID token is not valid here",
    "invalid-publisher": "No publisher matches the ID token",
    "invalid-pending-publisher": "The project exists already",
    "invalid-reuse-token": "The ID token was used before",
    "not-enabled": "Trusted publishing is switched off",
}
"""RFC 9457's `title` for each of PyPI's codes; the page of the same name in `errors` explains it."""

STEP = "next-step"
"""The `code` of the further members of `errors`."""

STRANGER = "valid token, but no corresponding publisher"

MAX_SOURCE = 200
"""Characters of a source that are repeated to whoever named it."""


def body_of(refused: Refused, *, policy: Policy, problem: bool) -> dict[str, object]:
    """Return the JSON body that answers a refused exchange.

    By default it is PyPI's, to the letter. With `policy.explains`, whoever proved to come from a publisher's own source
    finds the next steps in it. `problem` adds the members of RFC 9457 (`type` is relative to the documentation), and
    the code as `code`; the rest stays, because twine reads `errors`.
    """
    refusal = refused.refusal
    description = _description(refusal) if policy.explains else _short(refusal)
    steps = _steps(refusal) if policy.explains else ()
    errors = [{"code": refusal.code, "description": description}]
    errors += [{"code": STEP, "description": step.sentence} for step in steps]
    body: dict[str, object] = {"message": "Token request failed", "errors": errors}
    if steps:
        body["advice"] = [_plain(step) for step in steps]
    if problem:
        body |= {
            "type": f"errors/{refusal.code}",
            "title": TITLES.get(refusal.code, "Token request failed"),
            "status": refusal.status,
            "detail": description,
            "code": refusal.code,
        }
    return body


def _description(refusal: Refusal) -> str:
    """Return the sentence for everybody: nothing in it is stored for a publisher."""
    if refusal.code != "invalid-publisher" or refusal.claims is None:
        return refusal.description
    own = _own(refusal)
    if _is_disabled(refusal) or not own:
        return f"{STRANGER} (no publisher for {_source(refusal)} on this index)"
    assert refusal.selection is not None
    if own[0] is refusal.selection.nearest:
        return refusal.description
    return f"{STRANGER} ({own[0].reason})"  # the reason that was given may be another publisher's


def _short(refusal: Refusal) -> str:
    """Return PyPI's sentence; of a publisher that was disabled, which PyPI does not know, no more than that."""
    if refusal.code == "invalid-publisher" and _is_disabled(refusal):
        return f"{STRANGER} (the publisher is disabled)"
    return refusal.description


def _steps(refusal: Refusal) -> tuple[Advice, ...]:
    """Return the steps that the bearer may know, ranked; none for a stranger."""
    if refusal.claims is None:
        return ()
    if refusal.fault is not None or refusal.code != "invalid-publisher":
        return diagnose(Refused(refusal=replace(refusal, selection=None))).advice
    if not (own := _own(refusal)):
        return ()
    assert refusal.selection is not None
    near = replace(refusal.selection, judgements=own)
    pinned = refusal.pinned if _is_disabled(refusal) else ()  # else it is another publisher's
    return diagnose(Refused(refusal=replace(refusal, selection=near, pinned=pinned))).advice


def _own(refusal: Refusal) -> tuple[Judgement, ...]:
    """Return the judgements of publishers from whose own source the claims come, the nearest first."""
    claims, selection = refusal.claims, refusal.selection
    if claims is None or selection is None:
        return ()
    closed = {id(one) for one in refusal.closed}
    return tuple(
        one
        for one in selection.judgements
        if id(one.publisher) not in closed and _is_own(one, claims)
    )


def _is_own(judgement: Judgement, claims: Claims) -> bool:
    provider = provider_of_kind(judgement.publisher.kind)
    return (
        provider is not None
        and judgement.publisher.issuer == claims.get("iss")
        and provider.same_source(judgement.publisher, claims)
    )


def _is_disabled(refusal: Refusal) -> bool:
    """Whether every check passed, and a change of the pinned ids closed the publisher."""
    return refusal.selection is not None and refusal.selection.publisher is not None


def _source(refusal: Refusal) -> str:
    """Return where the token says it comes from; nothing but the token's own words."""
    claims = refusal.claims
    assert claims is not None
    provider = _provider(refusal)
    named = provider.sources_of(claims)[0] if provider else ""
    text = claims.subject if named in {"", f"issuer {claims.issuer}"} else named
    shown = "".join(letter for letter in text if letter.isprintable())[:MAX_SOURCE]
    return shown or "this identity"


def _provider(refusal: Refusal) -> Provider | None:
    if provider := provider_of_kind(refusal.kind) or provider_of_issuer(refusal.issuer):
        return provider
    judgements = refusal.selection.judgements if refusal.selection else ()
    kinds = {one.publisher.kind for one in judgements}
    return provider_of_kind(kinds.pop()) if len(kinds) == 1 else None


def _plain(step: Advice) -> dict[str, str]:
    """Return a step in plain JSON values; the side is called `provider` whoever that is."""
    side = "provider" if step.side == "GitHub" else step.side
    return {
        "sentence": step.sentence,
        "side": side,
        "field": step.field,
        "new_value": step.new_value,
    }
