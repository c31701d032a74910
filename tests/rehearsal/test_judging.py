from dataclasses import replace
from typing import Any

import pytest

from bonded.rehearsal.judging import judge
from bonded.rehearsal.report import (
    ConnectionRecord,
    CurtainRecord,
    ExchangeRecord,
    JobRecord,
    PublishedRecord,
    RefusalRecord,
    Report,
    StepRecord,
    Verdict,
    WorkflowRecord,
)
from stage_world import empty_report

PATH = ".github/workflows/release.yml"
REFUSED = ExchangeRecord(
    index="pypi",
    granted=False,
    status=422,
    answer='{"errors": [{"code": "invalid-publisher", "description": "no match"}]}',
    advice=[{"sentence": "register release.yml", "side": "publisher"}, {"sentence": "or rename"}],
)


def published(version: str = "1.0", index: str = "pypi") -> PublishedRecord:
    return PublishedRecord(
        index=index,
        project="greeter",
        version=version,
        filename=f"greeter-{version}.tar.gz",
        size=1,
        sha256="0" * 64,
        blake2b_256="0" * 64,
    )


def step(result: str = "failure", name: str = "Publish", **more: Any) -> StepRecord:
    location = f"{PATH}:9:9"
    return StepRecord(name=name, kind="run", result=result, location=location, **more)


def job(result: str = "success", *steps: StepRecord, **more: Any) -> JobRecord:
    return JobRecord(
        workflow=PATH, id="publish", name="publish", result=result, steps=list(steps), **more
    )


def evening(*jobs: JobRecord, **more: Any) -> Report:
    """Return the report of an evening on which one workflow was played."""
    report = empty_report()
    report.workflows = [WorkflowRecord(path=PATH, starts=True, rule="tags has 'v*'", played=True)]
    report.jobs = list(jobs) or [job()]
    for name, value in more.items():
        setattr(report, name, value)
    return report


def judged(report: Report, tag_version: str = "1.0", **more: Any) -> Report:
    base: dict[str, Any] = {"kept_before": frozenset(), "no_id_token": {}, "expected_indexes": {}}
    judge(report, tag_version=tag_version, **(base | more))
    return report


def test_an_evening_without_fault_is_ready() -> None:
    """Played, published, installed: READY, and no cause."""
    report = judged(evening(published=[published()]))

    assert (report.verdict, report.causes) == (Verdict.READY, [])


@pytest.mark.parametrize(
    ("report", "words", "fix"),
    [
        (
            evening(job("failure", step(error="exit code 1.", log=["a", "b"]))),
            "exit code 1.\na\nb",
            "mend what the last lines of the step say",
        ),
        (
            evening(job("failure", step(error="no", hint="do this"))),
            "no",
            "do this",
        ),
        (
            evening(
                job("failure", step(error="no", name="Build")),
                connections=[ConnectionRecord(host="h.example", went="refused", count=1)],
            ),
            "no",
            "; the network refused h.example",
        ),
        (
            evening(
                job("failure", step(error="", children=[step("success"), step(error="inner")]))
            ),
            "inner",
            "mend",
        ),
        (evening(job("failure", reason="bad matrix")), "job 'publish' failure: bad matrix", ""),
        (evening(job("cancelled", reason="fail-fast")), "cancelled: fail-fast", ""),
        (
            evening(job("failure", step(error="exit code 1")), exchanges=[REFUSED]),
            "PyPI refused the ID token: invalid-publisher: no match",
            "register release.yml\nor rename",
        ),
        (
            evening(
                job("failure", step(error="exit code 1")),
                exchanges=[replace(REFUSED, advice=[], answer="[1]", index="other")],
            ),
            "other refused the ID token: [1]",
            "compare the registered publisher",
        ),
        (
            evening(job("failure", step(error="make failed", name="Test")), exchanges=[REFUSED]),
            "make failed",
            "mend",
        ),
        (
            evening(
                job("failure", step(error="exit code 1")),
                refusals=[
                    RefusalRecord(
                        index="testpypi", filename="a.whl", status=400, message="Already exists."
                    )
                ],
            ),
            "TestPyPI refused a.whl (400): Already exists.",
            "raise the version",
        ),
        (
            evening(
                job("failure", step(error="exit code 1")),
                refusals=[RefusalRecord(index="pypi", filename="", status=403, message="No.")],
            ),
            "PyPI refused the upload (403): No.",
            "mend what the index names",
        ),
        (evening(), "every job ended well, and nothing was published", "is a job skipped"),
        (
            evening(published=[published("1.1")]),
            "the tag v1.0 says 1.0, but what is published is 1.1",
            "or tag v1.1",
        ),
        (
            evening(job("failure", step(error="x")), version="2.0"),
            "the tag v1.0 says 1.0, but the project says 2.0",
            "set the project's version to 1.0",
        ),
        (
            evening(
                published=[published()],
                curtain=[
                    CurtainRecord(
                        index="pypi",
                        project="greeter",
                        version="1.0",
                        kind="wheel",
                        ok=False,
                        seconds=1.0,
                        log=["ModuleNotFoundError"],
                    )
                ],
            ),
            "the published wheel of greeter 1.0 cannot be installed and imported:\nModuleNotFound",
            "build it",
        ),
    ],
)
def test_every_cause_has_a_fix(report: Report, words: str, fix: str) -> None:
    """What made it fail is said in the words of whoever refused, with the next step."""
    judged(report)

    assert report.verdict is Verdict.NOT_READY
    assert any(words in cause.what and fix in cause.fix for cause in report.causes)


def test_the_first_failing_step_is_named_with_its_place() -> None:
    """A cause says where: file, line, job and step."""
    report = judged(evening(job("failure", step("success"), step(error="x"), step(error="later"))))

    assert report.causes[0].where == f"{PATH}:9:9: job 'publish', step 'Publish'"


def test_a_missing_permission_is_named() -> None:
    """A step that asks for an identity fails because its job may have none; other failures are their own."""
    reasons = {"publish": "`permissions` grants no id-token."}
    asked = judged(evening(job("failure", step(error="no OIDC here"))), no_id_token=reasons)
    other = judged(evening(job("failure", step(error="no disk"))), no_id_token=reasons)

    assert "gets no ID token" in asked.causes[0].what
    assert "id-token: write" in asked.causes[0].fix
    assert other.causes[0].what == "no disk"


def test_what_starts_nothing_is_not_ready() -> None:
    """An event that starts no publishing workflow shows the rule of every workflow."""
    report = evening()
    report.workflows[0].played = False
    judged(report)

    assert "starts no workflow that publishes" in report.causes[0].what
    assert report.causes[0].where == f"{PATH}: tags has 'v*'"


def test_a_gap_is_no_failure() -> None:
    """What could not be played leaves the verdict open, unless something else failed."""
    gap = step("not rehearsed", error="no stand-in", hint="use a copy")
    outer = step("not rehearsed", error="outer", children=[gap])
    report = judged(evening(job("not rehearsed", outer)))
    failed = judged(evening(job("not rehearsed", gap), job("failure", step(error="x"))))

    assert report.verdict is Verdict.NOT_REHEARSED
    assert [cause.what for cause in report.causes] == ["not rehearsed: no stand-in"]
    assert failed.verdict is Verdict.NOT_READY


def test_what_was_published_before_is_not_published_again() -> None:
    """An index that kept its files says why nothing new came."""
    report = judged(evening(), kept_before=frozenset({"b.whl", "a.tar.gz"}))

    assert "is on the index already" in report.causes[0].what
    assert report.causes[0].where == "a.tar.gz, b.whl"


@pytest.mark.parametrize("tag_version", ["", "nightly", "1.0.0", "v1.0"])
def test_a_tag_may_say_nothing(tag_version: str) -> None:
    """A tag without a version, or with the same one written otherwise, is no fault."""
    assert judged(evening(published=[published()]), tag_version).causes == []


def test_a_version_that_nobody_knows_is_no_fault() -> None:
    """Where only a build knows the version, and none was built, the tag is not doubted."""
    report = judged(evening(version=""))

    assert [cause.side for cause in report.causes] == ["workflow"]


def refusal(message: str = "Bad.", filename: str = "a.whl", index: str = "pypi") -> RefusalRecord:
    return RefusalRecord(index=index, filename=filename, status=400, message=message)


EXCUSED = job("success", step(error="exit code 1"))
EXISTS = "400 File already exists (a.whl)"


@pytest.mark.parametrize("found", [EXCUSED, job("success", step("success"))])
def test_a_refused_upload_counts_though_the_job_succeeded(found: JobRecord) -> None:
    """`continue-on-error`, or a shell that goes on, does not bring the file to the index."""
    report = judged(evening(found, published=[published()], refusals=[refusal(), refusal()]))

    assert report.verdict is Verdict.NOT_READY
    assert [cause.what for cause in report.causes] == ["PyPI refused a.whl (400): Bad."]


def test_a_refusal_says_which_step_was_excused() -> None:
    """The place of the step that failed at the upload stands with the refusal."""
    report = judged(evening(EXCUSED, published=[published()], refusals=[refusal(EXISTS)]))

    assert report.causes[0].where == f"{PATH}:9:9: job 'publish', step 'Publish'"
    assert "raise the version" in report.causes[0].fix
    assert report.notes == []


def test_a_file_that_came_at_last_was_not_refused() -> None:
    """A refusal is made good by the same file on the same index, and by no other."""
    good = refusal(filename=published().filename)
    report = judged(evening(EXCUSED, published=[published()], refusals=[good]))
    other = judged(
        evening(EXCUSED, published=[published()], refusals=[replace(good, index="testpypi")])
    )

    assert report.verdict is Verdict.READY
    assert other.verdict is Verdict.NOT_READY


def test_what_was_there_already_is_noted_where_the_step_goes_on() -> None:
    """`skip-existing` passes over a file that the index has; TestPyPI then misses nothing."""
    there = [refusal(EXISTS, index="testpypi")]
    report = judged(
        evening(job("success", step("success")), published=[published()], refusals=there),
        expected_indexes=BOTH,
    )

    assert report.verdict is Verdict.READY
    assert report.notes == [f"TestPyPI refused a.whl (400): {EXISTS}; the step went on"]


def test_a_refusal_is_named_once() -> None:
    """What a failed job names is not named again, what it does not name is."""
    report = judged(
        evening(job("failure", step(error="exit code 1")), refusals=[refusal("Else."), refusal()])
    )

    assert [cause.what for cause in report.causes] == [
        "PyPI refused a.whl (400): Bad.",
        "PyPI refused a.whl (400): Else.",
    ]


BOTH = {"pypi": ("publish",), "testpypi": ("rehearse",)}


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (
            job("skipped", reason="its `if` is false: needs.a.outputs.b"),
            "job 'publish': its `if` is false: needs.a.outputs.b",
        ),
        (
            job("success", step("success"), step(error="exit code 1")),
            f"{PATH}:9:9: job 'publish', step 'Publish' (failure): exit code 1",
        ),
        (job("success", step("skipped")), f"{PATH}:9:9: job 'publish', step 'Publish' (skipped)"),
        (job("success", step("success")), "job 'publish'"),
    ],
)
def test_every_expected_index_must_get_a_file(found: JobRecord, where: str) -> None:
    """Where only TestPyPI got files, and PyPI should have too, the release is not ready."""
    report = judged(evening(found, published=[published(index="testpypi")]), expected_indexes=BOTH)

    assert report.verdict is Verdict.NOT_READY
    assert [cause.what for cause in report.causes] == [
        "nothing was published to PyPI, only to TestPyPI"
    ]
    assert report.causes[0].where == where


@pytest.mark.parametrize("expected", [{"testpypi": ("publish",)}, {}])
def test_an_index_that_is_not_expected_may_get_nothing(expected: dict[str, tuple[str]]) -> None:
    """A push that publishes to TestPyPI alone is ready."""
    report = judged(evening(published=[published(index="testpypi")]), expected_indexes=expected)

    assert report.verdict is Verdict.READY


def test_a_missed_index_is_named_once() -> None:
    """A job that failed is the cause; nothing at all published has its own sentence."""
    failed = judged(
        evening(job("failure", step(error="x")), published=[published(index="testpypi")]),
        expected_indexes=BOTH,
    )
    nothing = judged(evening(), expected_indexes=BOTH)

    assert [cause.what for cause in failed.causes] == ["x"]
    assert [cause.what for cause in nothing.causes] == [
        "every job ended well, and nothing was published"
    ]
