"""What to know about claims that are accepted: accepted is not the same as safe, or as attested."""

from bonded.minting.advice.elsewhere import Known
from bonded.publishers import Claims, said
from bonded.publishers.actions_workflow import RISKY_EVENTS
from bonded.publishers.workflow_ref import workflow_filename

__all__ = ["notes_on"]


def notes_on(known: Known | None, claims: Claims) -> tuple[str, ...]:
    """Return what the owner should know beside the verdict, in sentences."""
    notes = (_reusable(claims), _environment(known, claims), _event(claims), _unrecorded(known))
    return tuple(filter(None, notes))


def _reusable(claims: Claims) -> str:
    called, calling = said(claims, "job_workflow_ref"), said(claims, "workflow_ref")
    if not called or not calling or called == calling:
        return ""
    return (
        f"The job is in the reusable workflow {workflow_filename(called)!r}, and attestations will name "
        f"{workflow_filename(calling)!r}, which calls it: PyPI refuses them. Publish without attestations, or move the "
        "job into the calling workflow and register that."
    )


def _environment(known: Known | None, claims: Claims) -> str:
    environment = said(claims, "environment")
    registered = known.publisher.to_fields().get("environment") if known else None
    if not environment or registered != "":
        return ""
    return (
        f"The job runs in the environment {environment!r}, and the publisher names none, so that every job of the file "
        f"may publish: set the publisher's environment name to {environment!r}."
    )


def _event(claims: Claims) -> str:
    event = said(claims, "event_name")
    if event not in RISKY_EVENTS:
        return ""
    return f"The event `{event}` can be started by strangers; PyPI takes it, other indexes may not."


def _unrecorded(known: Known | None) -> str:
    names = ", ".join(sorted(known.unrecorded)) if known else ""
    return f"Nothing is recorded of {names}, so that was not compared." if names else ""
