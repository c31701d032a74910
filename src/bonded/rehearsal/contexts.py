"""The contexts that expressions read, and the environment that every step gets.

Both come from the same facts, so that `github.ref` and `GITHUB_REF` cannot disagree.
"""

from collections.abc import Mapping
from typing import Any

from bonded.workflows.claims import Run

SERVER = "https://github.com"
API = "https://api.github.com"

# Keys of the `github` context that no `GITHUB_…` variable shows, or under another name.
_NOT_IN_ENVIRONMENT = frozenset(
    {
        "token",
        "event",
        "workspace",
        "action",
        "action_path",
        "repositoryUrl",
        "secret_source",
        "job",
        "repository_visibility",
    }
)


def github_context(run: Run, *, event: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Return the part of the `github` context that is the same in every job of a run.

    Source: GitHub's description of the contexts; values are what its server fills in.
    """
    owner = run.repository.partition("/")[0]
    return {
        "token": token,
        "ref": run.event.ref,
        "sha": run.event.sha,
        "repository": run.repository,
        "repository_owner": owner,
        "repository_owner_id": run.repository_owner_id,
        "repository_id": run.repository_id,
        "repository_visibility": run.repository_visibility,
        "repositoryUrl": f"git://github.com/{run.repository}.git",
        "run_id": run.run_id,
        "run_number": run.run_number,
        "run_attempt": run.run_attempt,
        "retention_days": "90",
        "actor": run.actor,
        "actor_id": run.actor_id,
        "triggering_actor": run.actor,
        "workflow": run.workflow_title,
        "head_ref": run.head_ref,
        "base_ref": run.base_ref,
        "event_name": run.event.name,
        "event": dict(event),
        "server_url": SERVER,
        "api_url": API,
        "graphql_url": f"{API}/graphql",
        "ref_name": run.event.ref_name,
        "ref_protected": run.ref_protected == "true",
        "ref_type": run.event.ref_type,
        "secret_source": "Actions",
        "workflow_ref": f"{run.repository}/{run.workflow_path}@{run.event.ref}",
        "workflow_sha": run.event.sha,
    }


def github_environment(context: Mapping[str, Any], *, job: str) -> dict[str, str]:
    """Return the `GITHUB_…` variables that follow from the `github` context; booleans in lower case."""
    variables = {
        f"GITHUB_{key.upper()}": _text(value)
        for key, value in context.items()
        if key not in _NOT_IN_ENVIRONMENT
    }
    return {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_JOB": job, **variables}


def runner_context(*, temp: str, tool_cache: str, name: str = "GitHub Actions 1") -> dict[str, str]:
    """Return the `runner` context of a Linux runner of GitHub's."""
    return {
        "os": "Linux",
        "arch": "X64",
        "name": name,
        "environment": "github-hosted",
        "temp": temp,
        "tool_cache": tool_cache,
        "debug": "",
    }


def runner_environment(context: Mapping[str, str]) -> dict[str, str]:
    """Return the `RUNNER_…` variables; an empty `debug` sets none."""
    return {f"RUNNER_{key.upper()}": value for key, value in context.items() if value}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def step_context(outputs: Mapping[str, str], *, outcome: str, conclusion: str) -> dict[str, Any]:
    """Return what `steps.<id>` holds once the step ended."""
    return {"outputs": dict(outputs), "outcome": outcome, "conclusion": conclusion}


def need_context(result: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """Return what `needs.<job>` holds."""
    return {"result": result, "outputs": dict(outputs)}


def strategy_context(
    *, index: int, total: int, fail_fast: bool, max_parallel: int
) -> dict[str, Any]:
    """Return the `strategy` context of one leg."""
    return {
        "fail-fast": fail_fast,
        "job-index": index,
        "job-total": total,
        "max-parallel": max_parallel,
    }
