import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.commands import (
    KNOWN_COMMANDS,
    MASK,
    Command,
    CommandFileError,
    Masks,
    parse_command,
    parse_pairs,
    parse_paths,
)

PROPERTIES = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("\n\n", ()),
        ("a=b", (("a", "b"),)),
        ("a=b\nc=d\n", (("a", "b"), ("c", "d"))),
        ("a=b\n\n\nc=d\n", (("a", "b"), ("c", "d"))),
        ("a=", (("a", ""),)),
        ("a=b=c", (("a", "b=c"),)),
        (" a = b ", ((" a ", " b "),)),
        ("a=b\r\n", (("a", "b\r"),)),
        ("a=<<EOF\n", (("a", "<<EOF"),)),
        ("a=x<<y\n", (("a", "x<<y"),)),
        ("a<<EOF\nEOF\n", (("a", ""),)),
        ("a<<EOF\nEOF", (("a", ""),)),
        ("a<<EOF\n\nEOF\n", (("a", ""),)),
        ("a<<EOF\n\n\nEOF\n", (("a", "\n"),)),
        ("a<<EOF\none\ntwo\nEOF\nb=c\n", (("a", "one\ntwo"), ("b", "c"))),
        ("a<<EOF\none\r\ntwo\r\nEOF\n", (("a", "one\r\ntwo\r"),)),
        ("a<<E=F\nx\nE=F\n", (("a", "x"),)),
        ("a<<b<<c\nx\nb<<c\n", (("a", "x"),)),
        ("a<<EOF\n EOF\nEOF \nEOF\n", (("a", " EOF\nEOF "),)),
    ],
)
def test_a_command_file_has_lines_and_blocks(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """`NAME=VALUE` and `NAME<<DELIMITER` are told apart by which sign comes first, and nothing is trimmed."""
    assert parse_pairs(text) == pairs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "Invalid format 'nothing'"),
        ("=value", "Invalid format '=value'. Name must not be empty"),
        ("<<EOF\nx\nEOF\n", "Name must not be empty and delimiter must not be empty"),
        ("a<<\nx\n\n", "Name must not be empty and delimiter must not be empty"),
        ("a<<EOF", "Invalid value. Matching delimiter not found 'EOF'"),
        ("a<<EOF\nx\n", "Invalid value. Matching delimiter not found 'EOF'"),
        ("a<<EOF\nx\nEOF\r\n", "Invalid value. Matching delimiter not found 'EOF'"),
        ("a<<EOF\nx", "Invalid value. EOF marker missing new line."),
        ("a<<EOF\nxEOF", "Invalid value. EOF marker missing new line."),
    ],
)
def test_a_malformed_command_file_is_refused(text: str, words: str) -> None:
    """The runner's own sentences say what is wrong with a command file."""
    with pytest.raises(CommandFileError) as caught:
        parse_pairs(text)

    assert words in str(caught.value)


NAMES = st.text(st.characters(exclude_characters="\n=<"), min_size=1)


@PROPERTIES
@given(st.lists(st.tuples(NAMES, st.text(st.characters(exclude_characters="\n")))))
def test_every_line_comes_back(pairs: list[tuple[str, str]]) -> None:
    """Whatever is written as `NAME=VALUE` lines is read as it was."""
    text = "".join(f"{name}={value}\n" for name, value in pairs)

    assert parse_pairs(text) == tuple(pairs)


@PROPERTIES
@given(st.lists(st.tuples(NAMES, st.text())))
def test_every_block_comes_back(pairs: list[tuple[str, str]]) -> None:
    """Whatever is written between a delimiter and its like is read as it was, line ends included."""
    text = "".join(f"{name}<<_end_\n{value}\n_end_\n" for name, value in pairs)

    assert parse_pairs(text) == tuple(pairs)


@PROPERTIES
@given(st.text(st.sampled_from("ab=<\n\r E")))
def test_a_command_file_is_read_or_refused(text: str) -> None:
    """No text breaks the reader, and no name in the answer is empty."""
    try:
        pairs = parse_pairs(text)
    except CommandFileError:
        return

    assert all(name for name, _ in pairs)


def test_paths_are_lines() -> None:
    """`GITHUB_PATH` holds a folder a line, in the order written."""
    assert parse_paths("/a\n\n/b c\n") == ("/a", "/b c")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::debug::text", Command("debug", {}, "text")),
        ("  ::DEBUG::text", Command("debug", {}, "text")),
        ("::error file=a.py,line=1::bad", Command("error", {"file": "a.py", "line": "1"}, "bad")),
        ("::error   file=a.py::bad", Command("error", {"file": "a.py"}, "bad")),
        ("::error file::bad", Command("error", {}, "bad")),
        ("::error title=a=b::bad", Command("error", {"title": "a=b"}, "bad")),
        ("::error title=a%2Cb%3Ac%25::x", Command("error", {"title": "a,b:c%"}, "x")),
        ("::add-mask::a%0Ab%0Dc%25", Command("add-mask", {}, "a\nb\rc%")),
        ("::add-mask::a%3Ab", Command("add-mask", {}, "a%3Ab")),
        ("::add-mask::%250A", Command("add-mask", {}, "%0A")),
        ("::add-mask:: a::b", Command("add-mask", {}, " a::b")),
        ("::endgroup::", Command("endgroup", {}, "")),
        ("::set-output name=x::1", Command("set-output", {"name": "x"}, "1")),
        ("##[group]tests", Command("group", {}, "tests")),
        ("2026-01-01 ##[group]tests", Command("group", {}, "tests")),
        ("##[set-output name=x;y=z]1", Command("set-output", {"name": "x", "y": "z"}, "1")),
        ("##[add-mask]a%5Db%3Bc%25", Command("add-mask", {}, "a]b;c%")),
        ("::nothing:: ##[add-mask]s", Command("add-mask", {}, "s")),
        ("::unknown::text", None),
        ("::error", None),
        ("::", None),
        ("::::", None),
        ("x ::error::bad", None),
        ("##[command]ls", None),
        ("##[error", None),
        ("text", None),
        ("", None),
    ],
)
def test_a_line_is_a_command_or_text(line: str, command: Command | None) -> None:
    """A command starts the line with `::`, or stands anywhere in it in the legacy form; its name must be known."""
    assert parse_command(line) == command


def test_a_listener_may_know_other_commands() -> None:
    """Whoever stopped the commands waits for a name of his own and for no other."""
    known = frozenset({"my-token"})

    assert parse_command("::My-Token::rest", known) == Command("my-token", {}, "rest")
    assert parse_command("::error::bad", known) is None


@PROPERTIES
@given(
    st.sampled_from(sorted(KNOWN_COMMANDS)),
    st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L"]), min_size=1),
        st.text().map(str.strip),
    ),
    st.text(),
)
def test_every_command_comes_back(name: str, properties: dict[str, str], data: str) -> None:
    """What GitHub's toolkit escapes and prints is what the runner hears."""
    listed = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    line = f"::{name} {listed}::{_escaped(data)}"

    assert parse_command(line) == Command(name, properties, data)


def _escaped(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


@PROPERTIES
@given(st.text(st.sampled_from("#[]:=,; %25errorgroup")))
def test_no_line_breaks_the_reader(line: str) -> None:
    """Every line is a known command or plain text."""
    command = parse_command(line)

    assert command is None or command.name in KNOWN_COMMANDS


@pytest.mark.parametrize(
    ("values", "text", "shown"),
    [
        (("secret",), "a secret b secret", "a *** b ***"),
        (("secret", "secret-long"), "secret-long", "***"),
        (("one\ntwo",), "two and one", "*** and ***"),
        (("one\r\ntwo",), "two\tone", "***\t***"),
        (("abc", "cde"), "xabcdey", "x***y"),
        (("aa",), "aaa", "***"),
        (("*",), "a*b", "a***b"),
        (("", " ", "\n", "\t\n "), "a b\n", "a b\n"),
        (("a b",), "a b", "***"),
        (("x",), "xyx", "***y***"),
        (("one\N{LINE SEPARATOR}two",), "one two", "one two"),
        ((), "text", "text"),
    ],
)
def test_secrets_become_stars(values: tuple[str, ...], text: str, shown: str) -> None:
    """A hidden value, each of its lines, and values that overlap are shown as three stars; blanks are no secrets."""
    assert Masks(values).apply(text) == shown


def test_a_text_may_hold_a_secret() -> None:
    """Job outputs ask whether they hold something that nobody may see."""
    masks = Masks(["secret"])

    assert masks.hides("a secret")
    assert not masks.hides("nothing")


@PROPERTIES
@given(st.lists(st.text(st.sampled_from("abc\n ")), max_size=4), st.text(st.sampled_from("abc \n")))
def test_nothing_hidden_is_left(values: list[str], text: str) -> None:
    """Between the stars stands no hidden value, and nothing that was not in the text."""
    masks = Masks(values)
    shown = masks.apply(text)

    assert not any(masks.hides(piece) for piece in shown.split(MASK))
    assert all(piece in text for piece in shown.split(MASK))
    assert masks.hides(text) == (MASK in shown)
