"""The page of the docs about the settings, made from the declared keys."""

import json
from collections.abc import Sequence

from bonded.index.byte_sizes import size_text
from bonded.index.configuration.keys import Key, Kind, Section

__all__ = ["page", "usual"]

_BEGINNING = """\
# Settings of an index

What `bonded serve --config FILE` reads: TOML. Paths in it are relative to its folder. An unknown key is an error, and
all errors are told at once: `bonded config check FILE` says them without serving. `bonded publisher --data` uses the
file with which the index was last served, unless `--config` names another.

[`serve.schema.json`](serve.schema.json) is the JSON schema: with `#:schema` and its path in the first line, editors
complete the file.

A size is a number of bytes, or a text with a unit: `"100 MiB"`, `"1GiB"`. Units are `KiB`, `MiB`, `GiB` and `TiB`,
powers of 1024; options of the command line take the same.
"""

_END = """\
## What comes first

A flag is stronger than the environment, the environment stronger than the file, the file stronger than what the folder
remembers (the audience of the first start, the file of the last one), and that is stronger than the default.
`bonded config show --data DIR` tells which it was.

In the environment, a key is its table and its name in capitals: `BONDED_MINT_MAX_LIFETIME=600` for `max-lifetime` in
`[mint]`, `BONDED_TRUSTED_PROXIES=10.0.0.1,10.0.0.2` at the top. Tables in double brackets are for files only. Paths are
relative to the folder of the file, without one to the working folder. A variable that begins with `BONDED_` and is no
key is an error, too. `BONDED_DATA` and `BONDED_CONFIG` stand for `--data` and `--config`.
"""


def page(sections: Sequence[Section]) -> str:
    """Return the page as Markdown."""
    return "\n".join((_BEGINNING, *(_section(section) for section in sections), _END))


def usual(key: Key) -> str:
    """Return what counts where a key is not given, as the page tells it."""
    if key.needed:
        return "required"
    if key.told:
        return key.told
    if key.value == "":
        return "none"
    if key.kind is Kind.TEXTS:
        return "none" if not key.value else f"`{json.dumps(key.value)}`"
    if key.kind is Kind.SIZE and isinstance(key.value, int) and key.value:
        return f'`"{size_text(key.value)}"`'
    if isinstance(key.value, float) and key.value.is_integer():
        return f"`{int(key.value)}`"
    return f"`{json.dumps(key.value)}`"


def _section(section: Section) -> str:
    brackets = ("[[", "]]") if section.many else ("[", "]")
    heading = f"`{brackets[0]}{section.name}{brackets[1]}`" if section.name else section.title
    lines = [f"## {heading}", ""]
    if section.name:
        lines += [f"{section.title}.", ""]
    lines += ["| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{key.name}` | {usual(key)} | {_cell(key)} |" for key in section.keys]
    if section.notes:
        lines += ["", section.notes]
    return "\n".join(lines) + "\n"


def _cell(key: Key) -> str:
    """Return the meaning, with what it may be where the sentence does not say it."""
    quoted = [f'`"{choice}"`' for choice in key.choices]
    if all(choice in key.meaning for choice in quoted):
        return key.meaning
    return f"{key.meaning}: {', '.join(quoted)}"
