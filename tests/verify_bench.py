"""`bonded verify` run in a folder of its own, against an index on loopback."""

import contextlib
import io
import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema

from attestation_index import Shelf, provenance
from attestation_world import World
from bonded.cli.main import main

SCHEMA = Path(__file__).parents[1] / "docs" / "reference" / "verify.schema.json"


@cache
def world() -> World:
    """Return the Sigstore of these tests."""
    return World()


def name(project: str, version: str = "1.0") -> str:
    """Return the name of a wheel."""
    return f"{project}-{version}-py3-none-any.whl"


def sell(shelf: Shelf, project: str, version: str = "1.0", **by: str) -> None:
    """Put an attested wheel on the shelf."""
    filename = name(project, version)
    shelf.add(project, filename, provenance(world(), filename, b"x", **by))


def digest(shelf: Shelf, project: str) -> str:
    """Return the SHA-256 of a project's wheel."""
    return sha256(shelf.files[project][name(project)][0]).hexdigest()


@dataclass
class Ran:
    """What a run printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """The report, valid by its schema."""
        found = json.loads(self.out)
        jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
        return found


class Bench:
    """Runs the command in a folder of its own, against one index."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    def run(self, *words: str, index: bool = True) -> Ran:
        """Run `bonded verify` with these words."""
        out, err = io.StringIO(), io.StringIO()
        more = ["--index", self.url] if index else []
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["verify", *words, "--trust-root", "root.json", *more])
        return Ran(code, out.getvalue(), err.getvalue())

    def write(self, filename: str, text: str | bytes) -> Path:
        """Write a file there."""
        path = self.folder / filename
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
