from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from bonded.rehearsal.actions.identity import fetch_id_token, mint, request
from bonded.rehearsal.actions.role import Call, StandIn, StepFailed
from stage_world import ACCESS, World

NOTHING = StandIn(names=("octo/act",), inputs={}, act=lambda _call: None)
UPLOAD = "https://index.example/legacy/"
Answers = dict[str, Any]
GOOD: Answers = {
    "/_/oidc/audience": {"audience": "pypi & co"},
    "/idtoken": {"count": 1, "value": "id-token"},
    "/_/oidc/mint-token": {"token": "upload-token", "success": True},
}


class Net:
    """The network as a client sees it: answers by path, and what was asked."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.asked.append(request)
        answer = self.answers[request.url.path]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return httpx2.Response(502, content=answer)
        return httpx2.Response(200, json=answer)

    def client(self) -> httpx2.Client:
        """Return a client in this network."""
        return httpx2.Client(transport=httpx2.MockTransport(self))


@pytest.fixture
def on(world: World) -> Callable[[Answers], tuple[Net, Call]]:
    """Return the network of these answers and a call that may have an ID token."""

    def make(answers: Answers) -> tuple[Net, Call]:
        net = Net(GOOD | answers)
        world.theatre.client = net.client
        return net, world.call(NOTHING, identity=ACCESS)

    return make


def test_an_upload_token_is_minted(world: World, on: Callable[[Answers], tuple[Net, Call]]) -> None:
    """Audience, ID token, exchange: the requests that every client makes, and both tokens are masked."""
    net, call = on({})

    assert mint(call, UPLOAD) == "upload-token"
    assert [(one.method, str(one.url)) for one in net.asked] == [
        ("GET", "https://index.example/_/oidc/audience"),
        ("GET", f"{ACCESS.request_url}&audience=pypi%20%26%20co"),
        ("POST", "https://index.example/_/oidc/mint-token"),
    ]
    assert net.asked[1].headers["authorization"] == "bearer request-token"
    assert net.asked[2].read() == b'{"token":"id-token"}'
    assert world.masked == ["id-token", "upload-token"]


def test_without_the_permission_there_is_no_token(world: World) -> None:
    """GitHub gives no request address to a job without `id-token: write`."""
    with pytest.raises(StepFailed) as caught:
        fetch_id_token(world.call(NOTHING), "pypi")

    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in caught.value.message
    assert "job 'publish'" in caught.value.hint


REFUSAL = {"message": "m", "errors": [{"code": "invalid-publisher", "description": "no match"}]}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"/_/oidc/audience": {"detail": "Not Found"}}, "does not support trusted publishing"),
        ({"/idtoken": {"message": "no"}}, "answered without a token"),
        ({"/_/oidc/mint-token": REFUSAL}, "* `invalid-publisher`: no match"),
        ({"/_/oidc/mint-token": {"errors": ["odd"]}}, "the server refused the request"),
        ({"/_/oidc/mint-token": {"errors": "odd"}}, "the server refused the request"),
        ({"/_/oidc/mint-token": {}}, "the server refused the request"),
        ({"/_/oidc/audience": b"<html>"}, "no usable answer from index.example"),
        ({"/_/oidc/audience": b"\xff"}, "no usable answer from index.example"),
        ({"/_/oidc/audience": [1]}, "not a JSON object"),
        ({"/_/oidc/audience": httpx2.ConnectError("refused")}, "index.example: refused"),
    ],
)
def test_an_exchange_may_fail(
    on: Callable[[Answers], tuple[Net, Call]], answers: Answers, words: str
) -> None:
    """Whatever a server answers, the step fails with a sentence about it."""
    _, call = on(answers)

    with pytest.raises(StepFailed) as caught:
        mint(call, UPLOAD)

    assert words in caught.value.message


@pytest.mark.parametrize("url", ["https://", "legacy", "https://[bad/", "ftp://x/", ""])
def test_an_address_may_be_none(world: World, url: str) -> None:
    """A text that is no address fails the step too."""
    with pytest.raises(StepFailed, match="is not the address of an index"):
        mint(world.call(NOTHING), url)


def test_a_host_may_be_none(world: World) -> None:
    """A host that no client can ask fails the step."""
    world.theatre.client = httpx2.Client
    with pytest.raises(StepFailed, match="no usable answer from a b"):
        request(world.call(NOTHING), "GET", "https://a b/")
