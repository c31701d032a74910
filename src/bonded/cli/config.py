"""`bonded config`: the settings of an index checked, shown with where each came from, and described."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.errors import UsageError

if TYPE_CHECKING:
    from bonded.index.configuration.document import Examined
    from bonded.index.configuration.keys import Key, Section
    from bonded.index.configuration.table import Wrong

_EPILOG = """\
examples:
  bonded config check serve.toml         every fault of the file, at once
  bonded config show --data /srv/index   what counts, and where each value came from
  bonded config schema > serve.schema.json

The environment (BONDED_...) is read over the file, as `bonded serve` does.
"""

_DONE, _FAULTS = 0, 1
_MASK = "***"
_AUDIENCE = "mint.audience"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Check, show and describe the settings of `bonded serve`."
    parser.epilog = _EPILOG
    words = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    checking = words.add_parser("check", help="say everything that is wrong with a file")
    checking.add_argument("file", type=Path, metavar="FILE", help="the settings, TOML")
    checking.add_argument("--json", action="store_true", help="say it as one object of JSON")
    checking.set_defaults(run=check)
    showing = words.add_parser("show", help="say what counts, and where each value came from")
    showing.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the settings, TOML")
    showing.add_argument(
        "--data", type=Path, metavar="DIR", help="the index's folder, which knows its last settings"
    )
    showing.add_argument("--json", action="store_true", help="say it as one object of JSON")
    showing.set_defaults(run=show)
    describing = words.add_parser("schema", help="print the JSON schema of the settings")
    describing.set_defaults(run=schema)


def check(options: argparse.Namespace) -> int:
    """Say every fault of a file; return 0 where there is none, else 1. A file that is no TOML is an error (2)."""
    from bonded.index.configuration.document import examine

    found = examine(options.file, os.environ)
    if options.json:
        faults = [_fault(wrong) for wrong in found.wrongs]
        print(json.dumps({"version": 1, "file": str(options.file), "faults": faults}, indent=2))
    else:
        print("\n".join(_lines(options.file, found.wrongs)))
    return _FAULTS if found.wrongs else _DONE


def show(options: argparse.Namespace) -> int:
    """Say every value with where it came from; return 0. Settings that are wrong are an error (2)."""
    from bonded.errors import InvalidInput
    from bonded.index.configuration.document import examine, fault_of

    where = _where(options)
    file = where.file
    found = examine(file, os.environ)
    if found.wrongs:
        raise InvalidInput(tuple(fault_of(wrong, file) for wrong in found.wrongs))
    values = tuple(_remembering(_values(found, where.origin), where))
    if options.json:
        shown = [{"key": one.key, "value": one.value, "from": one.origin} for one in values]
        print(json.dumps({"version": 1, "settings": shown}, indent=2))
        return _DONE
    width = max(len(one.key) for one in values)
    for one in values:
        print(f"{one.key:{width}}  {_told(one)}  ({one.origin})")
    return _DONE


def schema(_options: argparse.Namespace) -> int:
    """Print the schema; return 0."""
    from bonded.index.configuration.schema import json_schema
    from bonded.index.configuration.sections import SECTIONS

    print(json.dumps(json_schema(SECTIONS), indent=2))
    return _DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """One value: its key with its table, what it is (None where nothing is set), and where it came from.

    `is_size` says that a number is one of bytes.
    """

    key: str
    value: object
    origin: str
    is_size: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """Which file is meant, how it is named as an origin, and what the index's folder remembers beside."""

    file: Path | None
    origin: str
    audience: str = ""
    marker: str = ""


def _where(options: argparse.Namespace) -> _Where:
    if options.file and options.data:
        raise UsageError("give a file or --data, not both", hint="--data knows the file itself")
    named = options.file or os.environ.get("BONDED_CONFIG")
    file = Path(named) if named else None
    if options.data is None:
        return _Where(file=file, origin=str(file))
    from bonded.index.running.data_folder import MARKER, read_served

    kept = read_served(options.data)
    marker = f"{options.data / MARKER} (as first served)"
    if file is None and kept.configuration:
        file, origin = Path(kept.configuration), f"{kept.configuration} (as last served)"
    else:
        origin = str(file)
    return _Where(file=file, origin=origin, audience=kept.audience, marker=marker)


def _remembering(values: "Iterator[_Value]", where: _Where) -> "Iterator[_Value]":
    """Give the values with what the folder remembers in the place of what nothing else sets."""
    for one in values:
        if one.key == _AUDIENCE and one.value is None and where.audience:
            yield replace(one, value=where.audience, origin=where.marker)
        else:
            yield one


def _values(found: "Examined", origin: str) -> Iterator[_Value]:
    from bonded.index.configuration.keys import Kind
    from bonded.index.configuration.sections import SECTIONS

    for section in SECTIONS:
        for name, table in _tables(section, found):
            for key in section.keys:
                whole = f"{name}.{key.name}" if name else key.name
                if key.name in table:
                    by = _given_by(section, key, found) or origin
                    shown, is_size = _shown(key, table[key.name]), key.kind is Kind.SIZE
                    yield _Value(key=whole, value=shown, origin=by, is_size=is_size)
                else:
                    yield _usual(key, whole)


def _tables(section: "Section", found: "Examined") -> Sequence[tuple[str, dict[str, object]]]:
    """Return the tables of a section by their names: one, or as many as stand there in double brackets."""
    if section.many:
        tables = found.values.get(section.name, [])
        return [(f"{section.name}[{place}]", table) for place, table in enumerate(tables)]
    inner = found.values.get(section.name, {}) if section.name else found.values
    return [(section.name, dict(inner))]


def _given_by(section: "Section", key: "Key", found: "Examined") -> str:
    """Return the variable that gave a value, empty where none did."""
    from bonded.index.configuration.environment import variable

    given = found.by_environment.get(section.name, {})
    return variable(section, key) if key.name in given and not section.many else ""


def _usual(key: "Key", whole: str) -> _Value:
    from bonded.index.byte_sizes import size_text
    from bonded.index.configuration.keys import Kind

    usual = list(key.value) if isinstance(key.value, tuple) else key.value
    told = key.told.replace("`", "")
    if key.kind is Kind.SIZE and isinstance(usual, int) and not told:
        told = size_text(usual)
    origin = f"default: {told}" if told else "default"
    value = usual if usual not in ("", []) else None
    return _Value(key=whole, value=value, origin=origin, is_size=key.kind is Kind.SIZE)


def _shown(key: "Key", value: object) -> object:
    return _MASK if key.secret and value else value


def _told(one: _Value) -> str:
    """Return a value as it would stand in the file; a size with its unit, as `size_text` writes it."""
    from bonded.index.byte_sizes import size_text

    if one.value is None:
        return "-"
    if one.is_size and isinstance(one.value, int) and not size_text(one.value).isdigit():
        return json.dumps(size_text(one.value))
    return json.dumps(one.value)


def _fault(wrong: "Wrong") -> dict[str, str | None]:
    return {
        "key": wrong.key,
        "message": wrong.message,
        "expected": wrong.expected or None,
        "got": wrong.got or None,
        "hint": wrong.hint or None,
    }


def _lines(file: Path, wrongs: Sequence["Wrong"]) -> Iterator[str]:
    if not wrongs:
        yield f"{file}: no faults"
    for wrong in wrongs:
        yield f"{file}: {wrong.key}: {wrong.message}"
        if wrong.hint:
            yield f"  {wrong.hint}"
