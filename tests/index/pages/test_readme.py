"""A README as safe HTML: what is rendered, what becomes of links and pictures, and that nothing gets through."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.pages.readme import MAX_LENGTH, is_plain, plain, render

MARKDOWN = "text/markdown"
RST = "text/x-rst"
LINK = 'rel="nofollow noopener noreferrer"'

HEADINGS = ("h3", "h4", "h5", "h6")
TAGS = frozenset(
    {
        *("a", "abbr", "aside", "b", "blockquote", "br", "caption", "cite", "code", "col", "dd"),
        *("colgroup", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "hr", "i"),
        *("input", "kbd", "li", "ol", "p", "pre", "s", "section", "small", "span", "strong", "sub"),
        *(
            "summary",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "tr",
            "tt",
            "ul",
            "var",
        ),
        *HEADINGS,
    }
)
ATTRIBUTES = frozenset(
    {
        *("align", "checked", "class", "colspan", "disabled", "href", "id", "rel", "rowspan"),
        *("start", "title", "type"),
    }
)
CLASSES = frozenset(
    {
        *("admonition", "admonition-title", "picture", "written", "note", "tip", "important"),
        *("warning", "caution", "attention", "danger", "error", "hint"),
    }
)
ADDRESS = re.compile(r"https?://|mailto:|#user-content-|\Z", re.IGNORECASE)


class Reader(HTMLParser):
    """Collects every tag and attribute of a fragment."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def assert_harmless(html: str) -> None:
    """Assert that a fragment has only tags, attributes, classes and addresses that a page allows to a README."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    for tag, attributes in reader.tags:
        assert tag in TAGS, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        assert ADDRESS.match(attributes.get("href", ""))
        assert attributes.get("id", "user-content-").startswith("user-content-")
        assert attributes.get("type", "checkbox") == "checkbox"
        for name in attributes.get("class", "").split():
            assert len(name) < 4 or name in CLASSES, name


@pytest.mark.parametrize(
    ("text", "kind", "html"),
    [
        ("# Hi *you*", MARKDOWN, '<h3 id="user-content-hi-you">Hi <em>you</em></h3>\n'),
        ("###### deep", MARKDOWN, '<h6 id="user-content-deep">deep</h6>\n'),
        ("Hi\n==\n\n*you*", RST,
         '<section id="user-content-hi">\n<h3>Hi</h3>\n<p><em>you</em></p>\n</section>\n'),
        ("plain *rst*", "", "<p>plain <em>rst</em></p>\n"),
        ("~~x~~", "text/markdown; charset=UTF-8; variant=GFM", "<p><del>x</del></p>\n"),
        ("~~x~~", "text/markdown; variant=CommonMark", "<p>~~x~~</p>\n"),
        ("~~x~~", "Text/Markdown; variant=Odd", "<p><del>x</del></p>\n"),
        ("[a](https://x.example)", MARKDOWN, f'<p><a href="https://x.example" {LINK}>a</a></p>\n'),
        ("[a](docs/a.md)", MARKDOWN, f"<p><a {LINK}>a</a></p>\n"),
        ("[a](/simple/)", MARKDOWN, f"<p><a {LINK}>a</a></p>\n"),
        ("[a](//evil.example)", MARKDOWN, f"<p><a {LINK}>a</a></p>\n"),
        ("[a](#b)", MARKDOWN, f'<p><a href="#user-content-b" {LINK}>a</a></p>\n'),
        ('<b id="content">a</b>', MARKDOWN, '<p><b id="user-content-content">a</b></p>\n'),
        ('<p class="notice warn badge">a</p>', MARKDOWN, "<p>a</p>\n"),
        ('<p align="RIGHT">a</p>', MARKDOWN, '<p align="right">a</p>\n'),
        ('<p align="justify">a</p>', MARKDOWN, "<p>a</p>\n"),
        ("```python\nif x:\n```", MARKDOWN,
         '<pre><span class="k">if</span> <span class="n">x</span><span class="p">:</span>\n</pre>\n'),
        ("- [x] a", MARKDOWN,
         '<ul>\n<li><input checked="" type="checkbox" disabled=""> a</li>\n</ul>\n'),
    ],
)  # fmt: skip
def test_a_readme_is_rendered(text: str, kind: str, html: str) -> None:
    """Headings go below those of the page, links lead out or nowhere, ids and classes are a README's own."""
    made = render(text, kind)

    assert made is not None
    # The sanitiser writes attributes in whichever order.
    assert sorted(re.split(r"(?=[ >])", made)) == sorted(re.split(r"(?=[ >])", html))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![a b](https://x.example/y.png)",
         f'<a href="https://x.example/y.png" {LINK}><span class="picture">a b</span></a>'),
        ("![](https://x.example/y.png)",
         f'<a href="https://x.example/y.png" {LINK}><span class="picture">picture</span></a>'),
        ("![a](docs/a.png)", '<span class="picture">a</span>'),
        ("![a](data:image/png;base64,AAAA)", '<span class="picture">a</span>'),
        ("[![a](https://x.example/y.svg)](https://z.example)",
         f'<a href="https://z.example" {LINK}><span class="picture">a</span></a>'),
        ('<img src="https://x.example/y" alt="&quot;><script>">',
         f'<a href="https://x.example/y" {LINK}><span class="picture">"&gt;&lt;script&gt;</span></a>'),
    ],
)  # fmt: skip
def test_pictures_are_links(text: str, html: str) -> None:
    """No picture is loaded: its words stand in its place, and lead to it where they may."""
    made = render(text, MARKDOWN)

    assert made is not None
    assert made.removeprefix("<p>").partition("</p>")[0].strip() == html


@pytest.mark.parametrize("text", ["", "x" * (MAX_LENGTH + 1), "[a]: x", "<!-- only -->"])
def test_what_cannot_be_rendered(text: str) -> None:
    """Nothing, too much, and what leaves nothing visible are not rendered."""
    assert not (render(text, MARKDOWN) or "").strip()


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/x", "???"])
def test_other_kinds_are_not_rendered(kind: str) -> None:
    """Plain text stays text, and so does whatever is no kind that PyPI knows."""
    assert is_plain(kind)
    assert render("# a", kind) is None


def test_broken_restructuredtext_is_not_rendered() -> None:
    """What docutils warns of is shown as it was written, as on PyPI."""
    assert render("a `broken <\n\n===\nx\n=", RST) is None


def test_more_html_than_a_browser_bears_is_not_made() -> None:
    """A short README that becomes very long is shown as it was written."""
    assert render("|a" * 200 + "\n" + "|-" * 200 + "\n" + "|x\n" * 2000, MARKDOWN) is None


def test_plain_text_is_escaped_and_cut() -> None:
    """A README that is text stays as it was written, but for what no page can hold."""
    assert plain('<b>\r\n"&\0\ud800') == (
        '<pre class="written">&lt;b&gt;\n&quot;&amp;\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}</pre>'
    )
    assert plain("x" * 500_000).endswith("x\n\n[…]</pre>")


ATTACKS = (
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT >",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://x.example/a' onload='alert(1)' style='position:fixed'>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<svg><script href=data:,alert(1) /></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a><a href='file:///etc/passwd'>x</a>",
    "<a href='https://x.example' target=_blank onclick=alert(1) ping=https://y.example>x</a>",
    "[x](javascript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](https://x.example/"onerror="alert(1))',
    "<style>*{display:none}</style><link rel=stylesheet href=https://x.example/a.css>",
    "<p style='background:url(https://x.example)'>x</p>",
    "<meta http-equiv=refresh content='0;url=https://x.example'><base href=https://x.example>",
    "<form action=https://x.example><input name=q><button>Sign in</button></form>",
    "<input type=text autofocus onfocus=alert(1)><input type=image src=https://x.example>",
    "<textarea></textarea><select><option>x</select>",
    "<video src=https://x.example autoplay onerror=alert(1)><audio src=x><source srcset=https://x.example>",
    "<picture><source srcset=https://x.example/a><img srcset=https://x.example/b></picture>",
    "<table background=https://x.example/a><td background=https://x.example/b>x</table>",
    "<div id=content class='notice bad topbar skip'>x</div><h1 id=files>x</h1>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<!--><img src=x onerror=alert(1)>--><!-- --!><img src=x onerror=alert(1)>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<template><script>alert(1)</script></template><slot></slot>",
    "<details open ontoggle=alert(1)><summary onclick=alert(1)>x</summary></details>",
    "</div></section></main></body></html><script>alert(1)</script>",
    "</textarea></title></style><img src=x onerror=alert(1)>",
    "<plaintext><xmp><listing><script>alert(1)</script>",
    "<b <script>alert(1)</script>0",
    "<img/src=`x`onerror=alert(1)//>",
    "<a href=https://x.example\x00javascript:alert(1)>x</a>",
    "\x00<script\x00>alert(1)</script>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "```<script>alert(1)</script>\nx\n```",
    '```python" onmouseover="alert(1)\nx\n```',
    '<pre lang="python"><code><script>alert(1)</script></code></pre>',
    '<pre lang="x"><code>&lt;script&gt;alert(1)&lt;/script&gt;</code></pre>',
    "<origin><custom-element onclick=alert(1)>",
    "<a xlink:href=javascript:alert(1)>x</a><a formaction=javascript:alert(1)>x</a>",
    "`x <javascript:alert(1)>`_",
    ".. raw:: html\n\n   <script>alert(1)</script>",
    ".. image:: javascript:alert(1)\n   :target: javascript:alert(1)\n   :alt: x",
    ".. include:: /etc/passwd",
    ".. csv-table::\n   :file: /etc/passwd",
    ".. code:: html\n\n   <script>alert(1)</script>",
    ".. container:: notice\n\n   x",
    ".. _javascript: javascript:alert(1)\n\njavascript_",
    ".. math:: <script>alert(1)</script>",
    ".. role:: topbar\n\n:topbar:`x`",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", [MARKDOWN, RST, "text/plain"])
def test_no_attack_gets_through(attack: str, kind: str) -> None:
    """Nothing runs, nothing is loaded, no address is dangerous, no element passes for one of the page."""
    made = render(attack, kind) or plain(attack)

    assert_harmless(made)
    assert "root:" not in made


_PIECES = st.sampled_from(
    [
        *("<", ">", '"', "'", "&", "`", "[", "](", ")", "![", "\n", "\n\n", "#", "*", "_", "|", "- ", "> "),
        *("<a href=", "<img src=", "<script>", "<!--", "-->", "javascript:", "https://x", " onerror=", "style="),
        *("<svg>", "<math>", "</p>", "<p class=", "id=", "<table>", "<td>", "```", ".. "),
        *("::", "   ", "x", "\x00", "\ud800"),
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=5), max_size=25), st.sampled_from([MARKDOWN, RST]))
def test_any_readme_is_harmless(pieces: list[str], kind: str) -> None:
    """Whatever is written, what is shown of it holds only what a README may have."""
    text = "".join(pieces)
    try:
        made = render(text, kind)
    except Exception:  # noqa: BLE001 - whoever calls shows the text instead
        made = None

    assert_harmless(made or plain(text))
