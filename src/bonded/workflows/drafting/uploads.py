"""Which steps of a workflow upload, with which tool, to which index, and whether they hold a long-lived token."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bonded.dists import endpoints
from bonded.workflows.document import Mapping, Node, Scalar
from bonded.workflows.model import Job, Step, Workflow

__all__ = ["COMMAND", "CREDENTIAL", "PUBLISH_ACTION", "TOKEN_NAMES", "Upload", "uploads"]

PUBLISH_ACTION = "pypa/gh-action-pypi-publish"

_OPTIONS = r"(?:@\S+)?(?:\s+-\S+(?:[ =][^\s-]\S*)?)*"
COMMAND = re.compile(
    rf"\b(?P<twine>twine){_OPTIONS}\s+upload\b|\b(?P<tool>uv|hatch|flit|poetry|pdm){_OPTIONS}\s+publish\b"
)
"""The beginning of an upload command; its arguments follow."""

TOKEN_NAMES = re.compile(
    r"TWINE_(?:USERNAME|PASSWORD|API_KEY)|UV_PUBLISH_(?:TOKEN|USERNAME|PASSWORD)|FLIT_(?:USERNAME|PASSWORD)"
    r"|HATCH_INDEX_(?:USER|AUTH)|PDM_PUBLISH_(?:USERNAME|PASSWORD)"
    r"|POETRY_PYPI_TOKEN_\w+|POETRY_HTTP_BASIC_\w+"
)
"""Variables from which the tools take a user name, a password or a token."""

CREDENTIAL = re.compile(
    r"""(?:\s|\\\r?\n)+(?:-u|--user(?:name)?|-p|--pass(?:word)?|-t|--token|-a|--auth)(?:=|\s+)"""
    r"""(?P<value>"[^"\n]*"|'[^'\n]*'|\$\{\{.*?\}\}|[^\s;&|]+)"""
)
"""An option of an upload command that holds a user name or a secret, with the white space before it."""

_PLACE = re.compile(
    r"\s(?:-r|--repo(?:sitory)?(?:-url)?|--index(?:-url)?|--publish-url)(?:=|\s+)[\"']?([^\s\"']+)"
)
_PLACE_NAMES = frozenset(
    {"TWINE_REPOSITORY", "TWINE_REPOSITORY_URL", "UV_PUBLISH_URL", "UV_PUBLISH_INDEX", "FLIT_INDEX_URL"}
    | {"HATCH_INDEX_REPO", "PDM_PUBLISH_REPO"}
)  # fmt: skip
_WITHOUT_IDENTITY = frozenset({"hatch", "flit", "poetry"})
"""Tools that cannot ask for an identity (hatch 1.18, flit 4.2, poetry 2.5): they always need a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One step that uploads; `index` is empty for any other index than PyPI and TestPyPI."""

    job: Job
    step: Step
    tool: str
    index: Literal["pypi", "testpypi", ""]
    token: bool

    @property
    def must_change_tool(self) -> bool:
        """Whether its tool can only upload with a token."""
        return self.tool in _WITHOUT_IDENTITY


def uploads(workflow: Workflow) -> tuple[Upload, ...]:
    """Return every upload of a workflow, in the order of the file; a script counts once."""
    return tuple(
        found
        for job in workflow.jobs
        for step in job.steps
        if (found := _upload(workflow, job, step)) is not None
    )


def _upload(workflow: Workflow, job: Job, step: Step) -> Upload | None:
    if step.uses is not None:
        if step.uses.text.partition("@")[0].strip().lower() != PUBLISH_ACTION:
            return None
        given = {key.lower().replace("_", "-"): text for key, text in _texts(step.inputs)}
        return Upload(
            job=job,
            step=step,
            tool="action",
            index=_index([given.get("repository-url", "")]),
            token=bool(given.get("password")),
        )
    found = COMMAND.search(step.run.text) if step.run is not None else None
    if found is None or step.run is None:
        return None
    tool = found["tool"] or "twine"
    names = [*_texts(step.env), *_texts(job.env), *_texts(workflow.env)]
    rest = step.run.text[found.start() :].replace("\\\n", " ").split("\n")[0]
    places = [*_PLACE.findall(rest), *(text for key, text in names if key in _PLACE_NAMES)]
    held = any(TOKEN_NAMES.fullmatch(key) for key, _ in names)
    return Upload(
        job=job,
        step=step,
        tool=tool,
        index=_index(places),
        token=held or tool in _WITHOUT_IDENTITY or bool(CREDENTIAL.search(rest)),
    )


def _texts(node: Node | None) -> Iterator[tuple[str, str]]:
    for key, value in node if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar):
            yield key, value.text


def _index(places: list[str]) -> Literal["pypi", "testpypi", ""]:
    """Return which index the first named place is; none named is PyPI."""
    place = next((place.lower() for place in places if place), "pypi")
    match = re.match(r"https?://([^/:]+)", place)
    if match:
        known = endpoints.for_host(match[1])
        return known.name if known else ""
    if place in {"pypi", "main"}:
        return "pypi"
    return "testpypi" if re.fullmatch(r"test[-_]?(?:pypi)?", place) else ""
