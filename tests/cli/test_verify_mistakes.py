"""What `bonded verify` says of a command line that cannot be meant so."""

import pytest

from attestation_index import Shelf
from bonded.cli import verify_targets
from verify_bench import Bench, digest, name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["greeter", "--json", "--sarif"], "contradict"),
        (["greeter", "--offline", "b", "--save", "c"], "asks nothing"),
        (["greeter", "--offline", "nothing.json"], "asks nothing"),
        (["greeter", "--write-identities"], "wants a pylock.toml"),
        (["greeter", "--expect", "repository"], "KEY=VALUE"),
        (["greeter", "--expect", "colour=red"], "--expect colour=red: colour is nothing that"),
        (["greeter", "--expect", "repositry=a/b"], "do you mean repository?"),
        (["greeter", "--config", "nothing.toml"], "cannot be read"),
        (["greeter", "--config", "root.json"], "is not TOML"),
        (["greeter", "--save", "no/such/folder.json"], "cannot be written"),
        (["no such thing"], "neither a file nor NAME==VERSION"),
        (["greeter=="], "has no version behind =="),
        *(
            ([word], f"there is no file {word}")
            for word in (
                "uv.lock",
                "pylock.toml",
                "requirements.txt",
                "foo-1.0.whl",
                "foo-1.0.tar.gz",
                "dist/foo",
                "./foo",
            )
        ),
        (["."], "neither wheels nor source distributions"),
        ([], "nothing to verify"),
        (["--environment", "no-such-python"], "cannot list what is installed: No such file"),
        (["--environment", "/bin/false"], "as a Python does (exit code 1)\n"),
        (["--environment", "/bin/echo"], "as a Python does\n"),
    ],
)
def test_mistakes_are_told(bench: Bench, words: list[str], sentence: str) -> None:
    """In a sentence, with exit code 2."""
    ran = bench.run(*words)

    assert sentence in ran.err
    assert "import" not in ran.err
    assert ran.code == 2


def test_a_python_that_does_not_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    """It has a minute."""
    monkeypatch.setattr(verify_targets, "_SECONDS", 0.01)
    bench.write("python", "#!/bin/sh\nexec sleep 60\n").chmod(0o755)

    assert "it took more than" in bench.run("--environment", "./python").err


def test_a_name_with_a_dot_is_a_project(bench: Bench, shelf: Shelf) -> None:
    """And one that ends as files do is, with its version."""
    shelf.add("zope-interface", name("zope_interface"), None)
    shelf.add("uv-lock", name("uv_lock"), None)

    assert bench.run("zope.interface").code == 0
    assert bench.run("uv.lock==1.0").code == 0


def test_included_requirements_are_verified_too(bench: Bench, shelf: Shelf) -> None:
    """Each once, however they include each other; what is named is looked for beside the file that names it."""
    bench.write("requirements.txt", "-r more/base.txt\n")
    (bench.folder / "more").mkdir()
    pinned = f"gone==1.0 --hash=sha256:{digest(shelf, 'gone')}\n"
    bench.write("more/base.txt", f"--requirement=../requirements.txt\n-rlast.txt # more\n{pinned}")
    bench.write("more/last.txt", f"plainer==1.0 --hash=sha256:{digest(shelf, 'plainer')}\n")
    ran = bench.run("requirements.txt")

    assert ran.out.splitlines()[-1] == "2 releases: 1 no provenance, 1 ALARM."
    assert ran.code == 1


@pytest.mark.parametrize(
    ("filename", "text", "sentence"),
    [
        ("r.txt", "", "nothing to verify\n"),
        ("r.txt", "-e .\n", "nothing to verify: -e . is not read"),
        ("r.txt", "\n-r none.txt\n", "r.txt:2:1: -r none.txt: there is no file none.txt"),
        ("r.txt", "-r ../none.txt\n", "leads out of this folder"),
        ("r.txt", "-r https://a.example/r.txt\n", "there is no file"),
        (
            "uv.lock",
            'version = 1\n[[package]]\nname = "mine"\nsource = {editable = "."}\n',
            "nothing to verify: mine comes from editable",
        ),
        (
            "uv.lock",
            "version = 1\n"
            + "".join(f'[[package]]\nname = "p{n}"\nsource = {{git = "."}}\n' for n in range(7)),
            "p4 comes from git; and 2 more",
        ),
    ],
)
def test_nothing_verified_is_not_good(
    bench: Bench, filename: str, text: str, sentence: str
) -> None:
    """A file that installs nothing from an index is a mistake, and no green run."""
    bench.write(filename, text)
    ran = bench.run(filename)

    assert sentence in ran.err
    assert (ran.code, ran.out) == (2, "")
