from pathlib import Path

import pytest

from bonded.errors import BondedError, InvalidInput
from bonded.rehearsal.project import Project, read_project
from stage_world import write

STATIC = '[project]\nname = "My.Tool"\nversion = "1.2.0"\n'
DYNAMIC = '[project]\nname = "My.Tool"\ndynamic = ["version"]\n'
ENTRY = '[[tool.bonded.publishers]]\nrepository = "octo/tool"\nworkflow = "release.yml"\n'


def read(folder: Path, text: str, pkg_info: str = "") -> Project:
    write(folder, {"pyproject.toml": text})
    return read_project(folder, owner_id="42", pkg_info=pkg_info)


def test_a_static_project_is_read(tmp_path: Path) -> None:
    """Name, version, range of Pythons and repository stand in pyproject.toml; workflows lie beside it."""
    write(
        tmp_path / ".github" / "workflows",
        {"b.yml": "b", "a.yaml": "a", "notes.md": "", "folder.yml/x": ""},
    )
    more = "requires-python = '>=3.9'\n[project.urls]\nHome = 'https://github.com/octo/tool'\n"
    project = read(tmp_path, STATIC + more)

    assert (project.name, project.version, project.version_from) == (
        "My.Tool",
        "1.2.0",
        "pyproject.toml",
    )
    assert (project.requires_python, project.repository) == (">=3.9", "octo/tool")
    assert dict(project.workflows) == {
        ".github/workflows/a.yaml": b"a",
        ".github/workflows/b.yml": b"b",
    }
    assert (project.registrations, project.owner_id) == ((), "")


@pytest.mark.parametrize(
    ("urls", "repository"),
    [
        ("", ""),
        ("urls = 'https://github.com/octo/tool'", ""),
        ("urls.Docs = 'https://docs.example'", ""),
        (
            "urls = {A = 1, Fund = 'https://github.com/sponsors/octo', B = 'https://github.com/o/t'}",
            "o/t",
        ),
    ],
)
def test_an_address_may_tell_the_repository(tmp_path: Path, urls: str, repository: str) -> None:
    """The first address of a repository counts; a page of sponsors is none."""
    assert read(tmp_path, STATIC + urls).repository == repository


@pytest.mark.parametrize(
    ("text", "files", "pkg_info", "version"),
    [
        (DYNAMIC, {}, "", ("", "git")),
        (DYNAMIC, {}, "Name: x\nVersion: 1.5\n\nVersion: 9\n", ("1.5", "PKG-INFO")),
        (DYNAMIC, {}, "Version: nonsense\n", ("", "git")),
        (
            DYNAMIC,
            {"src/my_tool/__init__.py": "x = 1\n__version__ = '2.0'\n"},
            "",
            ("2.0", "src/my_tool/__init__.py"),
        ),
        (
            DYNAMIC,
            {"my_tool/__init__.py": "", "my_tool/_version.py": '__version__: str = "2.1"'},
            "",
            ("2.1", "my_tool/_version.py"),
        ),
        (DYNAMIC, {"my_tool/__init__.py": "__version__ = 'unknown'"}, "", ("", "git")),
        (DYNAMIC, {"my_tool/__init__.py": "  __version__ = '1.0'"}, "", ("", "git")),
        ("[project]\nname = 'a'\nversion = '0.0.0'", {}, "", ("", "git")),
        ("[tool.poetry]\nname = 'a'\nversion = '3.0'", {}, "", ("3.0", "pyproject.toml")),
        (
            "[tool.poetry]\nname = 'a'",
            {"a/__init__.py": "__version__ = '4'"},
            "",
            ("4", "a/__init__.py"),
        ),
    ],
)
def test_a_version_is_found_where_projects_keep_it(
    tmp_path: Path, text: str, files: dict[str, str], pkg_info: str, version: tuple[str, str]
) -> None:
    """Static facts only: pyproject.toml, an sdist's PKG-INFO, an assigned `__version__`; else git must know."""
    write(tmp_path, files)
    project = read(tmp_path, text, pkg_info)

    assert (project.version, project.version_from) == version


def test_registered_publishers_are_read(tmp_path: Path) -> None:
    """Entries have defaults: PyPI, GitHub, this project, and the owner's number of the first that names one."""
    more = ENTRY + 'index = "testpypi"\nproject = "Other_Tool"\nowner-id = "7"\nenvironment = "e"\n'
    project = read(tmp_path, STATIC + ENTRY + more)
    first, second = project.registrations

    assert (first.index, first.project) == ("pypi", "My.Tool")
    assert first.publisher.to_fields()["repository_owner_id"] == "7"
    assert (second.index, second.project) == ("testpypi", "Other_Tool")
    assert second.publisher.to_fields()["environment"] == "e"
    assert project.owner_id == "7"
    assert (
        read(tmp_path, STATIC + ENTRY).registrations[0].publisher.to_fields()["repository_owner_id"]
        == "42"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "`project.name` is missing"),
        ("project = 3", "`project` must be a table"),
        ("tool = 3", "`project.name` is missing"),
        ("[project]\nname = ' '", "`project.name` is missing"),
        ("[project]\nname = '-bad-'\nversion = '1'", "`project.name`:"),
        ("[project]\nname = 'a'", "`project.version` is missing, and not dynamic"),
        ("[project]\nname = 'a'\ndynamic = 3", "`project.version` is missing, and not dynamic"),
        ("[project]\nname = 'a'\nversion = 'x y'", "pyproject.toml:3:1: `project.version` must be"),
        ("[project]\nname = 'a'\nversion = 3", "got 3"),
        ("[project\n", "pyproject.toml:1:9: this is not TOML"),
        (STATIC + "[tool]\nbonded = 3", "pyproject.toml:5:1: `tool.bonded` must be a table"),
        (STATIC + "[tool.bonded]\npublisher = 3", "did you mean `publishers`?"),
        (STATIC + "[tool.bonded]\ncolor = 3", "known keys: publishers"),
        (STATIC + "[tool.bonded]\npublishers = 3", "must be a list of tables"),
        (STATIC + "[tool.bonded]\npublishers = [3]", "must be a list of tables"),
        (
            STATIC + ENTRY + "workflw = 'x'",
            "pyproject.toml:4:1: `tool.bonded.publishers[0]`: unknown key",
        ),
        (
            STATIC + ENTRY + "owner-id = 3",
            "`tool.bonded.publishers[0].owner-id` must be a text, got 3",
        ),
        (STATIC + ENTRY + "index = 'other'", "must be one of pypi, testpypi, got 'other'"),
        (STATIC + ENTRY + "index = []", "must be one of pypi, testpypi, got []"),
        (STATIC + ENTRY + "kind = 'gitlub'", "must be one of github, gitlab"),
        (STATIC + ENTRY + "project = '-'", "`tool.bonded.publishers[0].project`"),
        (STATIC + ENTRY.replace("octo/tool", "octo"), "must be OWNER/NAME, got 'octo'"),
        (STATIC + ENTRY.replace("release.yml", "release"), "`tool.bonded.publishers[0].workflow`"),
        (STATIC + "[tool.bonded]\npublishers = [{kind = 'x'}]", "generic, got 'x'"),
    ],
)
def test_faults_have_their_place(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong in pyproject.toml is said with its line and what to write instead."""
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, text)

    assert words in str(caught.value)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Every entry is looked at before anything is refused."""
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, STATIC + (ENTRY + "a = '1'\nkind = 'x'\n") * 2)

    assert [fault.location.line for fault in caught.value.faults] == [4, 4, 9, 9]


def test_there_must_be_a_file(tmp_path: Path) -> None:
    """Without pyproject.toml, or with one that is not UTF-8, nothing is read."""
    with pytest.raises(BondedError, match=r"no pyproject\.toml"):
        read_project(tmp_path, owner_id="42")
    (tmp_path / "pyproject.toml").write_bytes(b"[project]\nname = '\xff'\n")
    with pytest.raises(InvalidInput, match=r"pyproject\.toml:2:1: the file is not UTF-8"):
        read_project(tmp_path, owner_id="42")
