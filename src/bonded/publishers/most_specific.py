"""Of several publishers of one place, the one that claims speak for: the narrowest."""

from collections.abc import Mapping, Sequence

from bonded.publishers.provider import NotFound
from bonded.publishers.rule import Checked, Claims, Judgement, Publisher, judge

__all__ = ["most_specific", "nothing_stricter", "of_environment"]

NOT_FOUND = NotFound(reason="Publisher with matching claims was not found")


def of_environment(
    by_environment: Mapping[str, Publisher], environment: str
) -> Publisher | NotFound:
    """Return the publisher of a job's environment, else the one that takes any; never one of another environment."""
    return by_environment.get(environment) or by_environment.get("") or NOT_FOUND


def most_specific(
    publishers: Sequence[Publisher], claims: Claims, source: str
) -> Publisher | NotFound:
    """Return the narrowest publisher of a source that passes its own checks, for services that PyPI does not know.

    `source` is the first of the texts under which an index files publishers. If none passes, the nearest is returned,
    so that its judgement gives the reason.
    """
    verdicts = [judge(one, claims) for one in publishers if one.sources()[0] == source]
    if not verdicts:
        return NOT_FOUND
    return max(verdicts, key=_rank).publisher


def _rank(verdict: Judgement) -> tuple[bool, int]:
    if verdict.accepted:
        return (True, verdict.publisher.specificity)
    return (False, -len(verdict.mismatches))


def nothing_stricter(_publisher: Publisher, _claims: Claims) -> tuple[Checked, ...]:
    """Return that the look-up asks nothing that the checks do not ask too."""
    return ()
