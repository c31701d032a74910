"""`[[tool.bonded.publishers]]`: which publishers are registered where, as a project records it in pyproject.toml.

The keys are those that people write: `repository` for owner and name together, `workflow` for the file, and the other
fields of the provider's form by their stored names, with `-` for `_`. `project` is the project that is published, so
ActiveState's own project is `activestate-project`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bonded.dists.names import InvalidName, parse_project_name
from bonded.publishers import FieldFault, InvalidPublisher, Publisher, from_fields
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS, provider_of_kind

__all__ = ["INDEXES", "EntryFault", "Registration", "keys_of", "read_entry"]

INDEXES = ("pypi", "testpypi")
COMMON = ("index", "kind", "project")
FRIENDLY = {
    "repository_owner": "repository",
    "repository_name": "repository",
    "namespace": "repository",
    "repository_owner_id": "owner-id",
    "workflow_filename": "workflow",
    "workflow_filepath": "workflow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One entry: what is registered, where, and for which project."""

    index: str
    project: str
    publisher: Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFault:
    """One thing that is wrong in an entry: which key (empty for the entry as a whole), what, and what to do."""

    key: str
    message: str
    hint: str = ""


def keys_of(provider: Provider) -> tuple[str, ...]:
    """Return the keys that an entry of this provider may have, in the order of its form."""
    return (*COMMON, *dict.fromkeys(_key(provider, field.name) for field in provider.form))


def read_entry(
    entry: Mapping[str, object], *, project: str, owner_id: str
) -> Registration | tuple[EntryFault, ...]:
    """Return what an entry says, or every fault of it.

    `project` is the name of the project whose file it is; `owner_id` stands in where a provider wants the number of the
    owner's account and the entry has none.
    """
    kind = entry.get("kind", "github")
    provider = provider_of_kind(kind) if isinstance(kind, str) else None
    if provider is None:
        known = ", ".join(one.kind for one in PROVIDERS)
        unknown = EntryFault(key="kind", message=f"must be one of {known}, got {kind!r}")
        some = tuple(dict.fromkeys(key for one in PROVIDERS for key in keys_of(one)))
        return (unknown, *_key_faults(entry, some))
    faults = [*_key_faults(entry, keys_of(provider)), *_value_faults(entry, provider)]
    if faults:
        return tuple(faults)
    texts = {key: str(value) for key, value in entry.items()}
    named = texts.get("project", project)
    try:
        parse_project_name(named)
        publisher = from_fields(provider.kind, _fields(texts, provider, owner_id))
    except InvalidName as error:
        return (EntryFault(key="project", message=str(error)),)
    except InvalidPublisher as error:
        return tuple(_spelt(fault, provider) for fault in error.faults)
    return Registration(index=texts.get("index", "pypi"), project=named, publisher=publisher)


def _key_faults(entry: Mapping[str, object], known: Sequence[str]) -> list[EntryFault]:
    faults = []
    for key in entry:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
            faults.append(EntryFault(key="", message=f"unknown key `{key}`", hint=hint))
    return faults


def _value_faults(entry: Mapping[str, object], provider: Provider) -> list[EntryFault]:
    faults = [
        EntryFault(key=key, message=f"must be a text, got {value!r}")
        for key, value in entry.items()
        if not isinstance(value, str)
    ]
    if entry.get("index", "pypi") not in INDEXES:
        message = f"must be one of {', '.join(INDEXES)}, got {entry['index']!r}"
        faults.append(EntryFault(key="index", message=message))
    owner, _, name = str(entry.get("repository", "")).rpartition("/")
    if _halves(provider) and not (owner and name):
        hint = 'for example repository = "octo/tool"'
        got = entry.get("repository", "")
        faults.append(
            EntryFault(key="repository", message=f"must be OWNER/NAME, got {got!r}", hint=hint)
        )
    return faults


def _fields(entry: Mapping[str, str], provider: Provider, owner_id: str) -> dict[str, str]:
    owner, _, name = entry.get("repository", "").rpartition("/")
    halves = dict(zip(_halves(provider), (owner, name), strict=False))
    fields = {}
    for field in provider.form:
        stand_in = owner_id if field.name == "repository_owner_id" else ""
        said = entry.get(_key(provider, field.name), stand_in)
        fields[field.name] = halves.get(field.name, said)
    return fields


def _halves(provider: Provider) -> tuple[str, ...]:
    """Return the two fields that `repository` stands for, or none."""
    return tuple(
        field.name for field in provider.form if _key(provider, field.name) == "repository"
    )


def _key(provider: Provider, field: str) -> str:
    """Return the key under which an entry has a field."""
    if field == "project":
        has_namespace = any(other.name == "namespace" for other in provider.form)
        return "repository" if has_namespace else f"{provider.kind}-project"
    return FRIENDLY.get(field, field.replace("_", "-"))


def _spelt(fault: FieldFault, provider: Provider) -> EntryFault:
    return EntryFault(key=_key(provider, fault.field), message=fault.message)
