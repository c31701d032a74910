"""The pages in a real browser: light and dark, wide and narrow, by keyboard, without a complaint or another server.

It is Debian's Chromium, driven by playwright. Where there is none, these tests are skipped and say so; where the
variable `BONDED_BROWSER` is `required`, they fail instead.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from index_world import NOW, World, serving, world
from pages_world import METADATA, PROOF, README, file, publish

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("BONDED_BROWSER") == "required"
QUIET = (
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Root cannot have the sandbox, nor can others on some machines of CI; these pages are our own.
    "--no-sandbox",
)
LONG = "a-name-" * 14 + "end"
DARKEST, LIGHTEST = "rgb(18, 22, 27)", "rgb(245, 243, 238)"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED,
    reason="no Chromium here: install the package `chromium` of Debian or Ubuntu",
)

# What WCAG 2 calls contrast, computed in the page for every piece of text that is seen: the worst is returned.
WORST_CONTRAST = """() => {
  const channel = c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim(), at = walk.currentNode.parentElement;
    if (!text || !at.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(at).color)), light(ground(at))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst[0]) worst = [ratio, text];
  }
  return worst;
}"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An index with a project that has everything, one that has too much, and one that means no good."""
    with world(tmp_path_factory.mktemp("index")) as opened:
        for number, version in enumerate(("1.0", "1.1", "1.2rc1")):
            yanked = "breaks on Windows" if version == "1.1" else None
            old = file(f"greeter-{version}.tar.gz", uploaded=NOW - 9e6 + number, yanked=yanked)
            publish(opened, [old], METADATA)
        new = [file(f"greeter-1.4.0{end}", proof=PROOF) for end in ("-py3-none-any.whl", ".tar.gz")]
        publish(opened, new, METADATA)
        tags = [f"cp3{minor}-cp3{minor}-linux_{at}" for minor in range(25) for at in range(20)]
        many = [file(f"many-2.0-{tag}.whl") for tag in tags]
        publish(opened, many, {"summary": "Five hundred files", "description": README * 3})
        publish(
            opened,
            [file(f"{LONG.replace('-', '_')}-1.0.tar.gz")],
            {
                "summary": "x" * 400,
                "description": "<script>alert(1)</script><img src=https://evil.example/a.png onerror=alert(1)>"
                '<h1 style="position:fixed" onclick="alert(1)">x</h1><a href="javascript:alert(1)">y</a>\n\n'
                "# 🎉 שלום\n\n![p](https://evil.example/b.png)\n\n| " + "wide | " * 60 + "\n| " + "--- | " * 60,
                "description_content_type": "text/markdown",
                "project_urls": {"L" * 80: "https://" + "long." * 30 + "example"},
                "keywords": ["k" * 120],
            },
        )  # fmt: skip
        yield opened


@pytest.fixture(scope="module")
def address(shelf: World) -> Iterator[str]:
    """Serve the index on loopback."""
    with serving(shelf.index.app) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None, "BONDED_BROWSER=required, and there is no Chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@contextmanager
def visiting(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """Give a page of a new visitor; whatever it complains of, or asks of others, fails in the end."""
    complaints: list[str] = []
    asked: list[str] = []
    context = browser.new_context(base_url=address, **options)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    try:
        yield page
    finally:
        context.close()
    assert complaints == []
    assert asked
    assert not [url for url in asked if not url.startswith(f"{address}/")]


PLACES = ("/", "/search?q=greet", "/project/greeter/", "/project/greeter/1.1/", "/project/many/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", [*PLACES, f"/project/{LONG}/"])
def test_pages_fit_and_can_be_read(
    browser: Any, address: str, path: str, width: int, scheme: str
) -> None:
    """Nothing is wider than the window, every text has a contrast of at least 4.5, and nothing else is asked for."""
    size = {"width": width, "height": 800}
    with visiting(browser, address, color_scheme=scheme, viewport=size) as page:
        page.goto(path)
        ratio, text = page.evaluate(WORST_CONTRAST)

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert ratio >= 4.5, text
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == (DARKEST if scheme == "dark" else LIGHTEST)
        assert page.locator("h1").count() == 1
        assert page.title()


def test_everything_can_be_done_by_keyboard(browser: Any, address: str) -> None:
    """From the first page: type, Enter, Tab to the project, Enter, skip to the content, open a file's hashes."""
    with visiting(browser, address) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Tab")
        page.keyboard.type("greet")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=greet")
        page.locator(".found a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/project/greeter/")

        summary = page.locator(".file summary").first
        summary.focus()
        assert not page.get_by_text("SHA-256").first.is_visible()
        page.keyboard.press("Enter")
        page.get_by_text("SHA-256").first.wait_for(state="visible")
        assert page.get_by_text("104729").first.is_visible()


def test_pages_need_no_javascript(browser: Any, address: str) -> None:
    """With JavaScript off, searching, reading and unfolding work in the same way."""
    with visiting(browser, address, java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_role("searchbox").fill("five hundred")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="many").click()

        page.wait_for_load_state()  # of five hundred files the last may still be on its way
        assert page.get_by_role("heading", level=1).inner_text() == "many 2.0"
        page.locator(".file summary").last.click()
        page.locator(".digest").last.wait_for(state="visible")


def test_a_hostile_readme_does_nothing(browser: Any, address: str) -> None:
    """Its script is text or gone, its pictures are links, and no other server hears of the reader."""
    with visiting(browser, address) as page:
        page.goto(f"/project/{LONG}/")

        assert (
            page.locator(".readme script, .readme img, .readme [style], .readme [onclick]").count()
            == 0
        )
        assert page.locator(".readme a[href^='https://evil.example']").count() == 2
        assert page.locator("a[href^='javascript']").count() == 0


def test_the_policy_holds_even_where_the_sanitiser_would_fail(browser: Any, address: str) -> None:
    """A script and a picture that are put into a page are refused by the browser itself."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/project/greeter/")
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(f"{request.url} {request.failure}"))
    page.evaluate(
        """() => {
          document.body.insertAdjacentHTML("beforeend", "<img src='https://evil.example/a' onerror='window.ran = 1'>");
          const script = document.createElement("script");
          script.textContent = "window.ran = 2";
          document.body.append(script);
        }"""
    )
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran") is None
    assert refused == ["https://evil.example/a csp"]
    assert sum("Content Security Policy" in one for one in complaints) >= 2
    context.close()


def test_an_error_is_a_page(browser: Any, address: str) -> None:
    """Whoever follows a dead link can search at once."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    response = page.goto("/project/nobody/")

    assert response.status == 404
    assert page.get_by_role("heading", level=1).inner_text() == "Not Found"
    assert page.get_by_role("searchbox").is_visible()
    context.close()


def test_commands_are_selected_at_once(browser: Any, address: str) -> None:
    """A click on a command selects all of it, to be copied without a script."""
    with visiting(browser, address) as page:
        page.goto("/project/greeter/")
        page.locator(".install code").last.click()

        selected = page.evaluate("getSelection().toString()")
        assert selected == f"pip install --index-url {address}/simple/ greeter"


def test_a_page_can_be_printed(browser: Any, address: str, tmp_path: Path) -> None:
    """On paper there are no search fields, and the ground is white whatever the screen's is."""
    with visiting(browser, address, color_scheme="dark") as page:
        page.goto("/project/greeter/")
        page.emulate_media(media="print")

        assert not page.get_by_role("searchbox").is_visible()
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert page.pdf().startswith(b"%PDF")
