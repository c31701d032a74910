"""What one claim that does not match tells its owner to do, for a GitHub publisher.

Each function takes one mismatch and gives the ways to mend it, the likeliest first. A sentence names the side to
change, the field and the exact new value. GitHub is the only provider today; a second one brings a table like
`ADVISORS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bonded.publishers import Claims, shown
from bonded.publishers.github import BANNED_EVENTS, WORKFLOWS
from bonded.publishers.workflow_ref import workflow_filename

__all__ = ["ADVISORS", "Advice", "Advisor", "Miss", "Side", "register"]

Side = Literal["workflow", "publisher", "project", "GitHub"]
"""Where the change is made: the workflow's file, the publisher on the index, the project or machine, or GitHub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One way to mend a refusal: what to change, where, to what; an empty `new_value` means "clear it"."""

    sentence: str
    side: Side
    field: str
    new_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A mismatch and what surrounds it: the publisher's stored fields and all claims; `got` is empty if absent."""

    expected: str
    got: str
    fields: Mapping[str, str]
    claims: Claims

    def claim(self, name: str) -> str:
        """Return another claim as text, empty if it is absent or not a text."""
        return shown(self.claims.get(name)) or ""


Advisor = Callable[[Miss], tuple[Advice, ...]]


def register(claims: Claims) -> Advice:
    """Advise the owner of a repository to register a publisher for the job that just ran."""
    owner, _, name = (shown(claims.get("repository")) or "").partition("/")
    fields = {
        "owner": owner,
        "repository name": name,
        "workflow name": workflow_filename(shown(claims.get("job_workflow_ref")) or ""),
        "environment name": shown(claims.get("environment")) or "",
    }
    listed = ", ".join(f"{field} {value!r}" for field, value in fields.items() if value)
    return Advice(
        sentence=f"No GitHub publisher is registered for this job: add one with {listed}.",
        side="publisher",
        field="publisher",
        new_value=listed,
    )


def _environment(miss: Miss) -> tuple[Advice, ...]:
    came = f"the job runs in {miss.got!r}" if miss.got else "the job has no environment"
    value = miss.got.lower()
    change = (
        f"change the environment name to {value!r}"
        if value
        else "clear the environment name, so that any job of the workflow may publish"
    )
    return (
        Advice(
            sentence=f"The publisher is for the environment {miss.expected!r}, {came}: "
            f"in the workflow, give the publishing job `environment: {miss.expected}`.",
            side="workflow",
            field="environment",
            new_value=miss.expected,
        ),
        Advice(
            sentence=f"Or, in the publisher, {change}.",
            side="publisher",
            field="environment",
            new_value=value,
        ),
    )


def _repository(miss: Miss) -> tuple[Advice, ...]:
    owner, _, name = miss.got.partition("/")
    if not (owner and name):
        return (_not_from_a_job("repository"),)
    registered = miss.fields["repository_name"]
    if name == registered:
        return ()  # the owner differs, and has its own advice
    change = f"change the publisher's repository name to {name!r}"
    if name.lower() == registered.lower():
        why = f"GitHub writes the repository {name!r}, and it is looked up letter for letter"
        ways: tuple[Advice, ...] = ()
    else:
        why = f"The job ran in {miss.got!r}, the publisher is for {miss.expected!r}"
        ways = (_elsewhere(miss.expected),)
    first = Advice(
        sentence=f"{why}: {change}.",
        side="publisher",
        field="repository_name",
        new_value=name,
    )
    return (first, *ways)


def _owner(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (_not_from_a_job("repository_owner"),)
    ways: tuple[Advice, ...] = ()
    if miss.got.lower() == miss.expected.lower():
        why = f"GitHub writes the owner {miss.got!r}, and it is looked up letter for letter"
    elif miss.fields["repository_owner_id"] == miss.claim("repository_owner_id"):
        why = f"The account {miss.expected!r} is now called {miss.got!r}"
    else:
        why = f"The repository belongs to {miss.got!r}, the publisher is for {miss.expected!r}"
        ways = (_elsewhere(f"{miss.expected}/{miss.fields['repository_name']}"),)
    first = Advice(
        sentence=f"{why}: change the publisher's owner to {miss.got!r}.",
        side="publisher",
        field="repository_owner",
        new_value=miss.got,
    )
    return (first, *ways)


def _owner_id(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (_not_from_a_job("repository_owner_id"),)
    if miss.fields["repository_owner"] == miss.claim("repository_owner"):
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
    called, registered = workflow_filename(miss.got), miss.fields["workflow_filename"]
    if not called:
        return (_not_from_a_job("job_workflow_ref"),)
    if not miss.claim("ref") and not miss.claim("sha"):
        return (_not_from_a_job("ref"),)
    home, _, mark = miss.got.partition(f"/{WORKFLOWS}/{called}@")
    calling = workflow_filename(miss.claim("workflow_ref"))
    if home.lower() != miss.claim("repository").lower():
        return (_called_elsewhere(called, home, calling or registered),)
    if called != registered:
        inside = calling and calling != called
        return _called_here(called, calling, registered) if inside else _renamed(called, registered)
    if mark in {miss.claim("ref"), miss.claim("sha")}:
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
    if called.lower() == registered.lower():
        why = "only the letter case differs"
    elif called.rpartition(".")[0] == registered.rpartition(".")[0]:
        why = "only the ending differs"
    else:
        why = "the file was renamed, or another one publishes"
    return (
        Advice(
            sentence=f"The job is in {called!r}, the publisher is for {registered!r} ({why}): "
            f"change the publisher's workflow name to {called!r}.",
            side="publisher",
            field="workflow_filename",
            new_value=called,
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
    if miss.got not in BANNED_EVENTS:
        return (_not_from_a_job("event_name"),)
    return (
        Advice(
            sentence=f"Nothing may be published from `{miss.got}`, which runs beside a stranger's changes: start the "
            "workflow with `on: release` (types: [published]), with `push` of a tag, or with `workflow_dispatch`.",
            side="workflow",
            field="on",
            new_value="release",
        ),
    )


def _elsewhere(repository: str) -> Advice:
    condition = f"github.repository == '{repository}'"
    return Advice(
        sentence=f"Or run the workflow in {repository!r} only: give the publishing job `if: {condition}`.",
        side="workflow",
        field="if",
        new_value=condition,
    )


def _not_from_a_job(claim: str) -> Advice:
    return Advice(
        sentence=f"The token does not say {claim!r} as those of GitHub's jobs do: "
        "ask for it inside the publishing job, with `permissions: id-token: write`.",
        side="GitHub",
        field=claim,
        new_value="",
    )


def _token_id(_miss: Miss) -> tuple[Advice, ...]:
    return (_not_from_a_job("jti"),)


ADVISORS: Mapping[str, Advisor] = {
    "repository": _repository,
    "repository_owner": _owner,
    "repository_owner_id": _owner_id,
    "job_workflow_ref": _workflow,
    "jti": _token_id,
    "event_name": _event,
    "environment": _environment,
}
