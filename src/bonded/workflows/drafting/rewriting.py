"""The single changes that take tokens out of a workflow: each returns the text after one change, or None."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table

from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.drafting.draft import Draft
from bonded.workflows.drafting.pins import COMMIT, release_of
from bonded.workflows.drafting.uploads import COMMAND, CREDENTIAL, TOKEN_NAMES, Upload, uploads
from bonded.workflows.edits import (
    Data,
    Edit,
    apply,
    insert_key,
    remove_item,
    remove_key,
    replace_scalar,
    replace_value,
)

__all__ = [
    "in_environment",
    "with_comment",
    "with_identity",
    "with_one_attestation",
    "without_configuration",
    "without_credentials",
    "without_variables",
]

_CREDENTIAL_INPUTS = ("user", "password")
_OLDEST_WITH_IDENTITY = (1, 8)
_RELEASE_COMMENT = re.compile(r"[ \t]+#[ \t]*(v?\d[\w.]*)[ \t]*\r?$", re.MULTILINE)
_END = re.compile(r"(?<!\\)(?<!\\\r)\n|;|&&|\|")
_CONFIGURATION = re.compile(
    r"^[ \t]*(?:[\w./@=+-]+[ \t]+)*?poetry(?:@\S+)?\s+config\s+(?:pypi-token|http-basic)\.[^\n]*(?:\n|$)",
    re.MULTILINE,
)
_MEANT_FOR_AN_INDEX = re.compile(r"pypi|twine", re.IGNORECASE)
_WRITES = re.compile(
    r"softprops/action-gh-release|ncipollo/release-action|actions/create-release|\bgh release\b|\bgit push\b"
)


def without_credentials(draft: Draft, found: Upload, action: str) -> str | None:
    """Take out an input or an option that holds a user name or a token.

    `action` is the publishing action with its pin, for those that are older than trusted publishing.
    """
    step = draft.step(found.job.id, found.step.index)
    if found.tool == "action":
        return _without_inputs(draft.text, step, action)
    run = step.get("run")
    if found.must_change_tool or not isinstance(run, Scalar):
        return None
    start = run.span[0]
    source = draft.text[start : run.span[1]]
    for command in COMMAND.finditer(source):
        end = _END.search(source, command.end())
        option = CREDENTIAL.search(source, command.end(), end.start() if end else len(source))
        if option:
            return apply(draft.text, [Edit(start + option.start(), start + option.end(), "")])
    return None


def _without_inputs(text: str, step: Mapping, action: str) -> str | None:
    inputs, uses = step.get("with"), step.get("uses")
    assert isinstance(uses, Scalar)
    ref = uses.text.partition("@")[2]
    comment = _RELEASE_COMMENT.match(text, uses.span[1])
    said = comment[1] if comment and COMMIT.fullmatch(ref) else ref
    release = release_of(said)
    if ref == "master" or (release and "." in said and release.release < _OLDEST_WITH_IDENTITY):
        edit = replace_scalar(text, uses, action.partition(" #")[0])
        return with_comment(apply(text, [edit]), action)
    if not isinstance(inputs, Mapping):
        return None
    present = [key for key, _ in inputs if key in _CREDENTIAL_INPUTS]
    return _without_keys(text, step, "with", inputs, present)


def _without_keys(
    text: str, parent: Mapping, name: str, node: Mapping, keys: list[str]
) -> str | None:
    """Take the first of these keys out of `parent[name]`, or all of it where nothing would be left."""
    if not keys:
        return None
    if len(keys) == len(node.entries):
        return apply(text, [remove_key(text, parent, name)])
    return apply(text, [remove_key(text, node, keys[0])])


def with_comment(text: str, action: str) -> str:
    """Put the release behind the commit as a comment, which data that is written cannot have."""
    pinned = re.escape(action.partition(" #")[0])
    old = r"(?:[ \t]+#[ \t]*v?\d[\w.]*)?"
    return re.sub(rf"{pinned}{old}[ \t]*(?=\r?$)", action, text, flags=re.MULTILINE)


def with_one_attestation(draft: Draft, jobs: tuple[str, ...]) -> str | None:
    """Let only the last of several publishing actions of a job attest: each refuses what another left in the folder."""
    for job in jobs:
        steps = [
            u.step.index for u in uploads(draft.workflow) if u.job.id == job and u.tool == "action"
        ]
        for index in steps[:-1]:
            step = draft.step(job, index)
            inputs = step.get("with")
            if inputs is None:
                edit = insert_key(draft.text, step, "with", {"attestations": False})
            elif isinstance(inputs, Mapping) and inputs.get("attestations") is None:
                edit = insert_key(draft.text, inputs, "attestations", value=False)
            else:
                continue
            return apply(draft.text, [edit])
    return None


def without_configuration(draft: Draft, jobs: tuple[str, ...]) -> str | None:
    """Take out a line that stores a token for poetry."""
    for job, index, step, run in draft.scripts(jobs):
        if _CONFIGURATION.search(run.text):
            left = _CONFIGURATION.sub("", run.text)
            if left.strip():
                return apply(draft.text, [replace_value(draft.text, step, "run", left)])
            return apply(draft.text, [remove_item(draft.text, draft.steps(job), index)])
    return None


def without_variables(draft: Draft, jobs: tuple[str, ...], *, before: str) -> str | None:
    """Take out a variable that holds a token: one that a tool reads by itself, or one that no script reads any more.

    `before` are the scripts of the file as it was.
    """
    for owner, scripts in _owners(draft, jobs):
        env = owner.get("env")
        if isinstance(env, Mapping):
            keys = [key for key, value in env if _is_token(key, value, scripts, before)]
            text = _without_keys(draft.text, owner, "env", env, keys)
            if text is not None:
                return text
    return None


def _owners(draft: Draft, jobs: tuple[str, ...]) -> Iterator[tuple[Mapping, list[str]]]:
    """Return everything with variables that these jobs see, with the scripts that can read them."""
    everything = [job.id for job in draft.workflow.jobs]
    for _, _, step, run in draft.scripts(jobs):
        yield step, [run.text]
    for job in draft.workflow.jobs:
        if job.id in jobs:
            for index, _ in enumerate(job.steps):
                yield draft.step(job.id, index), []
            yield draft.job(job.id), [run.text for *_, run in draft.scripts((job.id,))]
    yield draft.root, [run.text for *_, run in draft.scripts(tuple(everything))]


def _is_token(key: str, value: object, scripts: list[str], before: str) -> bool:
    if TOKEN_NAMES.fullmatch(key):
        return True
    name = re.compile(rf"\b{re.escape(key)}\b")
    secret = isinstance(value, Scalar) and "secrets." in value.text
    if not secret or any(name.search(script) for script in scripts):
        return False
    return bool(_MEANT_FOR_AN_INDEX.search(key) or name.search(before))


def with_identity(draft: Draft, jobs: tuple[str, ...]) -> str | None:
    """Give a job that publishes the right to ask for an ID token, beside the rights that it has."""
    top = draft.root.get("permissions")
    for job in jobs:
        node = draft.job(job)
        given = node.get("permissions")
        if isinstance(given, Mapping) and given.entries:
            text = _with_scope(draft.text, given)
            if text is not None:
                return text
        elif given is not None:
            if not (isinstance(given, Scalar) and given.text == "write-all"):
                return apply(
                    draft.text,
                    [replace_value(draft.text, node, "permissions", _rights(draft, job, given))],
                )
        elif not (isinstance(top, Scalar) and top.text == "write-all"):
            rights = _rights(draft, job, top)
            return apply(
                draft.text, [insert_key(draft.text, node, "permissions", rights, before="steps")]
            )
    return None


def _with_scope(text: str, given: Mapping) -> str | None:
    level = given.get("id-token")
    if level is None:
        return apply(text, [insert_key(text, given, "id-token", "write")])
    if isinstance(level, Scalar) and level.text != "write":
        return apply(text, [replace_scalar(text, level, "write")])
    return None


def _rights(draft: Draft, job: str, given: object) -> Table[str, Data]:
    """Return the rights that a job has so far, where they are written down, with that to an ID token."""
    if isinstance(given, Mapping):
        return {**{k: v.text for k, v in given if isinstance(v, Scalar)}, "id-token": "write"}
    start, end = draft.job(job).span
    writes = given is None and _WRITES.search(draft.text[start:end])
    return {"contents": "write" if writes else "read", "id-token": "write"}


def in_environment(draft: Draft, jobs: Table[str, str]) -> str | None:
    """Put a job that publishes into an environment, where it is in none."""
    for job, environment in jobs.items():
        node = draft.job(job)
        if node.get("environment") is None:
            return apply(
                draft.text,
                [insert_key(draft.text, node, "environment", environment, before="steps")],
            )
    return None
