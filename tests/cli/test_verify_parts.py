"""Parts of `bonded verify` that need a terminal, an environment or the user's own index."""

import argparse
import io
import sys
from pathlib import Path

import pytest

from attestation_index import Shelf, serving
from attestation_source import WORLD, Shop, examined, wheel
from bonded.attestations.examining import Outcome, Terms
from bonded.attestations.locks import Wanted
from bonded.cli import verify
from bonded.cli.verify_report import Report, as_text, state_of
from bonded.cli.verify_targets import fields_of, read_targets
from bonded.dists.names import ProjectName


def report(*outcomes: Outcome) -> Report:
    """Return a report of these releases."""
    return Report(outcomes=outcomes, left_out=(), trust_root="tests", index="nowhere")


def test_words_are_painted_on_a_terminal() -> None:
    """The state, and nothing else."""
    text = as_text(report(examined(Shop().sell(wheel("1.0")))), color=True)

    assert "\x1b[32mverified\x1b[0m  octo/greeter" in text
    assert text.count("\x1b[") == 2


def test_a_release_may_be_attested_in_part() -> None:
    """It has a word of its own."""
    outcome = examined(Shop().sell(wheel("1.0")).sell_plain("greeter-1.0.tar.gz"))

    assert state_of(outcome) == "partly"
    assert "partly attested" in as_text(report(outcome), color=False)


def test_silence_is_not_the_same_as_none() -> None:
    """What cannot be known is said once, below."""
    outcome = examined(Shop(silent=True).sell_plain(wheel("1.0")))

    assert as_text(report(outcome, outcome), color=False).splitlines() == [
        "greeter 1.0  not known",
        "greeter 1.0  not known",
        "not known: this index's pages are of a form that cannot speak of provenance",
        "2 releases: 2 not known.",
    ]


def test_nothing_is_said_of_nothing() -> None:
    """A lock file may install nothing from an index."""
    assert as_text(report(), color=False) == "0 releases."


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, one line that goes away."""
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    shop = Shop().sell(wheel("1.0"))
    wanted = Wanted(project=ProjectName("greeter"), version="1.0")
    terms = Terms(verifier=WORLD.root.verifier)
    outcomes = verify.examine_all([(wanted, shop)] * 2, terms, quiet=False)

    assert [state_of(one) for one in outcomes] == ["verified"] * 2
    assert "2 of 2  greeter" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_an_environment_is_what_its_python_lists() -> None:
    """Versions and tags; what came from elsewhere is left out."""
    targets = read_targets([], "")

    found = {one.project: one for one in targets.wanted}
    assert "py3-none-any" in found[ProjectName("packaging")].tags
    assert [one.reason for one in targets.left_out if one.name == "bonded"] == [
        "was not installed from an index"
    ]


def test_the_active_environment_is_meant_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VIRTUAL_ENV says which that is."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(
        '#!/bin/sh\necho \'[["greeter", "1.0", [], false]]\'\n'
    )
    (tmp_path / "bin" / "python").chmod(0o755)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))

    assert [(one.project, one.version) for one in read_targets([], "").wanted] == [
        ("greeter", "1.0")
    ]


def test_what_is_expected_is_read_from_words() -> None:
    """A value may hold an equals sign."""
    assert fields_of(["ref=refs/heads/a=b"]) == {"ref": "refs/heads/a=b"}


def test_the_users_own_index_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that uv and pip are set to; no other is named anywhere."""
    import json

    from attestation_index import provenance
    from bonded.cli.main import main

    monkeypatch.chdir(tmp_path)
    Path("root.json").write_text(json.dumps(WORLD.trusted_root()))
    shelf = Shelf()
    shelf.add("greeter", wheel("1.0"), provenance(WORLD, wheel("1.0"), b"x"))
    with serving(shelf) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        assert main(["verify", "greeter", "--trust-root", "root.json"]) == 0

    assert "verified" in capsys.readouterr().out
    assert shelf.asked[0] == "/simple/greeter/"


def test_the_public_root_is_believed_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What another Sigstore signed is then an alarm."""
    from attestation_index import provenance
    from bonded.cli.main import main

    monkeypatch.chdir(tmp_path)
    shelf = Shelf()
    shelf.add("greeter", wheel("1.0"), provenance(WORLD, wheel("1.0"), b"x"))
    with serving(shelf) as url:
        assert main(["verify", "greeter", "--index", url]) == 1

    assert "invalid: " in capsys.readouterr().out


def test_the_options_are_described() -> None:
    """Each has a line of help."""
    parser = argparse.ArgumentParser()
    verify.configure(parser)

    assert all(action.help for action in parser._actions)


def test_a_target_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Where it lies there but may not be opened."""
    from bonded.cli.verify_files import read
    from bonded.errors import UsageError

    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)
