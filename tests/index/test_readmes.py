"""READMEs rendered by a program of their own: within its time, whatever they do to it, and each once."""

import io
import json
import sys
import threading

import pytest

from bonded.index.pages.readme import MAX_LENGTH
from bonded.index.readmes import Readmes, answer

MARKDOWN = "text/markdown"

# Renderers that do what a hostile README would make of a real one, by the text that they are given.
STANDING_STILL = "import time; time.sleep(600)"
DYING = "import sys; sys.exit(1)"
BABBLING = "print('no JSON', flush=True); input()"
ECHO = """
import json, sys
for number, line in enumerate(sys.stdin):
    print(json.dumps({"html": f"{number} {json.loads(line)['text']}"}), flush=True)
"""


def program(text: str) -> tuple[str, ...]:
    """Return a command that runs a program in place of the renderer."""
    return (sys.executable, "-I", "-c", text)


def test_a_readme_is_rendered_by_another_program() -> None:
    """The real renderer, started when it is first needed, renders one after another."""
    with Readmes(limit=60) as readmes:
        first = readmes.made("# Hi", MARKDOWN)
        second = readmes.made("Hi\n==\n", "")

        assert (first.html, first.lasting) == ('<h3 id="user-content-hi">Hi</h3>\n', True)
        assert "<h3>Hi</h3>" in second.html


def test_text_needs_no_renderer() -> None:
    """Plain text, and what is too long to be rendered, is shown as it is without asking anybody."""
    with Readmes(command=("nobody",)) as readmes:
        assert readmes.made("<b>", "text/plain").html == '<pre class="written">&lt;b&gt;</pre>'
        assert readmes.made("x" * (MAX_LENGTH + 1), MARKDOWN).html.startswith("<pre")


@pytest.mark.parametrize("wrong", [STANDING_STILL, DYING, BABBLING])
def test_a_renderer_that_gives_no_answer(wrong: str) -> None:
    """Who takes too long, dies or babbles is ended, and the README is shown as it was written, from then on."""
    with Readmes(limit=0.3, command=program(wrong)) as readmes:
        made = readmes.made("# Hi", MARKDOWN)

        assert (made.html, made.lasting) == ('<pre class="written"># Hi</pre>', True)
        assert readmes._process is None
        assert readmes.made("# Hi", MARKDOWN) == made


def test_the_renderer_starts_anew_after_a_death() -> None:
    """One README that kills the renderer does not harm the next one."""
    with Readmes(limit=60, command=program(ECHO)) as readmes:
        assert readmes.made("a", MARKDOWN).html == "0 a"
        assert readmes._process is not None
        readmes._process.kill()
        readmes._process.wait()

        assert readmes.made("b", MARKDOWN).html == "0 b"
        assert readmes.made("c", MARKDOWN).html == "1 c"


def test_the_same_readme_is_rendered_once() -> None:
    """Text and kind are the key; ten releases with one README cost one rendering."""
    with Readmes(limit=60, command=program(ECHO)) as readmes:
        texts = [readmes.made(text, kind).html for text, kind in (
            ("a", MARKDOWN), ("a", MARKDOWN), ("a", "text/x-rst"), ("a", MARKDOWN),
        )]  # fmt: skip

    assert texts == ["0 a", "0 a", "1 a", "0 a"]


def test_only_so_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not read for longest makes room."""
    monkeypatch.setattr("bonded.index.readmes._KEPT_BYTES", 8)
    with Readmes(limit=60, command=program(ECHO)) as readmes:
        made = [readmes.made(text, MARKDOWN).html for text in ("a", "b", "c", "b", "a")]

    assert made == ["0 a", "1 b", "2 c", "1 b", "3 a"]


def test_who_waits_too_long_in_line_reads_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """While as many wait as may, the next reader gets the text at once, and it is not kept."""
    with Readmes(limit=60, command=program(ECHO)) as readmes:
        taken = [readmes._places.acquire(blocking=False) for _ in range(8)]
        busy = readmes.made("# a", MARKDOWN)
        readmes._places.release()

        assert taken == [True] * 8
        assert (busy.html, busy.lasting) == ('<pre class="written"># a</pre>', False)
        assert readmes.made("# a", MARKDOWN).html == "0 # a"


def test_many_readers_at_once() -> None:
    """Each gets the rendering of its own README."""
    made: dict[str, str] = {}
    with Readmes(limit=60, command=program(ECHO)) as readmes:

        def read(text: str) -> None:
            made[text] = readmes.made(text, MARKDOWN).html.partition(" ")[2]

        threads = [threading.Thread(target=read, args=(f"text{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert made == {text: text for text in made}
    assert len(made) == 8


def test_the_renderer_s_own_end() -> None:
    """It answers line by line, and null where there is no HTML, whatever was raised."""
    jobs = [
        {"text": "# Hi", "type": MARKDOWN},
        {"text": "x `broken <\n\n===", "type": ""},
        {"text": None, "type": ""},
        {"text": "lone \ud800", "type": MARKDOWN},
    ]
    told = io.BytesIO()
    answer(io.BytesIO(b"".join(json.dumps(job).encode() + b"\n" for job in jobs)), told)
    lines = [json.loads(line)["html"] for line in told.getvalue().splitlines()]

    assert lines[0] == '<h3 id="user-content-hi">Hi</h3>\n'
    assert lines[1:3] == [None, None]
    assert len(lines) == 4
