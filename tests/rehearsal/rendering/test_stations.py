"""The seven stations: each state rests on what happened there."""

from collections.abc import Callable

import pytest

import report_builder as reports
from bonded.rehearsal.judging import judge
from bonded.rehearsal.rendering.stations import stations
from bonded.rehearsal.report import Report


def states(report: Report) -> dict[str, str]:
    """Return each station's state in a word."""
    return {station.name: station.mark.word for station in stations(report)}


def bent(**changes: object) -> Report:
    """Return a ready report with some fields changed."""
    report = reports.ready()
    for name, value in changes.items():
        setattr(report, name, value)
    return report


def without_id_token() -> Report:
    """Return a report, judged, of a publishing job that may not ask for an ID token."""
    report = reports.refused()
    report.exchanges = []
    report.jobs[1].permissions = {"id-token": "none"}
    report.jobs[1].steps[-1].error = "Failed to obtain token for trusted publishing"
    judge(
        report,
        tag_version="1.2.0",
        kept_before=frozenset(),
        no_id_token={"publish": "It is not granted."},
        expected_indexes={},
    )
    return report


def failing_build() -> Report:
    """Return a report whose first job failed."""
    report = reports.refused()
    report.exchanges = []
    report.jobs = [reports.job("build", result="failure"), reports.job("publish", result="skipped")]
    return report


def refused_upload() -> Report:
    """Return a report of a file that the index refused."""
    report = reports.refused()
    report.exchanges, report.refusals = [reports.exchange()], [reports.refusal()]
    return report


def test_the_stations_are_those_of_the_story() -> None:
    """There are seven, in the order in which a release passes them."""
    assert list(states(reports.empty())) == [
        "source", "workflow", "identity", "trust", "upload", "provenance", "install",
    ]  # fmt: skip


def test_nothing_is_done_where_nothing_happened() -> None:
    """An empty report reached no station."""
    assert set(states(reports.empty()).values()) == {"not reached"}


def test_a_ready_release_passed_all() -> None:
    """With verified attestations everything is done."""
    report = bent(provenance=[reports.provenance()])

    assert set(states(report).values()) == {"done"}


def unsigned() -> Report:
    """Return a report of a release that Sigstore failed."""
    report = reports.refused()
    report.exchanges = [reports.exchange()]
    report.jobs[1].steps[-1].error = "Attestation generation failure: Sigstore cannot be asked"
    return report


CASES: dict[str, tuple[Callable[[], Report], dict[str, str]]] = {
    "the tag is another version": (lambda: bent(version="1.3.0", published=[]), {"source": "failed"}),
    "the version is unreadable": (lambda: bent(version="one", published=[]), {"source": "done"}),
    "the event has no tag": (lambda: bent(event={"ref": "refs/heads/main"}), {"source": "done"}),
    "no workflow is played": (
        lambda: bent(workflows=[], causes=reports.refused().causes),
        {"workflow": "failed"},
    ),
    "a step has no stand-in": (
        reports.not_rehearsed,
        {"workflow": "not rehearsed", "identity": "not reached", "upload": "not reached"},
    ),
    "the build fails": (failing_build, {"workflow": "failed", "identity": "not reached"}),
    "the job gets no ID token": (
        without_id_token,
        {"workflow": "done", "identity": "failed", "trust": "not reached"},
    ),
    "the token is refused": (
        reports.refused,
        {"workflow": "done", "identity": "done", "trust": "failed", "upload": "not reached"},
    ),
    "the second token is granted": (
        lambda: bent(exchanges=[reports.exchange(granted=False), reports.exchange()]),
        {"trust": "done"},
    ),
    "nobody asked for a token": (
        lambda: bent(exchanges=[]),
        {"identity": "not used", "trust": "not used", "upload": "done"},
    ),
    "the upload is refused": (
        refused_upload,
        {"workflow": "done", "trust": "done", "upload": "failed", "install": "not reached"},
    ),
    "a file was there already": (lambda: bent(refusals=[reports.refusal("parrot-1.1.0.tar.gz")]), {"upload": "done"}),
    "no attestation came along": (
        lambda: bent(provenance=[reports.provenance("none")]),
        {"provenance": "not used"},
    ),
    "an attestation is refused": (
        lambda: bent(provenance=[reports.provenance(), reports.provenance("refused")]),
        {"provenance": "failed", "upload": "done"},
    ),
    "Sigstore does not sign": (
        unsigned,
        {"provenance": "failed", "workflow": "done", "trust": "done", "upload": "not reached"},
    ),
    "the sdist cannot be installed": (
        lambda: bent(curtain=[reports.curtain("wheel"), reports.curtain("sdist", ok=False)]),
        {"install": "failed"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_station_tells_its_own_state(name: str) -> None:
    """What goes wrong at one station does not colour the others."""
    make, expected = CASES[name]
    words = states(make())

    assert {station: words[station] for station in expected} == expected
