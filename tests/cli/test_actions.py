"""Inside GitHub Actions the report also goes to annotations and to the step's summary."""

from pathlib import Path

import pytest

import report_builder as reports
from bonded.cli.actions import annotations, summary
from bonded.cli.main import main
from bonded.rehearsal.report import Cause


def test_a_cause_is_annotated_at_its_line() -> None:
    """The annotation names file, line and column, and escapes what would end it."""
    report = reports.refused()
    report.causes = [
        Cause(what="100% wrong\nhere", where=".github/workflows/a.yml:3:9: job 'b'", fix="mend it"),
        Cause(what="nowhere"),
    ]

    assert list(annotations(report)) == [
        "::error file=.github/workflows/a.yml,line=3,col=9,title=bonded: NOT READY::100%25 wrong%0Ahere%0Amend it",
        "::error title=bonded: NOT READY::nowhere",
    ]


def test_a_ready_report_is_one_notice() -> None:
    """When all is well there is one quiet line."""
    assert list(annotations(reports.ready())) == [
        "::notice title=bonded: READY::parrot is ready to be released"
    ]


def test_nothing_breaks_out_of_the_summary() -> None:
    """A project's own text cannot end the fence."""
    report = reports.ready()
    report.notes = ["~~~~\n# not a heading"]
    text = summary(report)

    assert text.startswith("## bonded rehearse: READY\n\n~~~~text\n")
    assert text.count("~~~~") == 2


@pytest.mark.play
def test_the_summary_is_written_and_standard_output_stays_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a job, the plan of a project is on standard output alone, its summary in the file that GitHub names."""
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    greeter = Path(__file__).resolve().parents[2] / "examples" / "greeter"
    code = main(["rehearse", str(greeter), "--tag", "x-1", "--json", "-q"])
    out, err = capsys.readouterr()

    assert code == 1
    assert out.startswith("{")
    assert "::error " in err
    assert file.read_text().startswith("## bonded rehearse: NOT READY")
