import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.plain import plain

HOSTILE = st.lists(
    st.sampled_from("\x1b[]\x9b\x9d\x90\x9c\x07\\01;m\r\n\t\u202e\u2066\ud800\x00\x7fPaä")
    | st.characters()
).map("".join)


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
def test_no_control_character_is_left(text: str) -> None:
    """Whatever a program says, a terminal only shows it: no control but tab and line end, no mark of direction."""
    shown = plain(text)

    assert {
        unicodedata.category(character) for character in shown if character not in "\t\n"
    }.isdisjoint({"Cc", "Cs"})
    assert not set(shown) & set(
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    assert plain(shown) == shown


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]) | st.sampled_from("\t\n")))
def test_ordinary_text_stays(text: str) -> None:
    """Letters of every script, signs, blanks, tabs and line ends are as they were."""
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m and \x9b32mgreen", "red and green"),
        ("\x1b]0;title\x07text\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "textlink"),
        ("\x9dtitle\x9ctext", "text"),
        ("\x1bPsecret\x1b\\text", "text"),
        ("\x1b7Hello\x1b8", "Hello"),
        ("\x1b(Btext\x1bc", "text"),
        ("text\x1b[31", "text"),
        ("a\x08b\x00c\x7f", "abc"),
        ("10 %\r20 %\r30 %\r\ndone\r", "30 %\ndone"),
        ("\u202egnp.exe", "\N{REPLACEMENT CHARACTER}gnp.exe"),
    ],
)
def test_sequences_go_whole(text: str, shown: str) -> None:
    """What orders a terminal about leaves nothing behind, not even its letters."""
    assert plain(text) == shown
