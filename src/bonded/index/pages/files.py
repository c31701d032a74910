"""One published file as a page shows it, and what its attestations proved."""

import re
from dataclasses import dataclass

from bonded.index.model import File
from bonded.index.pages.declared import is_link
from bonded.index.pages.readable import day, iso, moment, size
from bonded.index.provenance import Proof, Proved

__all__ = ["Fact", "ShownFile", "ShownProof", "ShownTime", "proof_of", "shown_file", "shown_time"]

_KINDS = {
    "bdist_wheel": "Wheel",
    "sdist": "Source",
    "bdist_egg": "Egg",
    "bdist_wininst": "Windows installer",
}
_FORGES = {"GitHub": "https://github.com", "GitLab": "https://gitlab.com"}
"""Where repositories of the two services are; publishers of other servers are of another kind."""

_COMMITS = {"GitHub": "commit", "GitLab": "-/commit"}
_REPOSITORY = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_PREDICATE = re.compile(r"https?://(?:www\.)?([^\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTime:
    """A time for people and for machines."""

    text: str
    exact: str
    iso: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line that says one thing; `url` is empty where it leads nowhere, `code` marks what is read letter by letter."""

    label: str
    text: str
    url: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProof:
    """What the attestations of a file proved at its upload."""

    source: str
    identity: tuple[Fact, ...]
    attestations: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """One file; `url` and those of metadata and provenance begin at the root of the index."""

    filename: str
    anchor: str
    url: str
    kind: str
    python: str
    size: str
    uploaded: ShownTime
    requires_python: str
    yanked: str | None
    hashes: tuple[tuple[str, str], ...]
    metadata_url: str
    provenance_url: str
    proof: ShownProof | None
    published_by: str


def shown_time(seconds: float) -> ShownTime:
    """Return a time as it is shown."""
    return ShownTime(text=day(seconds), exact=moment(seconds), iso=iso(seconds))


def shown_file(file: File) -> ShownFile:
    """Return a file as it is shown."""
    digest = file.digests.blake2b_256
    url = f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{file.filename}"
    proved = file.proof is not None
    where = f"/integrity/{file.project}/{file.version}/{file.filename}/provenance"
    return ShownFile(
        filename=file.filename,
        anchor=f"file-{digest[:16]}",
        url=url,
        kind=_KINDS.get(file.packagetype, file.packagetype),
        python="" if file.packagetype == "sdist" else file.python_version,
        size=size(file.size),
        uploaded=shown_time(file.uploaded),
        requires_python=file.requires_python,
        yanked=file.yanked,
        hashes=(("SHA-256", file.digests.sha256), ("BLAKE2b-256", digest)),
        metadata_url=f"{url}.metadata" if file.metadata_sha256 else "",
        provenance_url=where if proved else "",
        proof=None if file.proof is None else proof_of(file.proof),
        published_by=file.publisher or "",
    )


def proof_of(proof: Proof) -> ShownProof:
    """Return a proof as it is shown: whose workflow it was, then each attestation."""
    identity = proof.publisher
    repository = identity.get("repository")
    known = identity.kind in _FORGES and _REPOSITORY.fullmatch(repository)
    home = f"{_FORGES[identity.kind]}/{repository}" if known else ""
    facts = [
        Fact(
            label=_label(name),
            text=text,
            url=home if name == "repository" else "",
            code=name != "email",
        )
        for name, text in identity.fields
    ]
    return ShownProof(
        source=repository or identity.title,
        identity=(Fact(label="Service", text=identity.kind), *facts),
        attestations=tuple(_facts(one, home, identity.kind) for one in proof.attestations),
    )


def _label(name: str) -> str:
    words = {"workflow_filepath": "Workflow", "project_id": "Project", "vcs_origin": "Origin"}
    return words.get(name, name.replace("_", " ").removeprefix("vcs ").capitalize())


def _facts(one: Proved, home: str, kind: str) -> tuple[Fact, ...]:
    commit = ""
    if home and _COMMIT.fullmatch(one.commit):
        commit = f"{home}/{_COMMITS[kind]}/{one.commit}"
    facts = (
        Fact(label="Kind", text=_short(one.predicate_type)),
        Fact(label="Commit", text=one.commit, url=commit, code=True),
        Fact(label="Ref", text=one.ref, code=True),
        Fact(label="Run", text=one.run, url=one.run if is_link(one.run) else "", code=True),
        Fact(label="Log entry", text=f"{one.log_index}, {moment(one.time)}"),
    )
    return tuple(fact for fact in facts if fact.text)


def _short(predicate_type: str) -> str:
    """Return the type of an attestation without its scheme; what else it is, nobody has to know."""
    found = _PREDICATE.fullmatch(predicate_type)
    return found[1] if found else predicate_type
