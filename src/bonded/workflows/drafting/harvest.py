"""Newer pins, found in workflows that others keep: `uses: OWNER/NAME@COMMIT # vX.Y.Z` read as a vote.

Every checkout has one vote for each action and release, however often it writes it. A release is taken when more than
half of those that pin it agree on its commit; of several, the highest. What is known already is never replaced by
anything older, and a known release whose commit others dispute is reported, not changed.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bonded.workflows.drafting.pins import Pin, Pins, release_of

__all__ = ["Harvest", "News", "harvest", "sightings"]

_USES = re.compile(
    r"""^\s*(?:-\s*)?(?:['"]?uses['"]?)\s*:\s*['"]?"""
    r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<name>[A-Za-z0-9._-]+)(?:/[^\s@'\"]*)?@(?P<commit>[0-9a-f]{40})"
    r"""['"]?\s+\#\s*(?:tag\s*[=:]\s*)?(?P<release>v?\d+(?:\.\d+){1,3})\s*$""",
    re.MULTILINE,
)

Sighting = tuple[str, str, str]
"""Action, release and commit, as one line of a workflow has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An action whose pin changes: `old` is None for one that was not known."""

    action: str
    old: Pin | None
    new: Pin
    votes: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What was found: news, and sentences about what was not believed."""

    news: tuple[News, ...]
    doubts: tuple[str, ...]

    def as_pins(self, seen: str) -> Pins:
        """Return the new pins alone; `seen` is today as ISO date."""
        return Pins(seen=seen, actions={one.action: one.new for one in self.news})


def sightings(text: str) -> frozenset[Sighting]:
    """Return every pinned action of a workflow's text whose comment names a full release (two numbers or more)."""
    return frozenset(
        (f"{m['owner']}/{m['name']}", m["release"], m["commit"]) for m in _USES.finditer(text)
    )


def harvest(
    checkouts: Mapping[str, Iterable[str]], known: Pins, *, only_known: bool = True
) -> Harvest:
    """Return what the checkouts know better; each value holds the texts of one checkout's workflows.

    With `only_known` actions that are not in `known` are left alone.
    """
    votes: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    names = {name.lower(): name for name in known.actions}
    for texts in checkouts.values():
        for action, release, commit in set().union(*(sightings(text) for text in texts)):
            name = names.setdefault(action.lower(), action)
            if name in known.actions or not only_known:
                votes[name][release][commit] += 1
    news: list[News] = []
    doubts: list[str] = []
    for action in sorted(votes, key=str.lower):
        found = _best(action, votes[action], known.actions.get(action), doubts)
        if found:
            news.append(found)
    return Harvest(news=tuple(news), doubts=tuple(doubts))


def _best(
    action: str, releases: Mapping[str, Counter[str]], old: Pin | None, doubts: list[str]
) -> News | None:
    """Return the highest believable release above the known one, or None."""
    by_age = sorted(releases, key=lambda text: (release_of(text) or 0, text), reverse=True)
    floor = release_of(old.version) if old else None
    for text in by_age:
        release, counted = release_of(text), releases[text]
        (commit, count), total = counted.most_common(1)[0], counted.total()
        if release is None or (floor is not None and release < floor):
            continue
        if old is not None and release == floor:
            if commit != old.commit:
                doubts.append(
                    f"{action} {text}: {count} of {total} checkouts pin {commit}, known is {old.commit}; kept"
                )
            continue
        if count * 2 <= total:
            doubts.append(f"{action} {text}: the checkouts disagree on its commit; not taken")
            continue
        return News(
            action=action, old=old, new=Pin(version=text, commit=commit), votes=count, of=total
        )
    return None
