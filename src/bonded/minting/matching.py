"""Genuine claims against what is registered: which publisher they speak for, and which pending ones.

    near in the index ─▶ publishers: select ─▶ pinned ids ─▶ Match
                     └─▶ pending publishers: select ───────▶ Match
                     └─▶ nothing: look wider, for the owner's sake ─▶ NoMatch

A pending publisher stands for a project that does not exist yet. It reserves nothing: where the project was made by
others meanwhile, it is void.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bonded.dists.names import ProjectName
from bonded.minting.ports import Candidates, Pending, Publishers, Registered
from bonded.oidc.claims import VerifiedClaims
from bonded.publishers import Publisher, Rules, Selection, said, select, shown
from bonded.publishers.provider import Provider
from bonded.publishers.rule import Checked

__all__ = ["Match", "NoMatch", "match"]

NONE_NEAR = "Publisher with matching claims was not found"
NOT_FOUND = "valid token, but no corresponding publisher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What claims speak for: a publisher, pending publishers, or both; never neither.

    `pins` are the ids to be kept with the grant, empty where nothing is new.
    """

    selection: Selection
    registered: Registered | None
    pending: tuple[Pending, ...]
    pins: Mapping[str, str]

    @property
    def kind(self) -> str:
        """Return the kind of the publisher that was chosen."""
        return self.selection.publisher.kind if self.selection.publisher else ""

    @property
    def projects(self) -> tuple[ProjectName, ...]:
        """Return the projects that may be published, the waiting ones last."""
        have = self.registered.projects if self.registered else ()
        return (*have, *(one.project for one in self.pending if one.project not in have))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMatch:
    """Why claims speak for nothing, in PyPI's code and sentence, and what the index must do about it.

    `disable` is the id of a publisher whose pinned ids changed; `drop_pending` are pending publishers that are void.
    `closed` are publishers of the selection that are disabled, or pinned to other ids: whoever sent the token may be
    told nothing of them. `pinned` are the ids that the first of the selection was pinned to, held against the claims.
    """

    code: str
    description: str
    selection: Selection
    disable: str = ""
    drop_pending: tuple[str, ...] = ()
    closed: tuple[Publisher, ...] = ()
    pinned: tuple[Checked, ...] = ()


def match(
    claims: VerifiedClaims,
    provider: Provider,
    *,
    publishers: Publishers,
    rules: Rules,
    now: float,
) -> Match | NoMatch:
    """Find what genuine claims of this provider speak for."""
    sources = provider.sources_of(claims)
    near = _of_kind(publishers.near(claims.issuer, sources[:1], now=now), provider.kind)
    able = [one for one in near.registered if one.projects and not one.disabled]
    selection, chosen = _chosen(able, claims, rules)
    waiting = _waiting(near.pending, claims, rules)
    alive = tuple(one for one in waiting if not one.project_exists)
    if chosen is None and alive:
        selection = select([alive[0].publisher], claims, rules=rules)
    if chosen is not None or alive:
        found = Match(selection=selection, registered=chosen, pending=alive, pins={})
        return _pinned(found, near, claims=claims, provider=provider) if rules.pin_ids else found
    if waiting:
        return NoMatch(
            code="invalid-pending-publisher",
            description="valid token, but project already exists",
            selection=selection,
            drop_pending=tuple(one.id for one in waiting),
        )
    wide = _of_kind(publishers.near(claims.issuer, sources, now=now), provider.kind)
    return _refused(near, wide, claims=claims, provider=provider, rules=rules)


def _of_kind(candidates: Candidates, kind: str) -> Candidates:
    return Candidates(
        registered=tuple(one for one in candidates.registered if one.publisher.kind == kind),
        pending=tuple(one for one in candidates.pending if one.publisher.kind == kind),
    )


def _chosen(
    registered: Sequence[Registered], claims: VerifiedClaims, rules: Rules
) -> tuple[Selection, Registered | None]:
    selection = select([one.publisher for one in registered], claims, rules=rules)
    if selection.publisher is None:
        return selection, None
    return selection, next(one for one in registered if one.publisher is selection.publisher)


def _waiting(
    pending: Sequence[Pending], claims: VerifiedClaims, rules: Rules
) -> tuple[Pending, ...]:
    """Return every pending publisher of the identity that was chosen: one workflow may begin several projects."""
    if not pending:
        return ()
    chosen = select([one.publisher for one in pending], claims, rules=rules).publisher
    return tuple(one for one in pending if chosen is not None and one.publisher == chosen)


def _pinned(
    found: Match, near: Candidates, *, claims: VerifiedClaims, provider: Provider
) -> Match | NoMatch:
    """Hold the pinned ids against the claims; a name with another id belongs to somebody else now."""
    chosen = found.registered
    for one, name in _watched(found, near, claims=claims, provider=provider):
        expected, got = one.pins[name], said(claims, name)
        if got != expected:
            changed = f"the publisher is disabled: {name!r} was {expected!r}, now it is {got!r}"
            return NoMatch(
                code="invalid-publisher",
                description=f"{NOT_FOUND} ({changed})",
                selection=found.selection,
                disable=one.id,
                pinned=_held(one, claims),
            )
    if chosen is None:
        return found
    ids = {name: said(claims, name) for name in provider.immutable_claims}
    new = {name: value for name, value in ids.items() if value and name not in chosen.pins}
    return replace(found, pins=new)


def _watched(
    found: Match, near: Candidates, *, claims: VerifiedClaims, provider: Provider
) -> Iterator[tuple[Registered, str]]:
    """Give the publishers whose pins count for a match, each with the name of an id that must be as it was.

    One repository has one id, whichever of its publishers is asked. So what another publisher of the same source was
    pinned to counts as well, disabled or not; else whoever took a freed name would try those that nobody used yet. What
    the chosen one has itself, pinned or in its fields, stands above that.
    """
    chosen, publisher = found.registered, found.selection.publisher
    own = dict(chosen.pins) if chosen else {}
    if chosen is not None:
        yield from ((chosen, name) for name in own)
    fixed = publisher.to_fields() if publisher else {}
    for one in near.registered:
        if one is not chosen and provider.same_source(one.publisher, claims):
            for name in one.pins:
                if name not in own and fixed.get(name, "") != claims.get(name):
                    yield one, name


def _is_anothers(
    registered: Registered, claims: VerifiedClaims, provider: Provider, rules: Rules
) -> bool:
    """Whether the ids in the claims differ from those that were pinned."""
    return rules.pin_ids and any(
        registered.pins.get(name, claims.get(name)) != claims.get(name)
        for name in provider.immutable_claims
    )


def _refused(
    near: Candidates,
    wide: Candidates,
    *,
    claims: VerifiedClaims,
    provider: Provider,
    rules: Rules,
) -> NoMatch:
    """Say that nothing matches; a publisher that was disabled says so itself.

    A publisher whose pinned ids are others belongs to somebody else, who took over a name or lost it. Where it has the
    same name it is judged for its owner, but gives no reason, so that nothing of it can be told.
    """
    disabled = [one for one in near.registered if one.projects and one.disabled]
    stopped, chosen = _chosen(disabled, claims, rules)
    if chosen is not None:
        return NoMatch(
            code="invalid-publisher",
            description=f"{NOT_FOUND} (the publisher is disabled: {chosen.disabled})",
            selection=stopped,
            pinned=_held(chosen, claims),
        )
    able = [
        one
        for one in wide.registered
        if one.projects and not one.disabled and not _is_anothers(one, claims, provider, rules)
    ]
    told = [*(one.publisher for one in able), *(one.publisher for one in wide.pending)]
    shut = [one for one in near.registered if one.projects and one not in able]
    selection = select([*told, *(one.publisher for one in shut)], claims, rules=rules)
    # An issuer without publishers is none that `select` knows, although the index does.
    reason = select(told, claims, rules=rules).reason if told or provider.issuer else NONE_NEAR
    nearest = selection.nearest.publisher if selection.nearest else None
    return NoMatch(
        code="invalid-publisher",
        description=f"{NOT_FOUND} ({reason})",
        selection=selection,
        closed=tuple(one.publisher for one in shut),
        pinned=next((_held(one, claims) for one in shut if one.publisher is nearest), ()),
    )


def _held(registered: Registered, claims: VerifiedClaims) -> tuple[Checked, ...]:
    """Return the ids that a publisher was pinned to, each held against the claims."""
    found = ((name, pin, shown(claims.get(name))) for name, pin in registered.pins.items())
    how = "equal; kept since the first token"
    return tuple(Checked(name, pin, got, how, got == pin) for name, pin, got in found)
