"""Which contexts and functions an expression may use, key by key.

GitHub decides this by where the expression stands, and refuses the whole workflow otherwise. Keys are written as in
GitHub's page on context availability. The table agrees with the schema of GitHub's own workflow parser, which the
tests ask; what a key inherits from the block around it is written out here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MANY = 2**31 - 1
Arities = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Availability:
    """What one key may use: names of contexts, and functions beyond those that are always there."""

    contexts: frozenset[str]
    functions: Arities = field(default_factory=lambda: MappingProxyType({}))


def _allow(contexts: str, functions: Arities | None = None) -> Availability:
    return Availability(frozenset(contexts.split()), MappingProxyType(dict(functions or {})))


_HASH: Arities = {"hashFiles": (1, 255)}
_JOB_STATUS: Arities = {
    "always": (0, 0),
    "cancelled": (0, 0),
    "success": (0, MANY),
    "failure": (0, MANY),
}
_STEP_STATUS: Arities = dict.fromkeys(("always", "cancelled", "success", "failure"), (0, 0))

_SERVER = "github inputs vars"
_NEEDS = f"{_SERVER} needs"
_MATRIX = f"{_NEEDS} strategy matrix"
_RUNNER = f"{_MATRIX} job runner env steps"
_STEP = _allow(f"{_RUNNER} secrets", _HASH)
_ACTION = "github inputs strategy matrix job runner env steps"
_ACTION_STEP = _allow(_ACTION, _HASH)

AVAILABILITY: Mapping[str, Availability] = MappingProxyType(
    {
        "run-name": _allow(_SERVER),
        "concurrency": _allow(_SERVER),
        "env": _allow(f"{_SERVER} secrets"),
        "on.workflow_call.inputs.<inputs_id>.default": _allow(_SERVER),
        "on.workflow_call.outputs.<output_id>.value": _allow(f"{_SERVER} jobs"),
        "jobs.<job_id>.concurrency": _allow(_MATRIX),
        "jobs.<job_id>.container": _allow(_MATRIX),
        "jobs.<job_id>.container.credentials": _allow(f"{_MATRIX} secrets env"),
        "jobs.<job_id>.container.env.<env_id>": _allow(f"{_RUNNER} secrets"),
        "jobs.<job_id>.continue-on-error": _allow(_MATRIX),
        "jobs.<job_id>.defaults.run": _allow(f"{_MATRIX} env"),
        "jobs.<job_id>.env": _allow(f"{_MATRIX} secrets"),
        "jobs.<job_id>.environment": _allow(_MATRIX),
        "jobs.<job_id>.environment.url": _allow(_RUNNER),
        "jobs.<job_id>.if": _allow(_NEEDS, _JOB_STATUS),
        "jobs.<job_id>.name": _allow(_MATRIX),
        "jobs.<job_id>.outputs.<output_id>": _allow(f"{_RUNNER} secrets"),
        "jobs.<job_id>.runs-on": _allow(_MATRIX),
        "jobs.<job_id>.secrets.<secrets_id>": _allow(f"{_MATRIX} secrets"),
        "jobs.<job_id>.services": _allow(_MATRIX),
        "jobs.<job_id>.services.<service_id>.credentials": _allow(f"{_MATRIX} secrets env"),
        "jobs.<job_id>.services.<service_id>.env.<env_id>": _allow(f"{_RUNNER} secrets"),
        "jobs.<job_id>.snapshot.if": _allow(_MATRIX),
        "jobs.<job_id>.strategy": _allow(_NEEDS),
        "jobs.<job_id>.timeout-minutes": _allow(_MATRIX),
        "jobs.<job_id>.with.<with_id>": _allow(_MATRIX),
        "jobs.<job_id>.steps.continue-on-error": _STEP,
        "jobs.<job_id>.steps.env": _STEP,
        "jobs.<job_id>.steps.if": _allow(_RUNNER, {**_STEP_STATUS, **_HASH}),
        "jobs.<job_id>.steps.name": _STEP,
        "jobs.<job_id>.steps.run": _STEP,
        "jobs.<job_id>.steps.timeout-minutes": _STEP,
        "jobs.<job_id>.steps.with": _STEP,
        "jobs.<job_id>.steps.working-directory": _STEP,
        "inputs.<input_id>.default": _allow("github strategy matrix job runner", _HASH),
        "outputs.<output_id>.value": _allow(_ACTION),
        "runs.steps": _ACTION_STEP,
        "runs.steps.if": _allow(_ACTION, {**_STEP_STATUS, **_HASH}),
    }
)
