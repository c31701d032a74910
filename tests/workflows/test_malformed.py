"""Workflows that cannot run: one fault each, where it stands and what is said.

In each text `§` marks the place that the fault must name. A row that GitHub's parser lets pass is marked as stricter,
with the reason.
"""

from dataclasses import dataclass

import pytest

from bonded.errors import Fault, InvalidInput
from bonded.workflows.reading import read_workflow
from oracle_node import parse_workflows

PATH = ".github/workflows/release.yml"


@dataclass(frozen=True)
class Row:
    """One malformed workflow; `stricter` says why we refuse what GitHub's parser accepts."""

    name: str
    text: str
    says: str
    stricter: str = ""


def top(lines: str) -> str:
    """Return a workflow with these lines at its top."""
    return f"{lines}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"


def on(lines: str) -> str:
    """Return a workflow with this trigger."""
    return top(f"on: {lines}")


def job(lines: str) -> str:
    """Return a workflow whose one job has these lines."""
    body = "".join(f"    {line}\n" for line in lines.split("\n"))
    return f"on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n{body}"


def step(lines: str) -> str:
    """Return a workflow whose second step has these lines."""
    first, *others = lines.split("\n")
    return job("\n".join(["steps:", "  - run: a", f"  - {first}", *(f"    {x}" for x in others)]))


def call(lines: str) -> str:
    """Return a workflow whose one job calls a workflow."""
    return f"on: push\njobs:\n  build:\n    {lines}\n"


SERVER = "decided by GitHub's servers"
RUNNER = "decided by GitHub's runner"
OURS = "bonded cannot rehearse it"
LATER = "newer than the parser's default features"

SYNTAX = [
    Row("tab", top("on: push\nenv:\n§\tA: b"), "a tab cannot indent YAML"),
    Row("open list", top("on: [push, pull_request\nname§: a"), "a `]` or a comma is missing"),
    Row("colon in a value", top("on: push\nname: Release§: now"), "a `: ` cannot stand here"),
    Row("open quotes", top("on: push\nname: 'Release") + "§", "the quoted text never ends"),
    Row(
        "bad indentation",
        top("on: push\nenv:\n    A: b\n  §C: d"),
        "the indentation fits no open block",
    ),
    Row("backtick", top("on: push\nname: §`x`"), "the character '`' cannot start a value"),
    Row("percent", top("on: push\nname: §%x"), "the character '%' cannot start a value"),
    Row("item beside its key", top("on: §- push"), "a list item cannot start here"),
    Row("escape", top('on: push\nname: "a\\§q"'), "`\\q` is no escape in double quotes"),
    Row("key without colon", top("on: push\nname\n§env: {}"), "a key has no `: ` after it"),
    Row(
        "control character",
        top("on: push\nname: a§\x07"),
        "the character U+0007 is not allowed in YAML",
        SERVER,
    ),
    Row(
        "second document",
        top("on: push") + "§---\non: push\n",
        "a second YAML document starts here",
    ),
    Row("no such anchor", top("on: push\nname: §*title"), "the alias `*title` stands for nothing"),
    Row("unknown tag", top("on: push\nname: §!secret x"), "unknown YAML tag `!secret`", SERVER),
    Row(
        "merge key", top("on: push\nenv:\n  §<<: {A: b}"), "GitHub does not know the merge key `<<`"
    ),
    Row(
        "key twice",
        top("on: push\nname: a\n§name: b"),
        "the key `name` is already defined at line 2",
    ),
    Row(
        "key twice, other case",
        top("on: push\nenv:\n  A: 1\n  §a: 2"),
        "the key `a` is already defined",
    ),
    Row("list as a key", top("on: push\nenv:\n  ? §[a]\n  : b"), "a list cannot be a key"),
    Row(
        "anchor in itself", top("on: push\nenv: &a {A: §*a}"), "the alias `*a` would contain itself"
    ),
    Row(
        "false tag", top("on: push\nname: §!!int x"), "`x` is not what its tag `!!int` says", SERVER
    ),
    Row("half a character", top('on: push\nname: §"\\ud800"'), "half of a surrogate pair", SERVER),
    Row("nothing at all", "§", "expected a mapping with keys such as `on` and `jobs`, got nothing"),
    Row("only a word", "§release\n", "got the text `release`"),
    Row(
        "a list",
        "§- on: push\n",
        "expected a mapping with keys such as `on` and `jobs`, got a list",
    ),
]

TOP = [
    Row("no jobs", "§on: push\n", "the key `jobs` is missing"),
    Row("no trigger", top("§name: x"), "the key `on` is missing"),
    Row(
        "unknown key",
        top("on: push\n§permission: {}"),
        "unknown key `permission`; did you mean `permissions`?",
    ),
    Row("key in upper case", top("on: push\n§Name: x"), "unknown key `Name`; did you mean `name`?"),
    Row("jobs is a list", "on: push\njobs: §[build]\n", "`jobs`: expected a mapping, got a list"),
    Row("env is empty", top("on: push\n§env:"), "`env`: expected a mapping, got nothing"),
    Row("env of a list", top("on: push\nenv:\n  A: §[b]"), "`env.A`: expected a text, got a list"),
    Row(
        "expression in the name",
        top("on: push\nname: a §${{ github.ref }}"),
        "`name`: an expression is not allowed",
    ),
    Row(
        "needs in run-name",
        top("on: push\nrun-name: ${{ §needs.a }}"),
        "Unrecognized named-value: 'needs'",
    ),
    Row(
        "level of id-token",
        top("on: push\npermissions:\n  id-token: §read"),
        "expected one of `write`, `none`",
    ),
    Row(
        "level of contents",
        top("on: push\npermissions: {contents: §rw}"),
        "expected one of `read`, `write`, `none`",
    ),
    Row(
        "unknown scope",
        top("on: push\npermissions:\n  §id_token: write"),
        "did you mean `id-token`?",
    ),
    Row("unknown shorthand", top("on: push\npermissions: §write_all"), "did you mean `write-all`?"),
    Row("empty permissions", top("on: push\n§permissions:"), "got nothing"),
    Row(
        "no group",
        top("on: push\n§concurrency: {cancel-in-progress: true}"),
        "the key `group` is missing",
    ),
    Row(
        "quoted flag",
        top("on: push\nconcurrency: {group: a, cancel-in-progress: §'true'}"),
        "without quotes",
    ),
    Row(
        "queue",
        top("on: push\nconcurrency: {group: a, queue: §all}"),
        "expected one of `single`, `max`",
    ),
    Row(
        "default shell",
        top("on: push\ndefaults:\n  §shell: bash"),
        "`defaults`: unknown key `shell`",
    ),
]

TRIGGERS = [
    Row("cron of no step", on("\n  schedule:\n    - cron: §'*/0 4 * * *'"), "`*/0` is no minute"),
    Row(
        "unknown event",
        on("§pull-request"),
        "unknown event `pull-request`; did you mean `pull_request`?",
    ),
    Row("unknown event in a list", on("[push, §tag]"), "unknown event `tag`"),
    Row("unknown event with filters", on("\n  §tags: {tags: x}"), "unknown event `tags`"),
    Row("empty trigger", top("§on:"), "`on`: expected"),
    Row("unknown type", on("\n  release:\n    types: [§publish]"), "did you mean `published`?"),
    Row(
        "both filters",
        on("\n  push:\n    tags: a\n    tags-ignore: §b"),
        "`tags` and `tags-ignore`",
        SERVER,
    ),
    Row(
        "extended glob",
        on("\n  push:\n    tags: [§'v+++']"),
        "must follow a character or `]`",
        SERVER,
    ),
    Row(
        "only negative",
        on("\n  push:\n    tags: [§'!v*']"),
        "at least one pattern must be without `!`",
        SERVER,
    ),
    Row(
        "empty pattern", on("\n  push:\n    tags: ['v*', §'']"), "expected a text that is not empty"
    ),
    Row(
        "cron of two fields", on("\n  schedule:\n    - cron: §'0 4'"), "expected five fields, got 2"
    ),
    Row(
        "cron out of range",
        on("\n  schedule:\n    - cron: §'0 24 * * *'"),
        "`24` is no hour from 0 to 23",
    ),
    Row(
        "schedule without cron",
        on("\n  schedule:\n    - §timezone: UTC"),
        "the key `cron` is missing",
    ),
    Row(
        "choice without options",
        on("\n  workflow_dispatch:\n    inputs:\n      §a: {type: choice}"),
        "needs `options`",
    ),
    Row(
        "options without choice",
        on("\n  workflow_dispatch:\n    inputs:\n      §a: {options: [b]}"),
        "`options` goes with the type `choice`, not with `string`",
    ),
    Row(
        "unknown type of input",
        on("\n  workflow_dispatch:\n    inputs:\n      a: {type: §bool}"),
        "unknown type `bool`; did you mean `boolean`?",
    ),
    Row(
        "untyped input",
        on("\n  workflow_call:\n    inputs:\n      §a: {required: true}"),
        "the key `type` is missing",
    ),
    Row(
        "bare event with a list", on("\n  fork: §[a]"), "expected nothing or a mapping, got a list"
    ),
]

JOBS = [
    Row(
        "in a nested value",
        job("strategy: {matrix: {include: [{a: [{b: '${{ §env.A }}'}]}]}}"),
        "named-value: 'env'",
    ),
    Row("empty key", job("env:\n  §'': a"), "`jobs.build.env`: a key is empty"),
    Row("empty id", "on: push\njobs:\n  §'': {runs-on: a}\n", "`jobs`: a key is empty"),
    Row(
        "no runner",
        "on: push\njobs:\n  §build:\n    steps: []\n",
        "`jobs.build`: the key `runs-on` is missing",
    ),
    Row(
        "job of nothing",
        "on: push\njobs:\n  §build:\n",
        "`jobs.build`: expected a mapping, got nothing",
    ),
    Row("no jobs at all", "on: push\njobs: §{}\n", "at least one job with no dependencies"),
    Row("bad id", "on: push\njobs:\n  §build it: {runs-on: a}\n", "the id `build it` is invalid"),
    Row("reserved id", "on: push\njobs:\n  §__a: {runs-on: a}\n", "begins with `__`"),
    Row(
        "long id", f"on: push\njobs:\n  §{'a' * 100}: {{runs-on: a}}\n", "the id has 100 characters"
    ),
    Row(
        "unknown key of a job",
        job("§step: []"),
        "`jobs.build`: unknown key `step`; did you mean `steps`?",
    ),
    Row(
        "unknown need",
        "on: push\njobs:\n  a: {runs-on: x}\n  b: {runs-on: x, needs: [§c]}\n",
        "Job 'b' depends on unknown job 'c'.",
    ),
    Row(
        "cycle",
        "on: push\njobs:\n  z: {runs-on: x}\n  a: {runs-on: x, needs: [§a]}\n",
        "Job 'a' depends on job 'a' which creates a cycle in the dependency graph.",
    ),
    Row(
        "secrets in the if of a job",
        job("if: §secrets.TOKEN"),
        "Unrecognized named-value: 'secrets'",
    ),
    Row(
        "env in the if of a job",
        job("if: github.ref == 'a' && §env.A"),
        "Unrecognized named-value: 'env'",
    ),
    Row(
        "env in the env of a job",
        job("env:\n  A: x ${{ §env.B }}"),
        "Unrecognized named-value: 'env'",
    ),
    Row("matrix in the if of a job", job('if: "§matrix.a"'), "Unrecognized named-value: 'matrix'"),
    Row("assignment in an if", job("if: github.ref §= 'a'"), "Unexpected symbol: '='"),
    Row(
        "hashFiles in a job",
        job("name: ${{ §hashFiles('a') }}"),
        "Unrecognized function: 'hashFiles'",
    ),
    Row(
        "quoted minutes",
        job("timeout-minutes: §'5'"),
        "expected a number (without quotes), got the text `5`",
    ),
    Row("word for a flag", job("continue-on-error: §maybe"), "expected true or false"),
    Row("environment without name", job("§environment: {url: a}"), "the key `name` is missing"),
    Row(
        "unknown key of environment", job("environment: {name: a, §link: b}"), "unknown key `link`"
    ),
    Row("container without image", job("container: §{options: a}"), "the key `image` is missing"),
    Row("ports without image", job("services: {db: §{ports: [80]}}"), "the key `image` is missing"),
    Row("service of nothing", job("services:\n  §db:"), "`jobs.build.services.db`: expected"),
    Row(
        "matrix of a word",
        job("strategy:\n  matrix:\n    os: §linux"),
        "expected a list, got the text `linux`",
    ),
    Row(
        "needs of a mapping",
        job("needs: §{a: b}"),
        "expected a text that is not empty or a list, got a mapping",
    ),
    Row(
        "empty runner",
        job("env: {}").replace("ubuntu-latest", "§''"),
        "expected a text that is not empty",
    ),
    Row(
        "runner's unknown key",
        job("env: {}").replace("ubuntu-latest", "{group: a, §label: b}"),
        "did you mean `labels`?",
    ),
    Row(
        "expression as a key", job("env:\n  §${{ 'a' }}: b"), "an expression cannot be a key", OURS
    ),
    Row(
        "strategy of an expression", job("strategy: §${{ fromJSON('{}') }}"), "one expression", OURS
    ),
    Row(
        "steps beside uses",
        call("uses: ./.github/workflows/a.yml\n    §steps: []"),
        "`steps` goes with `runs-on`, not with `uses`",
    ),
    Row("call of no workflow", call("uses: §a.yml"), "`a.yml` names no workflow file", SERVER),
    Row(
        "secrets of a call",
        call("uses: ./.github/workflows/a.yml\n    secrets: §all"),
        "expected `inherit` or a mapping",
    ),
]

STEPS = [
    Row(
        "open braces later",
        step("run: echo ${{ github.ref }} §${{ 'a}}'"),
        "The expression is not closed",
    ),
    Row(
        "unknown key",
        step("§use: a/b@v1"),
        "`jobs.build.steps[1]`: unknown key `use`; did you mean `uses`?",
    ),
    Row("neither run nor uses", step("§name: a"), "a step needs one of `run`, `uses`"),
    Row("empty step", step("§{}"), "a step needs one of `run`, `uses`"),
    Row(
        "both run and uses",
        step("§run: a\nuses: a/b@v1"),
        "a step does one thing, got `run` and `uses`",
    ),
    Row(
        "with beside run", step("run: a\n§with: {a: b}"), "`with` goes with `uses`, not with `run`"
    ),
    Row(
        "shell beside uses",
        step("uses: a/b@v1\n§shell: sh"),
        "`shell` goes with `run`, not with `uses`",
    ),
    Row(
        "step of a word",
        step("§make"),
        "`jobs.build.steps[1]`: expected a mapping, got the text `make`",
    ),
    Row(
        "empty uses",
        step("§uses:"),
        "`jobs.build.steps[1].uses`: expected a text that is not empty",
    ),
    Row(
        "action without ref",
        step("uses: §actions/checkout"),
        "expected `owner/repository@ref`",
        SERVER,
    ),
    Row(
        "expression in uses",
        step("uses: a/b@§${{ github.sha }}"),
        "an expression is not allowed here",
    ),
    Row(
        "expression in shell",
        step("run: a\nshell: §${{ inputs.a }}"),
        "an expression is not allowed here",
    ),
    Row("with of a list", step("uses: a/b@v1\nwith: §[a]"), "expected a mapping, got a list"),
    Row("bad step id", step("run: a\nid: §1a"), "the id `1a` is invalid"),
    Row(
        "step id twice",
        job("steps:\n  - {run: a, id: x}\n  - {run: b, id: §x}"),
        "already used at line 6",
    ),
    Row(
        "step id twice, other case",
        job("steps:\n  - {run: a, id: x}\n  - {run: b, id: §X}"),
        "already used at line 6",
        RUNNER,
    ),
    Row(
        "secrets in the if of a step",
        step("run: a\nif: §secrets.A"),
        "Unrecognized named-value: 'secrets'",
    ),
    Row(
        "if in braces",
        step("run: a\nif: ${{ always() && §jobs.a }}"),
        "Unrecognized named-value: 'jobs'",
    ),
    Row("argument of always", step("run: a\nif: always§('a')"), "Too many parameters"),
    Row("double quotes", step('run: a\nif: github.ref == §"a"'), "Unexpected symbol: '\"a\"'"),
    Row(
        "unknown function",
        step("run: echo ${{ §toJson2(github) }}"),
        "Unrecognized function: 'toJson2'",
    ),
    Row("open braces", step("run: echo §${{ github.ref }"), "The expression is not closed"),
    Row("empty braces", step("run: echo §${{ }}"), "An expression was expected"),
    Row(
        "in a block",
        step("run: |\n  a\n  echo ${{ github.ref }} ${{ §secret.A }}"),
        "Unrecognized named-value: 'secret'",
    ),
    Row(
        "in a quoted text",
        step("name: 'it''s ${{ §foo }}'\nrun: a"),
        "Unrecognized named-value: 'foo'",
    ),
    Row("long script", step(f"run: §{'a' * 21_001}"), "the script has 21,001 characters", SERVER),
    Row("wait for nobody", step("wait: §a"), "no step before this one has the id `a`"),
    Row("wait-all is false", step("wait-all: §false"), "expected `true` or nothing"),
    Row(
        "control in a parallel block",
        step("parallel:\n  - §name: a"),
        "a step of a parallel block needs one of",
    ),
    Row(
        "background in a parallel block",
        step("parallel:\n  - {run: a, background: §true}"),
        "`background` is not allowed here",
    ),
]
ROWS = [*SYNTAX, *TOP, *TRIGGERS, *JOBS, *STEPS]


def faults_of(text: str) -> tuple[Fault, ...]:
    """Return the faults of a workflow."""
    with pytest.raises(InvalidInput) as caught:
        read_workflow(text, PATH)
    return caught.value.faults


def place_of(text: str) -> tuple[int, int]:
    """Return the line and column of the mark."""
    before = text.partition("§")[0].split("\n")
    return len(before), len(before[-1]) + 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_fault(row: Row) -> None:
    """A malformed workflow has one fault, at its place, and the sentence says what is wrong."""
    (fault,) = faults_of(row.text.replace("§", ""))

    assert row.says in fault.message
    assert place_of(row.text) == (fault.location.line, fault.location.column)
    assert fault.location.file == PATH


@pytest.mark.oracle
def test_github_agrees() -> None:
    """GitHub's parser refuses the same workflows, but for those marked as judged elsewhere."""
    answers = parse_workflows(row.text.replace("§", "") for row in ROWS)
    accepted = {row.name for row, answer in zip(ROWS, answers, strict=True) if not answer["errors"]}

    assert {row.name for row in ROWS if row.stricter} == accepted
