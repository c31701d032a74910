"""`[health]`: what watches the index, and what it is told."""

from dataclasses import dataclass, field

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.running.readiness import MIN_FREE
from bonded.minting.upload_token import hash_token

__all__ = ["SECTION", "HealthTable", "read"]

_SHORTEST = 16
"""Characters of a token for metrics at least: nobody should guess it."""

SECTION = Section(
    name="health",
    title="What watches it",
    keys=(
        Key(
            name="min-free",
            kind=Kind.SIZE,
            default=MIN_FREE,
            meaning="how much must be free where the data folder is, or `/ready` says no",
        ),
        Key(
            name="metrics",
            kind=Kind.TEXT,
            default="token",
            choices=("token", "open"),
            meaning='`"token"`: `/metrics` is for admin tokens and the token of `metrics-token-file`; `"open"`: for '
            "everybody who reaches the index",
        ),
        Key(
            name="metrics-token-file",
            kind=Kind.TEXT,
            told="none",
            meaning="a file with a token of your own choice that may read `/metrics` and nothing else",
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTable:
    """`metrics_token` is the hash of the token that may read metrics, empty where there is none."""

    min_free: int = MIN_FREE
    metrics_open: bool = False
    metrics_token: str = field(default="", repr=False)


def read(table: Table) -> HealthTable:
    """Read what watchers are told."""
    found = HealthTable(
        min_free=table.size("min-free"),
        metrics_open=table.text("metrics") == "open",
        metrics_token=_token(table),
    )
    table.close()
    return found


def _token(table: Table) -> str:
    name = table.text("metrics-token-file")
    if not name:
        return ""
    try:
        token = (table.folder / name).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:  # ValueError: what cannot be a path, or is no text
        reason = getattr(error, "strerror", None) or "it is no text"
        table.fault("metrics-token-file", f"{name!r} cannot be read: {reason}", got=name)
        return ""
    if len(token) < _SHORTEST:
        message = f"the token in {name!r} has fewer than {_SHORTEST} characters"
        table.fault("metrics-token-file", message, "`openssl rand -hex 32` makes a good one")
        return ""
    return hash_token(token)
