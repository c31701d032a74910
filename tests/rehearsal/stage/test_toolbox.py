import subprocess
from pathlib import Path

import pytest

from bonded.rehearsal.stage.toolbox import Python, Toolbox, find_pythons, own_python
from stage_world import toolbox, write


def box(*versions: tuple[int, int]) -> Toolbox:
    """Return a toolbox with these Pythons, the first of which is bonded's own."""
    pythons = tuple(Python(version, Path(f"/p{version[1]}")) for version in versions)
    return Toolbox(uv=Path("/uv"), uv_version="1", own=pythons[0], pythons=pythons)


@pytest.mark.parametrize(
    ("requires", "text"),
    [
        ("", "3.11"),
        (">=3.9", "3.11"),
        (">=3.11.4", "3.11"),
        (">=3.12", "3.13"),
        ("<3.11", "3.9"),
        (">=3.14", "3.11"),
        ("nonsense", "3.11"),
    ],
)
def test_a_range_chooses_a_python(requires: str, text: str) -> None:
    """Bonded's own Python where the range allows it, else the newest that it allows, else its own all the same."""
    assert box((3, 11), (3, 9), (3, 12), (3, 13)).python_for_range(requires).text == text


def test_the_newest_python_is_given() -> None:
    """Of several that fit the newest counts, as numbers."""
    tools = box((3, 9), (3, 10), (3, 2))

    assert tools.python_for(lambda text: text.startswith("3.")) == Python((3, 10), Path("/p10"))
    assert tools.python_for(lambda text: text == "2.7") is None


def test_an_environment_has_python_and_pip(tmp_path: Path) -> None:
    """The environment is isolated, knows itself, and has a pip that needs no network; one that is installed wins."""
    tools = toolbox()
    binaries = tools.make_python(tools.own, tmp_path / "env")
    code = "import sys, pip; print(sys.prefix, pip.__file__)"

    def ask() -> list[str]:
        answer = subprocess.run(
            [binaries / "python3", "-c", code], env={}, check=True, capture_output=True, text=True
        )
        return answer.stdout.split()

    assert ask()[0] == str(tmp_path / "env")
    assert "_bundled" in ask()[1]
    packages = tmp_path / "env" / "lib" / f"python{tools.own.text}" / "site-packages"
    write(packages, {"pip/__init__.py": ""})
    assert ask()[1] == str(packages / "pip" / "__init__.py")
    assert (binaries / "pip").stat().st_mode & 0o111


def test_a_python_may_bring_no_pip(tmp_path: Path) -> None:
    """Where the interpreter has no pip of its own, the environment has none."""
    program = write(tmp_path / "usr" / "bin", {"python3.11": ""}) / "python3.11"
    binaries = toolbox().make_python(Python((3, 11), program), tmp_path / "env")

    assert not (binaries / "pip").exists()


def test_pythons_are_found(tmp_path: Path) -> None:
    """PATH first, then pyenv's and uv's, newest first; shims are no interpreters; the first of a version wins."""
    names = ("python3.70", "python3.70-config", "python3", "python3.71")
    write(tmp_path / "bin", dict.fromkeys(names, ""))
    home = write(
        tmp_path / "home",
        {
            ".pyenv/versions/3.71.1/bin/python3.71": "",
            ".pyenv/versions/3.72.1/bin/python3.72": "",
            ".pyenv/versions/3.72.2/bin/python3.72": "",
            ".local/share/uv/python/cpython-3.73/bin/python3.73": "",
            ".pyenv/shims/python3.74": "",
        },
    )
    path = [str(tmp_path / "bin"), str(tmp_path / "none"), str(home / ".pyenv/shims")]
    found = {python.text: python.program for python in find_pythons(path, home)}

    assert found["3.70"] == tmp_path / "bin" / "python3.70"
    assert found["3.71"] == tmp_path / "bin" / "python3.71"
    assert found["3.72"] == home / ".pyenv/versions/3.72.2/bin/python3.72"
    assert "3.73" in found
    assert "3.74" not in found
    own = own_python()
    assert found[own.text] == own.program
