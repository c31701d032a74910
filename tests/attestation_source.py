"""An index in memory, and releases on it by anybody: for judging without any network."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from attestation_index import provenance
from attestation_world import World
from bonded.attestations.examining import Outcome, Terms, examine
from bonded.attestations.locks import Wanted
from bonded.attestations.pages import ListedFile, ProjectPage
from bonded.attestations.policy import Policy, read_policy
from bonded.attestations.refusal import Malformed
from bonded.attestations.trust_file import Pin
from bonded.dists.names import ProjectName, parse_filename
from bonded.errors import RemoteError

PROJECT = ProjectName("greeter")
WORLD = World()


def wheel(version: str) -> str:
    """Return the name of a wheel."""
    return f"greeter-{version}-py3-none-any.whl"


def digest(filename: str) -> str:
    """Return the SHA-256 of what is in a file here: its own name."""
    return hashlib.sha256(filename.encode()).hexdigest()


@dataclass(kw_only=True)
class Shop:
    """Implements `Source`; what is None has no provenance, what is an error is raised."""

    files: dict[str, bytes | RemoteError | None] = field(default_factory=dict)
    page_error: RemoteError | Malformed | None = None
    silent: bool = False
    digests: dict[str, str] = field(default_factory=dict)

    def sell(self, filename: str, **by: str) -> "Shop":
        """Add a file, attested by somebody."""
        self.files[filename] = provenance(WORLD, filename, filename.encode(), **by)
        return self

    def sell_plain(self, filename: str) -> "Shop":
        """Add a file without provenance."""
        self.files[filename] = None
        return self

    def page(self, project: ProjectName) -> ProjectPage | None:
        """See `Source.page`."""
        if self.page_error is not None:
            raise self.page_error
        if not self.files:
            return None
        listed = tuple(
            ListedFile(
                name=parse_filename(name),
                sha256=self.digests.get(name, digest(name)),
                provenance="there" if proof is not None else "",
            )
            for name, proof in self.files.items()
        )
        return ProjectPage(project=project, files=listed, silent=self.silent)

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:
        """See `Source.provenance`."""
        found = self.files[file.filename]
        if isinstance(found, RemoteError):
            raise found
        return found


def policy(**table: object) -> Policy:
    """Return a policy as its table says it."""
    return read_policy(
        "pyproject.toml", {name.replace("_", "-"): one for name, one in table.items()}
    )


def examined(
    shop: Shop,
    version: str = "1.0",
    *,
    by: Policy | None = None,
    pin: Pin | None = None,
    **wanted: Any,
) -> Outcome:
    """Examine a release of the shop."""
    terms = Terms(
        verifier=WORLD.root.verifier,
        policy=by or Policy(),
        pins={} if pin is None else {PROJECT: pin},
    )
    return examine(Wanted(project=PROJECT, version=version, **wanted), shop, terms)


def alarms(outcome: Outcome) -> list[str]:
    """Return the kinds of alarm."""
    return [one.kind.value for one in outcome.alarms]
