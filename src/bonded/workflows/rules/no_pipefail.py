"""A pipeline hides that its first command failed."""

import re
from collections.abc import Iterable

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Scalar
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.rule import Example, Rule

PIPE = re.compile(
    r"^[ \t]*(?:[A-Z_]+=\S*\s+)*(?P<command>(?:uvx?\s+run\s+|uvx\s+|python3?\s+-m\s+|hatch\s+run\s+)?"
    r"(?:build|pyproject-build|twine\s+(?:check|upload)|uv\s+(?:build|publish)|hatch\s+(?:build|publish)|pytest|tox|nox|"
    r"poetry\s+(?:build|publish)|flit\s+(?:build|publish)|maturin\s+(?:build|publish))\b[^\n|;&#]*\|(?!\|)[^\n]*)",
    re.MULTILINE,
)
PIPE_AWARE = re.compile(r"pipefail|PIPESTATUS")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Look at scripts for the default shell of a Linux or macOS runner."""
    for job in case.workflow.jobs:
        for step in job.steps:
            if step.run is None or not _no_pipefail(case, job, step):
                continue
            found = next(filter(_is_whole, PIPE.finditer(step.run.text)), None)
            if found:
                program = found["command"].split("|")[0].strip()
                place = case.in_script(step.run, found.start("command"), len(found["command"]))
                message = f"if `{program}` fails, the step succeeds all the same"
                node = case.step_node(job, step)
                if step.shell is None:
                    edit = edits.insert_key(case.source, node, "shell", "bash", before="run")
                    fix = Fix(title="use a shell that looks at the whole pipeline", edits=(edit,))
                    yield rule.finding(place, message, fix=fix)
                else:
                    yield rule.finding(place, message)


def _is_whole(found: re.Match[str]) -> bool:
    """Say whether a pipeline is a step's own: not inside of `$( )`, nor made up of what is inside of one."""
    start, pipe = found.start("command"), found.string.index("|", found.start("command"))
    return not any(_substituted(found.string[:end]) for end in (start, pipe))


def _substituted(before: str) -> bool:
    """Say whether what follows is inside `$( )`, whose own failure `pipefail` may not make the step's."""
    return before.count("$(") > before.count(")") or before.count("`") % 2 == 1


def _no_pipefail(case: Case, job: Job, step: Step) -> bool:
    assert step.run is not None
    named = step.shell or job.defaults.shell or case.workflow.defaults.shell
    linux = isinstance(job.runs_on, Scalar) and job.runs_on.text.startswith(("ubuntu", "macos"))
    plain = linux if named is None else named.text in {"sh", "bash -e {0}"}
    return plain and not PIPE_AWARE.search(step.run.text)


WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: python -m build | tee build.log
{line}"""

RULE = Rule(
    id="no-pipefail",
    alias="T21",
    severity=Severity.WARNING,
    title="A pipeline hides that its first command failed.",
    reason="The default shell of a step is `bash -e`, which looks at the last command of a pipeline "
    "only. `shell: bash` adds `-o pipefail`.",
    remedy="Write `shell: bash`.",
    bad=Example(workflow=WORKFLOW.format(line=""), file="ci.yml"),
    good=Example(workflow=WORKFLOW.format(line="        shell: bash\n"), file="ci.yml"),
    find=find,
)
