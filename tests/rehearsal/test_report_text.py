import json

import pytest

from bonded.rehearsal.report import (
    Cause,
    CheckRecord,
    ConnectionRecord,
    CurtainRecord,
    ExchangeRecord,
    PublishedRecord,
    RegistrationRecord,
    Report,
    Verdict,
    WorkflowRecord,
)
from bonded.rehearsal.report_text import render
from report_builder import filled
from stage_world import empty_report

PATH = ".github/workflows/release.yml"


def full() -> Report:
    """Return a report with something in every part."""
    report = empty_report()
    report.seconds = 2.04
    report.workflows = [
        WorkflowRecord(path=PATH, starts=True, rule="tags has 'v*'", played=True),
        WorkflowRecord(
            path="b.yml",
            starts=True,
            rule="any push",
            played=False,
            why_not_played="it publishes nothing",
        ),
        WorkflowRecord(path="c.yml", starts=False, rule="branches only", played=False),
    ]
    report.causes = [
        Cause(what="it failed\nlast line", where="a.yml:1:1\nb.yml", fix="do this\nor that"),
        Cause(what=""),
    ]
    report.published = [
        PublishedRecord(
            index="pypi",
            project="greeter",
            version="1.0.1",
            filename="greeter-1.0.1.tar.gz",
            size=2560,
            sha256="ab",
            blake2b_256="cd",
        )
    ]
    check = CheckRecord(
        claim="repository", registered="octo/greeter", got="octo/x", how="", ok=False
    )
    report.exchanges = [
        ExchangeRecord(
            index="pypi",
            granted=True,
            checks=[CheckRecord(claim="environment", registered="", got="", how="", ok=True)],
        ),
        ExchangeRecord(index="testpypi", granted=False, status=422, answer="no", checks=[check]),
        ExchangeRecord(index="pypi", granted=False, status=422, answer="no"),
        ExchangeRecord(index="pypi", granted=True),
    ]
    fields = {"repository_owner": "octo", "repository_name": "greeter", "environment": ""}
    report.registrations = [
        RegistrationRecord(
            index=index,
            project="greeter",
            kind="github",
            fields=fields,
            assumed=assumed,
            form_url="FORM",
        )
        for index, assumed in (("pypi", True), ("testpypi", False))
    ]
    report.curtain = [
        CurtainRecord(
            index="pypi",
            project="greeter",
            version="1",
            kind=kind,
            ok=ok,
            seconds=1,
            imports=imports,
        )
        for kind, ok, imports in (
            ("wheel", True, ["greeter"]),
            ("sdist", True, []),
            ("sdist", False, []),
        )
    ]
    report.connections = [
        ConnectionRecord(host="a.example", went="refused", count=2, reason="offline"),
        ConnectionRecord(host="b.example", went="outside", count=1),
    ]
    report.differ("it differs")
    report.note("know this")
    return report


def test_everything_is_shown() -> None:
    """The verdict comes first, then causes, workflows, files, identities, forms, installations and differences."""
    assert (
        render(full(), color=False)
        == """\
NOT READY: greeter 1.0.1, the push of tag v1.0 of octo/greeter (2.0 s)

1. it failed
   | last line
   at: a.yml:1:1
   at: b.yml
   fix: do this
        or that
2.\x20

Workflows at the push of tag v1.0
  .github/workflows/release.yml: played
    tags has 'v*'
  b.yml: starts; not played: it publishes nothing
    any push
  c.yml: does not start
    branches only

Would be published
  PyPI  greeter-1.0.1.tar.gz  2.5 KiB
    sha256 ab

As which identity: PyPI granted a token
     claim        registered  token says
  ✓  environment  (any)       (nothing)

As which identity: TestPyPI refused a token
     claim       registered    token says
  ✗  repository  octo/greeter  octo/x
  TestPyPI's own answer (422): no

As which identity: PyPI refused a token
  no publisher is registered to compare with
  PyPI's own answer (422): no

As which identity: PyPI granted a token

Nothing is recorded about the publisher at PyPI; this one was assumed.
Register it for greeter, field by field:
  Owner: octo
  Repository name: greeter
  Workflow name: (leave blank)
  Environment name: (leave blank)
  FORM
and record it in pyproject.toml under [[tool.bonded.publishers]].

Installed in clean environments
  ✓ wheel of greeter 1 from PyPI: imported greeter
  ✓ sdist of greeter 1 from PyPI: nothing to import
  ✗ sdist of greeter 1 from PyPI

Differs from GitHub and the index here
  - it differs

Hosts that the network of the stage refused
  - a.example: offline

Worth knowing
  - know this"""
    )


def test_quiet_is_the_verdict_and_its_causes() -> None:
    """With `quiet` nothing else is shown."""
    report = full()
    report.causes = []

    assert render(report, color=False, quiet=True).count("\n") == 0


@pytest.mark.parametrize(("quiet", "blocks"), [(False, 4), (True, 1)])
def test_a_plan_has_no_verdict(blocks: int, *, quiet: bool) -> None:
    """What was only planned shows the workflows, and what is known beforehand."""
    report = full()
    report.planned = True
    text = render(report, color=True, quiet=quiet)

    assert text.startswith("Workflows at")
    assert len(text.split("\n\n")) == blocks


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_verdict_is_coloured(verdict: Verdict) -> None:
    """Each verdict has a colour of its own, and only the word has it."""
    report = empty_report()
    report.verdict = verdict
    report.version = ""
    first = render(report, color=True).splitlines()[0]

    assert first.startswith("\x1b[1;3")
    assert f"m{verdict.value}\x1b[0m: greeter of unknown version, " in first


def test_an_assumed_form_is_shown_where_it_may_be_missing() -> None:
    """A form of an index that nobody spoke to is left out, unless nobody was spoken to at all."""
    report = full()
    report.exchanges = [ExchangeRecord(index="testpypi", granted=True)]
    assert "Register it" not in render(report, color=False)

    report.exchanges = []
    assert "Register it" in render(report, color=False)


def test_a_report_is_data() -> None:
    """The report as data goes into JSON as it is, and begins with the number of its schema."""
    data = json.loads(json.dumps(full().as_data()))

    assert next(iter(data)) == "schema"
    assert data["verdict"] == "NOT READY"
    assert data["causes"][0]["fix"] == "do this\nor that"


def test_sentences_come_once() -> None:
    """The same difference and the same note are said once."""
    report = full()
    report.differ("it differs")
    report.note("know this")

    assert (report.differences, report.notes) == (["it differs"], ["know this"])


@pytest.mark.parametrize("planned", [False, True])
def test_nothing_of_others_orders_the_terminal_about(*, planned: bool) -> None:
    """Whatever a workflow or a server said, the text holds no control sequence and nothing turned around."""
    evil = "\x1b]0;title\x07\x1b[2Jgood\u202e\x9b31m"
    report = filled(Report, evil)
    report.planned = planned
    for record in (*report.published, *report.exchanges, *report.registrations, *report.curtain):
        record.index = "pypi"
    text = render(report, color=False)

    assert "good" in text
    assert not set(text) & set("\x1b\x07\x9b\u202e")


def test_the_head_names_what_is_published() -> None:
    """A workspace can release a member of it; the folder's own project keeps its spelling."""
    report = full()
    own, member = report.project.title(), "greeter-core"
    report.project = own
    assert render(report, color=False).splitlines()[0].startswith(f"{report.verdict}: {own} 1.0.1")

    report.published[0].project = member
    assert f": {member} 1.0.1, " in render(report, color=False).splitlines()[0]
