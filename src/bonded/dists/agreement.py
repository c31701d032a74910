"""Whether an upload form says the same as the METADATA or PKG-INFO inside the file.

Who reads the index and who installs the file must learn the same. But every client writes the form in its own hand:
lines unfolded, lists in another order, requirements spelt anew, keywords parted otherwise, `UNKNOWN` for nothing. So
values are compared by what they mean. What installers obey and the form leaves out is taken from the file
(`published`), and judged (`omission_fault`); nothing else is said of a file that its form does not say. A field that
the file leaves out may be in the form of a source distribution only, and only where PKG-INFO says so: before metadata
2.2 nothing in it was promised, since then what is open is called `Dynamic` (PEP 643). The version of the metadata
itself is not compared: clients write the one that they know. Nor is `Provides`, which nothing reads since PEP 345:
flit writes its module there, in the form alone.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from bonded.dists.metadata import CoreMetadata, Declared, MetadataFault, read_form

__all__ = ["Disagreement", "disagreements", "omission_fault", "published"]

_MAX_SHOWN = 200
_FIRST_DYNAMIC = Version("2.2")
_UNKNOWN = "UNKNOWN"
_OBEYED = ("requires_python", "requires_dist", "provides_extra")

Meaning = frozenset[Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One field, spelt as in METADATA: what the file has, and what the form said instead."""

    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.got}"


def disagreements(
    form: CoreMetadata, inside: Declared, *, is_sdist: bool
) -> tuple[Disagreement, ...]:
    """Return every field in which the form says something else than the file, name and version first."""
    found = [
        Disagreement(field=field, expected="one value in UTF-8 in the file", got="another")
        for field in inside.unclear
    ]
    for field, meaning in _MEANINGS.items():
        said, there = form.fields.get(field), inside.fields.get(field)
        ours, theirs = _meaning(meaning, said), _meaning(meaning, there)
        if field in {"name", "version"}:
            agree = ours == theirs
        else:
            agree = not ours or ours == theirs or _is_open(field, inside, is_sdist, bool(theirs))
        if not agree and not _is_elsewhere(field, ours, inside):
            label = field.replace("_", "-").title()
            found.append(
                Disagreement(field=label, expected=_shown(there, said), got=_shown(said, there))
            )
    return tuple(found)


def published(form: CoreMetadata, inside: Declared) -> CoreMetadata:
    """Return what the index says of a file: the form, and of what it leaves out what installers obey in the file."""
    left_out = {
        field: inside.fields[field]
        for field in _OBEYED
        if inside.fields.get(field) and not form.fields.get(field)
    }
    fields = {**form.fields, **left_out}
    return replace(form, fields=fields, requires_python=str(fields.get("requires_python", "")))


def omission_fault(form: CoreMetadata, inside: Declared) -> MetadataFault | None:
    """Return what is wrong with a field that would be taken from the file, or None."""
    pairs = [("metadata_version", "2.1"), ("name", form.name), ("version", str(form.version))]
    judged = len(pairs)
    for field in _OBEYED:
        if not form.fields.get(field):
            values = inside.fields.get(field, ())
            pairs += [(field, text) for text in ([values] if isinstance(values, str) else values)]
    if len(pairs) == judged:
        return None
    read = read_form(pairs)
    return None if isinstance(read, CoreMetadata) else read[0]


def _is_open(field: str, inside: Declared, is_sdist: bool, is_there: bool) -> bool:  # noqa: FBT001 - facts
    """Tell whether a source distribution may leave this field to its wheels."""
    if not is_sdist or is_there:
        return False
    try:
        old = Version(str(inside.fields.get("metadata_version", ""))) < _FIRST_DYNAMIC
    except ValueError:
        old = False
    header = {"classifiers": "classifier", "project_urls": "project-url"}.get(field, field)
    dynamic = {name.lower() for name in inside.fields.get("dynamic", ())}
    return old or header.replace("_", "-").removesuffix("s") in {
        name.removesuffix("s") for name in dynamic
    }


def _is_elsewhere(field: str, ours: Meaning, inside: Declared) -> bool:
    """Tell whether the file says it in the field that took the place of this one, or had it before."""
    if field in {"license", "license_expression"}:
        other = "license" if field == "license_expression" else "license_expression"
        return ours == _meaning(_words, inside.fields.get(other))
    if field == "home_page":
        links = _meaning(_link, inside.fields.get("project_urls"))
        return ours <= frozenset(link[1] for link in links if isinstance(link, tuple))
    return False


def _meaning(meaning: Callable[[Any], Meaning], value: object) -> Meaning:
    if value is None or value == _UNKNOWN:
        return frozenset()
    return meaning(value)


def _shown(value: object, other: object) -> str:
    """Return a value to look at; of a list what the other does not have, of a long text how long it is."""
    if isinstance(value, list):
        mine = [item for item in value if not isinstance(other, list) or item not in other]
        return repr(", ".join(map(str, mine or value))[:_MAX_SHOWN])
    if isinstance(value, dict):
        return repr(", ".join(f"{label}: {link}" for label, link in value.items())[:_MAX_SHOWN])
    text = "" if value is None else str(value)
    if len(text) <= _MAX_SHOWN:
        return repr(text) if text else "nothing"
    return f"a text of {len(text)} characters that begins {text[:40]!r}"


def _words(value: object) -> Meaning:
    """A text is its words: old files fold lines, and set each off with a bar."""
    words = tuple(re.sub(r"(?m)^[ \t]*\|", " ", str(value)).split())
    return frozenset({words}) if words and words != (_UNKNOWN,) else frozenset()


def _each(meaning: Callable[[Any], Meaning]) -> Callable[[Any], Meaning]:
    """A list is what its items mean, in any order."""

    def of_list(values: object) -> Meaning:
        items = values if isinstance(values, list) else [values]
        return frozenset[Hashable]().union(*map(meaning, items))

    return of_list


def _keywords(values: object) -> Meaning:
    text = " ".join(values) if isinstance(values, list) else str(values)
    return frozenset(word for word in re.split(r"[\s,;]+", text) if word and word != _UNKNOWN)


def _project(value: object) -> Meaning:
    return frozenset({canonicalize_name(str(value))})


def _header(value: object) -> Meaning:
    return frozenset({str(value).strip().lower()} - {""})


def _version(value: object) -> Meaning:
    try:
        return frozenset({Version(str(value))})
    except ValueError:
        return frozenset({str(value)})


def _specifiers(value: object) -> Meaning:
    try:
        return frozenset({SpecifierSet(str(value))}) if str(value).strip() else frozenset()
    except ValueError:
        return _words(value)


def _requirement(value: object) -> Meaning:
    try:
        found = Requirement(str(value))
        extras = frozenset(map(canonicalize_name, found.extras))
        marker = str(found.marker) if found.marker else ""
        # Here the versions of the specifier are read, which may be none.
        return frozenset(
            {(canonicalize_name(found.name), extras, found.specifier, marker, found.url or "")}
        )
    except (ValueError, RecursionError):
        return _words(value)


def _link(value: object) -> Meaning:
    links = value.items() if isinstance(value, dict) else ()
    return frozenset((" ".join(label.lower().split()), (link.strip(),)) for label, link in links)


def _content_type(value: object) -> Meaning:
    """Only what changes how a description is rendered counts, not the order or the letter case."""
    parts = [part.strip().lower() for part in str(value).split(";")]
    return frozenset(part for part in parts if part and part != "charset=utf-8")


_MEANINGS: Mapping[str, Callable[[Any], Meaning]] = {
    "name": _project,
    "version": _version,
    "requires_python": _specifiers,
    "requires_dist": _each(_requirement),
    "provides_extra": _each(_project),
    "provides_dist": _each(_requirement),
    "obsoletes_dist": _each(_requirement),
    "requires_external": _each(_words),
    "requires": _each(_words),
    "obsoletes": _each(_words),
    "dynamic": _each(_header),
    "license": _words,
    "license_expression": _words,
    "license_files": _each(_words),
    "classifiers": _each(_words),
    "platforms": _each(_words),
    "supported_platforms": _each(_words),
    "import_names": _each(_words),
    "import_namespaces": _each(_words),
    "keywords": _keywords,
    "summary": _words,
    "description": _words,
    "description_content_type": _content_type,
    "home_page": _words,
    "download_url": _words,
    "project_urls": _link,
    "author": _words,
    "author_email": _words,
    "maintainer": _words,
    "maintainer_email": _words,
}
