"""Claims held against publishers, also where only a part of the claims is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bonded.minting.explaining.assumed import assumed_for, inferred, is_of_shape, provider_by_shape
from bonded.publishers import Claims, Publisher, Rules, Selection, select

__all__ = ["Case", "Presented", "judged", "presented"]

WHOLE = frozenset({"iss", "exp"})
"""Claims that every token has, and that nobody copies by hand."""

ABSENT = "MISSING"
"""What clients print for a claim that the token does not have."""

NONE_NEAR = "Publisher with matching claims was not found"
"""PyPI's reason where no publisher is near; of claims that are not known, `select` would say that they are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """Claims as they are known.

    With `partial`, a claim that is not there is not known; only those in `absent` are known not to be in the token.
    """

    claims: Claims
    partial: bool = False
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One selection among publishers, the claims it was made on, and which of those were taken for granted."""

    selection: Selection
    claims: Claims
    assumed: Claims = field(default_factory=dict)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How near it came: accepted and narrow, or else the later its first fault the better."""
        if self.selection.publisher is not None:
            return (True, self.selection.publisher.specificity, 0)
        nearest = self.selection.nearest
        failed = [at for at, one in enumerate(nearest.checks) if not one.passed] if nearest else []
        return (False, failed[0] if failed else -1, -len(failed))


def presented(document: Mapping[str, object]) -> Presented:
    """Return the claims of a JSON document: all those of a token, or the block of some that a client prints.

    They may stand in a member `claims`.
    """
    inner = document.get("claims")
    claims = inner if isinstance(inner, Mapping) else document
    if claims.keys() >= WHOLE:
        return Presented(claims=claims)
    absent = frozenset(name for name, value in claims.items() if value == ABSENT)
    known = {name: value for name, value in claims.items() if name not in absent}
    return Presented(claims=known, partial=True, absent=absent)


def judged(publishers: Sequence[Publisher], said: Presented, *, rules: Rules) -> Case:
    """Select among publishers. Where claims are known in part, each publisher is tried with what it would need."""
    if not said.partial:
        return Case(selection=select(publishers, said.claims, rules=rules), claims=said.claims)
    claims, absent = inferred(said.claims, said.absent)
    shape = provider_by_shape(claims)
    if "iss" not in claims:
        publishers = [one for one in publishers if is_of_shape(one.kind, claims)]
    cases = []
    for one in publishers:
        assumed = assumed_for(one, claims, absent, rules)
        whole = {**assumed, **claims}
        selection = select([one], whole, rules=rules)
        cases.append(Case(selection=selection, claims=whole, assumed=assumed))
    if cases:
        cases.sort(key=lambda case: case.rank, reverse=True)
        return _with_others(cases)
    whole = {"iss": shape.issuer if shape else "", **claims}
    return Case(selection=Selection(publisher=None, reason=NONE_NEAR), claims=whole)


def _with_others(cases: Sequence[Case]) -> Case:
    """Return the first case, with the judgements of the others behind its own where none was accepted."""
    best = cases[0]
    if best.selection.publisher is not None:
        return best
    judgements = tuple(one for case in cases for one in case.selection.judgements)
    return replace(best, selection=replace(best.selection, judgements=judgements))
