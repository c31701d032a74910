"""`[attestations]`: what becomes of attestations, and whose Sigstore is believed."""

from dataclasses import dataclass
from pathlib import Path

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.paths import is_file
from bonded.index.configuration.table import Table
from bonded.index.settings import Attestations

__all__ = ["SECTION", "AttestationsTable", "read"]

PUBLIC, BUNDLED, NONE = "public", "bundled", "none"
"""Trust roots that are no files: the public Sigstore as it is now or as it came with the library, and nobody."""

SECTION = Section(
    name="attestations",
    title="Who built it",
    keys=(
        Key(
            name="policy",
            kind=Kind.TEXT,
            default=Attestations.VERIFY.value,
            choices=tuple(policy.value for policy in Attestations),
            meaning='`"verify"`: what comes with an upload must hold, and is served as provenance; `"refuse"`: uploads '
            'with attestations are refused; `"store-unverified"`: kept as they came, shown to nobody, for trials only',
        ),
        Key(
            name="trust-root",
            kind=Kind.TEXT,
            told='`"public"`',
            meaning='whose Sigstore is believed: `"public"`, refreshed once a day while attestations come; '
            '`"bundled"`, the same as it came with the installed `sigstore`, asked for nowhere; a file with a trust '
            'root or a client trust configuration; `"none"`, which is as `policy = "refuse"`',
        ),
    ),
    notes='A trust root goes with `policy = "verify"` only. Its file is read when the index starts.',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationsTable:
    """`trust_root` is the file of the Sigstore by which attestations are verified, None for the public one.

    `refreshes` tells whether the public one is kept new over the network.
    """

    policy: Attestations = Attestations.VERIFY
    trust_root: Path | None = None
    refreshes: bool = True


def read(table: Table) -> AttestationsTable:
    """Read what becomes of attestations; where the file is wrong, the answer is that none is taken."""
    policy, root = Attestations(table.text("policy")), table.text("trust-root")
    table.close()
    refused = AttestationsTable(policy=Attestations.REFUSE)
    if root and policy is not Attestations.VERIFY:
        message = f"is asked only where policy is 'verify', not {policy.value!r}"
        table.fault("trust-root", message, got=root)
    if root == NONE:
        return refused
    if root in {"", PUBLIC, BUNDLED}:
        return AttestationsTable(policy=policy, refreshes=root != BUNDLED)
    path = table.folder / root
    if not is_file(path):
        hint = f"give {PUBLIC!r}, {BUNDLED!r}, {NONE!r}, or the file of a trust root of Sigstore"
        table.fault("trust-root", f"there is no file {root!r}", hint, got=root)
    return AttestationsTable(policy=policy, trust_root=path)
