"""A workflow of GitHub Actions as a publisher: one file in one repository, perhaps in one environment.

What GitHub and servers of one's own share: the form, the claims, the checks and the look-up. All of it is PyPI's
behaviour, its letter case included:

* The look-up (`look_up`) compares owner, repository name, owner id and file letter for letter. Then it prefers the
  publisher of the job's environment to one without environment, and never takes one of another environment.
* The checks run on what the look-up found. The workflow is never taken from `job_workflow_ref` alone: refs and file
  names may hold `@`, `/` and `.yml`, so the whole text is rebuilt from the publisher and the token's own ref or sha.
* The owner's id must be equal. It outlives a rename, and keeps out whoever registers a freed name.
* `sub` is not looked at: owners may reshape it.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields

from bonded.publishers.comparing import (
    equal,
    equal_but_for_case,
    equal_but_for_own_case,
    if_set,
    present,
)
from bonded.publishers.most_specific import of_environment
from bonded.publishers.provider import NotFound
from bonded.publishers.rule import (
    PYPI,
    CertificateFact,
    Check,
    Checked,
    Claims,
    Field,
    Link,
    Publisher,
    Rules,
    said,
    shown,
)
from bonded.publishers.workflow_ref import at_this_commit, workflow_filename, workflow_refusal

__all__ = [
    "BANNED_EVENTS",
    "FORM",
    "OWNER",
    "REQUIRED_CLAIMS",
    "RISKY_EVENTS",
    "WORKFLOWS",
    "WorkflowPublisher",
    "look_up",
    "looked_up",
    "same_source",
    "sources_of",
]

BANNED_EVENTS = frozenset({"pull_request_target"})
"""Events that run a stranger's pull request beside the repository's secrets; PyPI refuses them since March 2026."""

RISKY_EVENTS = frozenset({"issue_comment", "workflow_run"})
"""Events that PyPI takes although whoever comments or opens a pull request can start and steer them."""

SAFE_EVENTS = "any event but " + ", ".join(sorted(BANNED_EVENTS))

REQUIRED_CLAIMS = (
    "repository",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "jti",
    "event_name",
    "ref",
    "sha",
)
"""Claims that must be present and not null; `ref` and `sha` may be empty."""

WORKFLOWS = ".github/workflows"

OWNER = Field(
    name="repository_owner",
    form_name="owner",
    label="Owner",
    help="The GitHub user or organisation that owns the repository",
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*"),
    rule="is letters, digits and hyphens, a letter or digit first",
)

FORM = (
    OWNER,
    Field(
        name="repository_owner_id",
        form_name="",
        label="Owner id",
        help="The number of that account, which stays when its name changes",
        pattern=re.compile(r"[0-9]{1,20}"),
        rule="is a number",
    ),
    Field(
        name="repository_name",
        form_name="repository",
        label="Repository name",
        help="The name of the repository that holds the workflow, without its owner",
        pattern=re.compile(r"[A-Za-z0-9._-]+"),
        rule="is letters, digits, '-', '_' and '.'",
    ),
    Field(
        name="workflow_filename",
        form_name="workflow_filename",
        label="Workflow name",
        help=f"The name of the workflow's file in {WORKFLOWS}, without folders",
        pattern=re.compile(r"[^/\x00-\x1f\x7f]*\.ya?ml"),
        rule="is a file name without '/' that ends in .yml or .yaml",
        normalise=str.strip,
    ),
    Field(
        name="environment",
        form_name="environment",
        label="Environment name",
        help="The environment that the publishing job must run in; empty lets any job of the file publish",
        pattern=re.compile(r"""(?! )[^\x00-\x1f\x7f'"`,;\\]+(?<! )"""),
        rule="has no space at its ends, no control characters and none of ' \" ` , ; \\",
        required=False,
        max_length=255,
        normalise=str.lower,
    ),
)
"""The form of PyPI; the owner's id is not typed there: PyPI asks GitHub for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPublisher(ABC):
    """One workflow file in one repository of one server; an empty environment means any."""

    repository_owner: str
    repository_owner_id: str
    repository_name: str
    workflow_filename: str
    environment: str = ""

    @property
    @abstractmethod
    def kind(self) -> str:
        """The short name of the service."""
        ...

    @property
    @abstractmethod
    def issuer(self) -> str:
        """The issuer whose tokens alone may speak for it."""
        ...

    @property
    @abstractmethod
    def server(self) -> str:
        """The address below which repositories have their pages, without a final slash."""
        ...

    @abstractmethod
    def form_values(self) -> dict[str, str]:
        """Return the fields as the form names them, with `provider`."""
        ...

    @abstractmethod
    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:
        """Return what the signing certificate of an attestation must say; empty if there can be none."""
        ...

    @property
    def specificity(self) -> int:
        """Return 1 with an environment, 0 without."""
        return 1 if self.environment else 0

    @property
    def repository(self) -> str:
        """The repository as `owner/name`."""
        return f"{self.repository_owner}/{self.repository_name}"

    @property
    def workflow_path(self) -> str:
        """The workflow as GitHub's claims spell it, up to the `@`."""
        return f"{self.repository}/{WORKFLOWS}/{self.workflow_filename}"

    @property
    def title(self) -> str:
        """One line for people."""
        where = f" in environment {self.environment}" if self.environment else ""
        return f"{self.workflow_filename} of {self.repository}{where}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty text means not set."""
        # Not `asdict`, which copies every value: a mint asks for the fields of each publisher that is near.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return what each claim must say: PyPI's checks in PyPI's order, then what `rules` add."""
        owner_id = "equal; the number stays when the account is renamed"
        workflow = "equal, followed by @ and the token's own ref or sha"
        environment = "equal, letter case aside" if self.environment else "not compared"
        same = if_set(equal_but_for_own_case) if rules.exact_letters else if_set(equal_but_for_case)
        return (
            Check("repository", self.repository, "equal, letter case aside", equal_but_for_case),
            Check("repository_owner", self.repository_owner, "equal", equal),
            Check("repository_owner_id", self.repository_owner_id, owner_id, equal),
            Check(
                "job_workflow_ref",
                self.workflow_path,
                workflow,
                at_this_commit,
                refusal=workflow_refusal,
            ),
            Check("jti", "an id that was not used before", "each token is taken once", present),
            Check("event_name", SAFE_EVENTS, "not one of these", _is_safe, refusal=_event_refusal),
            Check("environment", self.environment, environment, same, required=False),
            *_stricter(rules),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the repository, the owner's id and the repository's name, as an index files them."""
        return _sources(self.repository, self.repository_owner_id)

    def links(self) -> tuple[Link, ...]:
        """Return the pages of the repository, of its workflow and of its environments."""
        return (
            Link(label="repository", url=self.url),
            Link(label="workflow", url=self.workflow_url()),
            Link(label="environments", url=self.environments_url),
        )

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.server}/{self.repository}"

    @property
    def environments_url(self) -> str:
        """The settings page of the repository's environments."""
        return f"{self.url}/settings/environments"

    def workflow_url(self, ref: str = "HEAD") -> str:
        """Return the page of the workflow's file at a branch, tag or commit."""
        return f"{self.url}/blob/{ref}/{WORKFLOWS}/{self.workflow_filename}"

    def commit_url(self, sha: str) -> str:
        """Return the page of a commit, or of the repository if `sha` is empty."""
        return f"{self.url}/commit/{sha}" if sha else self.url


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher that claims speak for, as PyPI's database query does."""
    filename = workflow_filename(said(claims, "job_workflow_ref"))
    if not filename:
        return NotFound(reason="Could not job extract workflow filename from OIDC claims")
    by_environment: dict[str, WorkflowPublisher] = {}
    for publisher in publishers:
        if isinstance(publisher, WorkflowPublisher) and _is_keyed(publisher, claims, filename):
            by_environment.setdefault(publisher.environment.lower(), publisher)
    return of_environment(by_environment, said(claims, "environment").lower())


def looked_up(publisher: Publisher, claims: Claims) -> tuple[Checked, ...]:
    """Return the conditions of the look-up that are stricter than the check of the same claim."""
    assert isinstance(publisher, WorkflowPublisher)
    repository = shown(claims.get("repository"))
    workflow = shown(claims.get("job_workflow_ref"))
    return (
        Checked(
            claim="repository",
            expected=publisher.repository,
            got=repository,
            how="equal, letter case included, when the publisher is looked up",
            passed=repository == publisher.repository,
        ),
        Checked(
            claim="job_workflow_ref",
            expected=publisher.workflow_path,
            got=workflow,
            how="its file name, read from the text, is the registered one",
            passed=workflow_filename(workflow or "") == publisher.workflow_filename,
        ),
    )


def _is_keyed(publisher: WorkflowPublisher, claims: Claims, filename: str) -> bool:
    return (
        publisher.repository == claims.get("repository")
        and publisher.repository_owner_id == claims.get("repository_owner_id")
        and publisher.workflow_filename == filename
    )


def _is_safe(_expected: str, got: str | None, _claims: Claims) -> bool:
    return got is not None and got not in BANNED_EVENTS


def _event_refusal(_expected: str, got: str | None, _claims: Claims) -> str:
    if got is None:
        return "Check failed for required claim 'event_name'"
    return f"Publishing from a workflow invoked via {got!r} is not supported."


def _stricter(rules: Rules) -> tuple[Check, ...]:
    """Return the checks that PyPI does not make."""
    wanted = {
        "event_name": rules.deny_risky_events,
        "environment": rules.require_environment,
        "ref_protected": rules.require_protected_ref,
        "runner_environment": rules.require_hosted_runner,
    }
    return tuple(check for check in STRICTER if wanted[check.claim])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a repository, and near misses: renamed, moved to another owner."""
    return _sources(said(claims, "repository"), said(claims, "repository_owner_id"))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's repository: server, name, and the id of the account that owns it."""
    assert isinstance(publisher, WorkflowPublisher)
    repository = said(claims, "repository")
    return (
        claims.get("iss") == publisher.issuer
        and repository.lower() == publisher.repository.lower()
        and said(claims, "repository_owner_id") == publisher.repository_owner_id
    )


def _sources(repository: str, owner_id: str) -> tuple[str, ...]:
    whole = repository.lower()
    return (f"repository {whole}", f"owner {owner_id}", f"name {whole.partition('/')[2]}")


def _is_steered_by_owners(_expected: str, got: str | None, _claims: Claims) -> bool:
    return got is not None and got not in RISKY_EVENTS


STRICTER = (
    Check(
        "event_name",
        "any event but " + ", ".join(sorted(RISKY_EVENTS)),
        "not one of these (stricter than PyPI)",
        _is_steered_by_owners,
        refusal=_event_refusal,
    ),
    Check("environment", "an environment", "present (stricter than PyPI)", present),
    Check("ref_protected", "true", "equal (stricter than PyPI)", equal),
    Check("runner_environment", "github-hosted", "equal (stricter than PyPI)", equal),
)
"""One check for each rule beyond PyPI's, switched on by `Rules`."""
