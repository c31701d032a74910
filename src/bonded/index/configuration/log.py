"""`[log]`: what is written about what happens."""

from dataclasses import dataclass

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.running.logs import FORMATS, LEVELS

__all__ = ["SECTION", "Log", "read"]

SECTION = Section(
    name="log",
    title="What is written down",
    keys=(
        Key(
            name="format",
            kind=Kind.TEXT,
            default="auto",
            choices=FORMATS,
            meaning='`"json"`: one object a line; `"text"`: for people; `"auto"`: text at a terminal, JSON elsewhere; '
            "`--log-format` is stronger",
        ),
        Key(
            name="level",
            kind=Kind.TEXT,
            default="info",
            choices=LEVELS,
            meaning="the least that is written; `--log-level` is stronger",
        ),
        Key(
            name="requests",
            kind=Kind.FLAG,
            default=True,
            meaning="one line for each request, at the level `info`; those to `/health`, `/ready` and `/metrics` have "
            "one at `debug`",
        ),
    ),
    notes="The log goes to standard error. What looks like a secret is never in it, nor what follows a question mark.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How the log is written: one of `logs.FORMATS`, one of `logs.LEVELS`, and whether requests have lines."""

    format: str = "auto"
    level: str = "info"
    requests: bool = True


def read(table: Table) -> Log:
    """Read how the log is written."""
    log = Log(
        format=table.text("format"), level=table.text("level"), requests=table.flag("requests")
    )
    table.close()
    return log
