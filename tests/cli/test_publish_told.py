"""What people, programs and a job of GitHub are told of a release."""

import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from bonded.cli.publish_actions import annotations, outputs, summary
from bonded.cli.publish_progress import Progress
from bonded.cli.publish_text import exit_code, rendered, tell, trouble
from bonded.client.messages import Refused
from bonded.client.report import FileReport, Report, State
from bonded.client.secrets import Secrets
from bonded.client.sending import Confirmed
from bonded.client.target import parse_target
from claims_builder import claims

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "publish.schema.json"
TARGET = parse_target("https://index.example/legacy/")


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
        "done": ("1.2 KiB", "published, attested, served as sent, provenance shown"),
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


def test_a_refused_identity_gets_the_form_of_pypi() -> None:
    """The link is filled in with what the job is; a called workflow is named as such; other indexes have no form."""
    refused = Refused(what="no", status=422, said="x", codes=("invalid-publisher",))
    called = "octo/widget/.github/workflows/called.yml@refs/tags/v1.0"
    report = Report(
        target=parse_target("testpypi"),
        files=(file("not sent"),),
        refused=refused,
        claims=claims(job_workflow_ref=called),
    )
    said = trouble(report)

    assert "workflow_filename=release.yml&environment=pypi" in said
    assert "manage/project/widget/settings/publishing/?provider=github&owner=octo" in said
    assert "reusable workflow" in said
    assert "errors/invalid-publisher" in said
    for bent in ({"target": TARGET}, {"claims": {"iss": "https://ci.example"}}):
        assert "the form" not in trouble(replace(report, **bent))


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

    assert "1.4 of 2.9 MiB" in streams[0].getvalue()
    assert streams[1].getvalue() == "· a ***\n✗ widget.whl  refused\n"
    assert streams[2].getvalue() == streams[3].getvalue() == ""
