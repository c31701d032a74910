"""The reference pages say what the code says."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields

import pytest

from bonded.cli import failures
from bonded.cli import main as cli
from bonded.publishers import github, recorded
from bonded.rehearsal import report
from bonded.rehearsal.actions import catalogue
from bonded.rehearsal.actions.role import Action, StandIn
from pages import DOCS, ROOT, blocks, code, section, tables

REFERENCE = DOCS / "reference"
SOURCE = ROOT / "src" / "bonded"
ANYTHING = "\N{HORIZONTAL ELLIPSIS}"


def said_by_help(*words: str) -> str:
    """Return what `bonded … --help` prints at a width of 80."""
    command = [sys.executable, "-m", "bonded", *words, "--help"]
    env = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout


ACTIONS = {
    "publisher": ("add", "list", "remove", "enable", "test", "exchanges"),
    "project": ("list", "show", "yank", "unyank", "delete", "status", "limit", "log"),
    "token": ("add", "list", "revoke"),
    "config": ("check", "show", "schema"),
}
SAYING = [
    words
    for name in ("", *cli.COMMANDS)
    for words in ((name,) if name else (), *((name, action) for action in ACTIONS.get(name, ())))
]


@pytest.mark.parametrize("words", SAYING)
def test_the_help_is_documented_word_for_word(words: tuple[str, ...]) -> None:
    """`--help` of the program and of every command stands in the reference as it is printed."""
    page = section(REFERENCE / "command-line.md", " ".join(("bonded", *words)))

    assert blocks(page)[0] == said_by_help(*words)


def outputs_in(module: str) -> set[str]:
    """Return the names of the outputs that a stand-in's module gives, read from its source."""
    path = SOURCE / "rehearsal" / "actions" / f"{module}.py"
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="outputs"), slice=ast.Constant(value=name)):
                found.add(str(name))
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="outputs"), attr="update"),
                args=[ast.Dict(keys=keys)],
            ):
                found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    return found


def room_of(action: Action) -> str:
    """Return the short name of the module that a stand-in is from."""
    assert isinstance(action, StandIn)
    return action.act.__module__.rpartition(".")[2]


@pytest.mark.parametrize("action", catalogue.ACTIONS, ids=lambda action: action.names[0])
def test_every_input_of_a_stand_in_is_documented(action: Action) -> None:
    """A stand-in's table has each of its inputs, in their order, with the default."""
    rows = tables(section(REFERENCE / "actions.md", action.names[0]))[0]
    wanted = [
        (name, "required" if one.required else one.default) for name, one in action.inputs.items()
    ]

    assert [(row[0].strip("`"), row[1].strip("`")) for row in rows] == wanted


def test_every_stand_in_has_its_heading() -> None:
    """The headings of the page are the list of stand-ins."""
    headings = re.findall(r"^## (.+)$", (REFERENCE / "actions.md").read_text("utf-8"), re.MULTILINE)

    assert headings == [action.names[0] for action in catalogue.ACTIONS]


def test_every_output_of_a_stand_in_is_documented() -> None:
    """What the stand-ins of a module give is what the page says of them."""
    documented: dict[str, set[str]] = {}
    for action in catalogue.ACTIONS:
        found = tables(section(REFERENCE / "actions.md", action.names[0]))[1:]
        names = {name for table in found for row in table for name in code(row[0])}
        documented.setdefault(room_of(action), set()).update(names)
    given = {room: outputs_in(room) for room in documented}
    given["build_and_inspect"] |= given["upload_artifact"]

    assert documented == given


def test_every_configuration_key_is_documented() -> None:
    """The table of `[[tool.bonded.publishers]]` has the keys that are read, and no other."""
    rows = tables(section(REFERENCE / "configuration.md", "`[[tool.bonded.publishers]]`"))[0]

    assert [code(row[0])[0] for row in rows] == list(recorded.keys_of(github.PROVIDER))


def test_every_exit_code_is_documented() -> None:
    """The table has every exit code of the program, in their order."""
    rows = tables((REFERENCE / "exit-codes.md").read_text("utf-8"))[0]
    codes = [cli.DONE, cli.FINDINGS, failures.USAGE, failures.REMOTE]
    codes += [failures.PARTIAL, failures.BUG]

    assert [row[0] for row in rows] == [*map(str, codes), "130, 143"]


def test_every_member_of_the_report_is_documented() -> None:
    """The page names every member of the JSON report, and of what stands in its lists."""
    page = REFERENCE / "report.md"
    named = set(code(section(page, "The JSON")))
    records = [
        one
        for one in vars(report).values()
        if isinstance(one, type) and one.__name__[-6:] in {"Record", "Report"}
    ]

    assert {one.name for record in (*records, report.Cause) for one in fields(record)} <= named
    assert f"| `schema` | {report.SCHEMA_VERSION} |" in page.read_text("utf-8")


def sentence(node: ast.expr) -> str:
    """Return a text of the source, with an ellipsis for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in parts
            )
    raise AssertionError(f"line {node.lineno}: a difference must be a text that can be documented")


def differences() -> set[str]:
    """Return every sentence that a report can list as a difference, read from the source."""
    return {
        sentence(node.args[0])
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "differ"
    }


def test_every_difference_is_documented() -> None:
    """The table has the sentences that a report can list, and no other."""
    rows = tables((REFERENCE / "differences.md").read_text("utf-8"))[0]
    documented = {re.sub(r"\*[^*]+\*", ANYTHING, row[0]) for row in rows}

    assert documented == differences()
