"""Three kinds of lock file say the same, and whatever is wrong with one is named."""

import pytest

from bonded.attestations.locks import Wanted, included, read_lock
from bonded.attestations.verify import Artifact
from bonded.errors import InvalidInput

WHEEL, SDIST = "greeter-1.0-py3-none-any.whl", "greeter-1.0.tar.gz"
A, B = "a" * 64, "b" * 64
FILES = (Artifact(filename=WHEEL, sha256=A), Artifact(filename=SDIST, sha256=B))

PYLOCK = f"""
lock-version = "1.0"
created-by = "tests"
[[packages]]
name = "Greeter"
version = "1.0"
wheels = [{{url = "https://files.invalid/x/{WHEEL}#frag", hashes = {{sha256 = "{A}"}}}}]
sdist = {{name = "{SDIST}", path = "x", hashes = {{sha256 = "{B}", md5 = "c"}}}}
[[packages.attestation-identities]]
kind = "GitHub"
repository = "octo/greeter"
workflow = "release.yml"
[[packages]]
name = "cloned"
vcs = {{type = "git", url = "https://example.org/r", commit-id = "c"}}
"""
UV = f"""
version = 1
requires-python = ">=3.11"
[[package]]
name = "greeter"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
sdist = {{ url = "https://files.invalid/{SDIST}", hash = "sha256:{B}", size = 1 }}
wheels = [{{ url = "https://files.invalid/{WHEEL}", hash = "sha256:{A}" }}]
[[package]]
name = "cloned"
version = "0.1"
source = {{ editable = "." }}
"""
REQUIREMENTS = f"""
# written by a tool
--index-url https://index.invalid/simple
greeter[extra]==1.0 ; python_version > "3" \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via other
cloned @ https://example.org/cloned-1.0.tar.gz --hash=sha256:{A}
-r more.txt
"""


@pytest.mark.parametrize(("name", "text"), [("pylock.toml", PYLOCK), ("sub/uv.lock", UV)])
def test_locks_of_toml_name_every_file(name: str, text: str) -> None:
    """With its digest; what comes from elsewhere is left out, and said to be."""
    wanted, left_out = read_lock(name, text.encode())

    assert [(one.project, one.version, set(one.files)) for one in wanted] == [
        ("greeter", "1.0", set(FILES))
    ]
    assert [one.name for one in left_out] == ["cloned"]


def test_a_pylock_brings_identities() -> None:
    """They are evidence from when the lock was made."""
    wanted, _ = read_lock("pylock.toml", PYLOCK.encode())

    assert [one.title for one in wanted[0].identities] == ["octo/greeter release.yml"]


def test_requirements_bring_hashes() -> None:
    """Which file they are of, the index knows."""
    wanted, left_out = read_lock("requirements.txt", REQUIREMENTS.encode())

    assert [(str(one.project), one.version, set(one.hashes)) for one in wanted] == [
        ("greeter", "1.0", {A, B})
    ]
    assert wanted[0].place == ("requirements.txt", 4, 1)
    assert [(one.name, one.reason) for one in left_out] == [
        ("cloned", "comes from a URL"),
    ]


def test_requirements_name_what_they_include() -> None:
    """In every form that pip reads; constraints include nothing."""
    text = "-r a.txt\n-rb.txt\n--requirement c.txt # why\n--requirement='d e.txt'\n-c f.txt\n"

    assert [(named, place.line) for named, place in included("r.txt", text.encode())] == [
        ("a.txt", 1),
        ("b.txt", 2),
        ("c.txt", 3),
        ("d e.txt", 4),
    ]
    assert included("r.txt", REQUIREMENTS.encode())[0][0] == "more.txt"
    assert included("r.txt", b"--requirements-of x\n-e .\n") == ()


def test_a_last_line_may_end_in_a_backslash() -> None:
    """What was joined so far is a requirement."""
    wanted, _ = read_lock("r.txt", f"greeter==1.0 --hash=sha256:{A} \\".encode())

    assert isinstance(wanted[0], Wanted)


def _pylock(package: str) -> str:
    return f'lock-version = "1.0"\n[[packages]]\n{package}'


def _uv(package: str) -> str:
    return f'version = 1\n[[package]]\nname = "greeter"\nsource = {{registry = "https://x"}}\n{package}'


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("pylock.toml", "x = [", "is not TOML"),
        ("pylock.toml", 'lock-version = "2.0"', "lock-version is 1.x, got '2.0'"),
        ("pylock.toml", 'lock-version = "1.0"\npackages = 1', "packages are a list"),
        ("pylock.toml", 'lock-version = "1.0"\npackages = [1]', "packages[0]: is no table"),
        ("pylock.toml", _pylock("version = '1'"), "packages[0]: has no name"),
        ("pylock.toml", _pylock("name = '-'"), "packages[0]: expected a project name"),
        ("pylock.toml", _pylock("name = 'x'"), "packages[0]: has neither version nor files"),
        ("pylock.toml", _pylock("name = 'x'\nwheels = 1"), "wheels is no list"),
        ("pylock.toml", _pylock("name = 'x'\nwheels = [1]"), "a file is no table"),
        ("pylock.toml", _pylock("name = 'x'\nwheels = [{}]"), "a file has no name"),
        (
            "pylock.toml",
            _pylock("name = 'x'\nwheels = [{name = 'x.whl'}]"),
            "expected a wheel like",
        ),
        ("pylock.toml", _pylock(f"name = 'x'\nwheels = [{{name = '{WHEEL}'}}]"), "has no SHA-256"),
        (
            "pylock.toml",
            _pylock("name = 'x'\nattestation-identities = [1]"),
            "a publisher is an object",
        ),
        ("uv.lock", "version = 2", "version is 1, got 2"),
        ("uv.lock", _uv("wheels = [1]"), "a file is no table"),
        ("uv.lock", _uv(f"wheels = [{{url = 'x/{WHEEL}', hash = 'md5:{A}'}}]"), "has no SHA-256"),
        ("r.txt", "greeter==1.0", "r.txt:1:1: greeter has no --hash=sha256:"),
        ("r.txt", f"greeter>=1.0 --hash=sha256:{A}", "greeter is not pinned with =="),
        ("r.txt", f"greeter==1.* --hash=sha256:{A}", "greeter is not pinned with =="),
        ("r.txt", f"greeter --hash=sha256:{A}", "greeter is not pinned with =="),
        ("r.txt", "==1", "is no requirement"),
    ],
)
def test_a_fault_is_named(name: str, text: str, sentence: str) -> None:
    """Nothing that is locked is passed over in silence."""
    with pytest.raises(InvalidInput) as caught:
        read_lock(name, text.encode())

    assert sentence in str(caught.value)


def test_a_package_without_version_has_that_of_its_files() -> None:
    """PEP 751 lets it out where it is dynamic."""
    text = _pylock(
        f"name = 'greeter'\nwheels = [{{name = '{WHEEL}', hashes = {{sha256 = '{A}'}}}}]"
    )
    wanted, _ = read_lock("pylock.toml", text.encode())

    assert wanted[0].version == "1.0"


def test_a_lock_says_from_which_index() -> None:
    """A folder of files has no provenance to ask for."""
    index = "https://index.invalid/simple"
    pylock = _pylock(f"name = 'x'\nversion = '1'\nindex = '{index}'").encode()
    folder = b'version = 1\n[[package]]\nname = "x"\nsource = {registry = "../wheels"}'

    assert read_lock("uv.lock", UV.encode())[0][0].index == index
    assert read_lock("pylock.toml", pylock)[0][0].index == index
    assert read_lock("uv.lock", folder)[1][0].reason == "comes from an index of files"


def test_a_package_without_source_comes_from_nowhere() -> None:
    """It is left out, and said to be."""
    _, left_out = read_lock("uv.lock", b'version = 1\n[[package]]\nname = "x"\nsource = 1')

    assert left_out[0].reason == "comes from nowhere"
