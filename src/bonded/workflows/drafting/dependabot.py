"""`dependabot.yml`: pins that grow old by themselves are renewed by Dependabot, a week after a release and in one go.

A file that is there is added to, never replaced: the entry for actions is added where none is, and gets `cooldown` and
`groups` where it has none.
"""

from bonded.errors import InvalidInput
from bonded.workflows.document import Mapping, Scalar, Sequence, read_document
from bonded.workflows.edits import Data, Edit, apply, insert_item, insert_key

__all__ = ["DEPENDABOT", "dependabot"]

DEPENDABOT = """\
version: 2
updates:
  - package-ecosystem: github-actions
    directory: /
    schedule:
      interval: weekly
    # A release that turns out to be bad is mostly found within a week.
    cooldown:
      default-days: 7
    groups:
      actions:
        patterns: ["*"]
"""
_COOLDOWN: Data = {"default-days": 7}
_GROUPS: Data = {"actions": {"patterns": ["*"]}}
_ENTRY: Data = {
    "package-ecosystem": "github-actions",
    "directory": "/",
    "schedule": {"interval": "weekly"},
    "cooldown": _COOLDOWN,
    "groups": _GROUPS,
}


def dependabot(present: str | None) -> str | None:
    """Return the text of the file: new, or what is there with what was missing; None if it is not understood."""
    if present is None or not present.strip():
        return DEPENDABOT
    try:
        root = read_document(present, "dependabot.yml")
    except InvalidInput:
        return None
    updates = root.get("updates") if isinstance(root, Mapping) else None
    if not isinstance(updates, Sequence):
        return None
    entries = [item for item in updates.items if isinstance(item, Mapping)]
    actions = [entry for entry in entries if _ecosystem(entry) == "github-actions"]
    if not actions:
        if not updates.items:
            return None
        return apply(present, [insert_item(present, updates, len(updates.items), _ENTRY)])
    return apply(present, [edit for entry in actions for edit in _additions(present, entry)])


def _ecosystem(entry: Mapping) -> str:
    node = entry.get("package-ecosystem")
    return node.text if isinstance(node, Scalar) else ""


def _additions(present: str, entry: Mapping) -> list[Edit]:
    """Return what an entry for actions lacks; `multi-ecosystem-group` is a group too."""
    found = []
    if entry.get("cooldown") is None:
        found.append(insert_key(present, entry, "cooldown", _COOLDOWN))
    if entry.get("groups") is None and entry.get("multi-ecosystem-group") is None:
        found.append(insert_key(present, entry, "groups", _GROUPS))
    return found
