"""The words, marks and texts that the page is made of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.plain import plain
from bonded.rehearsal.rendering import words
from bonded.rehearsal.rendering.logs import HEAD, TAIL, lines_shown
from bonded.rehearsal.rendering.markup import Html, clip, element
from page_reader import read


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "< 0.1 s"),
        (0.049, "< 0.1 s"),
        (0.05, "0.1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (75.4, "1 min 15 s"),
        (3725.0, "62 min 5 s"),
    ],
)
def test_durations_are_said_shortly(seconds: float, said: str) -> None:
    """Seconds have one digit, minutes none."""
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (7900, "7.7 KiB"),
        (5 << 20, "5.0 MiB"),
        (3 << 40, "3072.0 GiB"),
    ],
)
def test_sizes_have_a_unit(octets: int, said: str) -> None:
    """Units are powers of 1024."""
    assert words.size(octets) == said


def test_a_state_is_never_colour_alone() -> None:
    """Every mark has a sign and a word, and no two results look alike but failed and cancelled, whose words differ."""
    marks = [
        words.mark_of(r)
        for r in ("success", "failure", "cancelled", "skipped", "not rehearsed", "odd", "")
    ]

    assert all(mark.sign and mark.word for mark in marks)
    assert len({mark.word for mark in marks}) == len(marks)


def test_an_unknown_index_keeps_its_name() -> None:
    """Indexes are shown by the title that people know, else by name."""
    assert (words.index_title("testpypi"), words.index_title("ours")) == ("TestPyPI", "ours")


def test_attributes_are_quoted_and_optional() -> None:
    """An attribute is escaped, bare when it is true, and absent when it is false or nothing."""
    made = element(
        "p",
        "a<b",
        None,
        Html("<i></i>"),
        class_='"><',
        data_label="x",
        open=True,
        hidden=False,
        id=None,
    )

    assert made.text == '<p class="&quot;&gt;&lt;" data-label="x" open>a&lt;b<i></i></p>'
    assert element("meta", name="a").text == '<meta name="a">'


@pytest.mark.parametrize(
    ("text", "most", "shown"), [("abc", 3, "abc"), ("abcd", 3, "abc… (1 characters left out)")]
)
def test_long_texts_are_clipped(text: str, most: int, shown: str) -> None:
    """A text that is cut says by how much."""
    assert clip(text, most) == shown


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_a_plain_text_stays_plain(text: str) -> None:
    """Cleaning once is enough, adds nothing, and leaves only tabs and line ends of the control characters."""
    once = plain(text)

    assert plain(once) == once
    assert len(once) <= len(text)
    assert not {c for c in once if ord(c) < 32 or 127 <= ord(c) < 160} - {"\t", "\n"}


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 900), st.integers(0, 300), st.integers(2_000, 60_000))
def test_a_log_keeps_within_its_allowance(lines: int, width: int, most: int) -> None:
    """What is shown fits, and shown and left out together are the whole log."""
    shown = lines_shown(["y" * width + "y"] * lines, most)

    assert shown is not None
    text = read(shown.text).text
    kept = sum(1 for line in text.split("\n") if line.startswith("y"))
    cut = [
        int(line.split()[1].replace(",", "")) for line in text.split("\n") if line.startswith("…")
    ]
    assert text.count("y") <= most
    assert kept <= HEAD + TAIL
    assert kept + sum(cut) == lines


def test_a_log_that_says_nothing_is_not_shown() -> None:
    """Empty lines and bare colours are no output."""
    assert lines_shown(["", "\x1b[0m"], 1000) is None
