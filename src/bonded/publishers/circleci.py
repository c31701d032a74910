"""CircleCI as a publisher: one pipeline definition of one project, for one repository.

Documented by CircleCI ("OpenID Connect tokens in jobs", and its announcement of November 2025) are these claims, whose
names all begin with `oidc.circleci.com/`: `org-id`, `project-id`, `pipeline-definition-id` (UUIDs), `vcs-origin` and
`vcs-ref` (texts, absent for pipelines that a custom webhook triggered), `context-ids` (a list of UUIDs) and `ssh-rerun`
(a boolean). All that decides is an id that is never given twice, so nothing here can be taken over by a freed name.

* The issuer is `https://oidc.circleci.com/org/ORGANISATION`, or the shared `https://oidc.circleci.com` that
  `circleci run oidc get --root-issuer` asks for, as uv does. A publisher takes tokens of one of the two.
* `ssh-rerun` must be there and false: in a job that was started again with SSH, a person typed what ran.
* `vcs-origin` must be the registered repository. Where a project passes secrets to builds of forks, these have tokens
  too, and CircleCI's guide says that only this claim tells them apart. So a custom webhook cannot publish.
* `jti` is not a claim; the exchange takes each token once by its own means. `sub` is not looked at.

CircleCI says nothing of environments, of protected branches, or of who owns the machine.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bonded.publishers.comparing import equal, if_set
from bonded.publishers.globs import GlobField, matches_claim
from bonded.publishers.identifiers import UUID, UUID_RULE, uuid_field
from bonded.publishers.most_specific import most_specific, nothing_stricter
from bonded.publishers.provider import NotFound, Provider
from bonded.publishers.rule import (
    PYPI,
    CertificateFact,
    Check,
    Claims,
    Field,
    Link,
    Publisher,
    Rules,
    said,
    shown,
    shown_json,
)

__all__ = ["FORM", "ISSUER", "PROVIDER", "REQUIRED_CLAIMS", "CircleCIPublisher"]

ISSUER = "https://oidc.circleci.com"
"""The shared issuer; each organisation has its own below it."""

_PREFIX = "oidc.circleci.com/"
ORGANIZATION = f"{_PREFIX}org-id"
PROJECT = f"{_PREFIX}project-id"
DEFINITION = f"{_PREFIX}pipeline-definition-id"
ORIGIN = f"{_PREFIX}vcs-origin"
REF = f"{_PREFIX}vcs-ref"
CONTEXTS = f"{_PREFIX}context-ids"
SSH_RERUN = f"{_PREFIX}ssh-rerun"

REQUIRED_CLAIMS = (ORGANIZATION, PROJECT, DEFINITION, ORIGIN, SSH_RERUN)
"""Claims that must be present and not null."""


def _contexts(text: str) -> str:
    """Return ids in order, each once, with one space between them."""
    return " ".join(sorted(set(text.lower().replace(",", " ").split())))


FORM = (
    uuid_field("organization_id", "Organization id", "From the organization's settings"),
    uuid_field("project_id", "Project id", "From the project's settings"),
    uuid_field(
        "pipeline_definition_id", "Pipeline definition id", "From the project's settings, Pipelines"
    ),
    Field(
        name="vcs_origin",
        form_name="vcs_origin",
        label="Repository",
        help="The repository that starts the pipeline, such as github.com/octo/widget",
        pattern=re.compile(r"[a-z0-9][a-z0-9.-]*(?:/[A-Za-z0-9._-]+){2,}"),
        rule="is a host and a path without https://",
        normalise=str.strip,
    ),
    GlobField(
        name="vcs_ref",
        form_name="vcs_ref",
        label="Branch or tag",
        help="The full name of the branch or tag, such as refs/tags/v*; empty takes every one",
        pattern=re.compile(r"refs/[^\s\x00-\x1f\x7f]+"),
        rule="begins with refs/ and has no spaces",
        required=False,
        max_length=255,
        normalise=str.strip,
    ),
    Field(
        name="context_ids",
        form_name="context_ids",
        label="Context ids",
        help="Contexts that the job must use, all of them; people who may use a context can be restricted",
        pattern=re.compile(rf"{UUID}(?: {UUID})*"),
        rule=UUID_RULE,
        required=False,
        normalise=_contexts,
    ),
    Field(
        name="issuer_url",
        form_name="issuer_url",
        label="Shared issuer",
        help=f"{ISSUER} for tokens of --root-issuer; empty for tokens of the organization's own issuer",
        pattern=re.compile(re.escape(ISSUER)),
        rule=f"is {ISSUER} or empty",
        required=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleCIPublisher:
    """One pipeline definition of one project; an empty ref or no context means any.

    Make it with `from_fields`, which checks and normalises.
    """

    organization_id: str
    project_id: str
    pipeline_definition_id: str
    vcs_origin: str
    vcs_ref: str = ""
    context_ids: str = ""
    issuer_url: str = ""

    @property
    def kind(self) -> str:
        """Return `circleci`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return the organisation's issuer, or the shared one if it is set."""
        return self.issuer_url or f"{ISSUER}/org/{self.organization_id}"

    @property
    def specificity(self) -> int:
        """Return how many of ref and contexts are set."""
        return sum(map(bool, (self.vcs_ref, self.context_ids)))

    @property
    def title(self) -> str:
        """One line for people."""
        where = f" at {self.vcs_ref}" if self.vcs_ref else ""
        return f"pipeline definition {self.pipeline_definition_id} of {self.vcs_origin}{where}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty text means not set."""
        return asdict(self)

    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:  # noqa: ARG002 - no claim for any of them
        """Return what each claim must say; `rules` add nothing, because CircleCI has no such claims."""
        ref = "equal, a star for anything but /" if self.vcs_ref else "not compared"
        contexts = "all among the job's" if self.context_ids else "not compared"
        again = "there, and false: nobody typed what ran"
        return (
            Check(ORGANIZATION, self.organization_id, "equal", equal),
            Check(PROJECT, self.project_id, "equal", equal),
            Check(DEFINITION, self.pipeline_definition_id, "equal", equal),
            Check(ORIGIN, self.vcs_origin, "equal; a fork has another", equal),
            Check(SSH_RERUN, "false", again, equal, refusal=_rerun_refusal, read=shown_json),
            Check(REF, self.vcs_ref, ref, if_set(matches_claim), required=False),
            Check(CONTEXTS, self.context_ids, contexts, _used, required=False, read=_read_contexts),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the project and the organisation, as an index files them."""
        return _sources(self.project_id, self.organization_id)

    def links(self) -> tuple[Link, ...]:
        """Return the repository's page; CircleCI's own pages have no address that follows from ids."""
        return (Link(label="repository", url=f"https://{self.vcs_origin}"),)

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - the role's signature
        """Return what the certificate of an attestation must say (Fulcio's template for CircleCI)."""
        signer = (
            f"https://circleci.com/api/v2/projects/{self.project_id}"
            f"/pipeline-definitions/{self.pipeline_definition_id}"
        )
        return (
            CertificateFact(name="issuer", oid="1.3.6.1.4.1.57264.1.8", accepted=(self.issuer,)),
            CertificateFact(name="build signer", oid="1.3.6.1.4.1.57264.1.9", accepted=(signer,)),
            CertificateFact(
                name="source repository",
                oid="1.3.6.1.4.1.57264.1.12",
                accepted=(self.vcs_origin,),
            ),
        )


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher of the project that claims speak for."""
    return most_specific(publishers, claims, sources_of(claims)[0])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a project, and near misses: other projects of the organisation."""
    return _sources(said(claims, PROJECT), said(claims, ORGANIZATION))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's project and repository; a fork's builds are of the same project."""
    assert isinstance(publisher, CircleCIPublisher)
    return (
        claims.get("iss") == publisher.issuer
        and said(claims, ORGANIZATION) == publisher.organization_id
        and said(claims, PROJECT) == publisher.project_id
        and said(claims, ORIGIN) == publisher.vcs_origin
    )


def _sources(project_id: str, organization_id: str) -> tuple[str, ...]:
    return (f"project {project_id}", f"organization {organization_id}")


def _read_contexts(value: object) -> str | None:
    """Return the ids of a list of texts, in order; None for anything else. Verified claims hold lists as tuples."""
    if not isinstance(value, list | tuple):
        return None
    ids = [shown(one) for one in value]
    if any(one is None or re.fullmatch(UUID, one) is None for one in ids):
        return None
    return _contexts(" ".join(filter(None, ids)))


def _used(expected: str, got: str | None, _claims: Claims) -> bool:
    return set(expected.split()) <= set((got or "").split())


def _rerun_refusal(_expected: str, got: str | None, _claims: Claims) -> str:
    if got == "true":
        return "Publishing from a job that was rerun with SSH is not supported."
    return f"Check failed for required claim '{SSH_RERUN}'"


def _build(fields: Mapping[str, str]) -> CircleCIPublisher:
    return CircleCIPublisher(**fields)


PROVIDER = Provider(
    kind="circleci",
    title="CircleCI",
    issuer=ISSUER,
    issuer_pattern=re.compile(rf"{re.escape(ISSUER)}/org/{UUID}"),
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=nothing_stricter,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=(ORGANIZATION, PROJECT),
    issuer_field="issuer_url",
    on_pypi=False,
)
