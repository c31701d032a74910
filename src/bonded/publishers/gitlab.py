"""GitLab CI/CD as a publisher: one pipeline file in one project, perhaps in one environment, at one GitLab.

Everything the house knows about GitLab as an identity is in this file, as data. All of it is PyPI's behaviour, its
letter case included:

* Namespace and project are compared without letter case, and the project's path is read from `project_path`.
* The pipeline file is never taken from `ci_config_ref_uri` alone: the whole text is rebuilt from the publisher and the
  token's own ref or commit, and compared with letter case. So a project that is registered in another letter case than
  GitLab's is found, passes two checks and fails the third.
* Environments keep their letter case.
* PyPI compares no id: whoever takes a freed path is taken for the one before. `Rules.pin_ids` closes that.

A GitLab of one's own signs as its own address, `issuer_url`. It speaks for its publishers only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bonded.publishers.certificate import workflow_facts
from bonded.publishers.ci_config_ref import at_this_commit, config_filepath, config_refusal
from bonded.publishers.comparing import equal, equal_but_for_case, if_set, present
from bonded.publishers.issuer_urls import IssuerField
from bonded.publishers.most_specific import of_environment
from bonded.publishers.provider import NotFound, Provider
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

__all__ = ["FORM", "ISSUER", "PROVIDER", "REQUIRED_CLAIMS", "GitLabPublisher"]

ISSUER = "https://gitlab.com"

REQUIRED_CLAIMS = ("sub", "project_path", "ci_config_ref_uri", "jti", "ref_path", "sha")
"""Claims that must be present and not null; GitLab leaves `ci_config_ref_uri` null if the file is not the project's."""

NO_SUFFIX = r"(?!.*\.(?i:git|atom)\Z)"
NO_PAIRS = r"(?!.*[._-]{2})"


def _environment(text: str) -> str:
    return "" if text.isspace() else text


class _OwnGitLab(IssuerField):
    """A field that holds gitlab.com's issuer, or that of a GitLab which somebody runs for themselves."""

    __slots__ = ()

    def fault(self, text: str) -> str:
        """Return why a text cannot be the issuer of a GitLab, or an empty text."""
        return "" if text == ISSUER else IssuerField.fault(self, text)


FORM = (
    Field(
        name="namespace",
        form_name="namespace",
        label="Namespace",
        help="The GitLab user name, or the group with its subgroups, that holds the project",
        pattern=re.compile(rf"{NO_SUFFIX}{NO_PAIRS}[A-Za-z0-9][A-Za-z0-9._/+-]*[A-Za-z0-9]"),
        rule="is at least two letters or digits, with single '.', '_', '-', '+', '/' between them, "
        "and does not end in .git or .atom",
    ),
    Field(
        name="project",
        form_name="project",
        label="Project name",
        help="The name of the project as its address has it, without its namespace",
        pattern=re.compile(rf"{NO_SUFFIX}{NO_PAIRS}[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]"),
        rule="is at least two letters or digits, with single '.', '_', '-' between them, "
        "and does not end in .git or .atom",
    ),
    Field(
        name="workflow_filepath",
        form_name="workflow_filepath",
        label="Top-level pipeline file path",
        help="The path of the pipeline's file in the project, such as .gitlab-ci.yml",
        pattern=re.compile(r"(?!/)[^\x00-\x1f\x7f]*\.ya?ml"),
        rule="is a path that does not begin with '/' and ends in .yml or .yaml",
        normalise=str.strip,
    ),
    Field(
        name="environment",
        form_name="environment",
        label="Environment name",
        help="The environment that the publishing job must run in; empty lets any job of the file publish",
        pattern=re.compile(r"[A-Za-z0-9_/${} -]+"),
        rule="is letters, digits, spaces and '-', '_', '/', '$', '{', '}'",
        required=False,
        normalise=_environment,
    ),
    _OwnGitLab(
        name="issuer_url",
        form_name="issuer_url",
        label="GitLab issuer URL",
        help=f"The address of a GitLab of your own, as `iss` in its tokens says it; empty means {ISSUER}",
        pattern=re.compile(r"https://.+"),
        rule="is an https address",
        required=False,
        max_length=400,
        normalise=lambda text: text.strip() or ISSUER,
    ),
)
"""The form of PyPI, where a project may choose among the issuers that its organisation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabPublisher:
    """One pipeline file in one project of one GitLab; an empty environment means any.

    Make it with `from_fields`, which checks and normalises.
    """

    namespace: str
    project: str
    workflow_filepath: str
    environment: str = ""
    issuer_url: str = ISSUER

    @property
    def kind(self) -> str:
        """Return `gitlab`."""
        return PROVIDER.kind

    @property
    def issuer(self) -> str:
        """Return the GitLab whose tokens speak for it."""
        return self.issuer_url or ISSUER

    @property
    def specificity(self) -> int:
        """Return 1 with an environment, 0 without."""
        return 1 if self.environment else 0

    @property
    def project_path(self) -> str:
        """The project as `namespace/project`."""
        return f"{self.namespace}/{self.project}"

    @property
    def config_path(self) -> str:
        """The pipeline's file as GitLab's claims spell it, up to the `@`."""
        return (
            f"{self.issuer.removeprefix('https://')}/{self.project_path}//{self.workflow_filepath}"
        )

    @property
    def title(self) -> str:
        """One line for people."""
        where = f" in environment {self.environment}" if self.environment else ""
        at = f" at {self.issuer}" if self.issuer != ISSUER else ""
        return f"{self.workflow_filepath} of {self.project_path}{where}{at}"

    def to_fields(self) -> dict[str, str]:
        """Return the fields under their stored names; an empty environment means not set."""
        return {
            "namespace": self.namespace,
            "project": self.project,
            "workflow_filepath": self.workflow_filepath,
            "environment": self.environment,
            "issuer_url": self.issuer,
        }

    def form_values(self) -> dict[str, str]:
        """Return the fields as PyPI's form names them, with `provider`."""
        return {"provider": self.kind, **self.to_fields()}

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return what each claim must say: PyPI's checks in PyPI's order, then what `rules` add."""
        path = self.project_path
        subject = "its first two parts are equal, letter case aside"
        config = "equal, followed by @ and the token's own ref_path or sha"
        environment = "equal" if self.environment else "not compared"
        return (
            Check("sub", f"project_path:{path}", subject, _begins_with_project),
            Check("project_path", path, "equal, letter case aside", equal_but_for_case),
            Check(
                "ci_config_ref_uri",
                self.config_path,
                config,
                at_this_commit,
                refusal=config_refusal,
            ),
            Check("jti", "an id that was not used before", "each token is taken once", present),
            Check("environment", self.environment, environment, if_set(equal), required=False),
            *_stricter(rules),
        )

    def sources(self) -> tuple[str, ...]:
        """Return the project's path, its namespace and its name, as an index files them."""
        return _sources(self.project_path)

    def links(self) -> tuple[Link, ...]:
        """Return the pages of the project, of its pipeline's file and of its environments."""
        return (
            Link(label="project", url=self.url),
            Link(label="pipeline file", url=self.workflow_url()),
            Link(label="environments", url=self.environments_url),
        )

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:
        """Return what the certificate of an attestation must say; ref and commit are read from the token's claims.

        Empty for a GitLab of one's own: PyPI's policy knows gitlab.com only. The environment is not compared.
        """
        if self.issuer != ISSUER:
            return ()
        config = f"{self.url}//{self.workflow_filepath}"
        marks = (said(claims, "sha"), said(claims, "ref_path"))
        return workflow_facts(ISSUER, self.url, config, marks)

    @property
    def url(self) -> str:
        """The project's page."""
        return f"{self.issuer}/{self.project_path}"

    @property
    def environments_url(self) -> str:
        """The page of the project's environments."""
        return f"{self.url}/-/environments"

    def workflow_url(self, ref: str = "HEAD") -> str:
        """Return the page of the pipeline's file at a branch, tag or commit."""
        return f"{self.url}/-/blob/{ref}/{self.workflow_filepath}"

    def commit_url(self, sha: str) -> str:
        """Return the page of a commit, or of the project if `sha` is empty."""
        return f"{self.url}/commit/{sha}" if sha else self.url


def look_up(publishers: Sequence[Publisher], claims: Claims) -> Publisher | NotFound:
    """Find the one publisher that claims speak for, as PyPI's database query does."""
    filepath = config_filepath(said(claims, "ci_config_ref_uri"))
    if not filepath:
        return NotFound(reason="Could not extract workflow filename from OIDC claims")
    by_environment: dict[str, GitLabPublisher] = {}
    for publisher in publishers:
        if isinstance(publisher, GitLabPublisher) and _is_keyed(publisher, claims, filepath):
            by_environment.setdefault(publisher.environment, publisher)
    return of_environment(by_environment, said(claims, "environment"))


def looked_up(publisher: Publisher, claims: Claims) -> tuple[Checked, ...]:
    """Return the condition of the look-up that is stricter than the check of the same claim."""
    assert isinstance(publisher, GitLabPublisher)
    config = shown(claims.get("ci_config_ref_uri"))
    return (
        Checked(
            claim="ci_config_ref_uri",
            expected=publisher.config_path,
            got=config,
            how="its file path, read from the text, is the registered one",
            passed=config_filepath(config or "") == publisher.workflow_filepath,
        ),
    )


def _is_keyed(publisher: GitLabPublisher, claims: Claims, filepath: str) -> bool:
    return (
        publisher.project_path.lower() == said(claims, "project_path").lower()
        and publisher.workflow_filepath == filepath
        and publisher.issuer == claims.get("iss")
    )


def _begins_with_project(expected: str, got: str | None, _claims: Claims) -> bool:
    """Whether the first two of a subject's parts are `project_path` and the project; what follows, owners choose."""
    return ":".join((got or "").split(":")[:2]).lower() == expected.lower()


def _is_own_project(_expected: str, got: str | None, claims: Claims) -> bool:
    """Whether the job ran in the project that it speaks for; a GitLab before 18.3 does not say where it ran."""
    return claims.get("job_project_id") is None or equal(said(claims, "project_id"), got, claims)


def _is_not_steered(_expected: str, got: str | None, claims: Claims) -> bool:
    """Whether no stranger's change ran: for a merge request GitLab must say that it came from the project itself."""
    if got == "merge_request_event":
        return equal(said(claims, "project_id"), said(claims, "job_project_id"), claims)
    return bool(got) and got != "external_pull_request_event"


def _stricter(rules: Rules) -> tuple[Check, ...]:
    """Return the checks that PyPI does not make."""
    wanted = {
        "job_project_id": rules.deny_risky_events,
        "pipeline_source": rules.deny_risky_events,
        "environment": rules.require_environment,
        "ref_protected": rules.require_protected_ref,
        "runner_environment": rules.require_hosted_runner,
    }
    return tuple(check for check in STRICTER if wanted[check.claim])


def sources_of(claims: Claims) -> tuple[str, ...]:
    """Return where an index finds the publishers of a project, and near misses: renamed, moved to another namespace."""
    return _sources(said(claims, "project_path"))


def same_source(publisher: Publisher, claims: Claims) -> bool:
    """Whether claims come from the publisher's project, by its path: its form has no id that would outlive a rename."""
    assert isinstance(publisher, GitLabPublisher)
    path = said(claims, "project_path")
    return publisher.issuer == claims.get("iss") and path.lower() == publisher.project_path.lower()


def _sources(project_path: str) -> tuple[str, ...]:
    namespace, _, name = project_path.lower().rpartition("/")
    return (f"project {namespace}/{name}", f"namespace {namespace}", f"name {name}")


def _build(fields: Mapping[str, str]) -> GitLabPublisher:
    return GitLabPublisher(**fields)


STRICTER = (
    Check(
        "job_project_id",
        "the token's own project_id",
        "equal, or absent (stricter than PyPI)",
        _is_own_project,
    ),
    Check(
        "pipeline_source",
        "any source but a merge request of a fork or of another service",
        "not one of these (stricter than PyPI)",
        _is_not_steered,
    ),
    Check("environment", "an environment", "present (stricter than PyPI)", present),
    Check("ref_protected", "true", "equal (stricter than PyPI)", equal),
    Check("runner_environment", "gitlab-hosted", "equal (stricter than PyPI)", equal),
)
"""The checks for the rules beyond PyPI's, switched on by `Rules`.

In a pipeline for a merge request of a fork that runs in the project itself, GitLab since 18.2.2 gives the fork as
`project_path` and the project as `job_project_path`; before, it gave the project as both, and a stranger's change could
speak for it.
"""

PROVIDER = Provider(
    kind="gitlab",
    title="GitLab",
    issuer=ISSUER,
    form=FORM,
    required_claims=REQUIRED_CLAIMS,
    build=_build,
    look_up=look_up,
    looked_up=looked_up,
    sources_of=sources_of,
    same_source=same_source,
    immutable_claims=("project_id", "namespace_id"),
    issuer_field="issuer_url",
)
