"""A workflow that uploads with a token, made to upload with its identity: the smallest change of the file that does it.

One thing is changed at a time, and the file is read again after each: so every change sees the places as they are, and
what is left in the end is what GitHub will read. Comments, order and layout stay. What cannot be understood is not
touched: the answer is then a sentence, not a guess.

* An input `password:` of the publishing action, a variable such as `TWINE_PASSWORD` and an option such as `-p` go.
* twine, uv and pdm stay: without a token they ask for an identity. hatch, flit and poetry cannot; the publishing
  action takes the place of their upload command.
* The job gets `id-token: write`, keeps the rights that it had, and gets an environment where it has none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bonded.dists.endpoints import Endpoints
from bonded.errors import InvalidInput
from bonded.workflows.drafting import rewriting
from bonded.workflows.drafting.draft import Draft, NotUnderstood, read_draft
from bonded.workflows.drafting.pins import COMMIT, Pins
from bonded.workflows.drafting.retooling import other_tool
from bonded.workflows.drafting.uploads import MIGRATABLE, Upload, uploads

__all__ = ["Migrated", "NotMigrated", "migrate", "secrets_of"]

_SECRET = re.compile(r"\bsecrets\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)|\bsecrets\[\s*'([^']+)'\s*\]")
_MOST_CHANGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The file as it should be; `jobs` are the ids of those that now publish with their identity."""

    text: str
    jobs: tuple[str, ...]
    secrets: tuple[str, ...]
    """Secrets that the file no longer reads."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMigrated:
    """Why the file was left alone."""

    reason: str


Change = Callable[[Draft], str | None]
"""Returns the text after one change, or None where there is nothing to change."""


def migrate(
    text: str, path: str, pins: Pins, *, environments: tuple[str, str], test_index: Endpoints
) -> Migrated | NotMigrated:
    """Return the workflow without its tokens; `environments` are the names for PyPI and for TestPyPI.

    Only uploads to PyPI and TestPyPI are changed. Raises InvalidInput for a file that GitHub would refuse as it is.
    """
    before = read_draft(text, path)
    wanted = [found for found in uploads(before.workflow) if found.token and found.index]
    if not wanted:
        return NotMigrated(reason="no step uploads to PyPI or TestPyPI with a token")
    strange = next((found.tool for found in wanted if found.tool not in MIGRATABLE), "")
    if strange:
        return NotMigrated(reason=f"by {strange}, which a person must change")
    jobs = {found.job.id: _environment(before, found.job.id, environments) for found in wanted}
    action = pins.uses("pypa/gh-action-pypi-publish")
    scripts = "\n".join(run.text for *_, run in before.scripts(tuple(jobs)))
    changes: list[Change] = [
        lambda draft: _first(draft, jobs, lambda d, u: rewriting.without_credentials(d, u, action)),
        lambda draft: rewriting.without_configuration(draft, tuple(jobs)),
        lambda draft: _first(draft, jobs, lambda d, u: other_tool(d, u, action, test_index)),
        lambda draft: rewriting.without_variables(draft, tuple(jobs), before=scripts),
        lambda draft: rewriting.with_one_attestation(draft, tuple(jobs)),
        lambda draft: rewriting.with_identity(draft, tuple(jobs)),
        lambda draft: rewriting.in_environment(draft, jobs),
    ]
    try:
        after = _until_nothing_is_left(before, path, changes)
    except (InvalidInput, NotUnderstood) as error:
        return NotMigrated(reason=str(error))
    left = [u for u in uploads(after.workflow) if u.token and u.index and u.job.id in jobs]
    if left:
        return NotMigrated(reason=f"a token of job '{left[0].job.id}' could not be taken out")
    gone = sorted(secrets_of(text) - secrets_of(after.text))
    notes = tuple(dict.fromkeys(note for found in wanted for note in _notes(text, found)))
    return Migrated(text=after.text, jobs=tuple(jobs), secrets=tuple(gone), notes=notes)


def secrets_of(text: str) -> frozenset[str]:
    """Return the names of the secrets that a workflow's text reads."""
    return frozenset(match[1] or match[2] for match in _SECRET.finditer(text))


def _until_nothing_is_left(draft: Draft, path: str, changes: list[Change]) -> Draft:
    for change in changes:
        for _ in range(_MOST_CHANGES):
            text = change(draft)
            if text is None or text == draft.text:
                break
            draft = read_draft(text, path)
    return draft


def _first(
    draft: Draft, jobs: dict[str, str], change: Callable[[Draft, Upload], str | None]
) -> str | None:
    """Return the text after the first upload that `change` has something to change of."""
    for found in uploads(draft.workflow):
        if found.index and found.job.id in jobs and (text := change(draft, found)) is not None:
            return text
    return None


def _environment(draft: Draft, job: str, environments: tuple[str, str]) -> str:
    """Return the environment for a job: that of TestPyPI where it publishes nowhere else."""
    indexes = {found.index for found in uploads(draft.workflow) if found.job.id == job}
    return environments["pypi" not in indexes]


def _notes(text: str, found: Upload) -> tuple[str, ...]:
    notes = []
    if found.tool == "twine":
        pinned = re.search(r"\btwine\s*[=<~]=?\s*[\"']?v?(\d+)(?:\.(\d+))?", text)
        if pinned and (int(pinned[1]), int(pinned[2] or 0)) < (6, 1):
            notes.append(
                f"twine {pinned[0].split()[-1]} knows no identities: raise it to 6.1 or later"
            )
        notes.append("twine asks for an identity since 6.1, where no token is given")
    ref = found.step.uses.text.partition("@")[2] if found.step.uses is not None else ""
    if COMMIT.fullmatch(ref) and not re.search(rf"{ref}[ \t]+#[ \t]*v?\d", text):
        notes.append(f"the action is pinned to {ref[:7]}; from v1.8 on it asks for an identity")
    uses = [step.uses.text for step in found.job.steps if step.uses is not None]
    if any(name.startswith("actions/checkout@") for name in uses):
        notes.append(
            f"job '{found.job.id}' builds and publishes, so all that it runs may ask for its identity; "
            "a job of its own for publishing is safer"
        )
    if re.search(r"\bpull_request_target\b", text):
        notes.append("PyPI refuses runs of `pull_request_target`")
    return tuple(notes)
