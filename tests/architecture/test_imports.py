"""Who may import whom, and what must not be imported just to answer `--help`.

The contracts are in `.importlinter`. A contract that names nothing passes, so violations are planted
in a copy of the house, one at a time, and each must be caught.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "bonded"
LINTER = str(Path(sys.executable).with_name("lint-imports"))
ENTRANCES = [
    name
    for name, path in {
        "bonded": PACKAGE / "__init__.py",
        "bonded.cli.main": PACKAGE / "cli" / "main.py",
    }.items()
    if path.exists()
]
HEAVY = (
    "cryptography",
    "httpx2",
    "jwt",
    "pydantic",
    "pypi_attestations",
    "rich",
    "ruamel",
    "sigstore",
    "sqlalchemy",
    "starlette",
    "twine",
    "uvicorn",
)


def lint(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Return what the import linter says of the package `bonded` that lies in `folder`."""
    command = [LINTER, "--no-cache", "--no-logo", "--config", str(config)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


def test_every_contract_is_kept() -> None:
    """The rooms import as the contracts say."""
    said = lint(ROOT / "src", ROOT / ".importlinter")

    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("errors", "import bonded.workflows", "Rooms only look down"),
        ("utils", "", "Rooms only look down"),
        ("workflows.document", "import os", "Pure modules reach no I/O"),
        ("errors", "import time", "Pure modules reach no I/O"),
        ("workflows.document", "import bonded.workflows.model", "No knots"),
        ("publishers.github", "import bonded.publishers.gitlab", "Publishers do not know"),
        (
            "workflows.rules.no_pipefail",
            "import bonded.workflows.rules.uv_version",
            "Rules do not know each other",
        ),
        ("index.library", "import bonded.index.book.records", "Only the composition root"),
    ],
)
def test_a_planted_violation_is_caught(
    tmp_path: Path, module: str, statement: str, contract: str
) -> None:
    """Each kind of forbidden import breaks the contract that forbids it."""
    house = tmp_path / "bonded"
    shutil.copytree(PACKAGE, house)
    for name in {module, statement.removeprefix("import bonded.")} - {statement}:
        plant(house, name, "")
    plant(house, module, statement)

    said = lint(tmp_path, ROOT / ".importlinter")

    assert said.returncode == 1
    assert any(line.startswith(contract) and "BROKEN" in line for line in said.stdout.splitlines())


def plant(house: Path, name: str, statement: str) -> None:
    """Append a statement to the module `name`, which is made if it is not there."""
    path = house.joinpath(*name.split("."))
    module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    module.parent.mkdir(parents=True, exist_ok=True)
    (module.parent / "__init__.py").touch()
    with module.open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_entrance_is_light(entrance: str) -> None:
    """Importing the package or its command line loads none of the heavy libraries."""
    program = f"import sys, {entrance}; print(*{{name.partition('.')[0] for name in sys.modules}})"

    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()

    assert sorted(set(loaded) & set(HEAVY)) == []
