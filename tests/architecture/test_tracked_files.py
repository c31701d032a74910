"""What no file of the repository may hold.

The names looked for are put together from parts here, because this file is searched too.
"""

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from twine.utils import DEFAULT_REPOSITORY, TEST_REPOSITORY

ROOT = Path(__file__).parents[2]

REGISTRIES = {
    *(str(urlsplit(url).hostname) for url in (DEFAULT_REPOSITORY, TEST_REPOSITORY)),
    # PyPI's own domain, under which its documentation lives too.
    str(urlsplit(DEFAULT_REPOSITORY).hostname).partition(".")[2],
    *(
        ".".join(reversed(labels))
        for labels in (
            ("org", "python", "pypi"),
            ("org", "pythonhosted"),
            ("com", "npmjs"),
            ("org", "npmjs"),
            ("org", "debian"),
        )
    ),
}

# Homes and work folders; GitHub's own runner lives in /home/runner, which is nobody's machine.
SOMEBODYS_MACHINE = re.compile(
    r"(?<![\w.}])/(?:root|work)/[\w.]|/home/(?!runner\b)\w+/[\w.]|/Users/\w+/[\w.]"
)

LOCKS = {"package-lock.json", "pylock.toml", "uv.lock", "poetry.lock"}


@cache
def files() -> tuple[str, ...]:
    """Return the files that are tracked, or would be at the next commit, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(sorted(name for name in set(listed.split("\0")) if (ROOT / name).is_file()))


def places(pattern: re.Pattern[str]) -> list[str]:
    """Return `file:line` of every match in every file."""
    return [
        f"{name}:{number}"
        for name in files()
        for number, line in enumerate(
            (ROOT / name).read_text("utf-8", errors="replace").splitlines(), start=1
        )
        if pattern.search(line)
    ]


def test_there_are_files_to_search() -> None:
    """A search through nothing would find nothing."""
    assert "tests/architecture/test_tracked_files.py" in files()


@pytest.mark.parametrize("host", sorted(REGISTRIES))
def test_no_registry_is_named_by_its_host(host: str) -> None:
    """PyPI's endpoints come from twine's constants; no file names a registry's host."""
    assert places(re.compile(re.escape(host), re.IGNORECASE)) == []


def test_no_file_points_into_somebodys_machine() -> None:
    """No absolute path of a developer's machine is in the repository."""
    assert places(SOMEBODYS_MACHINE) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("see /ro" + "ot/.cache/x", True),
        ("cd /wo" + "rk/project", True),
        ("/ho" + "me/ada/src", True),
        ("/Us" + "ers/ada/src", True),
        ("/home/runner/work/greeter/greeter", False),
        ("https://example.org/work/x", False),
    ],
)
def test_the_pattern_knows_a_machine_from_a_runner(line: str, *, found: bool) -> None:
    """A developer's home is found, GitHub's runner and a URL are not."""
    assert bool(SOMEBODYS_MACHINE.search(line)) is found


def test_no_lock_file_is_kept() -> None:
    """Resolution is pinned by `exclude-newer`; a lock file would record download addresses."""
    assert [name for name in files() if Path(name).name in LOCKS] == []
