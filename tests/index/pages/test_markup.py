"""Pages as HTML: every text that strangers wrote stays text, wherever it stands."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.attestations.identities import Identity
from bonded.dists.names import ProjectName
from bonded.index.model import Found, Outline, Project, Release
from bonded.index.pages.markup import (
    Results,
    assets,
    error_html,
    home_html,
    project_html,
    results_html,
)
from bonded.index.pages.project import History, history_of, project_page
from bonded.index.pages.site import Site
from index_world import NOW
from pages_world import METADATA, PROOF, PROVED, file

SITE = Site(title="The stage", trusts_publishers=True)
ORIGIN = "https://packages.example"
NAME = ProjectName("greeter")


class Shape(HTMLParser):
    """Collects what a page is made of: its tags with their attributes' names, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def project(text: str = "x", *, readme: str = "<p>read me</p>", **metadata: object) -> bytes:
    """Return a project's page on which this text stands wherever a stranger can put one."""
    fields = {
        **METADATA,
        "summary": text,
        "author": text,
        "license": text,
        "license_expression": text,
        "requires_python": text,
        "keywords": [text],
        "requires_dist": [text],
        "provides_extra": [text],
        "classifiers": [text, f"{text} :: {text}"],
        "project_urls": {text: text, f"{text} 2": "https://x.example/a"},
        "home_page": text,
        **metadata,
    }
    publisher = Identity(kind="GitHub", fields=(("repository", text), ("workflow", text)))
    attestation = replace(PROVED, commit=text, ref=text, run=text, predicate_type=text)
    proof = replace(PROOF, publisher=publisher, attestations=(attestation, attestation))
    bent = {"publisher": text, "yanked": text, "requires_python": text, "packagetype": text}
    files = (
        file("greeter-1.0-py3-none-any.whl", proof=proof, python_version=text, **bent),
        file("greeter-1.0.tar.gz", yanked="", publisher=None, metadata_sha256=None),
    )
    page = project_page(
        Project(name=NAME, display=text, status="archived", reason=text),
        history_of(
            [Outline(version=f"1.{minor}", files=1, yanked=0, since=NOW) for minor in range(40)]
        ),
        Release(project=NAME, version="1.0", metadata=fields),
        files,
        pinned=True,
    )
    return project_html(SITE, page, readme, ORIGIN)


_HOSTILE = st.text(
    alphabet=st.sampled_from("<>\"'&/= \n\t\x00{}%x-`\u202e\ud800:;()") | st.characters(),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(_HOSTILE)
def test_no_text_breaks_out_of_its_element(text: str) -> None:
    """A page has the same elements and attributes whatever strangers wrote, and no address that runs something."""
    # What strips to nothing, or is a link, is shown in another way; with a mark at both ends it is neither.
    shape, usual = Shape(project(f"!{text}!")), Shape(project("!x!"))

    assert shape.tags == usual.tags
    assert all(re.match(r"https?://|mailto:|/|#", link) for link in shape.links)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</title></style></textarea><script>alert(1)</script>",
        "javascript:alert(1)",
        "{{ 7 * 7 }}{% raw %}",
        "<!-- x",
        "]]>",
        "\u202egnp.exe",
    ],
)
def test_attacks_are_shown_as_text(attack: str) -> None:
    """What somebody wrote is there to be read, and does nothing."""
    page = project(f"!{attack}!")

    assert f"!{attack}!" in Shape(page).text
    assert b"<script" not in page
    assert b"onerror=" not in re.sub(rb"&[^;]+;[^<]*", b"", page)


@settings(max_examples=30, deadline=None)
@given(_HOSTILE)
def test_other_pages_escape_too(text: str) -> None:
    """Titles, messages, queries and summaries stay text on every page."""
    found = [Found(name=NAME, display=text, summary=text, version=text, at=NOW)]
    results = Results(query=text, total=60, is_cut=False, shown=found, page=2, pages=3)

    def shapes(text: str) -> list[list[tuple[str, tuple[str, ...]]]]:
        site = replace(SITE, title=text)
        one = [replace(found[0], display=text, summary=text, version=text)]
        pages = (
            home_html(site, one, ORIGIN),
            results_html(site, replace(results, query=text, shown=one)),
            error_html(site, 404, text, text),
        )
        return [Shape(page).tags for page in pages]

    assert shapes(text) == shapes("x")


def test_a_project_without_anything() -> None:
    """A page can be made of a project that declares nothing, and of one that has no release."""
    bare = project_page(
        Project(name=NAME, display="greeter"),
        history_of([Outline(version="1.0", files=0, yanked=0, since=None)]),
        Release(project=NAME, version="1.0"),
        (),
        pinned=False,
    )
    none = project_page(Project(name=NAME, display="greeter"), History(), None, (), pinned=False)

    assert "This release has no description." in Shape(project_html(SITE, bare, "", "")).text
    assert "This release has no files any more." in Shape(project_html(SITE, bare, "", "")).text
    assert "Nothing of this project is published yet." in Shape(project_html(SITE, none, "", "")).text  # fmt: skip


def test_a_project_says_how_to_install_it() -> None:
    """Commands have the address of the index, and the version where a reader asked for one."""
    text = Shape(project()).text

    assert f"uv add --index the-stage={ORIGIN}/simple/ greeter==1.0" in text
    assert f"pip install --index-url {ORIGIN}/simple/ greeter==1.0" in text


@pytest.mark.parametrize(
    ("upstream", "trusts", "said", "unsaid"),
    [
        (True, True, ["default = true", "Another index stands behind", "--trusted-publishing always"],
         ["no other behind it"]),
        (False, False, ["no other behind it", "twine upload --repository-url"],
         ["default = true", "--trusted-publishing", "trusted publishers"]),
    ],
)  # fmt: skip
def test_home_says_what_this_index_does(
    upstream: bool,  # noqa: FBT001 - a column of the table
    trusts: bool,  # noqa: FBT001 - a column of the table
    said: list[str],
    unsaid: list[str],
) -> None:
    """Whether another index is behind, whether CI needs a token, and the settings of uv and pip."""
    site = Site(title="Our Packages!", has_upstream=upstream, trusts_publishers=trusts)
    text = Shape(home_html(site, (), ORIGIN)).text

    assert all(words in text for words in said)
    assert not [words for words in unsaid if words in text]
    assert f'name = "our-packages"\nurl = "{ORIGIN}/simple/"\n' in text
    assert f"index-url = {ORIGIN}/simple/" in text
    assert "Nothing is published here yet." in text


def test_an_index_that_nobody_can_name() -> None:
    """A title without a letter that programs know, and a request without a host, still make a page."""
    text = Shape(home_html(Site(title="包"), (), "")).text

    assert 'name = "index"\nurl = "https://the-address-of-this-index/simple/"' in text


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (Results(query="", total=0, is_cut=False, shown=(), page=1, pages=1), "Type the beginning"),
        (Results(query="x", total=0, is_cut=False, shown=(), page=1, pages=1), "No project has"),
        (Results(query="x", total=1, is_cut=False, shown=(), page=1, pages=1), "One project for"),
        (Results(query="x", total=9, is_cut=False, shown=(), page=1, pages=1), "9 projects for"),
        (Results(query="x", total=9, is_cut=True, shown=(), page=1, pages=1), "More than 9 "),
        (Results(query="x y", total=99, is_cut=False, shown=(), page=1, pages=4), "Page 1 of 4"),
    ],
)
def test_results_say_how_many(results: Results, said: str) -> None:
    """What was found is counted in words, and pages lead to each other."""
    page = results_html(replace(SITE, has_upstream=True), results)

    assert said in Shape(page).text
    assert (b"/search?q=x+y&amp;page=2" in page) == (results.pages > 1)
    assert b"page=0" not in page


def test_files_beside_the_pages() -> None:
    """Style sheet and icon are named after their bytes, and the pages ask for those names."""
    names = sorted(assets())
    page = error_html(SITE, 404, "Not Found", "x")

    assert [re.sub(r"\.[0-9a-f]{16}\.", ".", name) for name in names] == ["icon.svg", "pages.css"]
    assert all(f"/assets/{name}".encode() in page for name in names)
    assert {asset.media_type for asset in assets().values()} == {
        *("text/css; charset=utf-8", "image/svg+xml")
    }


def test_no_class_of_a_page_is_a_readme_s() -> None:
    """READMEs may have classes of at most three letters; those of the pages are longer."""
    (css,) = (asset.data for name, asset in assets().items() if name.endswith(".css"))
    rules = re.findall(r"^([^@{}/]*)\{", css.decode(), re.MULTILINE)
    own = [rule for rules_ in rules for rule in rules_.split(",") if ".readme" not in rule]

    assert len(own) > 50
    assert not [rule for rule in own if re.search(r"\.[a-z][a-z0-9]{0,2}(?![\w-])", rule)]
