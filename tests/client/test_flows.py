"""The conversations with a mint, played with answers written down."""

import pytest

from bonded.client.flows import Doors, Minted, Patience, audience, burn, discover, exchange
from bonded.client.messages import (
    Answer,
    Ask,
    Identify,
    Identity,
    Outcome,
    Refused,
    Reply,
    Unreached,
    Wait,
)
from bonded.client.target import parse_target
from client_world import TARGET, answer, played

ORIGIN = "https://index.example"
USUAL = Doors(
    audience_url=f"{ORIGIN}/_/oidc/audience",
    mint_url=f"{ORIGIN}/_/oidc/mint-token",
    burn_url=f"{ORIGIN}/_/oidc/burn-token",
)
PYTP = "application/vnd.pypi.pytp.v1+json"
SOON = Patience(tries=3, first=1.0, longest=4.0)


def said(**bent: object) -> Answer:
    """Return what an index says by PEP 807."""
    good: dict[str, object] = {
        "audience-endpoint": f"{ORIGIN}/a",
        "token-mint-endpoint": f"{ORIGIN}/m",
    }
    body = {name: value for name, value in (good | bent).items() if value is not ...}
    return answer(200, body, content_type=f"{PYTP}; charset=utf-8")


@pytest.mark.parametrize(
    "first",
    [answer(status) for status in (204, 301, 400, 401, 403, 404, 405, 406, 410, 415, 501)]
    + [answer(200, {"any": "page"}), Answer(status=200, body=b"<html>")],
    ids=lambda one: str(one.status),
)
def test_an_index_that_does_not_know_pep_807_is_asked_as_pypi(first: Answer) -> None:
    """Whatever a server answers that has never heard of it, the usual addresses are taken."""
    found, wanted = played(discover(TARGET, SOON), first)

    assert found == USUAL
    assert isinstance(wanted[0], Ask)
    assert wanted[0].url == f"{ORIGIN}/.well-known/pytp?discover=%2Flegacy%2F"
    assert wanted[0].headers["accept"] == PYTP


def test_an_index_names_its_doors() -> None:
    """What PEP 807 says is followed; the address that burns is the usual one."""
    found, _ = played(discover(TARGET, SOON), said())

    assert found == Doors(
        audience_url=f"{ORIGIN}/a", mint_url=f"{ORIGIN}/m", burn_url=USUAL.burn_url
    )


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"token-mint-endpoint": "https://elsewhere.example/m"}, "expected an address at"),
        ({"audience-endpoint": "http://index.example/a"}, "plain http"),
        ({"audience-endpoint": f"{ORIGIN}:8443/a"}, "expected an address at"),
        ({"audience-endpoint": "//index.example/a"}, "not an address"),
        ({"audience-endpoint": "https://index.example@elsewhere.example/"}, "not an address"),
        ({"audience-endpoint": 3}, "expected an address at"),
        ({"token-mint-endpoint": ...}, "expected an address at"),
    ],
)
def test_an_index_that_leads_elsewhere_is_not_followed(bent: dict[str, object], words: str) -> None:
    """Doors at another host would get the job's identity; nothing is sent there, nor to the usual ones."""
    found, wanted = played(discover(TARGET, SOON), said(**bent))

    assert isinstance(found, Refused)
    assert words in found.said
    assert len(wanted) == 1


def test_what_is_no_json_is_refused() -> None:
    """An answer of the right kind that cannot be read is not guessed at."""
    bad = Answer(status=200, headers={"content-type": PYTP}, body=b"{")
    found, _ = played(discover(TARGET, SOON), bad)

    assert isinstance(found, Refused)


@pytest.mark.parametrize(
    ("features", "usual", "single", "asks"),
    [
        (["multi-use-token"], ["multi-use-token"], False, ()),
        (["single-use-token"], ["single-use-token"], True, ()),
        (
            ["single-use-token", "multi-use-token"],
            ["single-use-token"],
            False,
            ("multi-use-token",),
        ),
        ("nonsense", [3], False, ()),
        (None, None, False, ()),
    ],
)
def test_features_decide_how_tokens_are_used(
    features: object, usual: object, *, single: bool, asks: tuple[str, ...]
) -> None:
    """A token for many files is asked for where there is one."""
    answered = said(**{"features": features, "default-features": usual})
    found, _ = played(discover(TARGET, SOON), answered)

    assert (found.single_use, found.asks) == (single, asks)


def test_a_server_that_fails_is_asked_again_and_then_named() -> None:
    """Passing faults are tried again, with longer waits; the last one is the reason."""
    found, wanted = played(
        discover(TARGET, SOON), answer(500), Unreached(reason="cut"), answer(503)
    )

    assert [one.seconds for one in wanted if isinstance(one, Wait)] == [1.0, 2.0]
    assert isinstance(found, Refused)
    assert (found.status, found.is_decision) == (503, False)


@pytest.mark.parametrize(
    ("named", "seconds", "exact"),
    [
        ("3", 3.0, True),
        ("999", 16.0, True),
        ("99999", 1.0, False),
        ("-1", 1.0, False),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0, False),
        ("", 1.0, False),
    ],
)
def test_a_server_may_name_its_time(named: str, seconds: float, *, exact: bool) -> None:
    """`Retry-After` in seconds is kept, in bounds; anything else is not guessed at."""
    found, wanted = played(
        audience(USUAL, TARGET, SOON),
        answer(429, retry_after=named),
        answer(200, {"audience": "index.example"}),
    )
    (wait,) = [one for one in wanted if isinstance(one, Wait)]

    assert found == "index.example"
    assert (wait.seconds, wait.exact) == (seconds, exact)


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (answer(403, {"message": "Trusted publishing functionality not enabled"}), "not enabled"),
        (answer(404), "(404)"),
        (answer(200, {"audience": ""}), "(200)"),
        (answer(200, {"audience": 3}), "(200)"),
        (Unreached(reason="bad certificate", passing=False), "bad certificate"),
    ],
)
def test_no_audience_is_a_reason(answered: Outcome, words: str) -> None:
    """Where the index names none, its words are shown, with the way of API tokens."""
    found, _ = played(audience(USUAL, TARGET, SOON), answered)

    assert isinstance(found, Refused)
    assert words in str(found)
    assert "BONDED_TOKEN" in found.hint


@pytest.mark.parametrize(
    ("to", "name", "may"),
    [
        ("https://index.example/legacy/", "index.example", True),
        ("https://index.example/legacy/", "Index.Example", True),
        ("https://index.example/legacy/", "https://index.example", True),
        ("https://index.example/legacy/", "https://index.example/legacy/", True),
        ("https://index.example:8443/legacy/", "index.example:8443", True),
        ("https://index.example:8443/legacy/", "index.example", True),
        ("https://[::1]:8443/legacy/", "[::1]:8443", True),
        ("https://[::1]:8443/legacy/", "[::1]", True),
        ("https://index.example/legacy/", "pypi", False),
        ("https://index.example/legacy/", "testpypi", False),
        ("https://index.example/legacy/", "sigstore", False),
        ("https://index.example/legacy/", "sts.amazonaws.com", False),
        ("https://index.example/legacy/", "other.example", False),
        ("https://index.example/legacy/", "example", False),
        ("https://index.example/legacy/", "index.example.evil", False),
        ("https://index.example/legacy/", "index.example:8443", False),
        ("https://index.example/legacy/", "https://index.example.evil/", False),
        ("https://index.example/legacy/", "https://index.example@evil/", False),
        ("https://index.example/legacy/", "http://index.example/", False),
        ("https://pypi/legacy/", "pypi", False),
        ("pypi", "pypi", True),
        ("pypi", "PyPI", False),
        ("pypi", "testpypi", False),
        ("pypi", "sigstore", False),
        ("testpypi", "testpypi", True),
        ("testpypi", "pypi", False),
    ],
)
def test_no_index_gets_a_token_for_somebody_else(to: str, name: str, *, may: bool) -> None:
    """An index that is not honest asks for a token that is good elsewhere; it is refused, and nobody asks the CI."""
    target = parse_target(to)
    found, wanted = played(audience(USUAL, target, SOON), answer(200, {"audience": name}))

    assert not any(isinstance(one, Identify) for one in wanted)
    if may:
        assert found == name
    else:
        assert isinstance(found, Refused)
        assert "somebody else" in str(found)
        assert f"--audience {name}" in found.hint


def test_each_try_of_an_exchange_shows_a_new_token() -> None:
    """An index remembers tokens that it was shown, also by a request whose answer was lost."""
    found, wanted = played(
        exchange(USUAL, TARGET, "here", SOON),
        Unreached(reason="cut"),
        answer(503),
        answer(200, {"token": "upload-token", "expires": 1234}),
    )
    shown = [one.body["token"] for one in wanted if isinstance(one, Ask) and one.body]

    assert found == Minted(token="upload-token", expires=1234.0)
    assert shown == ["identity-0", "identity-1", "identity-2"]
    assert "upload-token" not in repr(found)
    assert "identity" not in repr([one for one in wanted if isinstance(one, Ask)])


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (Unreached(reason="cut"), 1),
        (answer(502), 1),
        (answer(500), 1),
        (answer(503), 2),
        (answer(429), 2),
    ],
)
def test_a_token_that_cannot_be_renewed_is_not_shown_twice(first: Outcome, tries: int) -> None:
    """What is told is the fault, and not that the token was used before; who asks for patience gets another try."""
    conversation = exchange(USUAL, TARGET, "here", SOON)
    answers = [first, answer(200, {"token": "upload-token"})]
    reply: Reply = None
    try:
        while True:
            effect = conversation.send(reply)
            match effect:
                case Ask():
                    reply = answers.pop(0)
                case Identify():
                    reply = Identity(token="the-only-one")
                case _:
                    reply = None
    except StopIteration as stopped:
        found = stopped.value

    assert len(answers) == 2 - tries
    assert isinstance(found, Minted if tries == 2 else Refused)


def test_features_are_asked_for() -> None:
    """Doors that want it are told which kind of token is meant."""
    doors = Doors(audience_url="", mint_url="", burn_url="", asks=("multi-use-token",))
    _, wanted = played(exchange(doors, TARGET, "here", SOON), answer(200, {"token": "t"}))
    (request,) = [one for one in wanted if isinstance(one, Ask)]

    assert request.body == {"token": "identity-0", "features": ["multi-use-token"]}


@pytest.mark.parametrize("expires", [None, "soon", True, -1, 0, 2.0**50])
def test_an_end_that_makes_no_sense_is_none(expires: object) -> None:
    """A token whose end is not known is used until the index refuses it."""
    found, _ = played(
        exchange(USUAL, TARGET, "here", SOON), answer(200, {"token": "t", "expires": expires})
    )

    assert found.expires == 0.0


@pytest.mark.parametrize("token", [None, "", " ", "a\nb", "ä", 3, ["x"]])
def test_what_cannot_be_a_token_is_none(token: object) -> None:
    """A text that no header can carry is refused, whatever the status says."""
    found, _ = played(exchange(USUAL, TARGET, "here", SOON), answer(200, {"token": token}))

    assert isinstance(found, Refused)


def test_a_refusal_is_told_whole() -> None:
    """Every member of `errors` is a line, with its code; it is a decision and is not asked again."""
    errors = [
        {"code": "invalid-publisher", "description": "valid token, but"},
        {"code": "next-step", "description": "Register the environment 'pypi'"},
        "nonsense",
    ]
    found, wanted = played(
        exchange(USUAL, TARGET, "here", SOON), answer(422, {"message": "no", "errors": errors})
    )

    assert found.codes == ("invalid-publisher", "next-step")
    assert found.said == (
        "* `invalid-publisher`: valid token, but\n* `next-step`: Register the environment 'pypi'"
    )
    assert found.is_decision
    assert not any(isinstance(one, Wait) for one in wanted)


@pytest.mark.parametrize(
    ("answers", "done"),
    [
        ((answer(202, {}),), True),
        ((answer(404),), False),
        ((answer(503), answer(202)), True),
        ((Unreached(reason="cut"), Unreached(reason="cut")), False),
    ],
)
def test_burning_is_tried_twice(answers: tuple[Outcome, ...], *, done: bool) -> None:
    """The end of a token is asked for again after a passing fault; an index without it is no fault."""
    found, _ = played(burn(USUAL, "upload-token"), *answers)

    assert found is done
