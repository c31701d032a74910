"""Which commit an action's release is, and which version of a program workflows run: read, merged and written.

A pin says what others were seen to pin, so it carries its date. Of two pins of one action the newer release counts:
nothing here ever moves a workflow back.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

from bonded.errors import BondedError, Fault, InvalidInput, Location

__all__ = ["COMMIT", "Pin", "Pins", "merged", "read_pins", "release_of", "render"]

COMMIT = re.compile(r"[0-9a-f]{40}")
ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
RELEASE = re.compile(r"v?\d+(?:\.\d+){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One release of an action and the commit that it is."""

    version: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What is known of actions and programs; `seen` is the day on which it was collected, as ISO date or empty."""

    seen: str = ""
    actions: Mapping[str, Pin] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)

    def uses(self, action: str) -> str:
        """Return the value of `uses:` with the comment that Dependabot and others read the release from."""
        try:
            pin = self.actions[action]
        except KeyError:
            raise BondedError(
                f"no pin of {action} is known", hint="add it to your own file of pins"
            ) from None
        return f"{action}@{pin.commit} # {pin.version}"


def release_of(text: str) -> Version | None:
    """Return the release that a text such as `v7.0.1` names, or None; prereleases and branches name none."""
    if RELEASE.fullmatch(text) is None:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def merged(first: Pins, second: Pins) -> Pins:
    """Return both; of one action the newer release, of one release the commit of `second`."""
    actions = dict(first.actions)
    for name, pin in second.actions.items():
        if name not in actions or not _is_older(pin.version, actions[name].version):
            actions[name] = pin
    tools = dict(first.tools)
    for name, version in second.tools.items():
        if name not in tools or not _is_older(version, tools[name]):
            tools[name] = version
    return Pins(seen=max(first.seen, second.seen), actions=actions, tools=tools)


def _is_older(version: str, than: str) -> bool:
    one, other = release_of(version), release_of(than)
    return one is None or (other is not None and one < other)


def read_pins(text: str, file: str) -> Pins:
    """Return the pins of a data file; raises InvalidInput with every fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput((Fault(Location(file), f"this is not TOML: {error}"),)) from None
    faults = [f"unknown key `{key}`" for key in data if key not in {"seen", "actions", "tools"}]
    seen = data.get("seen", "")
    if not isinstance(seen, dt.date) and seen != "":
        faults.append(f"`seen` must be a date, got {seen!r}")
    actions, tools = _table(data, "actions", faults), _table(data, "tools", faults)
    pins = {name: pin for name, value in actions.items() if (pin := _pin(name, value, faults))}
    for name, version in tools.items():
        if not isinstance(version, str) or release_of(version) is None:
            faults.append(f"`tools.{name}` must be an exact version, got {version!r}")
    if faults:
        raise InvalidInput(tuple(Fault(Location(file), fault) for fault in faults))
    return Pins(seen=str(seen), actions=pins, tools=tools)


def _table(data: Mapping[str, Any], name: str, faults: list[str]) -> Mapping[str, Any]:
    value = data.get(name, {})
    if isinstance(value, dict):
        return value
    faults.append(f"`{name}` must be a table")
    return {}


def _pin(name: str, value: Any, faults: list[str]) -> Pin | None:
    where = f'`actions."{name}"`'
    if ACTION.fullmatch(name) is None:
        faults.append(f"{where} must be named OWNER/REPOSITORY")
        return None
    if not isinstance(value, dict) or value.keys() != {"version", "commit"}:
        faults.append(f"{where} must have `version` and `commit`, and no more")
        return None
    version, commit = value["version"], value["commit"]
    if not isinstance(version, str) or release_of(version) is None:
        faults.append(f"{where}: `version` must be a release such as v1.2.3, got {version!r}")
        return None
    if not isinstance(commit, str) or COMMIT.fullmatch(commit) is None:
        faults.append(f"{where}: `commit` must be 40 hexadecimal digits, got {commit!r}")
        return None
    return Pin(version=version, commit=commit)


def render(pins: Pins, *, opening: Iterable[str] = ()) -> str:
    """Return the text of a data file that `read_pins` reads back; `opening` are lines of comment."""
    lines = [f"# {line}" for line in opening]
    lines += [f"seen = {pins.seen}"] if pins.seen else []
    if pins.tools:
        lines += ["", "[tools]", *(f'{n} = "{v}"' for n, v in sorted(pins.tools.items()))]
    lines += ["", "[actions]"]
    for name, pin in sorted(pins.actions.items(), key=lambda item: item[0].lower()):
        lines.append(f'"{name}" = {{ version = "{pin.version}", commit = "{pin.commit}" }}')
    return "\n".join(lines) + "\n"
