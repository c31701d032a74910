"""Forgejo Actions, and Gitea Actions once they do the same: one workflow file in one repository of one server.

Documented by Forgejo (user guide, "Security OpenID Connect"): the issuer is `[instance]/api/actions`; `repository`,
`repository_owner`, `workflow_ref`, `ref`, `sha`, `event_name` and `ref_protected` are texts that mean what they mean on
GitHub. The ids `repository_id`, `repository_owner_id` and `actor_id` came later, against names that are freed and taken
by others. Not documented, and therefore met with strictness:

* **ids** are required, and taken as texts like every other id there. A server too old to say them cannot publish.
* **environment** is not a claim yet. A publisher that names one refuses every token that does not say the same.
* **job_workflow_ref** is not a claim yet. Where a server says it (Gitea's proposal for called workflows), it must name
  the same file as `workflow_ref`: a workflow called from elsewhere does not speak for its caller.
* **jti** is not a claim; the exchange takes each token once by its own means.
* whether runs of a stranger's pull request get tokens. So events are not banned but allowed, those few that only people
  with write access can cause.

No public Sigstore instance vouches for these servers, so no attestation can be matched.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bonded.publishers.comparing import equal, if_set, present
from bonded.publishers.issuer_urls import host_of, issuer_field
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
)
from bonded.publishers.workflow_ref import at_this_commit

__all__ = ["ALLOWED_EVENTS", "FORM", "PROVIDER", "REQUIRED_CLAIMS", "ForgejoPublisher"]

ALLOWED_EVENTS = frozenset({"push", "release", "schedule", "workflow_dispatch"})
"""Events that need write access to the repository."""

REQUIRED_CLAIMS = (
    "repository",
    "repository_owner",
    "repository_owner_id",
    "repository_id",
    "workflow_ref",
    "event_name",
    "ref",
    "sha",
)
"""Claims that must be present and not null; `ref` and `sha` may be empty, though not both."""

ISSUER_PATH = "/api/actions"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NAME_RULE = "is letters, digits, '-', '_' and '.'"

FORM = (
    issuer_field(example="https://HOST/api/actions"),
    Field(
        name="repository_owner",
        form_name="repository_owner",
        label="Owner",
        help="The user or organisation that owns the repository",
        pattern=_NAME,
        rule=_NAME_RULE,
    ),
    Field(
        name="repository_owner_id",
        form_name="repository_owner_id",
        label="Owner id",
        help="The number of that account on its server, which stays when its name changes",
        pattern=re.compile(r"[0-9]{1,20}"),
        rule="is a number",
    ),
    Field(
        name="repository_name",
        form_name="repository_name",
        label="Repository name",
        help="The name of the repository that holds the workflow, without its owner",
        pattern=re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]+"),
        rule=_NAME_RULE,
    ),
    Field(
        name="workflow_filepath",
        form_name="workflow_filepath",
        label="Workflow",
        help="The path of the workflow's file in the repository, such as .forgejo/workflows/release.yml",
        pattern=re.compile(r"\.(?:forgejo|gitea|github)/workflows/[^/\x00-\x1f\x7f]+\.ya?ml"),
        rule="is a file in .forgejo/workflows, .gitea/workflows or .github/workflows that ends in .yml or .yaml",
        normalise=str.strip,
    ),
    Field(
        name="environment",
        form_name="environment",
        label="Environment name",
        help="The environment that the token must name; servers that know none can leave this empty only",
        pattern=re.compile(r"(?! )[^\x00-\x1f\x7f]+(?<! )"),
        rule="has no space at its ends and no control characters",
        required=False,
        max_length=255,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgejoPublisher:
    """One workflow file in one repository of one server; an empty environment means any.

    Make it with `from_fields`, which checks and normalises.
    """

    issuer_url: str
    repository_owner: str
    repository_owner_id: str
    repository_name: str
    workflow_filepath: str
    environment: str = ""

    @property
    def kind(self) -> str:
        """Return `forgejo`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return the server's issuer."""
        return self.issuer_url

    @property
    def specificity(self) -> int:
        """Return 1 with an environment, 0 without."""
        return 1 if self.environment else 0

    @property
    def repository(self) -> str:
        """The repository as `owner/name`."""
        return f"{self.repository_owner}/{self.repository_name}"

    @property
    def title(self) -> str:
        """One line for people."""
        where = f" in environment {self.environment}" if self.environment else ""
        return f"{self.workflow_filepath} of {self.repository} on {host_of(self.issuer_url)}{where}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty text means not set."""
        return asdict(self)

    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return what each claim must say, from the repository inward."""
        path = f"{self.repository}/{self.workflow_filepath}"
        owner_id = "equal; the number stays when the account is renamed"
        at = "equal, followed by @ and the token's own ref or sha"
        events = "one of " + ", ".join(sorted(ALLOWED_EVENTS))
        environment = "equal" if self.environment else "not compared"
        return (
            Check("repository", self.repository, "equal", equal),
            Check("repository_owner", self.repository_owner, "equal", equal),
            Check("repository_owner_id", self.repository_owner_id, owner_id, equal),
            Check("repository_id", "an id", "a text that can be pinned", present),
            Check("workflow_ref", path, at, at_this_commit),
            Check(
                "job_workflow_ref",
                path,
                f"absent, or {at}",
                _not_called,
                required=False,
                read=_called,
            ),
            Check("event_name", events, "one of these", _is_allowed, refusal=_event_refusal),
            Check("environment", self.environment, environment, if_set(equal), required=False),
            *(
                (Check("ref_protected", "true", "equal", equal),)
                if rules.require_protected_ref
                else ()
            ),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the repository, the owner's id and the repository's name, as an index files them."""
        return _sources(self.repository, self.repository_owner_id)

    def links(self) -> tuple[Link, ...]:
        """Return the pages of the repository and of its runs; none where the issuer does not show the server."""
        if not self.issuer_url.endswith(ISSUER_PATH):
            return ()
        url = f"{self.issuer_url.removesuffix(ISSUER_PATH)}/{self.repository}"
        return (
            Link(label="repository", url=url),
            Link(label="actions", url=f"{url}/actions"),
        )

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:  # noqa: ARG002 - the role's signature
        """Return nothing: these identities cannot sign for the public."""
        return ()


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher of the repository that claims speak for."""
    return most_specific(publishers, claims, sources_of(claims)[0])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a repository, and near misses: renamed, moved to another owner."""
    return _sources(said(claims, "repository"), said(claims, "repository_owner_id"))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's repository: its name, and the id of the account that owns it."""
    assert isinstance(publisher, ForgejoPublisher)
    return (
        said(claims, "repository") == publisher.repository
        and said(claims, "repository_owner_id") == publisher.repository_owner_id
        and claims.get("iss") == publisher.issuer_url
    )


def _sources(repository: str, owner_id: str) -> tuple[str, ...]:
    return (f"repository {repository}", f"owner {owner_id}", f"name {repository.partition('/')[2]}")


def _called(value: object) -> str | None:
    """Read `job_workflow_ref`: None only if it is absent, so that a claim of another type is not taken for absent."""
    return None if value is None else shown(value) or ""


def _not_called(expected: str, got: str | None, claims: Claims) -> bool:
    return got is None or at_this_commit(expected, got, claims)


def _is_allowed(_expected: str, got: str | None, _claims: Claims) -> bool:
    return got in ALLOWED_EVENTS


def _event_refusal(_expected: str, got: str | None, _claims: Claims) -> str:
    if got is None:
        return "Check failed for required claim 'event_name'"
    return f"Publishing from a workflow invoked via {got!r} is not supported."


def _build(fields: Mapping[str, str]) -> ForgejoPublisher:
    return ForgejoPublisher(**fields)


PROVIDER = Provider(
    kind="forgejo",
    title="Forgejo",
    issuer="",
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=nothing_stricter,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("repository_id", "repository_owner_id"),
    algorithms=frozenset({"RS256", "ES256"}),
    issuer_field="issuer_url",
    on_pypi=False,
)
