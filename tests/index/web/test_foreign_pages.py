"""Pages of the index behind ours, as bytes."""

from dataclasses import replace

from bonded.dists.names import ProjectName
from bonded.index.simple import HTML, JSON, Page, PageFile, render_html, render_json
from bonded.index.web.foreign_pages import ForeignPages

FILE = PageFile(filename="a-1.0.tar.gz", url="../../upstream/a/0/a-1.0.tar.gz", sha256="0")
PAGE = Page(name=ProjectName("a"), versions=["1.0"], files=[FILE])


def scope(accept: str, encoding: str = "") -> dict[str, object]:
    """Return a request."""
    headers = [(b"accept", accept.encode()), (b"accept-encoding", encoding.encode())]
    return {"type": "http", "path": "/simple/a/", "headers": headers}


def test_a_page_is_made_once_for_each_form_until_another_comes() -> None:
    """The same page, though read anew, is not made again; a file more makes it another one."""
    made: list[str] = []

    def render(page: Page, kind: str) -> bytes:
        made.append(kind)
        return render_json(page) if kind == JSON else render_html(page)

    pages = ForeignPages()
    longer = replace(PAGE, files=[FILE, replace(FILE, filename="a-1.1.tar.gz")])
    asked = [(PAGE, JSON), (replace(PAGE), JSON), (PAGE, HTML), (longer, JSON), (longer, JSON)]
    bodies = [
        pages.answer(scope(accept), (HTML, JSON), page, render).body for page, accept in asked
    ]

    assert made == [JSON, HTML, JSON]
    assert bodies[0] == bodies[1] == render_json(PAGE)
    assert bodies[3] == bodies[4] == render_json(longer)


def test_another_index_has_no_serial_here() -> None:
    """Its pages carry no serial of ours, and are packed like ours."""
    many = replace(PAGE, files=[replace(FILE, filename=f"a-{n}.tar.gz") for n in range(50)])
    answer = ForeignPages().answer(
        scope(JSON, "zstd"), (JSON,), many, lambda page, _: render_json(page)
    )
    headers = dict(answer.whole.headers)

    assert b"x-pypi-last-serial" not in headers
    assert headers[b"content-encoding"] == b"zstd"
