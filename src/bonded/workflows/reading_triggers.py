"""Triggers: from `on:` to `Trigger`, with the rules that concern several keys."""

from bonded.errors import Location
from bonded.workflows import cron
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.faults import Faults, below
from bonded.workflows.filters import FilterError, parse_pattern
from bonded.workflows.model import Input, Trigger
from bonded.workflows.reading_parts import mapping, scalar, text_of, words
from bonded.workflows.schema_events import FILTERS


def triggers(node: Node | None, faults: Faults) -> tuple[Trigger, ...]:
    """Return one trigger per event, whichever of its three forms `on:` has."""
    if not isinstance(node, Mapping):
        return tuple(Trigger(event=text_of(one), location=one.location) for one in words(node))
    return tuple(_trigger(key.text, value, key.location, faults) for key, value in node.entries)


def _trigger(event: str, node: Node, location: Location, faults: Faults) -> Trigger:
    place = below("on", event)
    if event == "schedule":
        _check_schedule(node, faults, place)
    block = mapping(node)
    types = block.get("types")
    return Trigger(
        event=event,
        filters=_filters(event, block, faults, place),
        types=None if types is None else tuple(text_of(one) for one in words(types)),
        inputs=_inputs(block.get("inputs"), faults, below(place, "inputs")),
        location=location,
    )


def _filters(event: str, block: Mapping, faults: Faults, place: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for name in FILTERS.get(event, "").split():
        ignore = f"{name}-ignore"
        for key in (name, ignore):
            node = block.get(key)
            if isinstance(node, Sequence) or (isinstance(node, Scalar) and node.value is not None):
                found[key] = tuple(text_of(one) for one in words(node))
        for key in found.keys() & {name, ignore}:
            _check_patterns(block.get(key), faults, below(place, key))
        second = block.get(ignore)
        if name in found and second is not None:
            message = f"`{name}` and `{ignore}` cannot be used for the same event"
            hint = f"Keep `{name}` and write what to leave out as `!pattern`."
            faults.add(second.location, place, message, hint)
    return found


def _check_patterns(node: Node | None, faults: Faults, place: str) -> None:
    """Note patterns that GitHub rejects, and a list that has nothing to take back from."""
    patterns = [one for one in words(node) if text_of(one)]
    for one in patterns:
        try:
            parse_pattern(text_of(one))
        except FilterError as error:
            hint = "`*`, `**`, `?`, `+`, `[]` and `!` are special; put `\\` before them to mean themselves."
            faults.add(one.location, place, error.message, hint)
    only_negative = patterns and all(text_of(one).startswith("!") for one in patterns)
    if only_negative and not place.endswith("-ignore"):
        message = "at least one pattern must be without `!`, or nothing is ever matched"
        hint = "Put `'**'` before the others, or use the filter that ends in `-ignore`."
        faults.add(patterns[0].location, place, message, hint)


def _check_schedule(node: Node, faults: Faults, place: str) -> None:
    for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
        when = scalar(mapping(item).get("cron"))
        wrong = cron.why_invalid(text_of(when)) if when is not None else ""
        if when is not None and wrong:
            hint = "Write five fields: minute hour day month weekday."
            faults.add(when.location, below(below(place, index), "cron"), wrong, hint)


def _inputs(node: Node | None, faults: Faults, place: str) -> tuple[Input, ...]:
    found = []
    for key, value in mapping(node).entries:
        block = mapping(value)
        kind = text_of(block.get("type")) or "string"
        options = tuple(text_of(one) for one in words(block.get("options")))
        if kind == "choice" and not options:
            faults.add(key.location, below(place, key.text), "a choice needs `options`")
        elif kind != "choice" and block.get("options") is not None:
            message = f"`options` goes with the type `choice`, not with `{kind}`"
            faults.add(key.location, below(place, key.text), message)
        found.append(
            Input(
                name=key.text,
                type=kind,
                required=text_of(block.get("required")) == "true",
                default=scalar(block.get("default")),
                options=options,
                location=key.location,
            )
        )
    return tuple(found)
