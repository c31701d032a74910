"""Dependency confusion: with one oracle. A name that is ours must never leave this index, by whatever address.

The index behind has a page, a file and a description for every name that is asked for, and writes down every request.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonded.dists.names import ProjectName
from bonded.index.policies import Names
from bonded.index.settings import Settings
from index_world import World, github, serving, wheel_offer, world
from upstream_world import DATA, SHA256, at, page

JSON = "application/vnd.pypi.simple.v1+json"
OURS = Names(own=frozenset({ProjectName("secret-lib")}), reserved=frozenset({"acme-"}))
METHODS = ("GET", "HEAD")


class Greedy:
    """An index that has everything, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def app(self) -> Starlette:
        """Return it as an app."""
        return Starlette(routes=[Route("/{rest:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        """Have it."""
        path = request.url.path
        self.asked.append(path)
        if path.startswith("/simple/"):
            body, kind = page(path.rstrip("/").rpartition("/")[2])
            return Response(body, media_type=kind)
        return Response(DATA)


@pytest.fixture(scope="module")
def greedy() -> Iterator[tuple[Greedy, World]]:
    """Give the oracle, and our index before it, with a project, a deleted one, and one that is waited for."""
    import tempfile

    with ExitStack() as stack:
        other = Greedy()
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(serving(other.app()))
        stage = stack.enter_context(world(data, upstream=at(f"{address}/simple/"), names=OURS))
        assert stage.upload(wheel_offer()).status_code == 200
        stage.index.issue_token([ProjectName("once-here")], lifetime=900)
        ledger, now = stage.index._ledger, stage.clock.now
        with stage.index._records.writing() as book:
            book.delete_project(ProjectName("once-here"), now, by="me")
        ledger.add_pending(github(), "soon-here", now, by="me")
        yield other, stage


def surfaces(name: str) -> Sequence[str]:
    """Return every address at which something of a project might be had."""
    wheel = f"{name}-1.0-py3-none-any.whl"
    digest = hashlib.blake2b(DATA, digest_size=32).hexdigest()
    return (
        f"/simple/{name}",
        f"/simple/{name}/",
        f"/simple/{name}/?x=1",
        f"//simple/{name}/",
        f"/simple/./{name}/",
        f"/upstream/{name}/{SHA256}/{wheel}",
        f"/upstream/{name}/{SHA256}/{wheel}.metadata",
        f"/upstream/{name}/{SHA256}/{wheel}.provenance",
        f"/upstream/helper/../{name}/{SHA256}/{wheel}",
        f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{wheel}",
        f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{wheel}.metadata",
        f"/pypi/{name}/json",
        f"/pypi/{name}/1.0/json",
        f"/integrity/{name}/1.0/{wheel}/provenance",
        f"/project/{name}/",
        f"/project/{name}/1.0/",
        f"/?q={name}",
        f"/search?q={name}",
        "/simple/",
    )


SPELLINGS = {
    "greeter": ("greeter", "Greeter", "GREETER", "gree%74er"),
    "secret-lib": (
        "secret-lib",
        "Secret_Lib",
        "secret.lib",
        "secret--lib",
        "SECRET-._LIB",
        "secret%2Dlib",
        "secret%5Flib",
        "secret%2elib",
        "%73ecret-lib",
    ),
    "acme-anything": ("acme-anything", "ACME_x", "acme.y", "acme-.-z", "acme%2Dx", "a%63me-x"),
    "once-here": ("once-here", "Once.Here", "once_here"),
    "soon-here": ("soon-here", "Soon__Here", "soon%2Ehere"),
}


@pytest.mark.parametrize("spelling", [one for many in SPELLINGS.values() for one in many])
def test_no_surface_asks_for_what_is_ours(greedy: tuple[Greedy, World], spelling: str) -> None:
    """Own, reserved, present, deleted and waited-for names are looked up nowhere, in any spelling, by any address."""
    other, stage = greedy
    other.asked.clear()

    for path in surfaces(spelling):
        for method in METHODS:
            for accept in ("", JSON, "text/html", "application/json"):
                answer = stage.client.request(method, path, headers={"accept": accept})
                assert answer.status_code < 500
                assert DATA not in answer.content

    assert other.asked == []


def test_following_our_own_redirects_asks_nobody(greedy: tuple[Greedy, World]) -> None:
    """Where an address is put right by a redirect, the right one is as closed."""
    other, stage = greedy
    other.asked.clear()

    for spelling in SPELLINGS["acme-anything"] + SPELLINGS["secret-lib"]:
        answer = stage.client.get(f"/simple/{spelling}", follow_redirects=True)
        assert answer.status_code == 404

    assert other.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "\u017fecret-lib",
        "secret\u2010lib",
        "secret-l\u00edb",
        "\uff41cme-x",
        "acme\u2011x",
        "acme-x\u200b",
        "acme-x\x00",
        "acme-x\n",
        "acme-x/..",
        "../acme-x",
        "acme-x%00",
        "acme-x;y",
        "acme-x@1",
        "acme-x#",
        " acme-x",
        "-acme-x",
        "xn--acme-x/",
        "%",
        "%ff",
        "a" * 300,
    ],
)
def test_what_can_be_no_name_is_asked_of_nobody(greedy: tuple[Greedy, World], text: str) -> None:
    """Look-alikes in Unicode, control characters, and paths in names are no names, so they go nowhere."""
    other, stage = greedy
    other.asked.clear()

    for raw in (quote(text, safe=""), quote(text, safe="%/")):
        for path in surfaces(raw):
            assert stage.client.get(path).status_code < 500

    # With `..`, an address may be that of a project that really is called so.
    assert set(other.asked) <= {"/simple/helper/", f"/simple/{SHA256}/"}


@examples(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["acme-", "ACME_", "aCme.", "acme-_."]),
    st.from_regex(r"\A[A-Za-z0-9._-]{0,6}[A-Za-z0-9]\Z"),
    st.integers(0, 2**20),
)
def test_no_spelling_of_a_reserved_name_gets_out(
    greedy: tuple[Greedy, World], prefix: str, rest: str, mask: int
) -> None:
    """However letters, separators and percent signs are mixed, the oracle hears nothing."""
    other, stage = greedy
    other.asked.clear()
    spelt = "".join(
        f"%{ord(sign):02x}" if mask >> place & 1 else sign
        for place, sign in enumerate(prefix + rest)
    )

    stage.client.get(f"/simple/{spelt}/")
    stage.client.get(f"/upstream/{spelt}/{SHA256}/x-1.0.tar.gz")

    assert other.asked == []


def test_the_oracle_hears_of_what_is_not_ours(greedy: tuple[Greedy, World]) -> None:
    """Names beside ours are looked up, so the silence above means something."""
    other, stage = greedy
    other.asked.clear()

    for name in ("acme", "acmetools", "secret", "greeters", "once-here-too", "soon"):
        assert stage.client.get(f"/simple/{name}/").status_code == 200

    assert other.asked == [
        f"/simple/{name}/"
        for name in ("acme", "acmetools", "secret", "greeters", "once-here-too", "soon")
    ]


def test_a_page_of_another_name_brings_no_file_of_ours(greedy: tuple[Greedy, World]) -> None:
    """A stranger's page cannot smuggle in a file under a name that is ours."""
    _, stage = greedy

    shown = stage.client.get("/simple/bystander/", headers={"accept": JSON}).json()
    smuggled = stage.client.get(f"/upstream/bystander/{SHA256}/acme_x-1.0-py3-none-any.whl")

    assert [file["filename"] for file in shown["files"]] == ["bystander-1.0-py3-none-any.whl"]
    assert smuggled.status_code == 404


def test_there_is_nothing_behind_an_index_without_upstream(tmp_path: Path) -> None:
    """By default nothing is looked up anywhere, and no name needs to be kept at home."""
    settings = Settings.__dataclass_fields__

    assert settings["upstream"].default is None
    with world(tmp_path) as stage:
        assert stage.client.get("/simple/helper/").status_code == 404
        assert stage.client.get(f"/upstream/helper/{SHA256}/x.whl").status_code == 404
