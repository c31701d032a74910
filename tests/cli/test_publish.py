"""`bonded publish`: what is typed, what is checked before anything is asked, and what is said."""

import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from attested_world import attesting
from bonded.attestations.trust_root import root_of
from bonded.cli.main import main
from bonded.cli.publish_actions import annotations, outputs, summary
from bonded.cli.publish_progress import Progress
from bonded.cli.publish_text import exit_code, rendered, tell, trouble
from bonded.client.messages import Refused
from bonded.client.report import FileReport, Report, State
from bonded.client.secrets import Secrets
from bonded.client.sending import Confirmed
from bonded.client.target import parse_target
from bonded.index.settings import Attestations
from faulty_server import faulty
from index_world import serving, zipped
from sigstore_world import Evening, evening

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "publish.schema.json"
TARGET = parse_target("https://index.example/legacy/")


def wheel(folder: Path, name: str = "widget-1.0-py3-none-any.whl", more: str = "") -> Path:
    """Write a wheel with this metadata."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n{more}"
    members = {
        f"{project}/__init__.py": b"",
        f"{info}/METADATA": text.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\n",
        f"{info}/RECORD": b"",
    }
    path = folder / name
    path.write_bytes(zipped(members))
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
        folder / "index", root=lambda: root_of(data, source="tests"), **settings
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


def file(state: State, *, confirmed: Confirmed | None = None, size: int = 1200) -> FileReport:
    """Return what became of a file."""
    return FileReport(
        filename=f"widget-{state.replace(' ', '_')}.whl",
        project="widget",
        version="1.0",
        size=size,
        sha256="a" * 64,
        state=state,
        attestations=("publish",) if state == "published" else (),
        confirmed=confirmed,
    )


def confirmed(state: str, provenance: str = "not sent", message: str = "") -> Confirmed:
    """Return what is served."""
    return Confirmed(filename="w", state=state, provenance=provenance, message=message)  # type: ignore[arg-type]  # by name


REFUSED = Refused(what="no", status=400, said="bad\nfile", hint="mend it\nand again")
LOST = Refused(what="no", status=503, said="later")
REPORTS = {
    "done": (Report(target=TARGET, files=(file("published", confirmed=confirmed("same", "same")),)), 0),
    "planned": (Report(target=TARGET, files=(file("planned"),), dry_run=True), 0),
    "refused": (Report(target=TARGET, files=(file("refused"),), refused=REFUSED), 1),
    "lost": (Report(target=TARGET, files=(file("unsure"),), refused=LOST), 3),
    "partial": (
        Report(target=TARGET, files=(file("existed"), file("not sent")), refused=LOST, journal="j.json"), 4,
    ),
    "different": (
        Report(target=TARGET, files=(file("published", confirmed=confirmed("different", message="sent a")),)), 1,
    ),
    "unlisted": (Report(target=TARGET, files=(file("published", confirmed=confirmed("not seen")),)), 0),
    "stopped": (
        Report(target=TARGET, files=(file("earlier"),), signal=15, journal="j.json", burned=(0, 1)), 143,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_each_end_has_its_code_and_its_words(name: str) -> None:
    """The code is the one of the documentation; the text names every file and every next step."""
    report, code = REPORTS[name]
    text = f"{rendered(report)}\n{trouble(report)}"
    expected = {
        "done": ("1.2 kB", "published, attested, served as sent, provenance shown"),
        "planned": ("would be published",),
        "refused": ("bonded: no (400): bad\nfile", "  mend it\n  and again"),
        "lost": ("it may have arrived", "later"),
        "partial": ("run the same again", "j.json", "there already", "not sent"),
        "different": ("SERVED OTHERWISE", "sent a"),
        "unlisted": ("not listed yet",),
        "stopped": ("interrupted by SIGTERM", "j.json", "did not confirm", "earlier attempt"),
    }[name]

    assert exit_code(report) == code
    assert all(word in text for word in expected), text
    data = json.loads(json.dumps(report.to_data()))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["outcome"] == report.outcome


def test_a_job_of_github_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Annotations, the summary and the outputs say the same, without anything that a terminal would obey."""
    hostile = Refused(what="no", status=400, said="a-token-of-the-index \x1b[31m100%\nnext")
    report = Report(
        target=TARGET, files=(file("existed"),), refused=hostile, warnings=("a\nb",),
        urls=("https://index.example/simple/widget/",),
    )  # fmt: skip
    secrets = Secrets()
    secrets.add("a-token-of-the-index")
    places = {name: tmp_path / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    environ = {"GITHUB_ACTIONS": "true", **{name: str(path) for name, path in places.items()}}
    tell(report, secrets, environ, as_text=True)
    captured = capsys.readouterr()
    everything = captured.out + captured.err + "".join(one.read_text() for one in places.values())

    assert "a-token" not in everything
    assert "\x1b" not in everything
    assert (
        "::error title=bonded publish: partly published::no (400): *** 100%25%0Anext"
        in captured.err
    )
    assert "::warning title=bonded publish::a%0Ab" in captured.err
    assert (
        "outcome=partly published\nproject=widget\nversion=1.0\n"
        in places["GITHUB_OUTPUT"].read_text()
    )
    assert "* a b" in summary(report)
    assert outputs(report).count("\n") == 4
    assert [line.split(" ")[0] for line in annotations(REPORTS["done"][0])] == ["::notice"]
    tell(report, secrets, {**environ, "GITHUB_OUTPUT": str(tmp_path)}, as_text=False)
    assert "cannot be written" in capsys.readouterr().err


class Broken(io.StringIO):
    """A terminal that went away."""

    def write(self, _: str) -> int:
        """Fail."""
        raise BrokenPipeError


def test_progress_moves_on_a_terminal_only() -> None:
    """One line moves there; elsewhere there are lines, or nothing; who went away is not missed."""
    seconds = iter(range(1, 100))
    streams = [io.StringIO(), io.StringIO(), io.StringIO(), Broken()]
    shows = [(True, False), (False, False), (True, True), (False, False)]
    for stream, (live, quiet) in zip(streams, shows, strict=True):
        progress = Progress(
            stream,
            hide=lambda text: text.replace("secret", "***"),
            total=3_000_000,
            live=live,
            quiet=quiet,
            clock=lambda: float(next(seconds)),
        )
        progress.say("a secret\x1b[2J")
        progress.sent(1_500_000)
        progress.settled("widget.whl", "refused")

    assert "1.5 of 3.0 MB" in streams[0].getvalue()
    assert streams[1].getvalue() == "· a ***\n✗ widget.whl  refused\n"
    assert streams[2].getvalue() == streams[3].getvalue() == ""
