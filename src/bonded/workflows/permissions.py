"""What the server would allow the token of a job.

GitHub's rules: the block of the job replaces the workflow's as a whole; a block that names some scopes leaves all
others at none; without any block the repository's setting decides, and no setting ever gives `id-token`. So an ID
token is never there by default, and a `permissions:` block on the job takes away what the workflow's block gave.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from bonded.workflows.events import Event
from bonded.workflows.model import Job, Permissions, Workflow
from bonded.workflows.schema import LEVELS

Setting = Literal["restricted", "permissive"]

SCOPE = "id-token"
# With the restricted setting, the default of new repositories.
RESTRICTED: Mapping[str, str] = MappingProxyType({"contents": "read", "packages": "read"})
# These events run with the rights of the fork; `pull_request_target` runs with those of the base.
FROM_FORKS = frozenset({"pull_request", "pull_request_review", "pull_request_review_comment"})


def granted(
    workflow: Workflow,
    job: Job,
    *,
    event: Event,
    fork: bool = False,
    default: Setting = "restricted",
) -> dict[str, str]:
    """Return the level (read, write or none) of every scope, and of `metadata`, which can always be read.

    `fork` says whether the event comes from a fork; `default` is the repository's setting for workflow permissions.
    """
    block = deciding_block(workflow, job)
    if block is None:
        levels = _by_setting(default)
    elif block.shorthand:
        level = block.shorthand.removesuffix("-all")
        levels = {scope: _capped(scope, level) for scope in LEVELS}
    else:
        levels = {scope: block.scopes.get(scope, "none") for scope in LEVELS}
    if fork and event.name in FROM_FORKS:
        levels = {scope: "read" if level == "write" else level for scope, level in levels.items()}
        levels[SCOPE] = "none"
    return {**levels, "metadata": "read"}


def deciding_block(workflow: Workflow, job: Job) -> Permissions | None:
    """Return the `permissions:` block that decides for the job, or None if the repository's setting does."""
    return job.permissions if job.permissions is not None else workflow.permissions


def may_request_id_token(
    workflow: Workflow,
    job: Job,
    *,
    event: Event,
    fork: bool = False,
    default: Setting = "restricted",
) -> bool:
    """Return whether the job's steps find the address of an ID token in their environment."""
    return granted(workflow, job, event=event, fork=fork, default=default)[SCOPE] == "write"


def why_no_id_token(workflow: Workflow, job: Job, *, event: Event, fork: bool = False) -> str:
    """Return which block denies the job an ID token and what to write; empty if it gets one."""
    if may_request_id_token(workflow, job, event=event, fork=fork):
        return ""
    if fork and event.name in FROM_FORKS:
        return (
            f"The event `{event.name}` comes from a fork, and GitHub gives no ID token to forks, "
            "whatever `permissions` say. Publish from a tag or a release."
        )
    advice = f"Write `id-token: write` into the `permissions` of the job `{job.id}`"
    block = deciding_block(workflow, job)
    if block is None:
        return (
            f"Neither the job `{job.id}` ({job.location}) nor the workflow has `permissions`, and no setting "
            f"of a repository gives `id-token` by default. {advice}."
        )
    says = f"`{block.shorthand}`" if block.shorthand else _named(block)
    if job.permissions is None:
        return (
            f"The job `{job.id}` has no `permissions` of its own, so the workflow's decide ({block.location}), "
            f"and they say {says}. {advice}, with all else that it needs, because a job's block "
            "replaces the workflow's."
        )
    lost = ""
    if workflow.permissions is not None and _writes_id_token(workflow.permissions):
        lost = (
            f" and replace the workflow's ({workflow.permissions.location}), which would allow it"
        )
    return f"The `permissions` of the job `{job.id}` ({block.location}) say {says}{lost}. {advice}."


def _writes_id_token(block: Permissions) -> bool:
    return block.shorthand == "write-all" or block.scopes.get(SCOPE) == "write"


def _named(block: Permissions) -> str:
    """Return what a block says about ID tokens, by word or by silence."""
    if SCOPE in block.scopes:
        return f"`id-token: {block.scopes[SCOPE]}`"
    named = ", ".join(f"`{scope}: {level}`" for scope, level in block.scopes.items())
    return f"only {named}" if named else "that nothing is allowed (`{}`)"


def _by_setting(default: Setting) -> dict[str, str]:
    if default == "restricted":
        return {scope: RESTRICTED.get(scope, "none") for scope in LEVELS}
    levels = {scope: _capped(scope, "write") for scope in LEVELS}
    return {**levels, SCOPE: "none"}


def _capped(scope: str, level: str) -> str:
    """Return `level`, or `read` where a scope has no more (`models`)."""
    return "read" if level == "write" and "write" not in LEVELS[scope] else level
