"""What is registered, as the user tells it: fields on the command line, files, or the project's own list."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonded.cli.explain_index import audience_of
from bonded.dists.endpoints import known as known_indexes
from bonded.dists.names import InvalidName, parse_project_name
from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.minting.explaining.explanation import Known
from bonded.publishers import InvalidPublisher, Publisher, from_fields
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS, provider_of_kind

__all__ = ["Registered", "read_publishers"]

_KINDS = tuple(provider.kind for provider in PROVIDERS)
_INLINE = re.compile(rf"({'|'.join(_KINDS)}):(.*)", re.DOTALL)
_NEXT = re.compile(r",(?=[A-Za-z_-]+=)")
_ALIASES = {
    "workflow": ("workflow_filename", "workflow_filepath"),
    "owner_id": ("repository_owner_id",),
}
_NOBODY = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The publishers, and what should be said about them."""

    known: tuple[Known, ...]
    notes: tuple[str, ...] = ()


def read_publishers(texts: Sequence[str], *, claims: Mapping[str, object]) -> Registered:
    """Return the publishers that the user named, or else those of the project in this folder.

    `claims` fill in what PyPI's form does not ask for, ids that it looks up itself: they are not compared then. Raises
    InvalidInput with every fault, UsageError where there is nothing to read.
    """
    if not texts:
        return _of_project(claims)
    known: list[Known] = []
    faults: list[Fault] = []
    notes: list[str] = []
    for text in texts:
        inline = _INLINE.fullmatch(text)
        place = f"--publisher {inline[1]}" if inline else text
        entries = [{"kind": inline[1], **_pairs(inline[2], place)}] if inline else _entries(text)
        for number, entry in enumerate(entries):
            where = place if len(entries) == 1 else f"{place}[{number}]"
            try:
                known += [_known(one, claims) for one in _of_listing(entry)]
                notes += _notes(entry, claims)
            except (InvalidPublisher, InvalidName, UsageError) as error:
                faults.append(Fault(Location(where), str(error)))
    if faults:
        raise InvalidInput(tuple(faults))
    return Registered(known=tuple(known), notes=tuple(notes))


def _is_listed(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is one that an index prints: `bonded publisher list --json`, or its API."""
    return isinstance(entry.get("fields"), dict) and "id" in entry


def _of_listing(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return an entry as it stands; one that an index prints once for each of its projects, none if it is disabled."""
    if not _is_listed(entry):
        return [entry]
    projects = entry.get("projects", [entry.get("project", "")])
    if entry.get("disabled") or not isinstance(projects, list):
        return []
    own = {name: entry[name] for name in ("kind", "fields") if name in entry}
    return [{**own, "project": project} for project in projects]


def _notes(entry: Mapping[str, Any], claims: Mapping[str, object]) -> Iterator[str]:
    """Yield what an index knows beside the fields of a publisher."""
    if not _is_listed(entry):
        return
    title, pins = entry.get("title", entry["id"]), entry.get("pins", {})
    if entry.get("disabled"):
        yield f"not judged, because it is disabled: {title} ({entry['disabled']})"
    for name, kept in pins.items() if isinstance(pins, dict) else ():
        if claims.get(name, kept) != kept:
            yield (
                f"{title} is kept for the {name} {kept!r}, the token says {claims[name]!r}: the index would "
                "disable the publisher"
            )


def _of_project(claims: Mapping[str, object]) -> Registered:
    from bonded.rehearsal.project import read_project

    if not Path("pyproject.toml").is_file():
        raise UsageError(
            "nothing says what is registered: there is no pyproject.toml in this folder",
            hint="give --publisher KIND:FIELD=VALUE,… or go to the project's folder",
        )
    project = read_project(Path(), owner_id=_NOBODY)
    audiences: dict[str, str] = {index.name: index.audience for index in known_indexes()}
    unrecorded = frozenset() if project.owner_id else frozenset({"repository_owner_id"})
    known = tuple(
        Known(
            publisher=_filled(one.publisher, unrecorded, claims),
            project=str(parse_project_name(one.project)),
            audience=audiences.get(one.index, one.index),
            unrecorded=unrecorded & one.publisher.to_fields().keys(),
        )
        for one in project.registrations
    )
    notes = () if known else ("pyproject.toml records no [[tool.bonded.publishers]]",)
    return Registered(known=known, notes=notes)


def _filled(
    publisher: Publisher, unrecorded: frozenset[str], claims: Mapping[str, object]
) -> Publisher:
    """Return the publisher with the claims' ids where none is recorded, if the account has the registered name."""
    fields = publisher.to_fields()
    for name in unrecorded & fields.keys():
        value, account = claims.get(name), name.removesuffix("_id")
        same = str(claims.get(account)).lower() == fields.get(account, "").lower()
        if same and isinstance(value, str):
            try:
                publisher = from_fields(publisher.kind, {**fields, name: value})
            except InvalidPublisher:
                continue
    return publisher


def _pairs(text: str, place: str) -> dict[str, str]:
    pairs = {}
    for pair in filter(None, _NEXT.split(text)):
        name, equals, value = pair.partition("=")
        if not name or not equals:
            hint = "for example github:owner=octo,repository=tool,workflow_filename=release.yml"
            raise InvalidInput(
                (Fault(Location(place), f"expected FIELD=VALUE, got {pair!r}", hint),)
            )
        pairs[name.strip()] = value.strip()
    return pairs


def _entries(name: str) -> list[dict[str, Any]]:
    """Return the entries of a TOML or JSON file: a list, a table `publishers`, or one publisher."""
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"--publisher: {name} cannot be read: {why}",
            hint=f"give a file, or KIND:FIELD=VALUE,… with one of {', '.join(_KINDS)}",
        ) from None
    try:
        data: Any = (
            json.loads(text) if text.lstrip().startswith(("{", "[{")) else tomllib.loads(text)
        )
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            (Fault(Location(name), f"this is neither TOML nor JSON: {error}"),)
        ) from None
    if isinstance(data, dict) and isinstance(data.get("pending"), list):
        data = {"publishers": [*data.get("publishers", []), *data["pending"]]}
    for path in (("tool", "bonded", "publishers"), ("publishers",)):
        found = data
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            data = found
            break
    entries = data if isinstance(data, list) else [data]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidInput((Fault(Location(name), "expected a list of publishers"),))
    return entries


def _known(entry: Mapping[str, Any], claims: Mapping[str, object]) -> Known:
    """Make a publisher of an entry: stored names, names of PyPI's form, or those of `[[tool.bonded.publishers]]`."""
    rest = {name.replace("-", "_"): value for name, value in entry.items()}
    nested = rest.pop("fields", None)
    kind = str(rest.pop("kind", "github"))
    provider = provider_of_kind(kind)
    if provider is None:
        raise UsageError(f"kind must be one of {', '.join(_KINDS)}, got {kind!r}")
    index = str(rest.pop("index", ""))
    own = {field.name for field in provider.form}
    project = str(rest.pop("project", "")) if "project" not in own else ""
    given = dict(
        _fields(provider, {**rest, **(nested if isinstance(nested, dict) else {})}.items())
    )
    unrecorded = frozenset(
        field.name for field in provider.form if not field.form_name and not given.get(field.name)
    )
    given |= dict.fromkeys(unrecorded, _NOBODY)
    return Known(
        publisher=_filled(from_fields(kind, given), unrecorded, claims),
        project=str(parse_project_name(project)) if project else "",
        audience=audience_of(index, claims.get("aud")),
        unrecorded=unrecorded,
    )


def _fields(provider: Provider, pairs: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    stored = {field.name for field in provider.form}
    by_form = {field.form_name: field.name for field in provider.form if field.form_name}
    for name, value in pairs:
        owner, slash, repository = str(value).partition("/")
        if name == "repository" and slash and "repository_owner" in stored:
            yield "repository_owner", owner
            yield "repository_name", repository
            continue
        alias = next((one for one in _ALIASES.get(name, ()) if one in stored), name)
        text = value.replace(";", "\n") if name == "claims" and isinstance(value, str) else value
        yield (alias if alias in stored else by_form.get(alias, alias)), text
