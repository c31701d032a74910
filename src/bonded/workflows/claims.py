"""The claims of the ID token that GitHub's server would sign for a job.

After GitHub's page on OpenID Connect and tokens seen in the wild. All values but the times are strings. `sub` is what
cloud providers match; PyPI matches `repository`, `repository_owner_id`, `job_workflow_ref` and `environment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bonded.workflows.events import Event

# Seconds between a token's time of issue and the ends of its validity, as in GitHub's documentation.
VALID_BEFORE = 600
VALID_AFTER = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a workflow, as far as its tokens tell; everything is text, as in the claims.

    `repository` is `owner/name`; `workflow_path` is relative to the repository's root; `head_ref` and `base_ref` are
    branches of a pull request, empty for all other events; `ref_protected` is `true` or `false`. `properties` are
    custom properties of the repository by their bare names.
    """

    repository: str
    repository_id: str
    repository_owner_id: str
    repository_visibility: str = "public"
    actor: str
    actor_id: str
    run_id: str
    run_number: str = "1"
    run_attempt: str = "1"
    workflow_path: str
    workflow_title: str
    event: Event
    head_ref: str = ""
    base_ref: str = ""
    ref_protected: str = "false"
    runner_environment: str = "github-hosted"
    check_run_id: str = ""
    enterprise: str = ""
    enterprise_id: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def id_token_claims(
    run: Run,
    *,
    environment: str | None,
    job_workflow_path: str | None = None,
    job_workflow_sha: str | None = None,
    immutable_subject: bool = False,
) -> dict[str, str]:
    """Return the claims of a job of this run, without those that `stamp` adds.

    `environment` is the name of the job's deployment environment, None or empty without. `job_workflow_path` is the
    reusable workflow whose job it is: a path in this repository, or `owner/name/path@ref` of another (then with
    `job_workflow_sha`, the commit there). `immutable_subject` gives `sub` the form with ids, which repositories
    created since July 2026 have.
    """
    claims = {
        **_of_run(run),
        "sub": subject(run, environment=environment, immutable=immutable_subject),
        "job_workflow_ref": _called_ref(run, job_workflow_path) or _workflow_ref(run),
        "job_workflow_sha": job_workflow_sha or run.event.sha,
    }
    optional = {
        "environment": environment or "",
        "enterprise": run.enterprise,
        "enterprise_id": run.enterprise_id,
        **{f"repo_property_{name}": value for name, value in run.properties.items()},
    }
    return claims | {name: value for name, value in optional.items() if value}


def subject(run: Run, *, environment: str | None, immutable: bool = False) -> str:
    """Return `sub` in its default form: an environment counts before the event, the event before the ref."""
    name = run.repository.partition("/")[2]
    repository = run.repository
    if immutable:
        repository = f"{_owner(run)}@{run.repository_owner_id}/{name}@{run.repository_id}"
    if environment:
        return f"repo:{repository}:environment:{_escaped(environment)}"
    if run.event.name == "pull_request":
        return f"repo:{repository}:pull_request"
    return f"repo:{repository}:ref:{_escaped(run.event.ref)}"


def stamp(
    claims: Mapping[str, str], *, issuer: str, audience: str, now: int, jti: str
) -> dict[str, str | int]:
    """Return the claims with those of one token; `now` is Unix time in seconds, `jti` must be new each time."""
    return {
        **claims,
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "nbf": now - VALID_BEFORE,
        "exp": now + VALID_AFTER,
        "jti": jti,
    }


def _of_run(run: Run) -> dict[str, str]:
    """Return the claims that are the same for every job of a run."""
    event = run.event
    return {
        "ref": event.ref,
        "sha": event.sha,
        "repository": run.repository,
        "repository_id": run.repository_id,
        "repository_owner": _owner(run),
        "repository_owner_id": run.repository_owner_id,
        "repository_visibility": run.repository_visibility,
        "run_id": run.run_id,
        "run_number": run.run_number,
        "run_attempt": run.run_attempt,
        "check_run_id": run.check_run_id or run.run_id,  # a number of its own on GitHub
        "actor": run.actor,
        "actor_id": run.actor_id,
        "workflow": run.workflow_title,
        "workflow_ref": _workflow_ref(run),
        "workflow_sha": event.sha,
        "event_name": event.name,
        "ref_type": event.ref_type,
        "ref_protected": run.ref_protected,
        "head_ref": run.head_ref,
        "base_ref": run.base_ref,
        "runner_environment": run.runner_environment,
    }


def _workflow_ref(run: Run) -> str:
    return f"{run.repository}/{run.workflow_path}@{run.event.ref}"


def _owner(run: Run) -> str:
    return run.repository.partition("/")[0]


def _called_ref(run: Run, path: str | None) -> str:
    """Return `job_workflow_ref` of a reusable workflow; one of the same repository is read at the same ref."""
    if not path or "@" in path:
        return path or ""
    return f"{run.repository}/{path.removeprefix('./').removeprefix('$/')}@{run.event.ref}"


def _escaped(value: str) -> str:
    """Return a value of `sub` in which a colon is no separator."""
    return value.replace(":", "%3A")
