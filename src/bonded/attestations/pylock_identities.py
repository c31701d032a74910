"""Attestation identities written into a `pylock.toml` (PEP 751), with everything else left as it is."""

from collections.abc import Mapping, Sequence

import tomlkit
from tomlkit.items import AoT, Table

from bonded.attestations.identities import Identity
from bonded.dists.names import InvalidName, ProjectName, parse_project_name

__all__ = ["with_identities"]

_KEY = "attestation-identities"


def with_identities(text: str, found: Mapping[tuple[ProjectName, str], Sequence[Identity]]) -> str:
    """Return a lock file that names the publishers of each release by (project, version).

    Releases that are not in `found` keep what they have: an identity that was recorded is evidence, and is not lost to
    a release whose provenance vanished. Raises ValueError where the text is not as `read_pylock` takes it.
    """
    document = tomlkit.parse(text)
    packages = document.get("packages", [])
    for package in packages:
        try:
            project = parse_project_name(str(package.get("name", "")))
        except InvalidName as error:
            raise ValueError(error.message) from None
        identities = found.get((project, str(package.get("version", ""))))
        if identities and isinstance(package, Table):
            package[_KEY] = _tables(identities)
    written = tomlkit.dumps(document)
    if tomlkit.parse(written).unwrap() != document.unwrap():
        raise ValueError("its layout cannot be kept")
    return written


def _tables(identities: Sequence[Identity]) -> AoT:
    held = tomlkit.aot()
    for identity in dict.fromkeys(identities):
        table = tomlkit.table()
        for key, value in identity.to_table().items():
            table[key] = value
        table.add(tomlkit.nl())
        held.append(table)
    return held
