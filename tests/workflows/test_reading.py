from collections.abc import Mapping as Table
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import InvalidInput, Location
from bonded.workflows.document import Mapping, Scalar, Sequence
from bonded.workflows.model import CompositeAction, Job, Workflow
from bonded.workflows.reading import (
    OtherAction,
    read_composite_action,
    read_workflow,
    read_workflows,
)

DATA = Path(__file__).with_name("data")
PATH = ".github/workflows/release.yml"
STEPS = "    steps:\n      - run: make\n"


def whole() -> Workflow:
    """Return the workflow that uses every key."""
    return read_workflow((DATA / "every-key.yml").read_text("utf-8"), PATH)


def text_of(node: object) -> str:
    """Return the text of what must be a scalar."""
    assert isinstance(node, Scalar)
    return node.text


def job(lines: str) -> Job:
    """Return the job that has these lines."""
    text = f"on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n{lines}\n"
    return read_workflow(text, PATH).job("build")


def test_top() -> None:
    """The top of a workflow: names, defaults, permissions, environment."""
    workflow = whole()

    assert (
        workflow.name,
        workflow.title,
        workflow.filename,
    ) == ("Release", "Release", "release.yml")
    assert workflow.permissions is not None
    assert workflow.permissions.scopes == {"contents": "read", "id-token": "none"}
    assert text_of(workflow.defaults.shell) == "bash"
    assert isinstance(workflow.env, Mapping)
    assert [job.id for job in workflow.jobs] == ["build", "test", "call", "publish"]


def test_title_without_a_name() -> None:
    """A workflow without a name is called by its path."""
    workflow = read_workflow(f"on: push\njobs:\n  a:\n    runs-on: x\n{STEPS}", PATH)

    assert (workflow.title, workflow.name) == (PATH, "")


def test_triggers() -> None:
    """Each event keeps its filters and types; a scalar stands for a list of one."""
    triggers = {trigger.event: trigger for trigger in whole().triggers}

    assert triggers["push"].filters == {"tags": ("v*",), "branches-ignore": ("main", "1.1")}
    assert triggers["release"].types == ("published",)
    assert triggers["push"].types is None
    assert [one.name for one in triggers["workflow_dispatch"].inputs] == ["level", "dry"]
    level, dry = triggers["workflow_dispatch"].inputs
    assert (level.type, level.options, level.required) == ("choice", ("low", "high"), True)
    assert (dry.type, dry.options, dry.required) == ("boolean", (), False)
    assert dry.default is not None
    assert dry.default.value is False
    assert triggers["workflow_call"].inputs[0].type == "string"
    assert triggers["schedule"].filters == {}


@pytest.mark.parametrize("on", ["push", "[push]", "{push: }", "{push: {}}"])
def test_forms_of_on(on: str) -> None:
    """`on:` is a word, a list or a mapping."""
    workflow = read_workflow(f"on: {on}\njobs: {{a: {{runs-on: x}}}}\n", PATH)

    assert [trigger.event for trigger in workflow.triggers] == ["push"]
    assert (workflow.triggers[0].location.line, workflow.triggers[0].event) == (1, "push")


def test_an_empty_filter_is_none() -> None:
    """A filter without a value filters nothing, as on GitHub's server."""
    lines = "on:\n  push:\n    branches:\n    tags: ~\n  pull_request:\n    paths:\njobs:\n  a:\n"
    workflow = read_workflow(f"{lines}    runs-on: x\n    steps: [{{run: y}}]\n", PATH)

    assert [dict(trigger.filters) for trigger in workflow.triggers] == [{}, {}]


def test_build_job() -> None:
    """A job keeps as nodes what may hold expressions, and reads the rest."""
    build = whole().job("build")

    assert build.permissions is not None
    assert build.permissions.shorthand == "read-all"
    assert build.strategy is not None
    assert isinstance(build.strategy.matrix, Mapping)
    assert text_of(build.strategy.max_parallel) == "2"
    assert isinstance(build.runs_on, Sequence)
    assert isinstance(build.services, Mapping)
    assert isinstance(build.container, Mapping)
    assert isinstance(build.concurrency, Mapping)
    assert isinstance(build.outputs, Mapping)
    assert text_of(build.condition) == "${{ github.ref_type == 'tag' }}"
    assert text_of(build.defaults.working_directory) == "src"
    assert build.needs == ()
    with pytest.raises(KeyError):
        whole().job("Build")


def test_steps() -> None:
    """Steps keep their place in the list and what they do."""
    steps = whole().job("build").steps

    assert list(range(len(steps))) == [step.index for step in steps]
    assert [step.id for step in steps] == ["checkout", "make", "", "", "", "", ""]
    assert [step.control for step in steps[:2] + steps[2:]] == [
        "",
        "",
        "background",
        "wait",
        "wait-all",
        "cancel",
        "parallel",
    ]
    assert text_of(steps[0].uses) == "actions/checkout@v7"
    assert steps[0].inputs is not None
    assert steps[1].run is not None
    assert steps[1].run.value == "make ${{ env.A }}\n"
    assert text_of(steps[1].shell) == "sh"


def test_environments() -> None:
    """An environment is a name or a block; an empty name is none."""
    publish = whole().job("publish").environment

    assert publish is not None
    assert (
        publish.name.text,
        text_of(publish.url),
    ) == ("pypi", "https://example.org/${{ github.ref_name }}")
    named = job("    environment: pypi").environment
    assert named is not None
    assert (named.name.text, named.url) == ("pypi", None)
    assert job("    environment: ''").environment is None
    assert job("    environment: {name: ''}").environment is None


def test_calling_job() -> None:
    """A job that calls a workflow has what it passes, and no runner."""
    call = whole().job("call")

    assert text_of(call.uses) == "./.github/workflows/reusable.yml"
    assert call.inputs is not None
    assert text_of(call.secrets) == "inherit"
    assert (call.runs_on, call.steps, call.needs) == (None, (), ("build", "test"))


def test_needs_of_one_word() -> None:
    """A single need can be a word."""
    assert whole().job("test").needs == ("build",)


@pytest.mark.parametrize(
    "lines",
    [
        STEPS,
        "    steps:\n      - run: make\n        env: {}",
        "    steps:\n      - run:",
        "    permissions: {}",
        "    permissions: write-all",
        "    container: python:3.13",
        "    container: ''",
        "    snapshot: image",
        "    snapshot: {image-name: a, if: github.ref, version: '1.*'}",
        "    concurrency: ${{ github.ref }}",
        "    concurrency: {group: a, cancel-in-progress: true, queue: max}",
        "    environment: {name: a, url: b, deployment: false}",
        "    environment: ${{ inputs.a }}",
        "    if: ''",
        "    if: true",
        "    if: \"!cancelled() && needs.a.result == 'success'\"",
        "    if: |\n      github.ref &&\n      always()",
        "    timeout-minutes: ${{ fromJSON(inputs.a) }}",
        "    cancel-timeout-minutes: 5",
        "    strategy: {matrix: '${{ fromJSON(needs.a.outputs.b) }}'}",
        "    strategy: {matrix: {include: [{a: 1}], os: '${{ fromJSON(inputs.a) }}'}}",
        "    services: {db: {image: pg, ports: [5432], env: {A: '${{ secrets.A }}'}}}",
        "    services: {db: pg}",
        "    container: {image: a, credentials: {username: a, password: '${{ secrets.A }}'}}",
        "    steps:\n      - uses: ./a\n      - uses: $/a\n      - uses: docker://alpine:3\n      - uses: a/b/c@v1",
        "    steps:\n      - run: a\n        if: failure() && hashFiles('a', 'b') && env.A",
        "    steps:\n      - run: a\n        env: ${{ fromJSON('{}') }}",
        "    steps:\n      - run: echo '${{ '}}' }}' ${{ format('{0}', 1) }}",
        "    env: &a {A: 1}\n    steps:\n      - run: a\n        env: *a",
    ],
)
def test_accepted(lines: str) -> None:
    """What GitHub accepts is accepted."""
    assert job(lines).id == "build"


def test_numbers_for_texts() -> None:
    """A number where GitHub wants text is turned to text as GitHub does it."""
    workflow = read_workflow("name: 3.10\non: push\njobs: {a: {runs-on: x}}", PATH)

    assert workflow.name == "3.1"


def test_every_fault_at_once() -> None:
    """Faults of YAML, of shapes, of expressions and of needs come together, in the order of the file."""
    text = (DATA / "many-faults.yml").read_text("utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_workflow(text, PATH)

    assert [
        f"{PATH}:1:1: unknown key `nam`; did you mean `name`?",
        f"{PATH}:4:12: `on.push.tags`: Invalid filter pattern '[v' at character 1: `[` is not closed",
        f"{PATH}:6:3: the key `a` is already defined at line 5",
        f"{PATH}:11:9: `jobs.build.if`: Unrecognized named-value: 'secrets'",
        f"{PATH}:13:9: `jobs.build.steps[0]`: unknown key `use`; did you mean `uses`?",
        f"{PATH}:15:12: `jobs.publish.needs`: Job 'publish' depends on unknown job 'biuld'.",
    ] == [f"{fault.location}: {fault.message}" for fault in caught.value.faults]
    assert caught.value.faults[-1].hint == "Did you mean `build`?"


def test_long_cycle() -> None:
    """Each job of a cycle is named, and no job that only waits for the cycle."""
    needs = {"start": "", "a": "c, start", "b": "a", "c": "b", "outside": "a, b", "free": "start"}
    jobs = "".join(f"  {job}: {{runs-on: x, needs: [{of}]}}\n" for job, of in needs.items())
    with pytest.raises(InvalidInput) as caught:
        read_workflow(f"on: push\njobs:\n{jobs}", PATH)

    assert [
        f"`jobs.{job}.needs`: Job '{job}' depends on job '{need}' "
        "which creates a cycle in the dependency graph."
        for job, need in [("a", "c"), ("b", "a"), ("c", "b")]
    ] == [fault.message for fault in caught.value.faults]


def test_fault_in_an_alias() -> None:
    """An aliased fault is named once, where it is written."""
    text = f"on: push\njobs:\n  a: &a\n    run-on: x\n{STEPS}  b: *a\n"
    with pytest.raises(InvalidInput) as caught:
        read_workflow(text, PATH)

    assert Location(PATH, 4, 5) in {fault.location for fault in caught.value.faults}


def test_expression_that_cannot_be_found() -> None:
    """Where escapes or folds hide the expression, the fault stands at its opening or at the scalar."""
    text = """\
on: push
run-name: "\\x24{{ env.A }}"
name: "a\\u0024{{ b }}"
jobs:
  a:
    runs-on: ${{ github.ref }}
    name: 'a ${{ github.ref == ''x'' && env.A }}'
    if: >-
      github.ref &&
      env.A
    env:
      A: |
        ${{ github.ref ==
          env.A }} ${{ env.B }}
"""
    with pytest.raises(InvalidInput) as caught:
        read_workflow(text, PATH)

    places = [(fault.location.line, fault.location.column) for fault in caught.value.faults]
    assert places == [(2, 11), (3, 7), (7, 14), (8, 9), (13, 9), (14, 24)]


def test_folder() -> None:
    """Only workflow files directly in the folder are read, in the order of their paths."""
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n{STEPS}"
    listing = dict.fromkeys(
        [
            ".github/workflows/b.yaml",
            ".github/workflows/a.yml",
            ".github/workflows/notes.md",
            ".github/workflows/old/c.yml",
            "action.yml",
        ],
        text,
    )

    assert [workflow.filename for workflow in read_workflows(listing)] == ["a.yml", "b.yaml"]


def test_folder_with_faults() -> None:
    """The faults of all files are raised together."""
    listing: Table[str, str] = {".github/workflows/a.yml": "a", ".github/workflows/b.yml": "b"}
    with pytest.raises(InvalidInput) as caught:
        read_workflows(listing)

    assert [fault.location.file[-5] for fault in caught.value.faults] == ["a", "b"]


ACTION = """\
name: Build
description: builds
branding: {icon: box}
inputs:
  python:
    description: the version
    required: true
    default: '3.13'
  quiet:
    deprecationMessage: no
outputs:
  wheel:
    value: ${{ steps.build.outputs.wheel }}
runs:
  using: composite
  steps:
    - id: build
      run: make ${{ inputs.python }}
      shell: bash
    - uses: actions/checkout@v7
      if: always()
"""


def test_composite_action() -> None:
    """A composite action has inputs with defaults, outputs and steps."""
    action = read_composite_action(ACTION, "action.yml")

    assert isinstance(action, CompositeAction)
    assert (action.name, list(action.inputs)) == ("Build", ["python", "quiet"])
    assert action.inputs["python"].required
    assert text_of(action.inputs["python"].default) == "3.13"
    assert (action.inputs["quiet"].required, action.inputs["quiet"].default) == (False, None)
    assert action.outputs["wheel"].text == "${{ steps.build.outputs.wheel }}"
    assert [step.id for step in action.steps] == ["build", ""]


@pytest.mark.parametrize(("using", "kind"), [("node24", "JavaScript"), ("docker", "Docker")])
def test_other_actions(using: str, kind: str) -> None:
    """Of an action in JavaScript or in a container its kind is told."""
    action = read_composite_action(
        f"name: a\nruns:\n  using: {using}\n  main: x.js\n", "action.yml"
    )

    assert OtherAction(path="action.yml", using=using) == action
    assert isinstance(action, OtherAction)
    assert kind == action.kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: a\n", "1:1: the key `runs` is missing"),
        ("runs:\n  using: composite\n", "1:1: `runs`: the key `steps` is missing"),
        ("runs:\n  using: compsite\n  steps: []\n", "2:10: `runs.using`: expected `composite`"),
        (
            "runs:\n  using: composite\n  steps:\n    - run: a\n",
            "4:7: `runs.steps[0]`: the key `shell` is missing",
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n      if: secrets.A\n",
            "5:11: `runs.steps[0].if`: Unrecognized named-value: 'secrets'",
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n      timeout-minutes: 5\n",
            "5:7: `runs.steps[0]`: unknown key `timeout-minutes`",
        ),
        ("[]", "1:1: expected a mapping"),
    ],
)
def test_malformed_actions(text: str, says: str) -> None:
    """A composite action has faults as a workflow has."""
    with pytest.raises(InvalidInput) as caught:
        read_composite_action(text, "action.yml")

    assert f"action.yml:{says}" in str(caught.value)


WORDS = "on push jobs build steps run uses if env with needs strategy matrix permissions runs-on"
MARKS = "${{ github.ref }} : - [ ] { } ' \" | > & * ! # , x 1 true <<"
PIECES = st.sampled_from(
    [*WORDS.split(), *MARKS.split(), ":\n  ", "\n", "\n  ", "\n    - ", ": ", "\t"]
)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    """Any text is a workflow or faults, whose places lie within the text; nothing else happens."""
    check_any(text)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_damage(data: st.DataObject) -> None:
    """A good workflow with anything cut out or put in is a workflow or faults."""
    text = (DATA / "every-key.yml").read_text("utf-8")
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 200)))
    put = data.draw(st.one_of(PIECES, st.text(max_size=5)))

    check_any(text[:begin] + put + text[end:])


def check_any(text: str) -> None:
    """Read a text and judge its faults."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        read_workflow(text, PATH)
    except InvalidInput as error:
        for fault in error.faults:
            if fault.location.line:
                line = lines[fault.location.line - 1]
                assert 1 <= fault.location.column <= len(line) + 1
