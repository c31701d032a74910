"""Which indexes a release must reach: those that its publishing steps name, where their conditions hold.

A step whose index only a run can tell (an expression, a variable or a name of its own in its place, or two upload
commands in one script) expects nothing: what is not known beforehand cannot be missed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bonded.rehearsal import plan
from bonded.rehearsal.plan import Publishing
from bonded.workflows.document import Mapping as MappingNode
from bonded.workflows.document import Node, Scalar

_PLACES = frozenset({"repository-url", "repository_url"})
_VARIABLES = frozenset(
    {
        "TWINE_REPOSITORY",
        "TWINE_REPOSITORY_URL",
        "UV_PUBLISH_URL",
        "UV_PUBLISH_INDEX",
        "FLIT_INDEX_URL",
        "HATCH_INDEX_REPO",
        "PDM_PUBLISH_REPO",
    }
)
_OPTION = re.compile(r"\s(?:-r|--repo(?:sitory)?(?:-url)?|--index|--publish-url)[ =]\s*(\S+)")


def expected_indexes(
    publishings: Sequence[Publishing], world: Callable[[Publishing], Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Return each index that must receive a file, with the ids of the jobs that publish there.

    `world` gives the contexts known before the play (`github`, `vars`, `inputs`).
    """
    jobs: dict[str, dict[str, None]] = {}
    for publishing in publishings:
        if is_certain(publishing) and plan.plays(publishing, world(publishing)):
            jobs.setdefault(publishing.index, {})[publishing.job.id] = None
    return {index: tuple(ids) for index, ids in jobs.items()}


def is_certain(publishing: Publishing) -> bool:
    """Whether the workflow's text alone says which index a step publishes to."""
    step = publishing.step
    places = [text for name, text in _entries(step.env, publishing.job.env) if name in _VARIABLES]
    if any(name in _VARIABLES for name, _ in _entries(publishing.workflow.env)):
        return False
    if step.run is None:
        places += [text for name, text in _entries(step.inputs) if name.lower() in _PLACES]
    else:
        commands = plan.upload_commands(step.run.text)
        if len(commands) > 1:
            return False
        places += [place for command in commands for place in _OPTION.findall(command)]
    return all(_names_an_index(place) for place in places if place)


def _names_an_index(place: str) -> bool:
    """Whether a place is written out, and is PyPI or TestPyPI; another name may stand for any index."""
    return "$" not in place and "pypi" in place.lower()


def _entries(*nodes: Node | None) -> Iterator[tuple[str, str]]:
    """Return the names and texts of plain mappings."""
    for node in nodes:
        for name, value in node if isinstance(node, MappingNode) else ():
            if isinstance(value, Scalar):
                yield name, value.text
