"""What `bonded project` tells people."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bonded.index.byte_sizes import size_told
from bonded.rehearsal.plain import plain

__all__ = ["bounded", "changed", "deleted", "happened", "judged", "listed", "shown"]

_SHOWN_FILES = 20


def listed(projects: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each project: name, status, size."""
    if not projects:
        return "There are no projects."
    width = max(len(one["name"]) for one in projects)
    return plain(
        "\n".join(
            f"{one['name']:<{width}}  {one['status']:<11}  {size_told(one['size']):>10}"
            for one in projects
        )
    )


def shown(project: Mapping[str, Any]) -> str:
    """Return a project, then its versions with their files."""
    status = project["status"] + (f" ({project['reason']})" if project["reason"] else "")
    own = project["own_limits"]
    limits = (
        f"{title} {size_told(project['limits'][name])}{' (its own)' if own[name] else ''}"
        for name, title in (("file_size", "one file"), ("project_size", "all files"))
    )
    told = [
        f"{project['display']}",
        f"  status  {status}",
        f"  size    {size_told(project['size'])}",
        f"  limits  {', '.join(limits)}",
    ]
    for version in project["versions"]:
        told += ["", version["version"] + ("" if version["files"] else "  (no files)")]
        for file in version["files"]:
            told.append(
                f"  {file['filename']}  {size_told(file['size'])}  {_when(file['uploaded'])}"
            )
            if file["yanked"] is not None:
                told.append(f"    yanked{': ' if file['yanked'] else ''}{file['yanked']}")
    return plain("\n".join(told))


def changed(done: Mapping[str, Any], what: str) -> str:
    """Return which files are yanked, or are so no more."""
    if not done["files"]:
        return f"Nothing to do: {what} already."
    return plain(f"{_would(done)}{what}:\n{_files(done['files'])}")


def deleted(done: Mapping[str, Any]) -> str:
    """Return what is gone."""
    count = len(done["files"])
    what = done["project"] + (f" {done['version']}" if done["version"] else "")
    head = f"{_would(done)}deleted: {what}, {count} file{'' if count == 1 else 's'}"
    return plain("\n".join([head, *([_files(done["files"])] if count else [])]))


def judged(done: Mapping[str, Any]) -> str:
    """Return what becomes of a project."""
    reason = f" ({done['reason']})" if done["reason"] else ""
    return plain(f"{_would(done)}{done['name']}: {done['status']}{reason}")


def bounded(done: Mapping[str, Any]) -> str:
    """Return the limits that a project was given."""
    titles = {"file_size": "one file", "project_size": "all files"}
    limits = (
        f"{titles[name]} {size_told(size) if size else 'as the index has it'}"
        for name, size in done["own_limits"].items()
    )
    return plain(f"{_would(done)}{done['name']}: {', '.join(limits)}")


def happened(events: Sequence[Mapping[str, Any]]) -> str:
    """Return what was done, a line for each: its number, when, what, by whom."""
    if not events:
        return "Nothing was done yet."
    return plain("\n".join(_event(one) for one in events))


def _event(event: Mapping[str, Any]) -> str:
    details = dict(event["details"])
    by = details.pop("by", "")
    told = ", ".join(f"{name} {_line(value)}" for name, value in details.items() if value != "")
    who = f"  by {_line(by)}" if by else ""
    return f"{event['id']:>6}  {_when(event['at'])}  {event['tag']:<16}{who}  {told}".rstrip()


def _line(value: object) -> str:
    if value is None:
        return "default"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(text.split())


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _would(done: Mapping[str, Any]) -> str:
    return "would be " if done["dry_run"] else ""


def _files(names: Sequence[str]) -> str:
    told = [f"  {name}" for name in names[:_SHOWN_FILES]]
    if len(names) > _SHOWN_FILES:
        told.append(f"  and {len(names) - _SHOWN_FILES} more")
    return "\n".join(told)
