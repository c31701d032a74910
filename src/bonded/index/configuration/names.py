"""`[names]`: names that are this index's own, whatever other indexes have under them."""

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import BondedError
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.policies import Names, parse_reserved

__all__ = ["SECTION", "read"]

SECTION = Section(
    name="names",
    title="Names that stay at home",
    keys=(
        Key(
            name="own",
            kind=Kind.TEXTS,
            meaning="projects that are never looked up in another index, even while they are not here",
        ),
        Key(
            name="reserved",
            kind=Kind.TEXTS,
            meaning="prefixes such as `acme-*`: no name under one is looked up in another index, and none begins here "
            "by itself",
        ),
    ),
    notes="""\
Names are compared in normalised form, so `acme-*` holds `Acme_Tools` and `acme.tools` too. As in PEP 752, a project
`acme` is not under `acme-*`: name it under `own`. What this index has, had, or has a pending publisher for is its own
without being named.""",
)


def read(table: Table) -> Names:
    """Read the names; one that cannot be a name is a fault, for it would protect nothing."""
    own: set[ProjectName] = set()
    reserved: set[str] = set()
    for text in table.texts("own"):
        try:
            own.add(parse_project_name(text))
        except BondedError as error:
            table.error("own", error)
    for text in table.texts("reserved"):
        try:
            reserved.add(parse_reserved(text))
        except BondedError as error:
            table.error("reserved", error)
    table.close()
    return Names(own=frozenset(own), reserved=frozenset(reserved))
