import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.cli.init_world import shipped_pins
from bonded.errors import InvalidInput
from bonded.workflows.drafting import building
from bonded.workflows.drafting.advice import advice, second_uploads
from bonded.workflows.drafting.pythons import KNOWN, OLDEST, admits, pythons
from bonded.workflows.drafting.subject import Package, Subject, Wishes
from bonded.workflows.drafting.survey import Found, prefix_of_tags, survey
from bonded.workflows.drafting.testing import command_of_tests
from bonded.workflows.drafting.trials import python_option, trial
from bonded.workflows.reading import read_workflow

PINS = shipped_pins()
SYSTEM = '[build-system]\nrequires = ["hatchling"]\n'
NAMED = '[project]\nname = "tweed"\nversion = "1"\n'


def data(text: str) -> Mapping[str, Any]:
    """Return TOML as data."""
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SYSTEM + NAMED, True),
        (NAMED, False),
        (SYSTEM, False),
        (SYSTEM + NAMED + 'classifiers = ["Private :: Do Not Upload"]', False),
        (SYSTEM + NAMED + "[tool.uv]\npackage = false", False),
        (SYSTEM + '[tool.poetry]\nname = "tweed"', True),
    ],
)
def test_what_is_a_package(text: str, *, is_one: bool) -> None:
    """A package has a name and a back end, and does not forbid its upload."""
    assert building.builds(data(text)) is is_one


@pytest.mark.parametrize(
    ("text", "setup", "compiled"),
    [
        ('[build-system]\nrequires = ["hatchling"]', "", False),
        ('[build-system]\nrequires = ["maturin>=1"]', "", True),
        ('[build-system]\nrequires = ["setuptools", "Cython"]', "", True),
        ("[tool.cibuildwheel]\nbuild = 'cp3*'", "", True),
        ("[[tool.setuptools.ext-modules]]\nname = 'a'", "", True),
        ("", "setup(ext_modules=[])", True),
        ("", "setup(name='a')", False),
        ('[build-system]\nrequires = ["???", 3]', "", False),
    ],
)
def test_what_is_compiled(text: str, setup: str, *, compiled: bool) -> None:
    """Compiling back ends, their helpers and extension modules make wheels of many platforms."""
    assert building.is_compiled(data(text), setup) is compiled


SCM = '[build-system]\nrequires = ["setuptools-scm"]\n'
DYNAMIC = '[project]\nname = "a"\ndynamic = ["version"]\n'


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (NAMED, "pyproject"),
        ('[tool.poetry]\nname = "a"\nversion = "1"', "pyproject"),
        ("[tool.poetry-dynamic-versioning]\nenable = true", "git"),
        (DYNAMIC, "file"),
        (DYNAMIC + "[tool.hatch.version]\nsource = 'vcs'", "git"),
        (DYNAMIC + "[tool.hatch.version]\npath = 'a.py'", "file"),
        (DYNAMIC + "[tool.pdm.version]\nsource = 'scm'", "git"),
        (DYNAMIC + '[build-system]\nrequires = ["setuptools", "setuptools_scm"]', "git"),
        (DYNAMIC + SCM + '[tool.setuptools.dynamic]\nversion = {attr = "a.b"}', "file"),
    ],
)  # fmt: skip
def test_where_the_version_comes_from(text: str, source: str) -> None:
    """A version stands in pyproject.toml, in a file of the sources, or follows the tags."""
    assert building.version_from(data(text)) == source


@pytest.mark.parametrize(
    ("text", "files", "module"),
    [
        ("", ["src/my_lib/__init__.py"], "my_lib"),
        ("", ["my_lib.py"], "my_lib"),
        ("", ["src/other/__init__.py"], "other"),
        ("", ["src/a/__init__.py", "src/b/__init__.py"], ""),
        ("", ["README.md"], ""),
        ("[tool.uv.build-backend]\nmodule-name = 'x.y'", [], "x.y"),
        ("[tool.flit.module]\nname = 'not a name'", [], ""),
    ],
)
def test_which_module_is_tried(text: str, files: list[str], module: str) -> None:
    """The module is the one that the back end is told of, else that of the layout."""
    assert building.module_of(data(text), "My-Lib", files) == module


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("[project]\nrequires-python = '>=3.11'", ">=3.11"),
        ("[tool.poetry.dependencies]\npython = '^3.10'", ">=3.10,<4"),
        ("[tool.poetry.dependencies]\npython = '>=3.9'", ">=3.9"),
    ],
)
def test_which_python_is_required(text: str, said: str) -> None:
    """Poetry's caret is read as the range that it means."""
    assert building.requires_python(data(text)) == said


@pytest.mark.parametrize(
    ("requires", "classifiers", "wanted"),
    [
        (">=3.13", [], ("3.13", "3.14", "3.15")),
        (">=3.10,<3.12", [], ("3.10", "3.11")),
        (">=3.12.4,<3.13", [], ("3.12",)),
        (">=4", [], ("3.15",)),
        ("nonsense", [], KNOWN),
        ("", ["Programming Language :: Python :: 3.9", "Topic :: 3.10"], ("3.9",)),
        ("", [], KNOWN[KNOWN.index(OLDEST) :]),
    ],
)
def test_which_pythons_are_tested(
    requires: str, classifiers: list[str], wanted: tuple[str, ...]
) -> None:
    """Every Python that the project admits is tested, and no other."""
    assert pythons(requires, classifiers) == wanted


@given(st.sampled_from(KNOWN), st.sampled_from(["", ">=3.10", "<3.13", "~=3.11", "!=3.12.*"]))
def test_a_tested_python_is_admitted(python: str, requires: str) -> None:
    """The matrix holds a Python exactly if the project admits it."""
    if requires:
        assert (python in pythons(requires)) is admits(requires, python)


TESTS = frozenset({"tests/test_a.py"})


@pytest.mark.parametrize(
    ("text", "files", "command"),
    [
        (NAMED + "[dependency-groups]\ndev = ['pytest']", {*TESTS, "uv.lock"}, "uv run --locked pytest"),
        (NAMED + "[dependency-groups]\ndev = [{include-group = 't'}]\nt = ['pytest']", TESTS, "uv run pytest"),
        (NAMED + "[dependency-groups]\nt = ['pytest']", TESTS, "uv run --group t pytest"),
        (NAMED + "[project.optional-dependencies]\nx = ['pytest-cov', 'pytest']", TESTS, "uv run --extra x pytest"),
        (NAMED + "dependencies = ['pytest']", TESTS, "uv run pytest"),
        (NAMED + "[tool.uv]\ndev-dependencies = ['pytest']", TESTS, "uv run pytest"),
        (NAMED, TESTS, "uv run --with pytest pytest"),
        (NAMED + "[dependency-groups]\n'a; b' = ['pytest']", TESTS, "uv run --with pytest pytest"),
        (NAMED + "[tool.pytest.ini_options]\nx = 1", set(), "uv run --with pytest pytest"),
        (NAMED, set(), 'uv run python -c "import tweed"'),
        ("[tool.poetry]\nname = 'a'", TESTS, "uv run --no-project --with . --with pytest pytest"),
        ("[tool.poetry]\nname = 'a'", {"poetry.lock"}, "uvx poetry@2.5.1 install\nuvx poetry@2.5.1 run pytest"),
    ],
)  # fmt: skip
def test_how_tests_are_run(text: str, files: set[str], command: str) -> None:
    """The command brings pytest from where the project declares it."""
    found = command_of_tests(data(text), frozenset(files), PINS, module="tweed", workspace=False)

    assert found == command


def test_without_tests_and_module_python_must_at_least_start() -> None:
    """A project of which nothing is known gets a command that runs."""
    found = command_of_tests(data(NAMED), frozenset(), PINS, module="", workspace=True)

    assert found == "uv run --all-packages python --version"


@pytest.mark.parametrize(
    ("tags", "several", "prefix"),
    [
        ([], False, "v"),
        ([], True, "tweed-v"),
        (["1.0", "1.1", "v1.2"], False, ""),
        (["v1.0", "nightly"], False, "v"),
        (["release-1.0"], False, "release-"),
        (["tweed-1.0"], False, "tweed-"),
        (["other-v1.0"], False, "v"),
        (["v1.0", "tweed@1.0.0"], True, "tweed@"),
        (["tweed/v1.0.0", "tweed-core-v2.0.0"], True, "tweed/v"),
        (["v1.0.x"], False, "v"),
    ],
)
def test_how_tags_begin(tags: list[str], *, several: bool, prefix: str) -> None:
    """New tags look like the old ones; among several packages only a package's own tags count."""
    assert prefix_of_tags("Tweed", tags, several=several) == prefix


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "there is no pyproject.toml"),
        ({"pyproject.toml": "["}, "this is not TOML"),
        ({"pyproject.toml": NAMED}, "no package was found"),
        ({"pyproject.toml": SYSTEM + '[project]\nname = "-"\n'}, "`project.name`"),
    ],
)
def test_what_is_no_project_is_refused(texts: dict[str, str], said: str) -> None:
    """Where nothing can be released, the reason is a fault of a file."""
    with pytest.raises(InvalidInput, match=said):
        survey(Found(files=frozenset(texts), texts=texts), PINS)


def test_a_workspace_is_its_members() -> None:
    """Members are found by the globs of the root, without what is excluded and what is not published."""
    root = '[tool.uv.workspace]\nmembers = ["packages/*", "./docs"]\nexclude = ["packages/old"]\n'
    texts = {
        "pyproject.toml": root,
        "docs/pyproject.toml": NAMED,
        "packages/deep/er/pyproject.toml": SYSTEM + NAMED,
        "packages/old/pyproject.toml": SYSTEM + NAMED,
        "packages/one/pyproject.toml": SYSTEM + NAMED,
    }
    found = survey(Found(files=frozenset(texts), texts=texts), PINS)

    assert [(p.name, p.folder, p.tag_prefix) for p in found.packages] == [
        ("tweed", "packages/one", "v")
    ]
    assert found.workspace


def test_a_stranger_tries_what_the_image_can_run() -> None:
    """A package that does not admit the image's Python is tried with the oldest that it admits."""
    modern = Package(name="My.Lib", requires_python=">=3.14")

    assert python_option(modern) == " --python 3.14"
    assert python_option(Package(name="a", requires_python=">=4")) == ""
    assert python_option(Package(name="a")) == ""
    assert 'version("my-lib")' in trial(modern)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (("v1.0", "v1.1-rc1"), "v1.1rc1"),
        (("v2026.01.02", "vague", "v1x!"), "v2026.1.2"),
        (("v1.0", "1.0-rc1"), ""),
    ],
)
def test_tags_in_another_spelling_are_told_of(tags: tuple[str, ...], said: str) -> None:
    """A tag whose version is not spelt as in the files would be stopped by the gate: the right one is named."""
    notes = advice(Subject(packages=(Package(name="a"),), tags=tags), Wishes())

    assert bool(notes) is bool(said)
    assert all(note.endswith(said) for note in notes)


def test_a_script_that_publishes_too_is_named() -> None:
    """A token that a session of tox gets would upload each release a second time."""
    text = (
        "on: push\njobs:\n  ship:\n    runs-on: x\n    steps:\n      - run: tox -e release\n"
        "        env:\n          TWINE_PASSWORD: ${{ secrets.TOKEN }}\n"
    )
    (note,) = second_uploads({"main.yml": read_workflow(text, "main.yml")})

    assert "the job ship hands `TWINE_PASSWORD`" in note
    assert second_uploads({}) == []
