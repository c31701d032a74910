"""Which keys a workflow and a composite action may have, and what may stand there.

Restated from GitHub's documentation of the workflow syntax; the tests compare it with GitHub's own parser.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bonded.workflows.schema_events import ON
from bonded.workflows.shapes import (
    FILLED,
    FLAG,
    NUMBER,
    SCALAR,
    TEXT,
    WORDS,
    Anything,
    At,
    Either,
    Keys,
    Kinds,
    ListOf,
    Nothing,
    Shape,
    Text,
    choice,
)

_CONDITION = Text(condition=True)
_TEXTS = Keys(loose=TEXT)

_LEVELS = "read write none"
_SPECIAL_LEVELS = {
    "copilot-requests": "write none",
    "id-token": "write none",
    "models": "read none",
    "vulnerability-alerts": "read none",
}
_SCOPES = """
    actions artifact-metadata attestations checks code-quality contents copilot-requests deployments discussions
    drives id-token issues models packages pages pull-requests repository-projects security-events statuses
    vulnerability-alerts
"""
# Scope: the levels that a `permissions:` block may write for it.
LEVELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {scope: tuple(_SPECIAL_LEVELS.get(scope, _LEVELS).split()) for scope in _SCOPES.split()}
)

PERMISSIONS = Either(
    (
        choice("read-all write-all"),
        Keys({scope: Text(choices=levels) for scope, levels in LEVELS.items()}, noun="scope"),
    )
)
_DEFAULTS = Keys({"shell": FILLED, "working-directory": FILLED})
_CONCURRENCY = Keys(
    {"group": FILLED, "cancel-in-progress": FLAG, "queue": choice("single max")},
    required=("group",),
)


def _container(key: str, env: str, **more: Shape) -> Keys:
    """Return the shape of a container, whose contexts are found under `key`."""
    known: dict[str, Shape] = {
        "image": FILLED,
        "options": TEXT,
        "env": Keys(loose=At(env, TEXT)),
        "ports": ListOf(FILLED),
        "volumes": ListOf(FILLED),
        "credentials": At(f"{key}.credentials", Keys({"username": FILLED, "password": FILLED})),
    }
    return Keys({**known, **more})


_CONTAINER = _container("jobs.<job_id>.container", "jobs.<job_id>.container.env.<env_id>")
_SERVICE = _container(
    "jobs.<job_id>.services.<service_id>",
    "jobs.<job_id>.services.<service_id>.env.<env_id>",
    entrypoint=TEXT,
    command=TEXT,
)
_STRATEGY = Keys(
    {
        "fail-fast": FLAG,
        "max-parallel": NUMBER,
        "matrix": Keys(
            {
                "include": ListOf(Keys(loose=Anything())),
                "exclude": ListOf(Keys(loose=Anything())),
            },
            loose=ListOf(Anything()),
        ),
    }
)


def _step(key: str, shape: Shape) -> At:
    return At(f"jobs.<job_id>.steps.{key}", shape)


_ANY_STEP: dict[str, Shape] = {
    "name": _step("name", TEXT),
    "id": FILLED,
    "continue-on-error": _step("continue-on-error", FLAG),
}
_WORKING_STEP: dict[str, Shape] = {
    **_ANY_STEP,
    "if": _step("if", _CONDITION),
    "timeout-minutes": _step("timeout-minutes", NUMBER),
    "env": _step("env", _TEXTS),
    "background": FLAG,
}
_RUN_STEP = Keys(
    {
        **_WORKING_STEP,
        "run": _step("run", TEXT),
        "shell": FILLED,
        "working-directory": _step("working-directory", TEXT),
    }
)
_USES_STEP = Keys({**_WORKING_STEP, "uses": FILLED, "with": _step("with", _TEXTS)})
_PARALLEL = Kinds("step of a parallel block", {"run": _RUN_STEP, "uses": _USES_STEP})
STEP = Kinds(
    "step",
    {
        "run": _RUN_STEP,
        "uses": _USES_STEP,
        "wait": Keys({**_ANY_STEP, "wait": WORDS}),
        "wait-all": Keys({**_ANY_STEP, "wait-all": Either((Nothing(), FLAG))}),
        "cancel": Keys({**_ANY_STEP, "cancel": FILLED}),
        "parallel": Keys({"parallel": ListOf(_PARALLEL)}),
    },
)


def _job(key: str, shape: Shape) -> At:
    return At(f"jobs.<job_id>.{key}", shape)


_ANY_JOB: dict[str, Shape] = {
    "name": _job("name", TEXT),
    "needs": WORDS,
    "if": _job("if", _CONDITION),
    "permissions": PERMISSIONS,
    "concurrency": _job("concurrency", Either((FILLED, _CONCURRENCY))),
    "strategy": _job("strategy", _STRATEGY),
}
_RUNNER_JOB = Keys(
    {
        **_ANY_JOB,
        "runs-on": _job(
            "runs-on", Either((FILLED, ListOf(FILLED), Keys({"group": FILLED, "labels": WORDS})))
        ),
        "timeout-minutes": _job("timeout-minutes", NUMBER),
        "cancel-timeout-minutes": _job("timeout-minutes", NUMBER),
        "continue-on-error": _job("continue-on-error", FLAG),
        "container": _job("container", Either((TEXT, _CONTAINER))),
        "services": _job("services", Keys(loose=Either((FILLED, _SERVICE)))),
        "env": _job("env", _TEXTS),
        "environment": _job(
            "environment",
            Either(
                (
                    TEXT,
                    Keys(
                        {"name": TEXT, "url": _job("environment.url", TEXT), "deployment": FLAG},
                        required=("name",),
                    ),
                )
            ),
        ),
        "outputs": Keys(loose=_job("outputs.<output_id>", TEXT)),
        "defaults": Keys({"run": _job("defaults.run", _DEFAULTS)}),
        "steps": ListOf(STEP),
        "snapshot": Either(
            (
                FILLED,
                Keys(
                    {"image-name": FILLED, "if": _job("snapshot.if", TEXT), "version": FILLED},
                    required=("image-name",),
                ),
            )
        ),
    },
    required=("runs-on",),
)
_CALLING_JOB = Keys(
    {
        **_ANY_JOB,
        "uses": FILLED,
        "with": Keys(loose=_job("with.<with_id>", SCALAR)),
        "secrets": Either((choice("inherit"), Keys(loose=_job("secrets.<secrets_id>", SCALAR)))),
    }
)
JOB = Kinds("job", {"uses": _CALLING_JOB, "runs-on": _RUNNER_JOB}, default="runs-on")

WORKFLOW = Keys(
    {
        "name": TEXT,
        "description": TEXT,
        "run-name": At("run-name", TEXT),
        "on": ON,
        "permissions": PERMISSIONS,
        "env": At("env", _TEXTS),
        "defaults": Keys({"run": _DEFAULTS}),
        "concurrency": At("concurrency", Either((TEXT, _CONCURRENCY))),
        "jobs": Keys(loose=JOB),
    },
    required=("on", "jobs"),
)

_ACTION_STEP: dict[str, Shape] = {
    "name": At("runs.steps", TEXT),
    "id": FILLED,
    "if": At("runs.steps.if", _CONDITION),
    "continue-on-error": At("runs.steps", FLAG),
    "env": At("runs.steps", _TEXTS),
}
_ACTION_RUN = Keys(
    {
        **_ACTION_STEP,
        "run": At("runs.steps", TEXT),
        "shell": At("runs.steps", TEXT),
        "working-directory": At("runs.steps", TEXT),
    },
    required=("shell",),
)
_ACTION_USES = Keys({**_ACTION_STEP, "uses": FILLED, "with": At("runs.steps", _TEXTS)})
COMPOSITE_ACTION = Keys(
    {
        "name": TEXT,
        "description": TEXT,
        "inputs": Keys(
            loose=Keys({"default": At("inputs.<input_id>.default", TEXT)}, loose=Anything())
        ),
        "outputs": Keys(
            loose=Keys({"description": TEXT, "value": At("outputs.<output_id>.value", TEXT)})
        ),
        "runs": Keys(
            {
                "using": FILLED,
                "steps": ListOf(Kinds("step", {"run": _ACTION_RUN, "uses": _ACTION_USES})),
            },
            required=("using", "steps"),
        ),
    },
    required=("runs",),
    loose=Anything(),
)
