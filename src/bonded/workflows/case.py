"""What a rule looks at: one workflow, where its parts stand, and what is known of the project around it.

A fact that nobody knows is None, and a rule that needs it stays silent.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from bonded.errors import Location
from bonded.publishers import Publisher
from bonded.workflows.document import Mapping, Node, Scalar, Sequence
from bonded.workflows.findings import Place
from bonded.workflows.model import Job, Step, Workflow
from bonded.workflows.publishing import Publishing, way_to

BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")

__all__ = ["Case", "Facts", "Registered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One publisher that is registered at an index (`pypi`, `testpypi`) for a project."""

    index: str
    project: str
    publisher: Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a project; None where nobody knows."""

    pyproject: Table[str, Any] | None = None
    name: str | None = None
    names: frozenset[str] = frozenset()
    """Every project in the repository, normalised."""
    version: str | None = None
    """As declared; None where it is dynamic."""
    version_file: str = ""
    """Which file declares it."""
    locked_version: str | None = None
    """The project's own version in uv.lock."""
    repository: str | None = None
    owner_id: str = ""
    tags: tuple[str, ...] | None = None
    """In git; the newest first."""
    next_tag: str | None = None
    dists: tuple[str, ...] | None = None
    """Names of the files in dist/."""
    registered: tuple[Registered, ...] | None = None

    def table(self, *keys: str) -> Table[str, Any]:
        """Return a table of pyproject.toml, empty where there is none."""
        found: Any = self.pyproject or {}
        for key in keys:
            found = found.get(key, {}) if isinstance(found, Table) else {}
        return found if isinstance(found, Table) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One workflow file with everything that rules may ask about it."""

    workflow: Workflow
    source: str
    root: Mapping
    publishings: tuple[Publishing, ...]
    facts: Facts = field(default_factory=Facts)
    others: tuple[Workflow, ...] = ()
    """The other workflows of the project."""
    starts: tuple[int, ...] = ()
    """Where each line begins."""

    @property
    def path(self) -> str:
        """The file, relative to the repository."""
        return self.workflow.path

    @property
    def releasing(self) -> tuple[Job, ...]:
        """Every job on the way to an upload, each once."""
        ways = (way_to(self.workflow, one.job) for one in self.publishings)
        return tuple({job.id: job for way in ways for job in way}.values())

    def node(self, *keys: str | int) -> Any:
        """Return the node under these keys, or None."""
        found: Node | None = self.root
        for key in keys:
            if isinstance(found, Mapping) and isinstance(key, str):
                found = found.get(key)
            elif isinstance(found, Sequence) and isinstance(key, int) and key < len(found.items):
                found = found.items[key]
            else:
                return None
        return found

    def job_node(self, job: Job) -> Mapping:
        """Return the mapping of a job."""
        found = self.node("jobs", job.id)
        assert isinstance(found, Mapping)
        return found

    def step_node(self, job: Job, step: Step) -> Mapping:
        """Return the mapping of a step."""
        found = self.node("jobs", job.id, "steps", step.index)
        assert isinstance(found, Mapping)
        return found

    def at(self, thing: Node | Location | None) -> Place:
        """Return the place of a node, or of the word at a location; the whole file where there is none."""
        if thing is None:
            return Place(self.path)
        location = thing if isinstance(thing, Location) else thing.location
        if not location.line:
            return Place(self.path)
        start, end = self._start(location), 0
        match thing:
            case Scalar(style="" | "'" | '"', span=span):
                end = span[1]
            case Sequence(flow=True, span=span) | Mapping(flow=True, span=span):
                end = span[1]
        if end <= start:
            end = self._word_end(start)
        line, column = self._position(end)
        return Place(self.path, location.line, location.column, line, column)

    def in_script(self, script: Scalar, offset: int, length: int) -> Place:
        """Return the place of some characters of a script, or of the script where quoting hides them."""
        wanted = script.text[offset : offset + length].split("\n")[0]
        begin = self._start(script.location)
        for _ in range(script.text.count(wanted, 0, offset) + 1):
            found = self.source.find(wanted, begin, script.span[1])
            if found == -1:
                return self.at(script)
            begin = found + 1
        line, column = self._position(begin - 1)
        return Place(self.path, line, column, line, column + len(wanted))

    def _start(self, location: Location) -> int:
        return self.starts[location.line - 1] + location.column - 1

    def _word_end(self, start: int) -> int:
        """Return where the word ends, which is a key or a plain value."""
        end = start
        while end < len(self.source) and self.source[end] not in " \t\r\n:,]}#":
            end += 1
        return max(end, start + 1)

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def line_starts(source: str) -> tuple[int, ...]:
    """Return where each line begins; a byte order mark is before the first."""
    return (int(source.startswith("\ufeff")), *(found.end() for found in BREAK.finditer(source)))
