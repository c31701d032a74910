"""The publishing action in the place of a command that can only upload with a token (hatch, flit, poetry)."""

import re

from bonded.dists.endpoints import Endpoints
from bonded.workflows.document import Mapping, Scalar
from bonded.workflows.drafting.draft import Draft, NotUnderstood
from bonded.workflows.drafting.rewriting import with_comment
from bonded.workflows.drafting.uploads import COMMAND, Upload
from bonded.workflows.edits import Data, Edit, apply, insert_item, remove_key, replace_value

__all__ = ["other_tool"]

_LINE = re.compile(
    r"(?P<before>.*&&)?\s*(?P<tool>(?:[\w./@=+-]+[ \t]+)*?(?:poetry|flit|hatch)(?:@[\w.]+)?(?:\s[^&|;]*?)?)"
    r"\s+publish\b(?P<rest>[^&|;]*)"
)
_BLOCK = re.compile(r"^[ \t]*(?:if|for|while|until|case|function)\b|\{[ \t]*$", re.MULTILINE)


def other_tool(draft: Draft, found: Upload, action: str, test_index: Endpoints) -> str | None:
    """Return the text with the action instead of the command, or None; raises NotUnderstood."""
    step = draft.step(found.job.id, found.step.index)
    run = step.get("run")
    if not found.must_change_tool or not isinstance(run, Scalar):
        return None
    if step.flow:
        raise NotUnderstood(f"step {found.step.index + 1} of job '{found.job.id}' is on one line")
    inputs = _inputs(found, test_index)
    script = _without_command(run.text)
    pinned = action.partition(" #")[0]
    if not script:
        return with_comment(_in_place(draft, step, pinned, inputs), action)
    added: dict[str, Data] = {"name": "Publish"}
    if found.step.condition is not None:
        added["if"] = found.step.condition.text
    added["uses"] = pinned
    if inputs:
        added["with"] = inputs
    edits = [
        replace_value(draft.text, step, "run", script),
        insert_item(draft.text, draft.steps(found.job.id), found.step.index + 1, added),
    ]
    return with_comment(apply(draft.text, edits), action)


def _in_place(draft: Draft, step: Mapping, pinned: str, inputs: dict[str, Data]) -> str:
    """Return the text with `uses:` where `run:` was; what only scripts have goes."""
    position = next(place for place, (key, _) in enumerate(step.entries) if key.text == "run")
    key, end = step.entries[position][0].span[0], step.spans[position][1]
    column = " " * (key - draft.text.rfind("\n", 0, key) - 1)
    lines = [f"uses: {pinned}"]
    if inputs:
        lines += [
            f"{column}with:",
            *(f"{column}  {name}: {value}" for name, value in inputs.items()),
        ]
    tail = "\n" if draft.text[end - 1 : end] == "\n" else ""
    edits = [Edit(key, end, "\n".join(lines) + tail)]
    edits += [
        remove_key(draft.text, step, name)
        for name in ("working-directory", "shell")
        if step.get(name)
    ]
    return apply(draft.text, edits)


def _inputs(found: Upload, test_index: Endpoints) -> dict[str, Data]:
    folder = found.step.working_directory or found.job.defaults.working_directory
    inputs: dict[str, Data] = {}
    if folder is not None:
        inputs["packages-dir"] = f"{folder.text.rstrip('/')}/dist"
    if found.index == "testpypi":
        inputs["repository-url"] = test_index.upload_url
    return inputs


def _without_command(script: str) -> str:
    """Return what is left of a script without its upload; raises NotUnderstood where that cannot be told."""
    lines = []
    for line in re.sub(r"\\\n\s*", "", script).splitlines():
        if not COMMAND.search(line) or line.lstrip().startswith("#"):
            lines.append(line)
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None or _BLOCK.search(script):
            raise NotUnderstood(f"the upload in `{line.strip()}` is part of a larger command")
        before = (match["before"] or "").removesuffix("&&").rstrip()
        build = _build(match["tool"], match["rest"])
        kept = " && ".join(part for part in (before, build) if part)
        lines += [kept] if kept else []
    left = "\n".join(lines).strip("\n")
    return f"{left}\n" if "\n" in left else left


def _build(tool: str, rest: str) -> str:
    """Return the command that builds what the upload would have built by itself, or empty."""
    if re.search(r"\bflit\b", tool) or (re.search(r"\bpoetry\b", tool) and "--build" in rest):
        return f"{tool.strip()} build"
    return ""
