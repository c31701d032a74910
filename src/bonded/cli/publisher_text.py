"""What `bonded publisher` tells people: what is registered, what to do next, why a token would be refused."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bonded.cli.publisher_form import labelled
from bonded.publishers.providers import PROVIDERS
from bonded.rehearsal.plain import plain

__all__ = ["exchanged", "listed", "registered", "verdict"]

_MARKS = {True: "✓", False: "✗", None: "?"}


def registered(
    entry: Mapping[str, Any], *, pending: bool, address: str, audience: str, dry_run: bool
) -> str:
    """Return what was registered, field by field, and what its workflow must do."""
    project = entry.get("project") or ", ".join(entry.get("projects", ()))
    rows = [
        ("project", f"{project} (made by its first upload)" if pending else project),
        ("kind", entry["kind"]),
        *labelled(entry["kind"], entry["fields"]),
        ("issuer", entry["issuer"]),
    ]
    if not dry_run:
        rows.insert(0, ("id", entry["id"]))
    if "expires" in entry:
        rows.append(("ends", f"{_day(entry['expires'])}, unless the project begins before"))
    head = "Would be registered:" if dry_run else "Registered:"
    width = max(len(label) for label, _ in rows)
    told = [head, *(f"  {label:<{width}}  {_lines(text, width + 4)}" for label, text in rows)]
    # Without an environment its page has nothing to show.
    idle = "" if entry["fields"].get("environment") else "environments"
    pages = [f"  {link['url']}" for link in entry["links"] if link["label"] != idle]
    if pages:
        told += ["", "These pages must be yours:", *pages]
    return plain("\n".join([*told, "", *_next(entry, address, audience)]))


def listed(
    publishers: Sequence[Mapping[str, Any]], pending: Sequence[Mapping[str, Any]], project: str = ""
) -> str:
    """Return publishers and pending publishers, one a line; `project` is the one that was asked for."""
    rows = [
        (
            entry["id"],
            ", ".join(entry["projects"]) or "(no project)",
            f"{entry['kind']}: {entry['title']}",
            f"disabled: {entry['disabled']}" if entry["disabled"] else "",
        )
        for entry in publishers
    ]
    rows += [
        (
            entry["id"],
            entry["project"],
            f"{entry['kind']}: {entry['title']}",
            f"pending until {_day(entry['expires'])}",
        )
        for entry in pending
    ]
    if not rows:
        return f"There are no publishers of {project!r}." if project else "There are no publishers."
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return plain(
        "\n".join(
            "  ".join(
                (*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[3])
            ).rstrip()
            for row in rows
        )
    )


def exchanged(exchanges: Sequence[Mapping[str, Any]]) -> str:
    """Return what the mint answered, an entry for each: when, what, for which projects, and the reason below."""
    if not exchanges:
        return "The mint was not asked yet."
    told = []
    for one in exchanges:
        when = datetime.fromtimestamp(one["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        claims = one.get("claims") or {}
        who = claims.get("sub") or one.get("issuer") or "(nobody)"
        projects = ", ".join(one["projects"]) or "(no project)"
        told.append(f"{one['id']:>6}  {when}  {one['code']:<25}  {projects}  {_line(who)}")
        why = (one.get("description"), one.get("fault"))
        told += [f"{'':8}{_line(text)}" for text in why if text]
    return plain("\n".join(told))


def verdict(answer: Mapping[str, Any]) -> str:
    """Return the table of checks, the verdict and the next steps."""
    head = "ACCEPTED" if answer["accepted"] else f"REFUSED ({answer['code']})"
    told = [f"{head}: {answer['summary']}"]
    if answer["publisher"]:
        told += ["", f"publisher: {answer['publisher']}"]
    rows = [
        (
            _MARKS[row["ok"]],
            row["claim"],
            row["registered"],
            row["got"] or ("(not known)" if row["ok"] is None else "(nothing)"),
        )
        for row in answer["table"]
    ]
    if rows:
        rows.insert(0, (" ", "claim", "registered", "token says"))
        widths = [max(len(row[place]) for row in rows) for place in range(3)]
        told += [
            "  "
            + "  ".join(
                (*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[3])
            )
            for row in rows
        ]
    if answer["advice"]:
        told += ["", "What to do:", *(f"  {step['sentence']}" for step in answer["advice"])]
    fields = {field.name for provider in PROVIDERS for field in provider.form}
    if any(step["side"] == "publisher" and step["field"] in fields for step in answer["advice"]):
        told += ["", "To change a publisher, add it with the new value, then remove the old one."]
    return plain("\n".join(told))


def _next(entry: Mapping[str, Any], address: str, audience: str) -> list[str]:
    """Return what the CI job needs, in the words of its service."""
    where = f"{address or 'ADDRESS'}/legacy/"
    upload = f"uv publish --trusted-publishing always --publish-url {where}"
    environment = entry["fields"].get("environment", "")
    match entry["kind"]:
        case "github" | "ghes" | "forgejo":
            told = ["Next, in the workflow, the publishing job needs:", ""]
            told += [f"  environment: {environment}"] if environment else []
            told += ["  permissions:", "    id-token: write", "  steps:", f"    - run: {upload}"]
        case "gitlab":
            name = re.sub(r"[^A-Z0-9]", "_", audience.upper())
            told = ["Next, in the pipeline, the publishing job needs:", ""]
            told += [f"  environment: {environment}"] if environment else []
            told += ["  id_tokens:", f"    {name}_ID_TOKEN:", f"      aud: {audience}"]
            told += ["  script:", f"    - {upload}"]
        case _:
            mint = f"{address or 'ADDRESS'}/_/oidc/mint-token"
            told = [
                f"Next, the publishing job gets an ID token for the audience {audience!r},",
                f"exchanges it at {mint}",
                f"and uploads to {where} as the user __token__.",
            ]
    return told


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _line(text: object) -> str:
    """Return a text on one line: a stranger's must not look like an entry of the list."""
    return " ".join(str(text).split())


def _lines(text: str, indent: int) -> str:
    """Return a text of several lines with all of them in its column."""
    return ("\n" + " " * indent).join(str(text).splitlines())
