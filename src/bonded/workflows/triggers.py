"""Would this event start this workflow, and which rule decides.

The rules are those of GitHub's documentation of the events that start workflows. What an Event does not carry is not
judged: a pull request is taken to aim at the default branch, the finished run of a `workflow_run` to be of the event's
branch, and an event without an activity type passes any `types`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bonded.errors import Fault, InvalidInput
from bonded.workflows.events import Event
from bonded.workflows.filters import (
    FilterError,
    Pattern,
    deciding,
    matches,
    parse_patterns,
    passes,
)
from bonded.workflows.model import Trigger, Workflow

__all__ = ["FilterError", "Start", "matches", "starts"]

# Where `types` is not given, GitHub takes all of an event's types, except for these events.
_PULL_REQUEST_TYPES = ("opened", "synchronize", "reopened")
_DEFAULT_TYPES = {
    "pull_request": _PULL_REQUEST_TYPES,
    "pull_request_target": _PULL_REQUEST_TYPES,
}
_ESCAPED_LETTER = re.compile(r"\\[A-Za-z0-9]")
_TO_THE_DEFAULT_BRANCH = frozenset({"pull_request", "pull_request_target", "merge_group"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Whether a run starts; `rule` is a sentence that names what decides, `trigger` the entry of `on:` it is in."""

    starts: bool
    rule: str
    trigger: Trigger | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one rule says; of several, the first that refuses decides, else the first."""

    passes: bool
    rule: str


def starts(workflow: Workflow, event: Event) -> Start:
    """Return whether `event` starts a run of `workflow`, and by which rule.

    Raises InvalidInput, placed at the trigger, for a pattern that GitHub rejects and for a filter that is given
    together with its `-ignore` twin.
    """
    trigger = next((entry for entry in workflow.triggers if entry.event == event.name), None)
    if trigger is None:
        return Start(starts=False, rule=f"the workflow has no `on.{event.name}`", trigger=None)
    verdicts = [*_types(trigger, event), *_filters(trigger, event)]
    refusals = [verdict for verdict in verdicts if not verdict.passes]
    plain = _Verdict(passes=True, rule=f"the workflow has `on.{event.name}` without filters")
    decider = (refusals or verdicts or [plain])[0]
    return Start(starts=decider.passes, rule=decider.rule, trigger=trigger)


def _types(trigger: Trigger, event: Event) -> Iterator[_Verdict]:
    """Judge the activity type; events without one are not judged."""
    if not event.action:
        return
    if trigger.types is not None:
        accepted = event.action in trigger.types
        given = f"`on.{trigger.event}.types` is [{', '.join(trigger.types)}]"
    elif default := _DEFAULT_TYPES.get(trigger.event):
        accepted = event.action in default
        given = f"`on.{trigger.event}` names no types, so it takes [{', '.join(default)}]"
    else:
        accepted = True
        given = f"`on.{trigger.event}` names no types, so it takes all"
    yield _Verdict(passes=accepted, rule=f"{given}, and this event is {event.action}")


def _filters(trigger: Trigger, event: Event) -> Iterator[_Verdict]:
    """Judge the ref, then the paths; both must pass. No filter of a kind lets the kind pass."""
    if trigger.event == "push":
        yield from _pushed_ref(trigger, event)
    else:
        branch = event.default_branch if trigger.event in _TO_THE_DEFAULT_BRANCH else event.ref_name
        yield from _named(trigger, "branches", f"the branch '{branch}'", branch)
    yield from _paths(trigger, event)


def _pushed_ref(trigger: Trigger, event: Event) -> Iterator[_Verdict]:
    """Judge the tag or branch of a push: filters of the other kind only keep it out."""
    own, other = ("tags", "branches") if event.ref_type == "tag" else ("branches", "tags")
    if _filter(trigger, own) is not None:
        yield from _named(trigger, own, f"the {event.ref_type} '{event.ref_name}'", event.ref_name)
    elif _filter(trigger, other) is not None:
        singular = "branch" if other == "branches" else "tag"
        yield _Verdict(
            passes=False,
            rule=f"`on.push` has only {singular} filters, and this is the push of a {event.ref_type}",
        )


def _paths(trigger: Trigger, event: Event) -> Iterator[_Verdict]:
    """Judge the changed paths: one that passes is enough; for tags GitHub does not look at them."""
    if event.ref_type == "tag" or event.changed_paths is None:
        return
    if (found := _filter(trigger, "paths")) is None:
        return
    key, patterns = found
    passing = next((path for path in event.changed_paths if _decided(patterns, path, key)[0]), None)
    where = f"`on.{trigger.event}.{key}`"
    if passing is None:
        yield _Verdict(passes=False, rule=f"{where} lets none of the changed paths pass")
    else:
        yield _Verdict(passes=True, rule=f"{where} lets the changed path '{passing}' pass")


def _named(trigger: Trigger, kind: str, what: str, name: str) -> Iterator[_Verdict]:
    """Judge a name by the filter of this kind, if the trigger has one."""
    if (found := _filter(trigger, kind)) is None:
        return
    key, patterns = found
    passed, pattern = _decided(patterns, name, key)
    where = f"`on.{trigger.event}.{key}`"
    if pattern is None:
        listed = ", ".join(f"'{one.text}'" for one in patterns)
        rule = f"{where} has no pattern that matches {what}: {listed}"
    elif pattern.negative:
        rule = f"{where} has '{pattern.text}', which takes back {what}"
    else:
        rule = f"{where} has '{pattern.text}', and {what} matches it"
    yield _Verdict(passes=passed, rule=rule + _doubt(patterns))


def _decided(patterns: tuple[Pattern, ...], name: str, key: str) -> tuple[bool, Pattern | None]:
    """Return whether `name` passes, and the last pattern that applies to it."""
    last = deciding(patterns, name)
    return passes(last, ignore=key.endswith("-ignore")), last


def _filter(trigger: Trigger, kind: str) -> tuple[str, tuple[Pattern, ...]] | None:
    """Return the name and patterns of the filter of this kind or of its `-ignore` twin, or None."""
    keys = [key for key in (kind, f"{kind}-ignore") if key in trigger.filters]
    if not keys:
        return None
    if len(keys) > 1:
        raise _invalid(
            trigger,
            f"`on.{trigger.event}` has both `{kind}` and `{kind}-ignore`",
            f"Keep one of them; `{kind}` can exclude by patterns that begin with `!`.",
        )
    try:
        return keys[0], parse_patterns(trigger.filters[keys[0]], ignore=keys[0] != kind)
    except FilterError as error:
        raise _invalid(trigger, f"`on.{trigger.event}.{keys[0]}`: {error.message}") from error


def _invalid(trigger: Trigger, message: str, hint: str = "") -> InvalidInput:
    return InvalidInput((Fault(trigger.location, message, hint),))


def _doubt(patterns: tuple[Pattern, ...]) -> str:
    """Return a warning, if a pattern escapes a letter or digit as regular expressions do, which GitHub leaves open."""
    doubtful = [pattern.text for pattern in patterns if _ESCAPED_LETTER.search(pattern.text)]
    if not doubtful:
        return ""
    return f" (GitHub does not say what the escape in '{doubtful[0]}' means; here it is the plain character)"
