"""The steps that generated workflows are put together from, as text with its comments.

A piece is written at column 0 with `<name>` where a value goes; `filled` and `indented` put it in its place. Text and
not data, because a workflow that people will keep is written for people.
"""

import re

from bonded.workflows.drafting.pins import Pins

__all__ = ["CHECKOUT", "DOWNLOAD", "KEEP", "SETUP_UV", "filled", "indented", "values_of"]

RUNNER = "ubuntu-24.04"
_ACTIONS = (
    "actions/checkout",
    "actions/download-artifact",
    "actions/upload-artifact",
    "astral-sh/setup-uv",
    "pypa/gh-action-pypi-publish",
)
_NAME = re.compile(r"<([a-z][a-z-]*)>")

CHECKOUT = """\
- uses: <checkout>
  with:
    persist-credentials: false
"""

CHECKOUT_WHOLE = """\
- uses: <checkout>
  with:
    fetch-depth: 0 # the version comes from the tags
    persist-credentials: false
"""

SETUP_UV = """\
- uses: <setup-uv>
  with:
    version: "<uv>"
    enable-cache: false
"""

DOWNLOAD = """\
- uses: <download-artifact>
  with:
    artifact-ids: ${{ needs.build.outputs.artifact-id }}
    path: dist/
"""

KEEP = """\
- name: Keep the distributions for the next jobs
  id: keep
  uses: <upload-artifact>
  with:
    name: distributions
    path: dist/
    if-no-files-found: error
"""


def filled(text: str, **values: str) -> str:
    """Return the text with each `<name>` replaced; underscores in keywords stand for hyphens.

    A value of several lines continues at the column of its name. Raises KeyError for a name without a value.
    """
    known = {name.replace("_", "-"): value for name, value in values.items()}
    lines = []
    for line in text.splitlines():
        column = len(line) - len(line.lstrip())
        done = _NAME.sub(lambda match: known[match[1]], line)
        first, *rest = done.split("\n")
        if first.strip() or not line.strip().startswith("<"):
            lines.append(first)
        lines += [f"{' ' * column}{more}" if more else "" for more in rest]
    return "\n".join(lines) + "\n"


def indented(text: str, columns: int) -> str:
    """Return the text moved to the right; empty lines stay empty."""
    return "".join(
        f"{' ' * columns}{line}" if line.strip() else line
        for line in text.splitlines(keepends=True)
    )


def values_of(pins: Pins) -> dict[str, str]:
    """Return the values that every piece may name: pinned actions, programs and the runner."""
    found = {action.partition("/")[2].replace("-", "_"): pins.uses(action) for action in _ACTIONS}
    tools = {name: pins.tools[name] for name in ("uv", "twine", "cibuildwheel")}
    return {**found, **tools, "runner": RUNNER}
