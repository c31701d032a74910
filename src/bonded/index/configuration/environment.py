"""The environment over the file: `BONDED_` and the key, with its table before it: `BONDED_MINT_MAX_LIFETIME=600`.

Every key of every table but those in double brackets can be given so. It is read by the key's kind: `true` or `false`,
a number, texts with commas between them. A variable that begins with `BONDED_` and is no key is a fault, because a rule
that is misspelt would silently not be enforced; those that other commands read are none, and those are none that
Kubernetes makes for a service that is called bonded.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Wrong

__all__ = ["OTHERS", "PREFIX", "Given", "given", "variable"]

PREFIX = "BONDED_"

_OPTIONS = (f"{PREFIX}CONFIG", f"{PREFIX}DATA")
"""What stands for options of `bonded serve` that are no keys."""

OTHERS = frozenset(_OPTIONS) | {
    f"{PREFIX}{name}" for name in ("CACHE_DIR", "PINS", "TOKEN", "TRACEBACK", "NAMES", "FOLDER")
}
"""What is read by other commands, or by options that are no keys."""

_KUBERNETES = re.compile(
    r"BONDED_(?:[A-Z0-9_]+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP)\w*)?)"
)
_ENV = f"{PREFIX}ENV_"

Given = dict[str, dict[str, object]]
"""Values by the names of their tables and keys, as TOML would have them."""


def variable(section: Section, key: Key) -> str:
    """Return the name of the variable of a key."""
    whole = f"{section.name}-{key.name}" if section.name else key.name
    return PREFIX + whole.upper().replace("-", "_")


def given(environ: Mapping[str, str], sections: Sequence[Section], wrongs: list[Wrong]) -> Given:
    """Return what the environment gives; what is wrong with it is noted, under the variable's name."""
    known = {
        variable(section, key): (section, key)
        for section in sections
        if not section.many
        for key in section.keys
    }
    found: Given = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in OTHERS or name.startswith(_ENV):
            continue
        if name in known:
            section, key = known[name]
            value = _value(key, environ[name])
            if value is None:
                got = "" if key.secret else f", got {environ[name]!r}"
                expected = key.kind.value
                wrongs.append(
                    Wrong(key=name, message=f"expected {expected}{got}", expected=expected)
                )
            else:
                found.setdefault(section.name, {})[key.name] = value
        elif not _KUBERNETES.fullmatch(name):
            near = _near(name, [*known, *_OPTIONS])
            hint = f"did you mean {near!r}?" if near else "unset it"
            wrongs.append(Wrong(key=name, message="unknown key in the environment", hint=hint))
    return found


def _near(name: str, known: Sequence[str]) -> str:
    """Return the known variable that looks most like a name; what all begin with makes none alike."""
    near = get_close_matches(
        name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], 1
    )
    return PREFIX + near[0] if near else ""


def _value(key: Key, text: str) -> object:
    """Return a text as TOML would have it, or None where it cannot be."""
    match key.kind:
        case Kind.TEXT:
            return text
        case Kind.TEXTS:
            return [part.strip() for part in text.split(",") if part.strip()]
        case Kind.FLAG:
            return {"true": True, "false": False, "1": True, "0": False}.get(text.strip().lower())
        case Kind.SIZE:
            return text
        case Kind.COUNT:
            return int(text) if re.fullmatch(r"\s*[0-9]{1,18}\s*", text) else None
        case Kind.SECONDS | Kind.DAYS:
            is_number = re.fullmatch(r"\s*[0-9]{1,15}(\.[0-9]{1,6})?\s*", text)
            return float(text) if is_number else None
