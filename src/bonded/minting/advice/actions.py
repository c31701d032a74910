"""Advice for GitHub Actions, on github.com and on servers of one's own: the claims of a workflow's job."""

from collections.abc import Mapping

from bonded.minting.advice.wording import (
    Advice,
    Advisor,
    Miss,
    difference,
    not_from_a_job,
    to_publisher,
)
from bonded.publishers.actions_workflow import BANNED_EVENTS, RISKY_EVENTS, WORKFLOWS
from bonded.publishers.workflow_ref import workflow_filename

__all__ = ["ADVISORS"]


def _repository(miss: Miss) -> tuple[Advice, ...]:
    owner, _, name = miss.got.partition("/")
    if not (owner and name):
        return (not_from_a_job(miss),)
    registered = miss.field("repository_name")
    if name == registered:
        return ()  # the owner differs, and has its own advice
    if name.lower() == registered.lower():
        why = f"GitHub writes the repository {name!r}, and it is looked up letter for letter"
        ways: tuple[Advice, ...] = ()
    else:
        why = f"The job ran in {miss.got!r}, the publisher is for {miss.expected!r}"
        ways = (_elsewhere(miss.expected),)
    first = to_publisher(why, label="repository name", field="repository_name", value=name)
    return (first, *ways)


def _owner(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    ways: tuple[Advice, ...] = ()
    if miss.got.lower() == miss.expected.lower():
        why = f"GitHub writes the owner {miss.got!r}, and it is looked up letter for letter"
    elif miss.field("repository_owner_id") == miss.said("repository_owner_id"):
        why = f"The account {miss.expected!r} is now called {miss.got!r}"
    else:
        why = (
            f"The repository belongs to {miss.got!r}, the publisher is for {miss.expected!r} (it was transferred, "
            "or the workflow ran in a fork). If it is yours now"
        )
        ways = (_elsewhere(f"{miss.expected}/{miss.field('repository_name')}"),)
    first = to_publisher(why, label="owner", field="repository_owner", value=miss.got)
    return (first, *ways)


def _owner_id(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    if miss.field("repository_owner").lower() == miss.said("repository_owner").lower():
        why = (
            f"The owner's account has the registered name but another id ({miss.got}, registered {miss.expected}): "
            "it was deleted and made anew, or is somebody else's now. If it is yours,"
        )
    else:
        why = f"The owner has the id {miss.got}, registered is {miss.expected}. If the new owner is yours,"
    return (
        Advice(
            sentence=f"{why} remove the publisher and add it again, which stores the owner id {miss.got!r}.",
            side="publisher",
            field="repository_owner_id",
            new_value=miss.got,
        ),
    )


def _workflow(miss: Miss) -> tuple[Advice, ...]:
    called, registered = workflow_filename(miss.got), miss.field("workflow_filename")
    if not called:
        return (not_from_a_job(miss),)
    if not miss.said("ref") and not miss.said("sha"):
        return (not_from_a_job(miss, "ref"),)
    home, _, mark = miss.got.partition(f"/{WORKFLOWS}/{called}@")
    calling = workflow_filename(miss.said("workflow_ref"))
    if home.lower() != miss.said("repository").lower():
        return (_called_elsewhere(called, home, calling or registered),)
    if called != registered:
        inside = calling and calling != called
        return _called_here(called, calling, registered) if inside else _renamed(called, registered)
    if mark in {miss.said("ref"), miss.said("sha")}:
        return ()  # what differs is the repository, which has its own advice
    local = f"./{WORKFLOWS}/{called}"
    return (
        Advice(
            sentence=f"The workflow was called at {mark!r}, not at the commit of the run: "
            f"call it with `uses: {local}`.",
            side="workflow",
            field="uses",
            new_value=local,
        ),
    )


def _renamed(called: str, registered: str) -> tuple[Advice, ...]:
    why = difference(called, registered) or "the file was renamed, or another one publishes"
    return (
        to_publisher(
            f"The job is in {called!r}, the publisher is for {registered!r} ({why})",
            label="workflow name",
            field="workflow_filename",
            value=called,
        ),
        Advice(
            sentence=f"Or rename the workflow's file to {registered!r}.",
            side="workflow",
            field="file name",
            new_value=registered,
        ),
    )


def _called_here(called: str, calling: str, registered: str) -> tuple[Advice, ...]:
    """A reusable workflow of the same repository: works if the called file is the registered one."""
    return (
        Advice(
            sentence=f"{calling!r} calls the reusable workflow {called!r}, and the token names the called one: "
            f"move the publishing job into {registered!r} itself; attestations need that.",
            side="workflow",
            field="jobs",
            new_value=registered,
        ),
        Advice(
            sentence=f"Or, to publish without attestations, change the publisher's workflow name to {called!r}.",
            side="publisher",
            field="workflow_filename",
            new_value=called,
        ),
    )


def _called_elsewhere(called: str, home: str, own: str) -> Advice:
    return Advice(
        sentence=f"The publishing job is in the reusable workflow {called!r} of {home!r}, which no publisher "
        f"can match: move the job into {own!r} of the repository itself, and let only the build be reused.",
        side="workflow",
        field="jobs",
        new_value=own,
    )


def _event(miss: Miss) -> tuple[Advice, ...]:
    if miss.got in BANNED_EVENTS:
        why = f"Nothing may be published from `{miss.got}`, which runs beside a stranger's changes"
    elif miss.got in RISKY_EVENTS:
        why = f"This index takes nothing from `{miss.got}`, which a stranger can start; PyPI would"
    else:
        return (not_from_a_job(miss),)
    return (
        Advice(
            sentence=f"{why}: start the "
            "workflow with `on: release` (types: [published]), with `push` of a tag, or with `workflow_dispatch`.",
            side="workflow",
            field="on",
            new_value="release",
        ),
    )


def _environment(miss: Miss) -> tuple[Advice, ...]:
    registered = miss.field("environment")
    if not registered:  # a rule of the index asks for any environment at all
        return (_any_environment("pypi"),)
    came = f"the job runs in {miss.got!r}" if miss.got else "the job has no environment"
    value = miss.got.lower()
    change = (
        f"change the environment name to {value!r}"
        if value
        else "clear the environment name, so that any job of the workflow may publish"
    )
    return (
        Advice(
            sentence=f"The publisher is for the environment {registered!r}, {came}: "
            f"in the workflow, give the publishing job `environment: {registered}`.",
            side="workflow",
            field="environment",
            new_value=registered,
        ),
        Advice(
            sentence=f"Or, in the publisher, {change}.",
            side="publisher",
            field="environment",
            new_value=value,
        ),
    )


def _any_environment(name: str) -> Advice:
    return Advice(
        sentence="This index takes nothing from a job without an environment: in the workflow, give the publishing "
        f"job `environment: {name}`, and protect it in the repository's settings.",
        side="workflow",
        field="environment",
        new_value=name,
    )


def _elsewhere(repository: str) -> Advice:
    condition = f"github.repository == '{repository}'"
    return Advice(
        sentence=f"Or run the workflow in {repository!r} only: give the publishing job `if: {condition}`.",
        side="workflow",
        field="if",
        new_value=condition,
    )


def _token_id(miss: Miss) -> tuple[Advice, ...]:
    return (not_from_a_job(miss),)


ADVISORS: Mapping[str, Advisor] = {
    "repository": _repository,
    "repository_owner": _owner,
    "repository_owner_id": _owner_id,
    "job_workflow_ref": _workflow,
    "repository_id": _token_id,
    "jti": _token_id,
    "event_name": _event,
    "environment": _environment,
}
