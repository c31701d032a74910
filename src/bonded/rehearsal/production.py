"""What all jobs of one workflow run have in common, and what each leaves for the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bonded.rehearsal.engine import Result
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.theatre import Theatre
from bonded.rehearsal.watching import Watcher
from bonded.workflows.claims import Run
from bonded.workflows.model import Workflow


@dataclass(slots=True, kw_only=True)
class Production:
    """What all jobs of one workflow run have in common."""

    theatre: Theatre
    watcher: Watcher
    run: Run
    workflow: Workflow
    github: Mapping[str, Any]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    inputs: Mapping[str, Any]
    base: Mapping[str, str]
    admit: Callable[[Mapping[str, str]], IdentityAccess]
    """Opens the way to ID tokens with the given claims, for one job."""
    dismiss: Callable[[IdentityAccess], None]
    """Closes that way when the job ends."""
    began: float
    next_job: Callable[[], int]


@dataclass(slots=True)
class JobOutcome:
    """What a job leaves for those that need it."""

    result: Result
    outputs: dict[str, str] = field(default_factory=dict)
