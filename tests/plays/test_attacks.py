"""Steps that try to use bonded itself against the machine: none of them reaches a file that is not the stage's."""

from pathlib import Path
from textwrap import indent

import pytest

from plays.conftest import Play, Played

pytestmark = pytest.mark.play

PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
[project]
name = "a"
version = "1"
"""
SECRET = "the-users-own-secret"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the user's, out of the stage."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "file").write_text(SECRET)
    return folder


def attack(play: Play, tmp_path: Path, steps: str, *options: str) -> Played:
    """Rehearse a workflow of one job with these steps."""
    folder = tmp_path / "attacker"
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / ".github/workflows/release.yml").write_text(
        "on: {push: {tags: ['v*']}}\njobs:\n  evil:\n    runs-on: ubuntu-latest\n    steps:\n"
        + indent(steps, "      ")
        + "      - run: true || uv publish\n"
    )
    return play(folder, *options)


PRELOAD = """\
- run: |
    cat > evil.c <<'END'
    #include <fcntl.h>
    #include <unistd.h>
    __attribute__((constructor)) static void run(void) {
      int fd = open("VICTIM/planted", O_CREAT | O_WRONLY, 0644);
      if (fd >= 0) close(fd);
    }
    END
    cc -shared -fPIC -o evil.so evil.c
    echo "LD_PRELOAD=$PWD/evil.so" >> "$GITHUB_ENV"
    echo 'BASH_ENV=/dev/null' >> "$GITHUB_ENV"
- run: "true"
"""

PLANTED = {
    "a library in every program": PRELOAD,
    "an exported function": """\
- env:
    BASH_FUNC_cd%%: "() { touch VICTIM/planted; }"
    BASH_FUNC_exec%%: "() { touch VICTIM/planted; }"
    ENV: /dev/stdin
  run: "true"
""",
    "links for the scripts to come": """\
- run: |
    for n in $(seq 1 9); do ln -sf VICTIM/planted "$RUNNER_TEMP/step-$n.sh"; done
    rm -rf "$RUNNER_TEMP/_runner_file_commands"
    ln -s VICTIM "$RUNNER_TEMP/_runner_file_commands"
- run: "true"
""",
    "a download to an absolute path": """\
- run: echo x > planted
- uses: actions/upload-artifact@v7
  with: {name: a, path: planted}
- uses: actions/download-artifact@v8
  with: {name: a, path: VICTIM}
""",
    "a download through a link": """\
- run: echo x > planted; ln -s VICTIM link
- uses: actions/upload-artifact@v7
  with: {name: a, path: planted}
- uses: actions/download-artifact@v8
  with: {name: a, path: link}
""",
    "a cache through a link": """\
- run: mkdir dir; echo x > dir/planted
- uses: actions/cache/save@v6
  with: {path: dir, key: k}
- run: rm -r dir; ln -s VICTIM dir
- uses: actions/cache/restore@v6
  with: {path: dir, key: k}
""",
    "a checkout through a link": """\
- run: ln -s VICTIM sub
- uses: actions/checkout@v7
  with: {path: sub/planted}
""",
}


@pytest.mark.parametrize("name", PLANTED)
def test_nothing_is_written_out_of_the_stage(
    name: str, play: Play, tmp_path: Path, victim: Path
) -> None:
    """Neither links nor variables make bonded, or what it starts, write anywhere else."""
    played = attack(play, tmp_path, PLANTED[name].replace("VICTIM", str(victim)))

    assert played.data["isolation"] == "namespaces"
    assert {path.name: path.read_text() for path in victim.iterdir()} == {"file": SECRET}


READ = {
    "upload of a link": """\
- run: ln -s VICTIM/file link; ln -s VICTIM folder
- continue-on-error: true
  uses: actions/upload-artifact@v7
  with: {name: a, path: "link\\nfolder"}
- continue-on-error: true
  uses: actions/upload-artifact@v7
  with: {name: b, path: VICTIM/file}
- uses: actions/download-artifact@v8
  with: {path: got}
- run: cat got/* got/*/* 2>/dev/null || true
""",
    "upload of our own environment": """\
- continue-on-error: true
  uses: actions/upload-artifact@v7
  with: {name: a, path: /proc/self/environ}
- uses: actions/download-artifact@v8
  with: {path: got}
- run: cat got/* got/*/* 2>/dev/null || true
""",
    "a link for the summary": """\
- run: rm "$GITHUB_STEP_SUMMARY"; ln -s VICTIM/file "$GITHUB_STEP_SUMMARY"
- run: rm "$GITHUB_OUTPUT"; ln -s VICTIM/file "$GITHUB_OUTPUT"
""",
    "a local action that is a link": """\
- run: mkdir act; ln -s VICTIM/file act/action.yml
- continue-on-error: true
  uses: ./act
""",
}


@pytest.mark.parametrize("name", READ)
def test_nothing_is_read_from_out_of_the_stage(
    name: str, play: Play, tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies outside comes neither into an artifact nor into the report."""
    monkeypatch.setenv("TWINE_PASSWORD", SECRET)
    played = attack(play, tmp_path, READ[name].replace("VICTIM", str(victim)), "-v")

    assert SECRET not in str(played.data)
    assert SECRET not in played.progress


def test_a_pipe_for_a_command_file_stops_nobody(play: Play, tmp_path: Path) -> None:
    """A named pipe or an endless file in the place of a command file says nothing, and the play goes on."""
    steps = """\
- run: rm "$GITHUB_OUTPUT"; mkfifo "$GITHUB_OUTPUT"
- run: rm "$GITHUB_ENV"; ln -s /dev/zero "$GITHUB_ENV"
- run: mkfifo pipe
- run: echo "${{ hashFiles('pipe') }}."
- run: rm -rf "$RUNNER_TEMP"
- name: after
  run: echo no
"""
    played = attack(play, tmp_path, steps)

    assert "the runner cannot go on" in played.step("after")["error"] or (
        played.step("after")["result"] == "success"
    )
    assert played.code == 1


def test_an_artifact_is_seen_by_jobs_that_wait_for_it(play: Play, tmp_path: Path) -> None:
    """A job that does not need the uploading one cannot count on its artifact, and is told so."""
    folder = tmp_path / "hasty"
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / ".github/workflows/release.yml").write_text("""
on: {push: {tags: ['v*']}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: actions/upload-artifact@v7
        with: {name: dist, path: pyproject.toml}
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v8
        with: {name: dist}
      - run: true || uv publish
""")
    played = play(folder)

    assert played.data["verdict"] == "NOT READY"
    assert "add `needs: build`" in played.causes
