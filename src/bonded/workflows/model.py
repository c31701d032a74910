"""A workflow as values: what GitHub's reader makes of the file, with the place of everything.

What may hold an expression stays a `Node`, because it is evaluated later, by whoever has the contexts; what may not
is read to its plain type here. `read_workflow` collects every fault of a file before it gives up.
"""

from dataclasses import dataclass, field

from bonded.errors import Location
from bonded.workflows.document import Mapping, Node, Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of `workflow_dispatch` or `workflow_call`."""

    name: str
    type: str = "string"
    required: bool = False
    default: Scalar | None = None
    options: tuple[str, ...] = ()
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One event under `on:` with its filters.

    `filters` holds `branches`, `branches-ignore`, `tags`, `tags-ignore`, `paths`, `paths-ignore` as given; `types`
    is None where the file names none (the event's default types apply).
    """

    event: str
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: tuple[str, ...] | None = None
    inputs: tuple[Input, ...] = ()
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """A `permissions:` block: `shorthand` is read-all or write-all, else `scopes` as written."""

    shorthand: str = ""
    scopes: dict[str, str] = field(default_factory=dict)
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The deployment environment of a job; both texts may hold expressions."""

    name: Scalar
    url: Scalar | None = None
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """`defaults.run`."""

    shell: Scalar | None = None
    working_directory: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How one job becomes several: `matrix` is a mapping (with include and exclude) or an expression."""

    matrix: Mapping | Scalar | None = None
    fail_fast: Scalar | None = None
    max_parallel: Scalar | None = None
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `run` or `uses`; the new control steps of 2026 are kept in `control`."""

    index: int
    id: str = ""
    name: Scalar | None = None
    condition: Scalar | None = None
    run: Scalar | None = None
    shell: Scalar | None = None
    working_directory: Scalar | None = None
    uses: Scalar | None = None
    inputs: Mapping | None = None  # `with:`
    env: Mapping | Scalar | None = None
    continue_on_error: Scalar | None = None
    timeout_minutes: Scalar | None = None
    control: str = ""  # wait, wait-all, cancel, parallel; or "background" on a run or uses step
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: steps on a runner, or the call of a reusable workflow (`uses`)."""

    id: str
    name: Scalar | None = None
    needs: tuple[str, ...] = ()
    condition: Scalar | None = None
    permissions: Permissions | None = None
    environment: Environment | None = None
    runs_on: Node | None = None
    outputs: Mapping | None = None
    env: Mapping | Scalar | None = None
    defaults: Defaults = field(default_factory=Defaults)
    strategy: Strategy | None = None
    continue_on_error: Scalar | None = None
    timeout_minutes: Scalar | None = None
    concurrency: Node | None = None
    container: Node | None = None
    services: Node | None = None
    steps: tuple[Step, ...] = ()
    uses: Scalar | None = None
    inputs: Mapping | None = None  # `with:` of a called workflow
    secrets: Node | None = None  # of a called workflow: a mapping or `inherit`
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One file under `.github/workflows/`; `path` is relative to the repository's root, with slashes."""

    path: str
    name: str = ""
    run_name: Scalar | None = None
    triggers: tuple[Trigger, ...] = ()
    permissions: Permissions | None = None
    env: Mapping | Scalar | None = None
    defaults: Defaults = field(default_factory=Defaults)
    concurrency: Node | None = None
    jobs: tuple[Job, ...] = ()

    @property
    def filename(self) -> str:
        """The name of the file, as a trusted publisher registers it."""
        return self.path.rpartition("/")[2]

    @property
    def title(self) -> str:
        """What GitHub shows and `GITHUB_WORKFLOW` holds: the name, else the path."""
        return self.name or self.path

    def job(self, job_id: str) -> Job:
        """Return the job with this id; raises KeyError."""
        for job in self.jobs:
            if job.id == job_id:
                return job
        raise KeyError(job_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionInput:
    """One declared input of an action."""

    default: Scalar | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAction:
    """An `action.yml` whose `runs.using` is `composite`."""

    path: str
    name: str = ""
    inputs: dict[str, ActionInput] = field(default_factory=dict)
    outputs: dict[str, Scalar] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
