"""`bonded publish`: what is typed, what is checked before anything is asked, and what is said."""

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attested_world import attesting
from bonded.attestations.trust_root import root_of
from bonded.cli.main import main
from bonded.cli.publish_world import patient_identity
from bonded.index.settings import Attestations
from bonded.oidc.ambient import NoIdentity
from faulty_server import faulty
from index_world import recorded, serving, zipped
from served_world import job
from sigstore_world import Evening, evening


def wheel(folder: Path, name: str = "widget-1.0-py3-none-any.whl", more: str = "") -> Path:
    """Write a wheel with this metadata."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n{more}"
    members = {
        f"{project}/__init__.py": b"",
        f"{info}/METADATA": text.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\n",
    }
    path = folder / name
    path.write_bytes(zipped(recorded(members, info)))
    return path


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, in no CI."""
    for name in list(os.environ):
        if any(
            word in name
            for word in ("GITHUB", "GITLAB", "BUILDKITE", "CIRCLE", "ID_TOKEN", "PROXY", "proxy")
        ):
            monkeypatch.delenv(name)
    monkeypatch.delenv("BONDED_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore of one evening, and a job of GitHub's."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


@contextmanager
def releasing(
    at: Evening, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> Iterator[SimpleNamespace]:
    """An index on loopback that believes the Sigstore and trusts the job, and the environment of that job."""
    data = at.sigstore.trusted_root_json().encode()
    (folder / "sigstore.json").write_text(at.sigstore.trust_config_json())
    for name, text in (*at.variables.items(), *at.job.items()):
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with attesting(
        folder / "index",
        root=lambda: root_of(data, source="tests"),
        audience="127.0.0.1",
        **settings,
    ) as stage:
        stage.clock.now = time.time()
        with serving(stage.index.app) as address:
            words = ("--to", f"{address}/legacy/", "--sigstore", "sigstore.json")
            yield SimpleNamespace(index=stage.index, words=words)


def test_a_release_is_attested_and_its_provenance_is_shown(
    standing: Evening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a private Sigstore signs is verified by the index; both attestations are served as they were sent."""
    path = wheel(tmp_path)
    with releasing(standing, tmp_path, monkeypatch) as at:
        code = main(["publish", str(path), *at.words, "--provenance", "slsa", "--json"])
        out, err = capsys.readouterr()
        served = at.index.provenance(path.name)

    assert code == 0, err
    (file,) = json.loads(out)["files"]
    assert (file["attestations"], file["provenance"]) == (["publish", "slsa"], "same")
    assert served is not None
    assert served.count(b'"statement"') == 2
    assert [one.name for one in tmp_path.glob("*.attestation")] == []


def test_an_index_that_takes_none_gets_the_files(
    standing: Evening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`prefer` publishes without, and says so; `require` does not."""
    path = wheel(tmp_path)
    with releasing(standing, tmp_path, monkeypatch, policy=Attestations.REFUSE) as at:
        refused = main(["publish", str(path), *at.words, "--attestations", "require"])
        why = capsys.readouterr().err
        code = main(["publish", str(path), *at.words, "--attestations", "prefer"])
        out, err = capsys.readouterr()

    assert refused == 1
    assert "attestations" in why
    assert code == 0, err
    assert "attested" not in out
    assert f"warning: {path.name} went without attestations" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is no file dist"),
        (("--to", "nowhere"), "--to: not an address"),
        (("--workers", "0"), "--workers"),
        (("--confirm", "0"), "--no-confirm"),
        (("--attestations", "off", "--provenance", "slsa"), "--provenance slsa is an attestation"),
        (("{wheel}", "--token-file", "none"), "--token-file: none cannot be read"),
        (("{wheel}", "--token-file", "{empty}"), "there is no token in"),
        (("{wheel}", "--token-file", "{token}", "--attestations", "require"), "only with trusted publishing"),
        (("{wheel}", "--token-file", "{token}", "--provenance", "slsa"), "needs the identity of a CI job"),
        (("{wheel}", "--to", "https://index.example/legacy/", "--audience", "pypi"), "--audience pypi is PyPI's"),
        (("{local}",), "The use of local versions in '1.0+mine' is not allowed"),
        (("{private}",), "'Private :: Do Not Upload' is not a valid classifier"),
        (("{linux}",), "unsupported platform tag 'linux_x86_64'"),
        (("{broken}",), "the description cannot be rendered"),
        (("{notes}",), "not a distribution"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """Every mistake that can be seen here is told here, with exit code 2."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "token").write_text("a-token-of-the-index\n")
    (tmp_path / "notes.txt").write_text("x")
    known = {
        "wheel": wheel(tmp_path),
        "empty": tmp_path / "empty",
        "token": tmp_path / "token",
        "notes": tmp_path / "notes.txt",
        "local": wheel(tmp_path, "widget-1.0+mine-py3-none-any.whl"),
        "private": wheel(
            tmp_path, "widget-2.0-py3-none-any.whl", "Classifier: Private :: Do Not Upload\n"
        ),
        "linux": wheel(tmp_path, "widget-1.0-cp312-cp312-linux_x86_64.whl"),
        "broken": wheel(
            tmp_path, "widget-3.0-py3-none-any.whl", "\n.. include:: /etc/passwd\n\n====\nx\n"
        ),
    }
    code = main(["publish", *(word.format(**known) for word in words)])

    assert code == 2
    assert said in capsys.readouterr().err


def test_an_index_of_ones_own_takes_what_pypi_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Local versions and private classifiers are such an index's to judge; here only nobody answers."""
    path = wheel(
        tmp_path, "widget-1.0+mine-py3-none-any.whl", "Classifier: Private :: Do Not Upload\n"
    )
    with serving_nothing() as address:
        code = main(["publish", str(path), "--to", address, "--token-file", token(tmp_path)])

    assert code == 3
    assert "does not take" in capsys.readouterr().err


def unrecorded(folder: Path, name: str) -> Path:
    """Write a wheel whose RECORD lists nothing."""
    path = wheel(folder, name)
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    (record,) = (one for one in members if one.endswith("/RECORD"))
    path.write_bytes(zipped({**members, record: b""}))
    return path


@pytest.mark.parametrize(("more", "code"), [((), 2), (("--dry-run",), 2), (("--lenient",), 3)])
def test_an_archive_that_a_strict_index_refuses_goes_out_if_it_is_known_to_be_lenient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], code: int
) -> None:
    """What only PyPI would take ends a release to another index before anything is asked, unless its owner says so."""
    path = unrecorded(tmp_path, "widget-1.0-py3-none-any.whl")
    with faulty("redirect") as server:
        words = ("--to", f"{server.url}/upload", "--token-file", token(tmp_path), *more)
        ended = main(["publish", str(path), *words])
        asked = server.paths
    said = capsys.readouterr().err

    assert ended == code
    assert ("RECORD does not list" in said) == ("--lenient" in said) == (code == 2)
    assert bool(asked) == (code == 3)


def test_pypi_is_not_held_to_a_measure_that_is_not_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A RECORD that does not fit is no fault there; what is one is told."""
    code = main(["publish", str(unrecorded(tmp_path, "widget-1.0+mine-py3-none-any.whl"))])
    said = capsys.readouterr().err

    assert code == 2
    assert "local versions" in said
    assert "RECORD" not in said


def token(folder: Path) -> str:
    """Write a token and return where."""
    path = folder / "token"
    path.write_text("a-token-of-the-index")
    return str(path)


@contextmanager
def serving_nothing() -> Iterator[str]:
    """Return an address at which nobody answers for good: its redirects end every try at once."""
    with faulty("redirect") as server:
        yield f"{server.url}/upload"


def test_a_token_comes_by_three_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file, standard input and a variable; it is sent, and shown nowhere."""
    path = wheel(tmp_path)
    with faulty("ok") as server:
        words = ("publish", str(path), "--to", f"{server.url}/upload", "-q")
        codes = [main([*words, "--token-file", token(tmp_path)])]
        monkeypatch.setattr("sys.stdin", io.StringIO("a-token-of-the-index\n"))
        codes.append(main([*words, "--token-file", "-"]))
        monkeypatch.setenv("BONDED_TOKEN", "a-token-of-the-index")
        codes.append(main(list(words)))

        assert codes == [0, 0, 0]
        assert len(set(server.authorizations)) == 1
    captured = capsys.readouterr()
    assert "a-token" not in captured.out + captured.err
    assert captured.err == ""


@pytest.mark.parametrize(("faults", "pauses"), [(0, []), (1, [1.0]), (2, [1.0, 3.0])])
def test_a_service_that_fails_for_a_moment_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, faults: int, pauses: list[float]
) -> None:
    """Three tries, with pauses; what will not change is not tried again."""
    slept: list[float] = []
    with job() as running, faulty("500") as down:
        environ = running.environ()
        good = environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
        for name, text in environ.items():
            monkeypatch.setenv(name, text)
        if faults:
            monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", down.url)

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == faults:
                monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", good)

        assert patient_identity("index.example", os.environ, sleep).startswith("eyJ")
        assert slept == pauses
        monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        with pytest.raises(NoIdentity, match="permissions"):
            patient_identity("index.example", os.environ, sleep)
        assert slept == pauses
