"""`bonded.trust`: who published each project when it was first used, to be committed and reviewed.

A name can change hands: an account is deleted and registered anew, a repository is moved. The numbers of owner and
repository cannot, so they are kept beside the names.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bonded.attestations.certificates import Signer
from bonded.attestations.identities import KINDS, Identity, parse_identity
from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.errors import Fault, InvalidInput, Location

__all__ = ["Pin", "pin_of", "read_trust", "write_trust"]

_VERSION = 1
_OPENING = """\
# Who publishes what is installed here, as it was when each project was first verified.
# Written by `bonded verify --pin`, which adds and never changes. Commit this file, and review what changes in it.

version = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The publisher of one project as first seen at version `since`; ids are empty where a certificate has none."""

    identity: Identity
    owner_id: str = ""
    repository_id: str = ""
    since: str = ""


def pin_of(identity: Identity, signer: Signer, version: str) -> Pin:
    """Return what to keep of a verified publisher."""
    return Pin(
        identity=identity,
        owner_id=signer.owner_id,
        repository_id=signer.repository_id,
        since=version,
    )


def read_trust(name: str, raw: bytes) -> dict[ProjectName, Pin]:
    """Read a trust file; raises InvalidInput with every fault."""
    try:
        document = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput((Fault(Location(name), f"is not TOML: {error}"),)) from None
    faults = []
    if document.get("version") != _VERSION:
        faults.append(f"version is {_VERSION}, got {document.get('version')!r}")
    if unknown := sorted(document.keys() - {"version", "projects"}):
        faults.append(f"unknown keys: {', '.join(unknown)}")
    pins: dict[ProjectName, Pin] = {}
    projects = document.get("projects", {})
    if not isinstance(projects, dict):
        faults.append("projects is a table")
        projects = {}
    for project, table in projects.items():
        try:
            normalised = parse_project_name(project)
            pins[normalised] = _pin(table)
        except (ValueError, InvalidName) as error:
            faults.append(f"projects.{project}: {error}")
    if faults:
        raise InvalidInput(tuple(Fault(Location(name), fault) for fault in faults))
    return pins


def _pin(table: Any) -> Pin:
    identity = parse_identity(table)
    must, may = KINDS[identity.kind]
    ids = ("owner-id", "repository-id", "since")
    if unknown := sorted(table.keys() - {"kind", *must, *may, *ids}):
        raise ValueError(f"unknown keys: {', '.join(unknown)}")
    texts = [table.get(name, "") for name in ids]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{', '.join(ids)} are texts")
    return Pin(identity=identity, owner_id=texts[0], repository_id=texts[1], since=texts[2])


def write_trust(pins: Mapping[ProjectName, Pin]) -> str:
    """Return the file's text, projects in order; what `read_trust` reads again."""
    parts = [_OPENING]
    for project, pin in sorted(pins.items()):
        ids = {
            "owner-id": pin.owner_id,
            "repository-id": pin.repository_id,
            "since": pin.since,
        }
        lines = [
            f"{name} = {_quoted(text)}"
            for name, text in (pin.identity.to_table() | ids).items()
            if text
        ]
        parts.append("\n".join([f"[projects.{project}]", *lines]) + "\n")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    """Return a TOML basic string; identities hold printable characters only."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
