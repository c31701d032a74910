"""Which uploads of a workflow hold a long-lived token, and where in their commands it stands."""

import re
from dataclasses import dataclass

from bonded.workflows.model import Job, Step, Workflow
from bonded.workflows.publishing import Publishing, entries, publishings

__all__ = ["COMMAND", "CREDENTIAL", "MIGRATABLE", "TOKEN_NAMES", "Upload", "uploads"]

MIGRATABLE = frozenset({"action", "twine", "uv", "bonded", "pdm", "hatch", "flit", "poetry"})
"""What uploads in a way that can be changed here."""

_OPTIONS = r"(?:(?:@|==)\S+)?(?:\s+-\S+(?:[ =][^\s-]\S*)?)*"
COMMAND = re.compile(
    rf"\b(?P<twine>twine){_OPTIONS}\s+upload\b|\b(?P<tool>uv|bonded|hatch|flit|poetry|pdm){_OPTIONS}\s+publish\b"
)
"""The beginning of an upload command; its arguments follow."""

TOKEN_NAMES = re.compile(
    r"TWINE_(?:USERNAME|PASSWORD|API_KEY)|UV_PUBLISH_(?:TOKEN|USERNAME|PASSWORD)|FLIT_(?:USERNAME|PASSWORD)"
    r"|HATCH_INDEX_(?:USER|AUTH)|PDM_PUBLISH_(?:USERNAME|PASSWORD)|BONDED_TOKEN"
    r"|POETRY_PYPI_TOKEN_\w+|POETRY_HTTP_BASIC_\w+"
)
"""Variables from which the tools take a user name, a password or a token."""

CREDENTIAL = re.compile(
    r"""(?:\s|\\\r?\n)+(?:-u|--user(?:name)?|-p|--pass(?:word)?|-t|--token(?:-file)?|-a|--auth)(?:=|\s+)"""
    r"""(?P<value>"[^"\n]*"|'[^'\n]*'|\$\{\{.*?\}\}|[^\s;&|]+)"""
)
"""An option of an upload command that holds a user name or a secret, with the white space before it."""

_INDEXES = frozenset({"pypi", "testpypi"})
_WITHOUT_IDENTITY = frozenset({"hatch", "flit", "poetry"})
"""Tools that cannot ask for an identity (hatch 1.18, flit 4.2, poetry 2.5): they always need a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One step that uploads; `index` is empty for any other index than PyPI and TestPyPI, and for an unknown one."""

    job: Job
    step: Step
    tool: str
    index: str
    token: bool

    @property
    def must_change_tool(self) -> bool:
        """Whether its tool can only upload with a token."""
        return self.tool in _WITHOUT_IDENTITY


def uploads(workflow: Workflow) -> tuple[Upload, ...]:
    """Return every upload of a workflow, in the order of the file; a script counts once."""
    return tuple(_upload(workflow, found) for found in publishings(workflow))


def _upload(workflow: Workflow, found: Publishing) -> Upload:
    env = (found.step.env, found.job.env, workflow.env)
    names = [name for node in env for name, _ in entries(node)]
    held = found.step.run is not None and any(map(TOKEN_NAMES.fullmatch, names))
    return Upload(
        job=found.job,
        step=found.step,
        tool=found.tool,
        # An expression in the index's place may mean any index: that upload is not touched.
        index=found.index if found.index in _INDEXES else "",
        token=held or not found.trusted or found.tool in _WITHOUT_IDENTITY or _has_option(found),
    )


def _has_option(found: Publishing) -> bool:
    script = found.step.run.text if found.step.run is not None else ""
    command = COMMAND.search(script)
    if command is None:
        return False
    rest = script[command.end() :].replace("\\\n", " ").split("\n")[0]
    return bool(CREDENTIAL.search(rest))
