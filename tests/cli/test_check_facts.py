"""What is read from disk and git: facts, or nothing where nobody can tell."""

import errno
import subprocess
from pathlib import Path

import pytest

from bonded.cli.check_facts import LARGEST, Checkout, find_checkouts
from bonded.errors import UsageError

WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"


def checkout(folder: Path, **files: str) -> Checkout:
    """Return the one project of a folder with these files; `__` in a name is a slash, `_` a dot."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True, exist_ok=True)
    (workflows / "ci.yml").write_text(WORKFLOW, "utf-8")
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (found,) = find_checkouts([folder])
    return found


def test_a_project_without_pyproject_has_no_facts(tmp_path: Path) -> None:
    """Its workflows are read all the same, and nothing is at fault."""
    found = checkout(tmp_path)

    assert set(found.sources) == {".github/workflows/ci.yml"}
    assert (found.facts.pyproject, found.facts.name, found.facts.tags) == (None, None, None)
    assert found.faults == ()


def test_name_version_lock_and_repository_are_read(tmp_path: Path) -> None:
    """The lock's own version is that of the project in it, in its normal form."""
    found = checkout(
        tmp_path,
        pyproject_toml='[project]\nname = "My.Tool"\nversion = "1.0"\n'
        '[project.urls]\nSource = "https://github.com/octo/tool"\n',
        uv_lock='[[package]]\nname = "other"\nversion = "9"\nsource = { registry = "x" }\n'
        '[[package]]\nname = "my-tool"\nversion = "0.9-rc1"\nsource = { editable = "." }\n',
        sub__pyproject_toml='[project]\nname = "part"\nversion = "1"\n',
        tests__pyproject_toml='[project]\nname = "sample"\nversion = "1"\n',
    )
    facts = found.facts

    assert (facts.name, facts.version, facts.locked_version) == ("My.Tool", "1.0", "0.9rc1")
    assert facts.repository == "octo/tool"
    assert facts.names == {"my-tool", "part"}


@pytest.mark.parametrize(
    ("build", "assigned", "version"),
    [
        ("hatchling", '__version__ = "1.2"\n', "1.2"),
        ("hatchling', 'hatch-vcs", '__version__ = "1.2"\n', None),
        ("setuptools_scm", "", None),
    ],
)
def test_a_version_from_git_is_none(
    tmp_path: Path, build: str, assigned: str, version: str | None
) -> None:
    """What a tool writes into a file from git is not declared there."""
    found = checkout(
        tmp_path,
        pyproject_toml=f"[build-system]\nrequires = ['{build}']\n"
        "[project]\nname = 'tool'\ndynamic = ['version']\n",
        tool____init___py="",
    )
    (tmp_path / "tool").mkdir(exist_ok=True)
    (tmp_path / "tool" / "__init__.py").write_text(assigned, "utf-8")
    (found,) = find_checkouts([tmp_path])

    assert found.facts.version == version


def test_a_broken_pyproject_is_a_fault_at_its_place(tmp_path: Path) -> None:
    """It hides nothing else."""
    found = checkout(tmp_path, pyproject_toml="[project\n")

    assert [fault.location.file for fault in found.faults] == ["pyproject.toml"]
    assert found.sources


def test_a_broken_publisher_is_a_fault(tmp_path: Path) -> None:
    """What is recorded wrongly is not compared silently with nothing."""
    text = '[project]\nname = "tool"\nversion = "1"\n[[tool.bonded.publishers]]\nrepositry = "x"\n'
    found = checkout(tmp_path, pyproject_toml=text)

    assert any("repositry" in fault.message for fault in found.faults)
    assert found.facts.registered is None


def test_a_pyproject_without_project_table_is_no_fault(tmp_path: Path) -> None:
    """Many projects keep only their tools' settings there."""
    found = checkout(tmp_path, pyproject_toml="[tool.black]\nline-length = 99\n")

    assert found.faults == ()
    assert found.facts.pyproject is not None


def test_tags_and_built_files_are_listed(tmp_path: Path) -> None:
    """The highest version is the first, whatever was tagged last."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["tag", "v1.10"],
        ["tag", "v1.9"],
        ["tag", "nightly"],
    ):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    found = checkout(tmp_path, dist__tool_whl="", dist__notes_txt="")

    assert found.facts.tags == ("v1.10", "v1.9", "nightly")
    assert found.facts.dists == ("tool.whl",)


def test_a_file_elsewhere_is_checked_by_itself(tmp_path: Path) -> None:
    """A workflow need not lie where GitHub looks for it."""
    (tmp_path / "draft.yml").write_text(WORKFLOW, "utf-8")
    (found,) = find_checkouts([tmp_path / "draft.yml"])

    assert set(found.sources) == {"draft.yml"}


def test_no_way_leads_through_links_and_hidden_folders(tmp_path: Path) -> None:
    """A search under a folder ends, and finds each project once."""
    checkout(tmp_path / "one")
    checkout(tmp_path / ".hidden" / "two")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)

    assert [found.root.name for found in find_checkouts([tmp_path])] == ["one"]


def test_a_file_that_is_no_workflow_is_refused(tmp_path: Path) -> None:
    """Who names a file wants it checked; one that cannot be is not passed over."""
    (tmp_path / "notes.txt").write_text("x", "utf-8")

    with pytest.raises(UsageError, match="no workflow"):
        find_checkouts([tmp_path / "notes.txt"])


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    """A folder for workflows without one is said, because nothing was checked."""
    (tmp_path / ".github/workflows/x.yml").mkdir(parents=True)

    with pytest.raises(UsageError, match="there is no workflow"):
        find_checkouts([tmp_path])


def test_an_action_is_no_workflow(tmp_path: Path) -> None:
    """The file of an action, named by itself, is for zizmor alone."""
    (tmp_path / "action.yml").write_text("name: x\n", "utf-8")
    (found,) = find_checkouts([tmp_path / "action.yml"])

    assert not found.sources
    assert set(found.beside) == {"action.yml"}


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    """A file that nobody wrote by hand is a fault, and costs no memory."""
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    with (folder / "a.yml").open("wb") as file:
        file.truncate(LARGEST + 1)
    (found,) = find_checkouts([tmp_path])

    assert "4,000,001 bytes" in found.faults[0].message


def test_a_file_that_nobody_may_read_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other files are checked all the same; a folder that is closed holds no project."""
    project = checkout(tmp_path / "open").root

    def refused(self: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refused)
    (found,) = find_checkouts([project])
    assert found.faults[0].message == "it cannot be read: Permission denied"

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(UsageError, match="there is no workflow"):
        find_checkouts([tmp_path])
