"""What attestations prove, judged and told in every form of the report."""

import pytest

import report_builder as reports
from bonded.rehearsal.judging import judge
from bonded.rehearsal.report import ProvenanceRecord, Report, Verdict
from bonded.rehearsal.report_page import render_page
from bonded.rehearsal.report_text import render
from page_reader import read

PLACE = "release.yml:40:9"


def judged(*records: ProvenanceRecord, attested_at: str = "") -> Report:
    """Return a report of a release that is ready but for what these records say."""
    report = reports.ready()
    report.provenance = list(records)
    judge(
        report,
        tag_version="1.2.0",
        kept_before=frozenset(),
        no_id_token={},
        expected_indexes={},
        attested_at=attested_at,
    )
    return report


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("identity: another repository", "registered repository and workflow"),
        ("environment: another environment", "the publisher's environment"),
        ("publisher: no publisher", "trusted publishing only"),
        ("digest: other bytes", "the very bytes"),
        ("subject: another file", "under the name"),
        ("log-version: dsse 0.0.2", "Rekor of version 1"),
        ("sct: not genuine", "once Sigstore gives what can be verified"),
    ],
)
def test_a_refused_attestation_is_a_cause(reason: str, words: str) -> None:
    """One attestation that nobody could believe makes a release not ready, and says what to do about it."""
    report = judged(reports.provenance(), reports.provenance("refused", reason=reason))

    assert report.verdict is Verdict.NOT_READY
    assert len(report.causes) == 1
    assert reason in report.causes[0].what
    assert words in report.causes[0].fix


def test_files_that_are_refused_alike_are_one_cause() -> None:
    """Many files with one fault need one sentence; another fault needs its own."""
    report = judged(
        reports.provenance("refused", "a.whl", "digest: other bytes"),
        reports.provenance("refused", "b.whl", "digest: other bytes"),
        reports.provenance("refused", "c.whl", "sct: not genuine"),
    )

    assert [cause.what for cause in report.causes] == [
        "the attestation of a.whl is refused: digest: other bytes\nand so are those of b.whl",
        "the attestation of c.whl is refused: sct: not genuine",
    ]


@pytest.mark.parametrize("attested_at", ["", PLACE])
def test_verified_attestations_are_ready(attested_at: str) -> None:
    """What is verified stands in nobody's way."""
    assert judged(reports.provenance(), attested_at=attested_at).verdict is Verdict.READY


def test_what_is_weak_is_noted() -> None:
    """An attestation that holds may still have something to say."""
    record = reports.provenance()
    record.reasons = ["environment: none"]
    report = judged(record)

    assert report.verdict is Verdict.READY
    assert any("holds, but environment: none" in note for note in report.notes)


def test_no_attestation_is_no_fault() -> None:
    """Where no step makes attestations for the upload, none is missed."""
    assert judged(reports.provenance("none")).verdict is Verdict.READY


def test_attestations_that_were_lost_are_a_cause() -> None:
    """Where a step makes attestations and none is published, its place is named."""
    report = judged(reports.provenance("none"), attested_at=PLACE)

    assert report.verdict is Verdict.NOT_READY
    assert report.causes[0].where == PLACE
    assert "FILE.publish.attestation" in report.causes[0].fix


@pytest.mark.parametrize("attested_at", ["", PLACE])
def test_attestations_in_part_are_noted(attested_at: str) -> None:
    """Files without an attestation beside files with one are worth knowing."""
    records = reports.provenance(), reports.provenance("none", "parrot.whl")
    report = judged(*records, attested_at=attested_at)

    assert report.verdict is Verdict.READY
    assert "some files were published without an attestation: parrot.whl" in report.notes


def test_a_failing_sigstore_is_the_cause_itself() -> None:
    """A step that Sigstore failed is told in its own words, whatever else the step speaks of."""
    report = reports.refused()
    report.causes = []
    error = "Attestation generation failure: Sigstore cannot be asked: 503"
    report.jobs[1].steps[-1].error = error
    report.jobs[1].steps[-1].hint = "publish again"
    judge(
        report,
        tag_version="1.2.0",
        kept_before=frozenset(),
        no_id_token={},
        expected_indexes={},
    )

    assert [(cause.what, cause.fix) for cause in report.causes] == [(error, "publish again")]


def test_the_text_tells_who_built_each_file() -> None:
    """Verified, refused and bare files are told apart."""
    report = judged(
        reports.provenance(name="a.whl"),
        reports.provenance("refused", "b.whl", "digest: x"),
        reports.provenance("none", "c.whl"),
    )
    lines = render(report, color=False).splitlines()
    start = lines.index("Provenance, verified as whoever installs could")

    assert lines[start + 1 : start + 4] == [
        "  ✓ PyPI  a.whl: octo-org/parrot release.yml in environment pypi, commit 0123456789ab",
        "  ✗ PyPI  b.whl: refused: digest: x",
        "  \N{EN DASH} PyPI  c.whl: no attestation came along; none is needed",
    ]


def test_an_identity_may_have_no_environment() -> None:
    """A certificate that names no environment is told without one."""
    record = reports.provenance()
    record.environment = ""

    assert "octo-org/parrot release.yml, commit" in render(judged(record), color=False)


def test_the_page_shows_provenance_where_there_is_any() -> None:
    """The page has a table of what was proved, and none where nothing came along."""
    page = read(
        render_page(judged(reports.provenance(), reports.provenance("refused", "b.whl", "sct: y")))
    )

    assert "✓ verified" in page.text
    assert "✗ refused" in page.text
    assert "https://slsa.dev/provenance/v1" in page.text
    bare = render_page(judged(reports.provenance("none")))
    assert 'id="provenance"' not in bare
