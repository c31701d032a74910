"""Core metadata as a value: read from an upload form or from the bytes inside a distribution.

Both readers end in the same `CoreMetadata` and in the same checks, those of `packaging`, and report every fault at
once, each with its field. What only an index demands (no local version, a short summary) is said in
`index/uploads.py`. What a file declares is held against the form in `agreement`.

The form's field names are those of core metadata in lower snake case. Some repeated fields are plural there and some
are singular, as the first uploaders wrote them: `_FORM_LISTS` is that table.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from typing import Any, cast

from packaging.metadata import InvalidMetadata, Metadata, RawMetadata, parse_email
from packaging.version import Version

from bonded.dists.markers import marker_fault

__all__ = [
    "CoreMetadata",
    "Declared",
    "MetadataFault",
    "has_long_number",
    "read_declared",
    "read_form",
    "read_metadata",
]

_Value = str | list[str] | dict[str, str]

_FORM_TEXTS = frozenset(
    {
        "metadata_version",
        "name",
        "version",
        "summary",
        "description",
        "description_content_type",
        "home_page",
        "download_url",
        "author",
        "author_email",
        "maintainer",
        "maintainer_email",
        "license",
        "license_expression",
        "requires_python",
    }
)

# The form's name of a repeated field, and its name in `packaging`.
_FORM_LISTS: Mapping[str, str] = {
    "platform": "platforms",
    "supported_platform": "supported_platforms",
    "license_file": "license_files",
    "license_files": "license_files",
    "import_name": "import_names",
    "import_namespace": "import_namespaces",
    "classifiers": "classifiers",
    "dynamic": "dynamic",
    "requires": "requires",
    "provides": "provides",
    "obsoletes": "obsoletes",
    "requires_dist": "requires_dist",
    "provides_dist": "provides_dist",
    "obsoletes_dist": "obsoletes_dist",
    "requires_external": "requires_external",
    "provides_extra": "provides_extra",
}

_BOUND = (_FORM_TEXTS | {*_FORM_LISTS, "keywords", "project_urls"}) - {"description", "license"}

_MAX_LENGTH = 16_384
"""Characters of any other value: parsers of requirements, licences and content types take long over long ones."""

_MAX_HEADERS, _MAX_NAMES = 10_000, 200
"""Fields in a file, and different ones; real files have some hundred and some twenty. The reader of `packaging` asks
for each name once more through all fields."""

_NUMBERS = ("version", "requires_python", "requires_dist", "provides_dist", "obsoletes_dist")
_MAX_DIGITS = sys.int_info.str_digits_check_threshold
_LONG_NUMBER = re.compile(rf"\d{{{_MAX_DIGITS + 1}}}")
"""Python reads no longer number, if its owner wants it so, and `packaging` reads versions when they are compared: one
such requirement on a page, and pip installs nothing of the project any more."""

_MAX_SHOWN = 200
_UNKNOWN = "UNKNOWN"
_SINGLE = _FORM_TEXTS | {"keywords"}
_CALLED = frozenset({"name", "version"})

_OLD_VERSION, _OLD_MEANT, _OLD_NOTHING = "1.0", "1.1", frozenset({"None", _UNKNOWN})
"""What distutils' `upload` calls every form, which version's fields it sends, and how it writes "nothing"."""

# Repeated fields as METADATA spells them, where the form spells them otherwise.
_HEADERS = (*_FORM_LISTS, "classifier", "project_url", "keywords")
_KNOWN = frozenset(name.replace("_", "-") for name in (*_FORM_TEXTS, *_HEADERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataFault:
    """One field that is not as core metadata demands; `field` is spelt as in METADATA, in lower case."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreMetadata:
    """Metadata that holds together; `fields` has every field as given, under the names of `packaging`."""

    metadata_version: str
    name: str
    version: Version
    requires_python: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a single-valued field as given, or the empty text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a repeated field as given, or nothing."""
        value = self.fields.get(name)
        return tuple(value) if isinstance(value, list) else ()

    def project_urls(self) -> Mapping[str, str]:
        """Return the labelled links, in the order in which they were given."""
        value = self.fields.get("project_urls")
        return value if isinstance(value, dict) else {}


def read_form(
    pairs: Iterable[tuple[str, str]], *, old_forms: bool = False
) -> CoreMetadata | tuple[MetadataFault, ...]:
    """Read the metadata part of an upload form; fields of other meaning are passed over.

    The rules are PyPI's: a single empty text is an absent field, the literal `UNKNOWN` of old build tools too, and a
    field with one value that is sent twice is invalid. With `old_forms`, what `setup.py upload` sends is read as it is
    meant; PyPI refuses it, since it calls its metadata older than its fields are.
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    if old_forms and given.get("metadata_version") == [_OLD_VERSION]:
        given = _meant(given)
    faults: list[MetadataFault] = []
    raw: dict[str, _Value] = {}
    for name, values in given.items():
        if len(values) > 1 and name in _SINGLE:
            # Also where all but one are UNKNOWN: whoever looks for the first value must not find another one.
            faults.append(MetadataFault(field=_label(name), message=f"given {len(values)} times"))
        elif name in _BOUND and max(map(len, values), default=0) > _MAX_LENGTH:
            faults.append(_too_long(name, values))
        else:
            _take(name, [value for value in values if value != _UNKNOWN], raw, faults)
    return _checked(raw, faults)


def _meant(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return a form of distutils as it is meant. A project may be called None, so what it is called is what it says."""
    there = {
        name: values
        if name in _CALLED
        else [value for value in values if value not in _OLD_NOTHING]
        for name, values in given.items()
    }
    return {**there, "metadata_version": [_OLD_MEANT]}


def _label(name: str) -> str:
    """Return a field of the form as METADATA spells it, in lower case."""
    return name.replace("_", "-")


def _too_long(name: str, values: list[str]) -> MetadataFault:
    length = max(map(len, values))
    return MetadataFault(
        field=_label(name),
        message=f"has {length} characters, expected at most {_MAX_LENGTH}",
    )


def _take(
    name: str, values: list[str], raw: dict[str, _Value], faults: list[MetadataFault]
) -> None:
    """Put one form field where `packaging` wants it; a single empty text is none."""
    if values in ([], [""]):
        return
    if name in _FORM_LISTS:
        raw[_FORM_LISTS[name]] = values
    elif name == "project_urls":
        links = [tuple(part.strip() for part in value.partition(",")[::2]) for value in values]
        raw[name] = dict(cast("list[tuple[str, str]]", links))
        if len(links) != len({label for label, _ in links}):
            faults.append(MetadataFault(field="project-url", message="two links with one label"))
    elif name == "keywords":
        raw[name] = [word.strip() for word in values[0].split(",")]
    elif name in _FORM_TEXTS:
        raw[name] = values[0]


def read_metadata(data: bytes) -> CoreMetadata | tuple[MetadataFault, ...]:
    """Read a METADATA or PKG-INFO file; fields that core metadata does not know are faults."""
    try:
        raw, rest = parse_email(data)
    except (MessageError, ValueError, LookupError) as error:
        return (MetadataFault(field="metadata", message=f"not readable: {error}"),)
    faults = [
        MetadataFault(field=name, message="unknown field or invalid data") for name in sorted(rest)
    ]
    return _checked(cast("dict[str, _Value]", raw), faults)


def _checked(
    raw: dict[str, _Value], faults: list[MetadataFault]
) -> CoreMetadata | tuple[MetadataFault, ...]:
    """Let `packaging` judge every field, and keep the given texts beside its verdict."""
    given = {name: value if isinstance(value, str) else value.copy() for name, value in raw.items()}
    unreadable = tuple(_long_numbers(raw)) or tuple(_meaningless(raw))
    if unreadable:
        return tuple(sorted([*faults, *unreadable], key=_importance))
    try:
        parsed = Metadata.from_raw(cast("RawMetadata", raw))
    except ExceptionGroup as group:
        # What was left out because it cannot be read is not missing, too.
        left_out = {fault.field for fault in faults if fault.field.replace("-", "_") not in given}
        faults.extend(fault for fault in _faults(group) if fault.field not in left_out)
    except (ValueError, RecursionError) as error:
        # `packaging` lets these out: numbers of thousands of digits, brackets nested as deep.
        faults.append(MetadataFault(field="metadata", message=f"a value cannot be read ({error})"))
    if faults:
        return tuple(sorted(faults, key=_importance))
    return CoreMetadata(
        metadata_version=parsed.metadata_version,
        name=parsed.name,
        version=parsed.version,
        requires_python=str(given.get("requires_python", "")),
        fields=given,
    )


def _meaningless(raw: Mapping[str, _Value]) -> Iterable[MetadataFault]:
    for value in raw.get("requires_dist", ()):
        fault = marker_fault(value)
        if fault is not None:
            shown = value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…"
            yield MetadataFault(field="requires-dist", message=f"{shown!r} {fault[:_MAX_SHOWN]}")
            break


def has_long_number(text: str) -> bool:
    """Tell whether a version or requirement has a number with so many digits that not every Python reads it."""
    return _LONG_NUMBER.search(text) is not None


def _long_numbers(raw: Mapping[str, _Value]) -> Iterable[MetadataFault]:
    for name in _NUMBERS:
        values = raw.get(name, ())
        for value in (values,) if isinstance(values, str) else values:
            if has_long_number(value):
                message = (
                    f"has a number of more than {_MAX_DIGITS} digits, which not every Python reads"
                )
                yield MetadataFault(field=name.replace("_", "-"), message=message)
                break


def _faults(group: ExceptionGroup[Exception]) -> Iterable[MetadataFault]:
    for error in group.exceptions:
        name = error.field if isinstance(error, InvalidMetadata) else "metadata"
        yield MetadataFault(field=name, message=str(error))


def _importance(fault: MetadataFault) -> tuple[int, str, str]:
    """Order faults as PyPI does: the version of the form, then the name, the version, then by alphabet."""
    first = ("metadata-version", "name", "version")
    rank = first.index(fault.field) if fault.field in first else len(first)
    return rank, fault.field, fault.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a METADATA or PKG-INFO file says, judged by nobody yet, under the names of `packaging`.

    `unclear` are the fields that it says twice though one may only be said once, and those that are not UTF-8.
    """

    fields: Mapping[str, Any]
    unclear: tuple[str, ...] = ()


def read_declared(data: bytes) -> Declared:
    """Return what a METADATA or PKG-INFO file says; fields that newer tools may understand are passed over."""
    try:
        if _has_too_many(data):
            return Declared(fields={}, unclear=("metadata",))
        raw, rest = parse_email(data)
    except (MessageError, ValueError, LookupError):
        return Declared(fields={}, unclear=("metadata",))
    return Declared(fields=raw, unclear=tuple(sorted(_KNOWN.intersection(rest))))


def _has_too_many(data: bytes) -> bool:
    """Tell whether there are more fields than any honest file has, without reading them."""
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    names = [line.partition(b":")[0] for line in head.splitlines() if not line[:1].isspace()]
    return len(names) > _MAX_HEADERS or len(set(names)) > _MAX_NAMES
