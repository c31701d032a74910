"""Who makes attestations in a workflow, as far as its text says. Pure.

It decides what is prepared beforehand, and what is expected of what was published: where a step makes publish
attestations and none came along, something was lost on the way.
"""

import re
from collections.abc import Iterator, Sequence

from bonded.workflows.model import Step, Workflow
from bonded.workflows.publishing import action, commands, given, publishings

__all__ = ["PROGRAMS", "maker", "runs_sigstore", "will_sign"]

PROGRAMS = ("sigstore", "attest")
"""Words by which a script shows that a client of Sigstore may run in it."""

UPLOADER = "pypa/gh-action-pypi-publish"
ATTESTER = "astral-sh/attest-action"
BUILDER = "hynek/build-and-inspect-python-package"
SIGNING = frozenset(
    {UPLOADER, ATTESTER, BUILDER, "actions/attest", "actions/attest-build-provenance"}
)
"""The actions whose stand-ins sign, or may."""

_COMMAND = re.compile(r"\bpypi[-_]attestations\s+sign\b")


def will_sign(workflows: Sequence[Workflow]) -> bool:
    """Whether a stand-in may sign in these workflows, so that it is worth loading beforehand what signs."""
    return any(action(step) in SIGNING and not _switched_off(step) for step in _steps(workflows))


def _switched_off(step: Step) -> bool:
    if action(step) == UPLOADER and given(step, "password"):
        return True
    name, default = {
        UPLOADER: ("attestations", "true"),
        BUILDER: ("attest-build-provenance-github", "false"),
    }.get(action(step), ("", "true"))
    found = given(step, name)
    return (found.text if found else default).lower() == "false"


def runs_sigstore(workflows: Sequence[Workflow]) -> bool:
    """Whether a script in these workflows names Sigstore or attestations, so that it may run a client of its own.

    `bonded publish` is one by itself.
    """
    if any(one.tool == "bonded" for workflow in workflows for one in publishings(workflow)):
        return True
    texts = (step.run.text.lower() for step in _steps(workflows) if step.run)
    return any(word in text for text in texts for word in PROGRAMS)


def maker(workflows: Sequence[Workflow]) -> str:
    """Return the place of the first step that leaves publish attestations (PEP 740) for another to upload, or empty.

    What signs and uploads at once is not meant: it fails by itself where it cannot sign.
    """
    return next(
        (
            str(step.location)
            for step in _steps(workflows)
            if action(step) == ATTESTER or _COMMAND.search(commands(step))
        ),
        "",
    )


def _steps(workflows: Sequence[Workflow]) -> Iterator[Step]:
    for workflow in workflows:
        for job in workflow.jobs:
            yield from job.steps
