"""The page of a report: complete, closed to the outside, and safe whatever a report says."""

import re
from collections.abc import Callable
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_builder as reports
from bonded.dists.endpoints import pypi
from bonded.rehearsal.rendering.style import STYLE
from bonded.rehearsal.report import Cause, ConnectionRecord, Report, StepRecord
from bonded.rehearsal.report_page import render_page
from page_reader import Page, read

EVERY: dict[str, Callable[[], Report]] = {
    "empty": reports.empty,
    "ready": reports.ready,
    "refused": reports.refused,
    "not-rehearsed": reports.not_rehearsed,
    "filled": lambda: reports.filled(Report, "text"),
}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"' onmouseover=alert(1) x='",
    "</pre></details><iframe src=//elsewhere.example>",
    "<!-- hidden",
    "]]>&lt;&#60;&amp",
    "javascript:alert(1)",
)


def page_of(report: Report) -> Page:
    """Return the page of a report, read strictly."""
    return read(render_page(report))


def headings(report: Report) -> list[str | None]:
    """Return the anchors of the page's sections, in order."""
    return [attributes.get("id") for attributes in page_of(report).having("h2")]


@pytest.mark.parametrize("name", EVERY)
def test_every_page_is_well_formed(name: str) -> None:
    """Every element is closed in order, and ids are unique."""
    page = page_of(EVERY[name]())

    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert page.elements[0] == ("html", {"lang": "en"})


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_loaded(name: str) -> None:
    """A page needs no other file: it has no script and no source, and its policy allows nothing but its style."""
    text = render_page(EVERY[name]())
    page = read(text)

    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg"}
    assert not any("src" in attributes for _, attributes in page.elements)
    assert not re.search(r"url\(|@import|expression", STYLE)
    assert page.having("meta")[1]["content"] == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_a_function_of_its_report(name: str) -> None:
    """The same report gives the same bytes."""
    report = EVERY[name]()

    assert render_page(report) == render_page(deepcopy(report))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("ready", "READY"),
        ("refused", "NOT READY"),
        ("not-rehearsed", "NOT REHEARSED"),
        ("empty", "NOT PLAYED"),
    ],
)
def test_the_verdict_stands_on_top(name: str, word: str) -> None:
    """The first text of the body is the verdict; a plan, which was not judged, is not called NOT READY."""
    page = render_page(EVERY[name]())

    body = page.partition("<body>")[2]
    assert re.match(rf"[✓✗?·] {word}", read(body.partition("</header>")[0] + "</header>").text)


def test_the_sections_follow_the_readers_questions() -> None:
    """First why, then the stations, the goods, the identity, the form, the play, and what stood around it."""
    report = reports.refused()
    report.published = reports.ready().published
    report.curtain = [reports.curtain("wheel", ok=False)]
    report.registrations = [reports.registration(assumed=True)]

    assert headings(report) == [
        "causes",
        "stations",
        "published",
        "identity",
        "form",
        "jobs",
        "workflows",
        "installs",
        "connections",
        "differences",
        "notes",
    ]


def test_an_empty_report_has_only_the_stations() -> None:
    """What did not happen has no section."""
    assert headings(reports.empty()) == ["stations"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_not_obeyed(text: str) -> None:
    """A text in every place that holds one changes no element of the page, and is there to be read."""
    calm = "a harmless sentence of some words"
    harmless = page_of(reports.filled(Report, calm))

    page = page_of(reports.filled(Report, text))

    assert page.shape == harmless.shape
    # Not the whole text is counted: the page shortens commits and capitalises levels.
    assert page.text.count(text[1:12]) == harmless.text.count(calm[1:12])


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(exclude_characters="\r\n`@"), max_size=30))
def test_no_text_changes_the_page(text: str) -> None:
    """Whatever a text holds, the elements and attributes of the page stay the same."""
    harmless = page_of(reports.filled(Report, "xx")).shape

    page = render_page(reports.filled(Report, f"x{text}x"))

    assert read(page).shape == harmless
    page.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[32mPASSED\x1b[0m", "PASSED"),
        ("\x1b]8;;https://elsewhere.example\x1b\\link\x1b]8;;\x07", "link"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("line\r", "line"),
        ("bell\x07 and \x00nul\x9b1m", "bell and nul"),
        ("abc\u202etxt.exe", "abc\ufffdtxt.exe"),
        ("half \ud800", "half \ufffd"),
        ("tab\there", "tab\there"),
    ],
)
def test_terminal_escapes_are_gone(raw: str, shown: str) -> None:
    """Logs are shown as a terminal would leave them, without colours, titles, or turned text."""
    report = reports.ready()
    report.jobs[1].steps[0].log = [raw]

    page = render_page(report)

    assert f">{shown}</pre>" in page


def test_a_long_log_is_cut_in_the_middle() -> None:
    """The beginning and the end of a log stay, and the page says how many lines are missing between."""
    report = reports.ready()
    report.jobs[1].steps[0].log = [f"line {number}" for number in range(200_000)]

    text = page_of(report).text

    assert "line 0\nline 1\n" in text
    assert "line 199998\nline 199999" in text
    assert "… 199,700 lines left out; the JSON report has more …" in text
    assert "line 100000" not in text


def test_a_page_stays_small_however_much_is_printed() -> None:
    """Hundreds of steps with long lines share one allowance."""
    report = reports.ready()
    log = ["<" * 1_000] * 2_000
    report.jobs[0].steps = [
        StepRecord(name=f"Step {n}", kind="run", result="success", log=log) for n in range(100)
    ]
    report.causes = [Cause(what="a" * 5_000_000)]

    page = render_page(report)

    assert len(page) < 10_000_000
    assert page.count("lines left out") == 100
    assert "(4,992,000 characters left out)" in page


def test_only_what_failed_is_unfolded() -> None:
    """The log of a step is open where the step failed, and folded elsewhere."""
    page = render_page(reports.refused())

    assert re.search(
        r"<details open><summary class=\"line\">(?:(?!<details).)*Upload", page, re.DOTALL
    )
    assert re.search(r"<details><summary class=\"line\">(?:(?!<details).)*Test", page, re.DOTALL)


def test_many_jobs_are_folded_but_for_the_failing_one() -> None:
    """A large matrix does not bury the job that failed."""
    report = reports.refused()
    report.jobs = [*(reports.build() for _ in range(20)), reports.publish(result="failure")]

    page = render_page(report)

    assert page.count('<article class="job"><details open>') == 1
    assert page.count('<article class="job"><details>') == 20


def test_a_job_without_steps_says_why() -> None:
    """A skipped job has its reason and no bar."""
    report = reports.ready()
    report.jobs.append(
        reports.job("docs", result="skipped", reason="its `if` is false: x", began=70.0)
    )

    page = render_page(report)

    assert "its <code>if</code> is false: x" in page
    assert 'class="took">skipped<' in page


def test_bars_lie_on_one_clock() -> None:
    """A bar begins and ends where its job did, and the last step ends with its job."""
    page = render_page(reports.ready())

    bars = re.findall(r'"bar good" style="margin-left:([\d.]+)%;width:([\d.]+)%"', page)
    places = [(float(left), float(left) + float(width)) for left, width in bars]
    assert all(0 <= left <= right <= 100.01 for left, right in places)
    assert places[-2] == pytest.approx((100 * 65 / 69, 100), abs=0.02)
    assert places[-1] == pytest.approx((100 * 66 / 69, 100), abs=0.02)


def test_a_refusal_shows_the_claim_the_answer_and_the_advice() -> None:
    """The claim that differs is marked by a word, and the index's answer is laid out to be read."""
    text = page_of(reports.refused()).text

    assert "✗ differs" in text
    assert "PyPI's own answer (422)" in text
    assert '"code": "invalid-publisher"' in text
    assert "Use environment: pypi." in text


def test_an_index_without_a_publisher_says_so() -> None:
    """A refused token that there was nothing to compare with has a sentence in place of the table."""
    report = reports.refused()
    report.exchanges[0].checks = []
    report.exchanges[0].claims = {}
    report.exchanges[0].advice = []
    report.exchanges[0].answer = "[" * 100_000
    granted = reports.exchange()
    granted.checks = []
    report.exchanges.append(granted)

    page = page_of(report)

    assert page.text.count("No publisher is registered to compare the token with.") == 1
    assert "What to do" not in page.text


def test_the_form_of_an_assumed_publisher_is_complete() -> None:
    """Labels are PyPI's, an empty field is to be left blank, and the link opens the filled-in form."""
    report = reports.ready()
    report.registrations = [
        reports.registration(assumed=True),
        reports.registration(assumed=True, index="testpypi"),
    ]

    page = page_of(report)

    assert [a["href"] for a in page.having("a")] == [report.registrations[0].form_url]
    assert str(page.having("a")[0]["href"]).startswith(pypi().web_url)
    assert "Environment nameleave blank" in page.text
    assert "Owner id" not in page.text
    assert (
        '[[tool.bonded.publishers]]\nindex = "pypi"\nrepository = "octo-org/parrot"\nworkflow'
        in page.text
    )
    assert "project parrot" in page.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//elsewhere.example", "https://[", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    """An address with another scheme is a text; none at all is nothing."""
    report = reports.ready()
    registration = reports.registration(assumed=True, kind="elsewhere")
    registration.form_url = url
    registration.fields = {"namespace": "octo-org"}
    report.registrations = [registration]

    page = page_of(report)

    assert not page.having("a")
    assert url in page.text
    assert "namespaceocto-org" in page.text


def test_refused_and_outside_connections_come_first() -> None:
    """What could not be reached stands above what was."""
    report = reports.ready()
    report.connections = [
        ConnectionRecord(host="a.example", went="stage", count=1),
        ConnectionRecord(host="b.example", went="refused", count=2, reason="offline"),
        ConnectionRecord(host="c.example", went="outside", count=1),
    ]

    text = page_of(report).text

    assert text.index("b.example") < text.index("c.example") < text.index("a.example")
    assert "✗ refusedoffline" in text


def test_refused_files_are_named() -> None:
    """An upload that the index refused stands under the files that it took."""
    report = reports.ready()
    report.refusals = [reports.refusal(""), reports.refusal()]
    report.published[0].attestations = 1

    text = page_of(report).text

    assert "✗ refused an upload by PyPI (400): 400 File already exists" in text
    assert "1 attestation" in text


def test_a_workflow_that_starts_and_is_not_played_says_why() -> None:
    """Starting and being played are told apart."""
    report = reports.ready()
    report.workflows[0].starts = True
    report.workflows[0].why_not_played = "it publishes nothing"

    text = page_of(report).text

    assert "starts, not played" in text
    assert "it publishes nothing" in text


def test_a_lone_backtick_is_a_backtick() -> None:
    """Sentences set code between backticks, and leave one that has no partner."""
    report = reports.empty()
    report.notes = ["it's a ` tick", "use `run`"]

    page = render_page(report)

    assert "it's a ` tick" in page
    assert "use <code>run</code>" in page


def test_a_plan_has_no_jobs_and_a_quiet_banner() -> None:
    """What was not judged is neither green nor red."""
    report = reports.ready()
    report.planned = True
    report.jobs, report.exchanges, report.published, report.curtain = [], [], [], []

    assert '<header class="banner quiet">' in render_page(report)
