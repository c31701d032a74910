"""Kinds of project that `init` meets, each as the files of its repository and what its owner chose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bonded.cli.init_world import shipped_pins
from bonded.dists import endpoints
from bonded.workflows.drafting.proposal import Desk, Proposal, propose
from bonded.workflows.drafting.subject import Subject, Wishes
from bonded.workflows.drafting.survey import Found, survey

RELEASE = ".github/workflows/release.yml"
UV = '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PROJECT = '[project]\nname = "tweed"\nversion = "1.0.0"\nreadme = "README.md"\nrequires-python = ">=3.11"\n'
DYNAMIC = '[project]\nname = "tweed"\ndynamic = ["version"]\nreadme = "README.md"\n'
SOURCES = {
    "README.md": "# tweed\n",
    "src/tweed/__init__.py": '"""Warm cloth."""\n\n__version__ = "1.0.0"\nWARM = True\n',
    "tests/test_tweed.py": "import tweed\n\n\ndef test_it():\n    assert tweed.WARM\n",
}


def backend(requires: str, module: str) -> str:
    """Return a `[build-system]` table."""
    return f'[build-system]\nrequires = [{requires}]\nbuild-backend = "{module}"\n'


def member(name: str) -> dict[str, str]:
    """Return the files of a member of a workspace."""
    folder, module = f"packages/{name}", name.replace("-", "_")
    project = PROJECT.replace('"tweed"', f'"{name}"')
    return {
        f"{folder}/pyproject.toml": f"{UV}\n{project}",
        f"{folder}/README.md": "# part\n",
        f"{folder}/src/{module}/__init__.py": "PART = 1\n",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One project."""

    pyproject: str
    more: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def files(self) -> dict[str, str]:
        """Every file by its path."""
        return {"pyproject.toml": self.pyproject, **SOURCES, **self.more}

    def found(self) -> Found:
        """Return what the edge would see."""
        texts = {p: t for p, t in self.files.items() if p.endswith(("pyproject.toml", "setup.py"))}
        return Found(
            files=frozenset(self.files),
            texts=texts,
            owner="octo",
            repository="tweed",
            default_branch="main",
            tags=self.tags,
        )


ACTION = """\
name: Release # ours
on:
  push:
    tags: ["v*"]
jobs:
  # Build it and send it.
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: uv build # both kinds
      - name: Publish
        uses: pypa/gh-action-pypi-publish@release/v1
        with:
          user: __token__
          password: ${{ secrets.PYPI_API_TOKEN }}
"""
TWINE = """\
on:
  release:
    types: [published]
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      TWINE_USERNAME: __token__
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: uv build
      - name: Publish
        env:
          TWINE_PASSWORD: ${{ secrets.PYPI_TOKEN }}
          COLUMNS: "120"
        run: uvx twine@7.0.0 upload --non-interactive dist/*
"""
POETRY = """\
on: {push: {tags: ["v*"]}}
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: uvx poetry@2.5.1 config pypi-token.pypi ${{ secrets.PYPI }}
      - name: Build and publish
        env:
          POETRY_PYPI_TOKEN_PYPI: ${{ secrets.PYPI }}
        run: |
          uvx poetry@2.5.1 --version
          uvx poetry@2.5.1 publish --build
"""

KINDS: dict[str, Kind] = {
    "uv": Kind(
        pyproject=f'{UV}\n{PROJECT}\n[dependency-groups]\ndev = ["pytest"]\n', more={"uv.lock": ""}
    ),
    "hatchling": Kind(
        pyproject=f'{HATCH}\n{PROJECT}\n[dependency-groups]\ntest = ["pytest>=9"]\n',
        more={".github/dependabot.yml": "version: 2\nupdates:\n  - package-ecosystem: uv # lock\n    directory: /\n"},
    ),
    "setuptools": Kind(
        pyproject=backend('"setuptools>=77"', "setuptools.build_meta")
        + f'\n{DYNAMIC}\n[tool.setuptools.dynamic]\nversion = {{ attr = "tweed.__version__" }}\n',
        tags=("0.8", "0.9"),
    ),
    "flit": Kind(
        pyproject=backend('"flit_core>=3.11,<4"', "flit_core.buildapi")
        + '\n[project]\nname = "tweed"\ndynamic = ["version", "description"]\nreadme = "README.md"\n',
        wishes=Wishes(uploader="uv"),
    ),
    "pdm": Kind(pyproject=backend('"pdm-backend"', "pdm.backend") + f"\n{PROJECT}"),
    "poetry": Kind(
        pyproject=backend('"poetry-core"', "poetry.core.masonry.api")
        + '\n[tool.poetry]\nname = "tweed"\nversion = "1.0.0"\ndescription = "Warm"\nauthors = []\n',
        more={"poetry.lock": ""},
    ),
    "hatch-vcs": Kind(
        pyproject='[build-system]\nrequires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"\n'
        f'\n{DYNAMIC}\n[tool.hatch.version]\nsource = "vcs"\n',
        tags=("v0.9.0",),
        wishes=Wishes(trigger="release", testpypi=True),
    ),
    "bonded-uploads": Kind(
        pyproject=f"{HATCH}\n{PROJECT}", wishes=Wishes(uploader="bonded", testpypi=True)
    ),
    "gitlab-bonded-uploads": Kind(
        pyproject=f"{UV}\n{PROJECT}", wishes=Wishes(provider="gitlab", uploader="bonded")
    ),
    "setuptools-scm": Kind(
        pyproject=backend('"setuptools>=77", "setuptools-scm>=8"', "setuptools.build_meta")
        + f"\n{DYNAMIC}\n[tool.setuptools_scm]\n",
        tags=("0.9.0",),
    ),
    "maturin": Kind(
        pyproject=backend('"maturin>=1.8"', "maturin") + f'\n{PROJECT}\n[tool.maturin]\nmodule-name = "tweed._core"\n'
    ),
    "workspace": Kind(
        pyproject=f'{UV}\n{PROJECT}\n[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        more={**member("tweed-core"), **member("tweed-extra")},
        tags=("tweed-core/1.0.0",),
        wishes=Wishes(uploader="uv"),
    ),
    "workspace-at-releases": Kind(
        pyproject=f'{UV}\n{PROJECT}\n[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        more={**member("tweed-core"), **member("tweed-extra")},
        tags=("tweed-0.9.0",),
        wishes=Wishes(trigger="release", testpypi=True),
    ),
    "action-with-token": Kind(pyproject=f"{UV}\n{PROJECT}", more={RELEASE: ACTION}),
    "twine-with-token": Kind(pyproject=f"{UV}\n{PROJECT}", more={RELEASE: TWINE}),
    "poetry-with-token": Kind(
        pyproject=backend('"poetry-core>=2"', "poetry.core.masonry.api") + f"\n{PROJECT}",
        more={RELEASE: POETRY},
    ),
    "gitlab": Kind(pyproject=f"{UV}\n{PROJECT}", wishes=Wishes(provider="gitlab", uploader="uv")),
}  # fmt: skip


def proposed(kind: Kind, **files: str) -> tuple[Subject, Proposal]:
    """Return what would be done for a project; `files` stand in for files of the same path."""
    pins = shipped_pins()
    subject = survey(kind.found(), pins)
    desk = Desk(
        subject=subject,
        wishes=kind.wishes,
        pins=pins,
        present={**kind.files, **files},
        index=endpoints.pypi(),
        test_index=endpoints.testpypi(),
    )
    return subject, propose(desk)
