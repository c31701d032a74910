"""What `bonded init` shows: the files, their differences, what to register and what to set; as text and as JSON."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

from bonded.rehearsal.plain import plain
from bonded.workflows.drafting.proposal import Change, Proposal
from bonded.workflows.drafting.registration import Registration
from bonded.workflows.drafting.subject import Subject

SCHEMA_VERSION = 1
_COLORS = {"+": "32", "-": "31", "@": "36"}
_SOURCES = {
    "pyproject": "pyproject.toml",
    "file": "a file of its sources",
    "git": "the tags of git",
}


def overview(subject: Subject, proposal: Proposal) -> str:
    """Return what was found of the project, and one line for each file."""
    lines = [
        _package(package.name, subject, number) for number, package in enumerate(subject.packages)
    ]
    rows = [("new" if c.before is None else "changed", c.path, c.why) for c in proposal.changes]
    rows += [("kept", one.path, one.why) for one in proposal.kept]
    width = max((len(row[1]) for row in rows), default=0)
    lines += [
        "",
        *(f"  {mark:<8} {plain(path):<{width}}  {plain(why)}" for mark, path, why in rows),
    ]
    return "\n".join(lines)


def _package(name: str, subject: Subject, number: int) -> str:
    package = subject.packages[number]
    where = f" in {package.folder}" if package.folder else ""
    kind = ", compiled" if package.compiled else ""
    said = f"version from {_SOURCES[package.version_from]}, tags {package.tag_prefix}X.Y.Z{kind}"
    at = f", {subject.slug}" if subject.slug else ""
    return plain(f"{name}{where}: {said}{at}")


def differences(changes: list[Change], *, whole: bool, color: bool) -> str:
    """Return unified diffs: of files that change, and with `whole` of new ones too."""
    lines = (
        line for change in changes if whole or change.before is not None for line in _diff(change)
    )
    return "\n".join(_painted(plain(line)) if color else plain(line) for line in lines)


def _diff(change: Change) -> Iterator[str]:
    before = (change.before or "").splitlines()
    old = "/dev/null" if change.before is None else f"a/{change.path}"
    yield from unified_diff(before, change.after.splitlines(), old, f"b/{change.path}", lineterm="")


def _painted(line: str) -> str:
    code = _COLORS.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if code else line


def next_steps(subject: Subject, proposal: Proposal) -> str:
    """Return what its owner has to do by hand: secrets, publishers, settings."""
    parts = [_notes(proposal), _secrets(subject, proposal)]
    parts += [_registration(one) for one in proposal.registrations]
    parts.append(_settings(proposal))
    return "\n\n".join(part for part in parts if part)


def _notes(proposal: Proposal) -> str:
    return (
        "\n".join(["Note", *(f"  {plain(note)}" for note in proposal.notes)])
        if proposal.notes
        else ""
    )


def _secrets(subject: Subject, proposal: Proposal) -> str:
    if not proposal.secrets:
        return ""
    repository = f" --repo {subject.slug}" if subject.slug else ""
    lines = [f"  gh secret delete {plain(name)}{repository}" for name in proposal.secrets]
    head = "Secrets that no workflow reads any more: revoke their tokens at the index once a release went well"
    return "\n".join([head, *lines])


def _registration(one: Registration) -> str:
    width = max(len(field.label) for field in one.fields)
    lines = [f"Register at {one.index.title}, for the project {one.project}"]
    lines += [
        f"  {field.label:<{width}}  {plain(field.value) or '(empty)'}" for field in one.fields
    ]
    lines += [
        "  the form, filled in:",
        f"    {one.url}",
        f"  if {one.index.title} does not have the project yet, with the project's name beside these:",
        f"    {one.pending_url}",
    ]
    return "\n".join(lines)


def _settings(proposal: Proposal) -> str:
    if not proposal.settings:
        return ""
    lines = ["Set in the repository's settings, on its pages or by these commands"]
    for setting in proposal.settings:
        lines += ["", f"  [ ] {plain(setting.what)}", f"      {plain(setting.why)}"]
        lines += [f"      {plain(line)}" for line in setting.command.splitlines()]
    return "\n".join(lines)


def as_data(subject: Subject, proposal: Proposal, *, written: bool) -> dict[str, Any]:
    """Return all of it as data for JSON."""
    return {
        "schema": SCHEMA_VERSION,
        "repository": subject.slug,
        "packages": [
            {"name": p.name, "folder": p.folder, "version_from": p.version_from}
            | {"compiled": p.compiled, "tags": p.tag_pattern}
            for p in subject.packages
        ],
        "changes": [
            {"path": c.path, "new": c.before is None, "why": c.why, "text": c.after}
            for c in proposal.changes
        ],
        "kept": [{"path": one.path, "why": one.why} for one in proposal.kept],
        "registrations": [
            {
                "index": one.index.name,
                "project": one.project,
                "kind": one.kind,
                "fields": {field.name: field.value for field in one.fields},
                "url": one.url,
                "pending_url": one.pending_url,
            }
            for one in proposal.registrations
        ],
        "settings": [
            {"what": s.what, "why": s.why, "command": s.command} for s in proposal.settings
        ],
        "secrets": proposal.secrets,
        "notes": proposal.notes,
        "written": written,
    }
