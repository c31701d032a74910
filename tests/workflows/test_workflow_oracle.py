"""The reader and its tables against GitHub's own workflow parser and the schema inside it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle_node
from bonded.errors import InvalidInput
from bonded.workflows.availability import AVAILABILITY, MANY
from bonded.workflows.model import Workflow
from bonded.workflows.reading import read_workflow
from bonded.workflows.schema import LEVELS, PERMISSIONS
from bonded.workflows.schema_events import ACTIVITY_TYPES, EVENTS, FILTERS
from bonded.workflows.shapes import Keys

pytestmark = pytest.mark.oracle

ROOT = Path(__file__).parents[2]
PATH = ".github/workflows/release.yml"
EVERY_KEY = (Path(__file__).with_name("data") / "every-key.yml").read_text("utf-8")
# What only we refuse, each with its reason in the table of malformed workflows.
STRICTER = (
    "cannot be used for the same event",
    "Invalid filter pattern",
    "must be without `!`",
    "names no workflow file",
    "expected `owner/repository@ref`",
    "an expression cannot be a key",
    "one expression",
)


def read(text: str) -> Workflow | InvalidInput:
    """Return what our reader makes of a text."""
    try:
        return read_workflow(text, PATH)
    except InvalidInput as error:
        return error


def as_answer(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the jobs as the oracle tells them."""
    return [
        {
            "id": job.id,
            "type": "reusableWorkflowJob" if job.uses else "job",
            "needs": list(job.needs),
            "steps": len(job.steps),
        }
        for job in workflow.jobs
    ]


def agree(text: str, answer: dict[str, Any]) -> None:
    """Demand that we accept what GitHub accepts, and see the same jobs."""
    ours = read(text)
    if answer["errors"]:
        return
    if isinstance(ours, InvalidInput):
        unexcused = [f for f in ours.faults if not any(word in f.message for word in STRICTER)]
        assert unexcused == [], text
    else:
        assert answer["jobs"] == as_answer(ours), text


def without_control_steps(text: str) -> str:
    """Return the text without the kinds of steps that the parser knows only behind a flag."""
    before, _, after = text.partition("      - run: serve\n")
    return before + "".join(after.partition("  test:\n")[1:])


def test_own_workflows() -> None:
    """Our workflows, those of the examples and the one with every key are read alike."""
    texts = [
        path.read_text("utf-8")
        for pattern in ("*.yml", "*.yaml")
        for path in sorted(ROOT.rglob(f".github/workflows/{pattern}"))
    ]
    texts.append(without_control_steps(EVERY_KEY))

    for text, answer in zip(texts, oracle_node.parse_workflows(texts), strict=True):
        assert answer["errors"] == []
        assert isinstance(read(text), Workflow)
        agree(text, answer)


NAMES = st.sampled_from(["build", "test-it", "_x", "Publish", "a1", "docs"])
WORDS = st.sampled_from(["a", "v*", "main", "x y", "1.10", "3", "true", "off", "${{ github.ref }}"])
VALUES = st.one_of(WORDS, st.integers(-3, 99), st.booleans(), st.none())
TEXTS = st.dictionaries(st.sampled_from(["A", "B", "c_d"]), VALUES, max_size=3)
FLAGS = st.one_of(st.booleans(), st.just("${{ github.ref == 'a' }}"))
CONDITIONS = st.sampled_from(["always()", "${{ github.ref }}", "!cancelled() && vars.A", "", True])
STEP = st.one_of(
    st.fixed_dictionaries(
        {"run": st.text("abc ${}|>\\n", max_size=10).filter(lambda text: "${{" not in text)},
        optional={"env": TEXTS, "if": CONDITIONS, "shell": st.just("bash"), "name": WORDS},
    ),
    st.fixed_dictionaries(
        {"uses": st.sampled_from(["a/b@v1", "./x", "a/b/c@main", "docker://alpine:3"])},
        optional={"with": TEXTS, "continue-on-error": FLAGS, "timeout-minutes": st.integers(1, 9)},
    ),
)
SCOPES = st.fixed_dictionaries(
    {}, optional={scope: st.sampled_from(levels) for scope, levels in LEVELS.items()}
)
RIGHTS = st.one_of(st.sampled_from(["read-all", "write-all"]), SCOPES)
MATRIX = st.dictionaries(
    st.sampled_from(["os", "python", "include"]),
    st.just([{"a": 1, "b": "${{ github.ref }}"}]),
    min_size=1,
)
COMMON = {"name": WORDS, "if": CONDITIONS, "permissions": RIGHTS}
RUNNER_JOB = st.fixed_dictionaries(
    {"runs-on": st.sampled_from(["x", ["a", "b"], {"group": "g", "labels": ["l"]}])},
    optional={
        **COMMON,
        "env": TEXTS,
        "steps": st.lists(STEP, max_size=3),
        "environment": st.sampled_from(["pypi", {"name": "pypi", "url": "https://example.org"}]),
        "strategy": st.fixed_dictionaries({"matrix": MATRIX}, optional={"fail-fast": FLAGS}),
        "concurrency": st.sampled_from(["a", {"group": "a", "cancel-in-progress": True}]),
        "outputs": st.just({"a": "${{ steps.a.outputs.b }}"}),
        "timeout-minutes": st.one_of(st.integers(1, 9), st.just("${{ fromJSON(vars.A) }}")),
    },
)
CALLING_JOB = st.fixed_dictionaries(
    {"uses": st.sampled_from(["./.github/workflows/a.yml", "a/b/.github/workflows/c.yaml@v1"])},
    optional={**COMMON, "with": TEXTS.map(lambda d: {k: v for k, v in d.items() if v is not None})},
)


@st.composite
def workflows(draw: st.DrawFn) -> str:
    """Draw a valid workflow as JSON, which is YAML."""
    event = draw(
        st.sampled_from(["push", ["push", "release"], {"push": {"tags": "v*"}, "fork": None}])
    )
    jobs: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower)):
        job = draw(st.one_of(RUNNER_JOB, CALLING_JOB))
        needs = draw(st.lists(st.sampled_from(list(jobs)), unique=True)) if jobs else []
        jobs[name] = {**job, **({"needs": needs} if needs else {})}
    optional = draw(
        st.fixed_dictionaries({}, optional={"permissions": RIGHTS, "name": st.just("x")})
    )
    return json.dumps({"on": event, **optional, "jobs": jobs})


@given(st.lists(workflows(), min_size=20, max_size=20))
@settings(max_examples=4, deadline=None)
def test_valid_workflows(texts: list[str]) -> None:
    """Any workflow made of valid parts is accepted by both, with the same jobs, needs and steps."""
    for text, answer in zip(texts, oracle_node.parse_workflows(texts), strict=True):
        assert answer["errors"] == [], text
        assert isinstance(read(text), Workflow), text
        agree(text, answer)


@given(st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_damaged_workflows(chance: random.Random) -> None:
    """Whatever lines are lost or doubled, what GitHub still accepts is accepted."""
    lines = without_control_steps(EVERY_KEY).splitlines(keepends=True)
    texts = []
    for _ in range(60):
        damaged = lines[:]
        for _ in range(chance.randint(1, 2)):
            index = chance.randrange(len(damaged))
            damaged[index : index + 1] = chance.choice([[], [], [damaged[index]] * 2])
        texts.append("".join(damaged))

    for text, answer in zip(texts, oracle_node.parse_workflows(texts), strict=True):
        agree(text, answer)


def schema(kind: str) -> dict[str, Any]:
    """Return the definitions of GitHub's schema for workflows or for actions."""
    oracle_node.install()
    folder = oracle_node.MODULES / "@actions" / "workflow-parser" / "dist"
    text = (folder / f"{kind}-v1.0.min.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["definitions"]
    return found


def available(definitions: dict[str, Any], names: str) -> set[str]:
    """Return the contexts and functions of nested definitions, where the inner adds to the outer."""
    return {word for name in names.split() for word in definitions[name].get("context", [])}


# Our key: the definitions from the outermost to the innermost.
WORKFLOW_KEYS = {
    "run-name": "run-name",
    "concurrency": "workflow-concurrency",
    "env": "workflow-env",
    "on.workflow_call.inputs.<inputs_id>.default": "workflow-call-input-default",
    "on.workflow_call.outputs.<output_id>.value": "workflow-output-context",
    "jobs.<job_id>.concurrency": "job-concurrency",
    "jobs.<job_id>.container": "container",
    "jobs.<job_id>.container.credentials": "container container-registry-credentials",
    "jobs.<job_id>.container.env.<env_id>": "container string-runner-context",
    "jobs.<job_id>.continue-on-error": "boolean-strategy-context",
    "jobs.<job_id>.defaults.run": "job-defaults-run",
    "jobs.<job_id>.env": "job-env",
    "jobs.<job_id>.environment": "job-environment",
    "jobs.<job_id>.environment.url": "job-environment string-runner-context-no-secrets",
    "jobs.<job_id>.if": "job-if",
    "jobs.<job_id>.name": "string-strategy-context",
    "jobs.<job_id>.outputs.<output_id>": "string-runner-context",
    "jobs.<job_id>.runs-on": "runs-on",
    "jobs.<job_id>.secrets.<secrets_id>": "scalar-needs-context-with-secrets",
    "jobs.<job_id>.services": "services services-container",
    "jobs.<job_id>.services.<service_id>.credentials": "services container-registry-credentials",
    "jobs.<job_id>.services.<service_id>.env.<env_id>": "services string-runner-context",
    "jobs.<job_id>.snapshot.if": "snapshot-if",
    "jobs.<job_id>.strategy": "strategy",
    "jobs.<job_id>.timeout-minutes": "number-strategy-context",
    "jobs.<job_id>.with.<with_id>": "scalar-needs-context",
    "jobs.<job_id>.steps.continue-on-error": "step-continue-on-error",
    "jobs.<job_id>.steps.env": "step-env",
    "jobs.<job_id>.steps.if": "step-if",
    "jobs.<job_id>.steps.name": "step-name",
    "jobs.<job_id>.steps.run": "string-steps-context",
    "jobs.<job_id>.steps.timeout-minutes": "step-timeout-minutes",
    "jobs.<job_id>.steps.with": "step-with",
    "jobs.<job_id>.steps.working-directory": "string-steps-context",
}
ACTION_KEYS = {
    "inputs.<input_id>.default": "input-default-context",
    "outputs.<output_id>.value": "output-value",
    "runs.steps": "string-steps-context",
    "runs.steps.if": "step-if",
}


@pytest.mark.parametrize("key", AVAILABILITY)
def test_availability(key: str) -> None:
    """Every key may use exactly what GitHub's schema says, with the same numbers of arguments."""
    definitions = schema("action" if key in ACTION_KEYS else "workflow")
    ours = AVAILABILITY[key]
    functions = {
        f"{name}({least},{'MAX' if most == MANY else most})"
        for name, (least, most) in ours.functions.items()
    }

    assert available(definitions, (WORKFLOW_KEYS | ACTION_KEYS)[key]) == ours.contexts | functions


def test_events() -> None:
    """We know the events of GitHub's schema, their activity types and their filters."""
    definitions = schema("workflow")
    known = definitions["on-mapping-strict"]["mapping"]["properties"]

    assert set(known) == set(EVENTS)
    for event, definition in known.items():
        name = "issue-comment" if event == "pull_request_comment" else definition
        types = definitions.get(f"{name}-activity-type", {}).get("allowed-values", [])
        keys = definitions.get(f"{name}-mapping", {}).get("mapping", {}).get("properties", {})
        filters = {key for key in keys if f"{key}-ignore" in keys}
        assert set(types) == set(ACTIVITY_TYPES.get(event, "").split())
        assert filters == set(FILTERS.get(event, "").split())


def test_scopes() -> None:
    """We know the scopes of GitHub's schema and the levels that each may have."""
    definitions = schema("workflow")
    names = definitions["permissions-mapping"]["mapping"]["properties"]
    kinds = {
        "permission-level-any": {"read", "write", "none"},
        "permission-level-read-or-no-access": {"read", "none"},
        "permission-level-write-or-no-access": {"write", "none"},
    }

    assert {scope: kinds[name["type"]] for scope, name in names.items()} == {
        scope: set(levels) for scope, levels in LEVELS.items()
    }
    assert any(isinstance(option, Keys) for option in PERMISSIONS.options)
