"""One page in two renderings that say the same."""

import json
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.model import Project
from bonded.index.simple import (
    Listed,
    Page,
    PageFile,
    index_html,
    index_json,
    project_page,
    render_html,
    render_json,
    to_json,
)

ORIGIN = "https://packages.example"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
FILE = st.builds(
    PageFile,
    filename=TEXT,
    url=st.sampled_from(["../../packages/aa/bb/c.whl", "../../packages/x&y"]),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    version=st.sampled_from(["1.0", "2.0rc1", "10"]),
    requires_python=st.none() | TEXT,
    size=st.none() | st.integers(0, 1 << 40),
    upload_time=st.none() | st.just("2027-01-15T08:00:00Z"),
    yanked=st.none() | TEXT,
    core_metadata=st.none() | st.just("ab" * 32),
    provenance=st.none() | st.just("/integrity/a/1/a&b/provenance"),
)


class Links(HTMLParser):
    """What a reader of HTML finds."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[dict[str, Any]] = []
        self.metas: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and what the page says of itself."""
        given = dict(attrs)
        if tag == "a":
            self.files.append({**given, "text": ""})
        if tag == "meta" and "name" in given:
            self.metas[str(given["name"])] = given["content"]

    def handle_data(self, data: str) -> None:
        """Note the text of a link."""
        if self.files and self.lasttag == "a":
            self.files[-1]["text"] += data.rstrip("\n ")


@settings(max_examples=80, deadline=None)
@given(st.lists(FILE, max_size=3), st.sampled_from(["active", "archived"]), TEXT)
def test_both_renderings_say_the_same(files: list[PageFile], status: str, reason: str) -> None:
    """Whatever the texts are, a reader of HTML and one of JSON learn the same of every file."""
    page = Page(name=ProjectName("a"), status=status, reason=reason, serial=5, files=files)
    said = json.loads(render_json(page, ORIGIN))
    links = Links()
    links.feed(render_html(page, ORIGIN).decode())

    assert links.metas["pypi:project-status"] == said["project-status"]["status"]
    assert links.metas.get("pypi:project-status-reason", "") == said["project-status"].get(
        "reason", ""
    )
    assert len(links.files) == len(said["files"])
    for link, file in zip(links.files, said["files"], strict=True):
        digest = file["core-metadata"] and f"sha256={file['core-metadata']['sha256']}"
        yanked = file["yanked"]
        assert link["href"] == f"{file['url']}#sha256={file['hashes']['sha256']}"
        assert link.get("data-requires-python", "") == (file["requires-python"] or "")
        assert link.get("data-yanked") == (
            None if yanked is False else "" if yanked is True else yanked
        )
        assert link.get("data-core-metadata", False) == digest
        assert link.get("data-dist-info-metadata", False) == digest
        assert link.get("data-provenance") == file["provenance"]


@settings(max_examples=40, deadline=None)
@given(st.lists(FILE, max_size=3))
def test_json_is_compact_sorted_and_not_escaped(files: list[PageFile]) -> None:
    """As PyPI writes it, so that the same facts are the same bytes."""
    body = render_json(Page(name=ProjectName("a"), serial=5, files=files), ORIGIN)
    plain = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert body.decode() == f"{plain}\n"
    assert to_json({"ü": [True, None], "a": 1.5}) == '{"a":1.5,"ü":[true,null]}\n'.encode()


def test_files_stand_in_the_order_of_versions() -> None:
    """By version and then by name; versions without files are not there."""
    names = ["a-1.10.whl", "b-1.9.whl", "a-1.9.whl", "a-1.9rc1.whl"]
    files = [
        PageFile(filename=name, url="u", sha256="0", version=name[2:].removesuffix(".whl"))
        for name in names
    ]
    page = project_page(Project(name=ProjectName("a"), display="A"), files)

    assert [file.filename for file in page.files] == [names[3], names[2], names[1], names[0]]
    assert page.versions == ["1.9rc1", "1.9", "1.10"]


def test_the_list_comes_piece_by_piece() -> None:
    """One piece for each batch, whatever is in them; together they are one document."""
    batches = [
        [Listed(name="a", display="A&B", serial=1)],
        [],
        [Listed(name="c", display="C", serial=2)],
    ]
    listed = json.loads(b"".join(index_json(batches, 9)))
    html = b"".join(index_html(batches, 9)).decode()

    assert listed == {
        "meta": {"_last-serial": 9, "api-version": "1.4"},
        "projects": [{"_last-serial": 1, "name": "A&B"}, {"_last-serial": 2, "name": "C"}],
    }
    assert json.loads(b"".join(index_json([], 0)))["projects"] == []
    assert '<a href="a/">A&amp;B</a><br />' in html
    assert html.endswith("</html>\n<!--SERIAL 9-->")
