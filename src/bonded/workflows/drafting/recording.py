"""Publishers recorded in pyproject.toml, as `[[tool.bonded.publishers]]` at its end; every other byte stays.

Text is added and read back: where the result does not mean exactly what was there and the new entries, nothing is
written and the owner is told the lines.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["as_toml", "recorded"]

Entry = Mapping[str, str]


def as_toml(entry: Entry) -> str:
    """Return an entry as TOML; a JSON string of these characters is a TOML string."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    return "\n".join(["[[tool.bonded.publishers]]", *lines]) + "\n"


def recorded(text: str, entries: Iterable[Entry], *, project: str) -> str | None:
    """Return the text with the entries that it lacks; None where they cannot be added to it.

    An entry is there already if one of the same index, project and workflow is: what its owner recorded is the truth.
    """
    before = tomllib.loads(text)
    present = _entries(before)
    if present is None:
        return None
    known = {_key(entry, project) for entry in present}
    wanted = [dict(entry) for entry in entries if _key(entry, project) not in known]
    if not wanted:
        return text
    joined = text if text.endswith("\n") or not text else f"{text}\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"\n{as_toml(entry)}" for entry in wanted).replace("\n", newline)
    result = joined + added
    try:
        after = tomllib.loads(result)
    except tomllib.TOMLDecodeError:
        return None
    tool = before.setdefault("tool", {})
    tool.setdefault("bonded", {})["publishers"] = [*present, *wanted]
    return result if after == before else None


def _entries(data: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the entries that are there; None where something else stands in their place."""
    table: Any = data
    for name in ("tool", "bonded"):
        table = table.get(name, {})
        if not isinstance(table, dict):
            return None
    listed = table.get("publishers", [])
    if isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed):
        return listed
    return None


def _key(entry: Mapping[str, Any], project: str) -> tuple[object, ...]:
    return (
        entry.get("index", "pypi"),
        str(entry.get("project", project)).lower(),
        entry.get("workflow", ""),
    )
