"""What in a workflow publishes, builds and tests, seen from its text: steps that upload, and where to.

A publishing step is the publishing action or an upload command in a script. What an expression decides is not guessed:
the index of such a step is empty.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass

from bonded.dists import endpoints
from bonded.workflows import permissions
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.events import Event
from bonded.workflows.model import Job, Step, Workflow

PUBLISHING_ACTION = "pypa/gh-action-pypi-publish"
# Where a command begins, also one that another one runs.
OPTIONS = r"(?:-\S+[ \t]+(?:[^-\s]\S*[ \t]+)??)*?"
BEGIN = (
    r"(?:^|[;&|(]|\$\()[ \t]*(?:(?:sudo|time|exec|if|then|do|else|!)[ \t]+)*(?:\w+=\S*[ \t]+)*"
    rf"(?:(?:uv|hatch|pdm|poetry|pipx|coverage|uv[ \t]+tool)[ \t]+run[ \t]+{OPTIONS}|uvx[ \t]+{OPTIONS})?"
    rf"(?:(?:[\w./~$}}{{-]*/)?python[\d.]*[ \t]+{OPTIONS}-m[ \t]+|-m[ \t]+)?(?:[\w./~$}}{{-]*/)?"
)
COMMAND = re.compile(
    rf"{BEGIN}(?P<tool>uv|hatch|flit|poetry|pdm|bonded|maturin|twine)\b"
    r"(?P<rest>[^\n|;&#]*?\s(?:publish|upload)\b[^\n|;&#]*)",
    re.MULTILINE,
)
BUILD = re.compile(
    r"^[^#\n]*?\b(?:(?:python[\d.]*|uv\s+run\b[^\n|;&#]*)\s+-m\s+build|pipx\s+run\s+(?:-\S+\s+)*build|"
    r"pyproject-build|uv\s+build|hatch(?:ling)?\s+build|poetry\s+build|flit\s+build|pdm\s+build|maturin\s+(?:build|sdist)|cibuildwheel(?![^\n|;&#]*--print-build-identifiers)|setup\.py\s+[^\n]*(?:sdist|bdist)|pip3?\s+wheel|poetry\s+publish\b[^\n]*--build)\b",
    re.MULTILINE,
)
BUILD_ACTIONS = frozenset(
    {"hynek/build-and-inspect-python-package", "pypa/cibuildwheel", "pyo3/maturin-action"}
)
TEST = re.compile(
    rf"{BEGIN}(?:pytest|py\.test|tox|nox|unittest|hatch[ \t]+test|make[ \t]+(?:test|check)|coverage[ \t]+run)\b",
    re.MULTILINE,
)
# tox and nox also run what is no test.
OTHER_ENVIRONMENT = re.compile(
    r"[^\n|;&#]*?\s(?:(?:-e|-s|--session|run[ \t]+-e)[ =]?[\"']?"
    r"(?:lint|docs?|doc|format|fmt|typing|types?|mypy|pyright|pre-?commit|build|package|release|check|publish|style|qa)\b"
    r"|--list|-l\b|--help|--version)"
)
# Scripts and actions that fail where the tag and the version differ.
READS_TAG = re.compile(r"GITHUB_REF|github\.ref", re.IGNORECASE)
COMPARES = re.compile(r"\btest\s|\[\s|\bexit\s+1\b|\bassert\b|\bgrep\s+-q", re.MULTILINE)
GATES = frozenset({"samuelcolvin/check-python-version"})
CREDENTIALS = frozenset(
    {
        "TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "FLIT_PASSWORD", "HATCH_INDEX_AUTH",
        "POETRY_PYPI_TOKEN_PYPI", "POETRY_PYPI_TOKEN_TESTPYPI", "POETRY_HTTP_BASIC_PYPI_PASSWORD",
        "PDM_PUBLISH_PASSWORD", "MATURIN_PYPI_TOKEN", "MATURIN_PASSWORD", "BONDED_TOKEN",
    }
)  # fmt: skip
PLACES = ("repository-url", "repository_url")
VARIABLES = frozenset(
    {
        "TWINE_REPOSITORY", "TWINE_REPOSITORY_URL", "UV_PUBLISH_URL", "UV_PUBLISH_INDEX", "FLIT_INDEX_URL",
        "HATCH_INDEX_REPO", "PDM_PUBLISH_REPO", "MATURIN_REPOSITORY", "MATURIN_REPOSITORY_URL",
    }
)  # fmt: skip
OPTION = re.compile(
    r"\s(?:-r|--repo(?:sitory)?(?:-url)?|--index|--publish-url|--to)[ =]\s*[\"']?([^\s\"']+)"
)
PASSWORD = re.compile(
    r"\s(?:-p|--password|--token(?:-file)?|-t)[ =][\"']?(\$\{\{.*?\}\}|[^\s\"']*)", re.DOTALL
)
EVENT = Event(name="push", ref="refs/tags/v1", sha="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """One upload of a step, and to which index: `pypi`, `testpypi`, `other`, or empty where nobody can tell."""

    workflow: Workflow
    job: Job
    step: Step
    index: str
    tool: str
    """`action`, or the program of the command."""
    trusted: bool
    """Whether it comes without a password or an API token, as far as its text shows."""
    option: str = ""
    """The password that is an option of the command, as it is written."""

    @property
    def text(self) -> Scalar:
        """The scalar that says so."""
        scalar = self.step.uses or self.step.run
        assert scalar is not None
        return scalar


def publishings(workflow: Workflow) -> tuple[Publishing, ...]:
    """Return the uploads of a workflow in the order of the file; a script may have several."""
    return tuple(
        found for job in workflow.jobs for step in job.steps for found in _read(workflow, job, step)
    )


def _read(workflow: Workflow, job: Job, step: Step) -> Iterator[Publishing]:
    found = COMMAND.finditer(commands(step))
    uploads = [one for one in found if "--dry-run" not in one["rest"]]
    if action(step) == PUBLISHING_ACTION:
        yield _upload(workflow, job, step, None)
    for command in uploads:
        yield _upload(workflow, job, step, command)


def handed_secrets(workflow: Workflow) -> Iterator[tuple[Job, str, Scalar]]:
    """Yield stored secrets for uploads that a script of the project's own gets, such as a session of tox.

    Each comes with its job and with the variable that holds it.
    """
    uploads = {(one.job.id, one.step.index) for one in publishings(workflow)}
    for job in workflow.jobs:
        for step in job.steps:
            own = dict(entries(step.env)) if step.env is not None else {}
            found = sorted(CREDENTIALS & own.keys())
            if not found or (job.id, step.index) in uploads or index_of(places_in(own)) == "other":
                continue
            for name in found:
                if "secrets." in own[name].text and step.run is not None:
                    yield job, name, own[name]


def _upload(workflow: Workflow, job: Job, step: Step, command: re.Match[str] | None) -> Publishing:
    env = dict(entries(workflow.env)) | dict(entries(job.env)) | dict(entries(step.env))
    inputs = dict(entries(step.inputs))
    places = places_in(env)
    places += [inputs[name].text for name in PLACES if name in inputs and inputs[name].text]
    passwords = [name for name in CREDENTIALS if name in env]
    options: list[str] = []
    if command is not None:
        places += OPTION.findall(command["rest"])
        options = PASSWORD.findall(command["rest"])
    else:
        passwords += [name for name in ("password",) if name in inputs]
    return Publishing(
        workflow=workflow,
        job=job,
        step=step,
        index=index_of(places),
        tool=command["tool"] if command else "action",
        trusted=not passwords and not options,
        option=" ".join(options),
    )


def places_in(env: Table[str, Scalar]) -> list[str]:
    """Return the indexes that an environment names, as it writes them."""
    return [env[name].text for name in VARIABLES if name in env and env[name].text]


def index_of(places: list[str]) -> str:
    """Return the one index that places mean: PyPI where there are none, empty where nobody can tell."""
    found = {_named(place) for place in places} or {"pypi"}
    return found.pop() if len(found) == 1 else ""


def _named(place: str) -> str:
    """Return which index an address or a name means; a name of its own may stand for any."""
    if "$" in place:
        return ""
    if "//" in place:
        host = place.split("//", 1)[1].partition("/")[0].rpartition("@")[2].partition(":")[0]
        known = endpoints.for_host(host)
        return known.name if known else "other"
    word = re.sub(r"[^a-z]", "", place.lower())
    return word if word in {"pypi", "testpypi"} else "testpypi" if "testpypi" in word else ""


def commands(step: Step) -> str:
    """Return a step's script with continued lines joined."""
    return step.run.text.replace("\\\n", " ") if step.run else ""


def action(step: Step) -> str:
    """Return which action a step uses, without its ref and in lower case; empty for a script."""
    return step.uses.text.partition("@")[0].strip().lower() if step.uses else ""


def action_ref(step: Step) -> str:
    """Return the ref of the action that a step uses, or empty."""
    return step.uses.text.partition("@")[2].strip() if step.uses else ""


def builds(step: Step) -> bool:
    """Say whether a step builds distributions."""
    return action(step) in BUILD_ACTIONS or bool(BUILD.search(commands(step)))


def tests(step: Step) -> bool:
    """Say whether a step runs a test suite."""
    found = TEST.search(commands(step))
    return found is not None and OTHER_ENVIRONMENT.match(found.string, found.end()) is None


def compares_tag(step: Step) -> bool:
    """Say whether a step stops where the tag is not the version, as far as its text shows."""
    if action(step) in GATES:
        return True
    texts = [commands(step), *(scalar.text for _, scalar in entries(step.env))]
    return bool(COMPARES.search(texts[0])) and any(READS_TAG.search(text) for text in texts)


def entries(node: Node | None) -> Iterator[tuple[str, Scalar]]:
    """Yield the names and scalars of a mapping; nothing for anything else."""
    for name, value in node if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar):
            yield name, value


def given(step: Step, name: str) -> Scalar | None:
    """Return an input of a step's action if it is given and not empty; letter case does not matter."""
    found = {key.lower(): value for key, value in entries(step.inputs)}
    scalar = found.get(name)
    return scalar if scalar is not None and scalar.text else None


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Yield every value under a node."""
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(entries=pairs):
            for _, value in pairs:
                yield from scalars(value)


def ancestors(workflow: Workflow, job: Job) -> tuple[Job, ...]:
    """Return every job that this one needs, directly or not."""
    by_id = {other.id.lower(): other for other in workflow.jobs}
    found: dict[str, Job] = {}
    wanted = list(job.needs)
    while wanted:
        other = by_id.get(wanted.pop(0).lower())
        if other is not None and other.id not in found:
            found[other.id] = other
            wanted.extend(other.needs)
    return tuple(found.values())


def way_to(workflow: Workflow, job: Job) -> tuple[Job, ...]:
    """Return a job with every job before it that it needs, itself last."""
    return (*ancestors(workflow, job), job)


def has_id_token(workflow: Workflow, job: Job) -> bool:
    """Say whether a job of this workflow can ask for an ID token when a tag is pushed."""
    return permissions.may_request_id_token(workflow, job, event=EVENT)
