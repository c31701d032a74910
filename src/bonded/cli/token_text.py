"""What `bonded token` tells people."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bonded.rehearsal.plain import plain

__all__ = ["listed", "made"]


def made(token: Mapping[str, Any]) -> str:
    """Return a new token with what it is for; its secret stands alone on the last line, if it is to be shown."""
    head = f"{token['name']}: {_told(token)}, until {_day(token['expires'])}"
    if token["dry_run"]:
        return plain(f"would be made: {head}")
    if "out" in token:
        return plain(f"{head}\nIt is in {token['out']}.")
    return plain(f"{head}\nShown once: keep it.\n{token['token']}")


def listed(tokens: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each token: its name, what it is for, when it ends."""
    if not tokens:
        return "There are no tokens."
    width = max(len(one["name"]) for one in tokens)
    lines = (
        f"{one['name']:<{width}}  {'expired' if one['ended'] else 'until'} {_day(one['expires'])}"
        f"  {_told(one)}"
        for one in tokens
    )
    return plain("\n".join(lines))


def _told(token: Mapping[str, Any]) -> str:
    projects = ", ".join(token["projects"])
    return f"{token['scope']} {projects}".rstrip()


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
