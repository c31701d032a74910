"""The events of `on:` and what each may be filtered by, after GitHub's page on events and its workflow parser."""

from collections.abc import Mapping
from types import MappingProxyType

from bonded.workflows.shapes import (
    FILLED,
    FLAG,
    NUMBER,
    SCALAR,
    TEXT,
    WORDS,
    Anything,
    At,
    Either,
    Keys,
    ListOf,
    Nothing,
    Shape,
    Text,
    choice,
)

_CHANGES = "created edited deleted"
_PULL_REQUEST = """
    assigned unassigned labeled unlabeled opened edited closed reopened synchronize converted_to_draft locked unlocked
    enqueued dequeued milestoned demilestoned ready_for_review review_requested review_request_removed
    auto_merge_enabled auto_merge_disabled stacked
"""

# Event: the activity types that `types:` may name.
ACTIVITY_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "branch_protection_rule": _CHANGES,
        "check_run": "completed created rerequested requested_action",
        "check_suite": "completed",
        "discussion": f"""{_CHANGES} transferred pinned unpinned labeled unlabeled locked unlocked
            category_changed answered unanswered""",
        "discussion_comment": _CHANGES,
        "image_version": "created ready deleted",
        "issue_comment": _CHANGES,
        "issues": """opened edited deleted transferred pinned unpinned closed reopened assigned unassigned labeled
            unlabeled locked unlocked milestoned demilestoned field_added field_removed typed untyped""",
        "label": _CHANGES,
        "merge_group": "checks_requested",
        "milestone": f"{_CHANGES} closed opened",
        "project": f"{_CHANGES} closed reopened",
        "project_card": f"{_CHANGES} moved converted",
        "project_column": "created updated moved deleted",
        "pull_request": _PULL_REQUEST,
        "pull_request_comment": _CHANGES,
        "pull_request_review": "submitted edited dismissed",
        "pull_request_review_comment": _CHANGES,
        "pull_request_target": _PULL_REQUEST,
        "registry_package": "published updated",
        "release": "published unpublished created edited deleted prereleased released",
        "watch": "started",
        "workflow_run": "requested completed in_progress",
    }
)

# Event: what it can be filtered by; each filter has a twin that ends in `-ignore`.
FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "push": "branches tags paths",
        "pull_request": "branches paths",
        "pull_request_target": "branches paths",
        "merge_group": "branches",
        "workflow_run": "branches",
    }
)

_BARE = "create delete deployment deployment_status fork gollum page_build public status"

_DISPATCH_INPUT = Keys(
    {
        "description": TEXT,
        "type": choice("string boolean number environment choice", "type"),
        "required": FLAG,
        "default": SCALAR,
        "options": ListOf(TEXT),
    }
)
# GitHub's parser refuses a filter that an event does not have; its server passes over it, and the workflow runs.
_IGNORED = Anything()
_CALL = Keys(
    {
        "inputs": Keys(
            loose=Keys(
                {
                    "description": TEXT,
                    "type": choice("string boolean number", "type"),
                    "required": FLAG,
                    "default": At(
                        "on.workflow_call.inputs.<inputs_id>.default", Either((TEXT, FLAG, NUMBER))
                    ),
                },
                required=("type",),
            )
        ),
        "secrets": Keys(loose=Either((Nothing(), Keys({"description": TEXT, "required": FLAG})))),
        "outputs": Keys(
            loose=Keys(
                {
                    "description": TEXT,
                    "value": At("on.workflow_call.outputs.<output_id>.value", TEXT),
                },
                required=("value",),
            )
        ),
    }
)
_SPECIAL: Mapping[str, Keys] = MappingProxyType(
    {
        "repository_dispatch": Keys({"types": WORDS}, loose=_IGNORED),
        "workflow_dispatch": Keys({"inputs": Keys(loose=_DISPATCH_INPUT)}, loose=_IGNORED),
        "workflow_call": _CALL,
    }
)
_EXTRA: Mapping[str, Mapping[str, Shape]] = MappingProxyType(
    {
        "image_version": {"names": WORDS, "versions": WORDS},
        "workflow_run": {"workflows": WORDS},
    }
)
# GitHub's parser asks for a list; its server takes an empty filter for none, and workflows that have one run.
_FILTER = Either((Nothing(), *WORDS.options))
_SCHEDULE = ListOf(Keys({"cron": FILLED, "timezone": FILLED}, required=("cron",)))


def _event(name: str) -> Shape:
    """Return the shape of what may stand under one event."""
    if name in _SPECIAL:
        return Either((Nothing(), _SPECIAL[name]))
    known: dict[str, Shape] = dict(_EXTRA.get(name, {}))
    if name in ACTIVITY_TYPES:
        one = choice(ACTIVITY_TYPES[name], "activity type")
        known["types"] = Either((one, ListOf(one)))
    for words in FILTERS.get(name, "").split():
        known[words] = known[f"{words}-ignore"] = _FILTER
    return Either((Nothing(), Keys(known, loose=_IGNORED)))


def keys_of(event: str) -> frozenset[str] | None:
    """Return what may stand under an event that is a mapping; None for an event that does not exist, or is a list."""
    shape = EVENTS.get(event)
    inner = shape.options[1] if isinstance(shape, Either) else None
    return frozenset(inner.known) if isinstance(inner, Keys) else None


EVENTS: Mapping[str, Shape] = MappingProxyType(
    {name: _event(name) for name in sorted({*ACTIVITY_TYPES, *FILTERS, *_SPECIAL, *_BARE.split()})}
    | {"schedule": _SCHEDULE}
)
_NAME = Text(choices=tuple(EVENTS), noun="event")
ON = Either((_NAME, ListOf(_NAME), Keys(EVENTS, noun="event")))
