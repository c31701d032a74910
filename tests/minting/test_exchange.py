import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import claims_forgejo
from bonded.errors import RemoteError
from bonded.minting.exchange import MAX_BODY, TOKEN_LIFETIME, Granted, Refused
from bonded.minting.policy import Policy
from bonded.minting.ports import Candidates, Refusal
from bonded.minting.upload_token import hash_token, make_token
from bonded.oidc.issue import issue
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.oidc.verify import LEEWAY, REPLAY_MARGIN
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, REF, SHA, claims, key, other_key, publisher, segment
from mint_builder import SECRET, Mint, refusal_of, registered, request


def test_a_genuine_token_of_a_registered_publisher_gets_a_token() -> None:
    """The answer is PyPI's; what is written down has the token's hash, and not the token."""
    mint = Mint()
    outcome = mint.ask_with()

    assert isinstance(outcome, Granted)
    assert outcome.status == 200
    assert outcome.body() == {
        "success": True,
        "token": make_token(SECRET),
        "expires": NOW + TOKEN_LIFETIME,
    }
    (grant,) = mint.grants
    assert grant is outcome.grant
    assert grant.token_hash == hash_token(outcome.token)
    assert (grant.publisher_id, grant.projects) == ("p0", ("widget",))
    assert grant.claims == {"ref": REF, "sha": SHA}
    assert (grant.issued_at, grant.expires_at) == (NOW, NOW + TOKEN_LIFETIME)
    assert grant.identity.to_dict() == claims()
    assert outcome.token not in repr(outcome)
    assert mint.refusals == []


def test_a_used_token_is_remembered_until_it_cannot_be_used() -> None:
    """The id of the token is kept under its issuer until the leeway after its end has passed."""
    mint = Mint()
    mint.ask_with()

    assert mint.used == {(ISSUER, claims()["jti"]): NOW + 290 + LEEWAY + REPLAY_MARGIN}


def test_a_token_is_taken_once() -> None:
    """The second exchange of the same token is refused, and grants nothing."""
    mint = Mint()
    mint.ask_with()
    again = refusal_of(mint.ask_with())

    assert again.body()["errors"] == [
        {"code": "invalid-reuse-token", "description": "invalid token: already used"}
    ]
    assert len(mint.grants) == 1


def test_a_refused_token_may_come_again() -> None:
    """A token is not used up by a refusal: once the publisher is mended, the same token is taken."""
    mint = Mint(publishers=registered(publisher(environment="staging")))
    refusal_of(mint.ask_with())
    mint.publishers = registered(publisher())

    assert isinstance(mint.ask_with(), Granted)


HEADER = {"alg": "RS256", "kid": key().key_id}
NO_SUCH_EVENT = (
    "valid token, but no corresponding publisher "
    "(Publishing from a workflow invoked via 'pull_request_target' is not supported.)"
)
NO_PUBLISHER = (
    "valid token, but no corresponding publisher (Publisher with matching claims was not found)"
)


@pytest.mark.parametrize(
    ("body", "code", "description"),
    [
        (b"", "invalid-payload", None),
        (b"token", "invalid-payload", None),
        (b"\xff", "invalid-payload", None),
        (b"[]", "invalid-payload", None),
        (b"null", "invalid-payload", None),
        (b"{}", "invalid-payload", None),
        (b"[" * 60_000, "invalid-payload", None),
        (b"1" * 5000, "invalid-payload", None),
        (b'{"token": "' + b"x" * MAX_BODY + b'"}', "invalid-payload", None),
        (request(5), "invalid-payload", None),
        (request(["x"]), "invalid-payload", None),
        (request(""), "invalid-payload", "malformed JWT"),
        (request("a.b.c"), "invalid-payload", "malformed JWT"),
        (request("\ud800"), "invalid-payload", "malformed JWT"),
        (
            request("x" * 70_000),
            "invalid-payload",
            "the body has more than 65536 bytes, and no ID token is that long",
        ),
        (request(issue({"sub": "x"}, key())), "invalid-payload", "malformed JWT"),
        (
            request(issue(claims(iss="https://evil.example"), other_key())),
            "invalid-payload",
            "unknown trusted publishing issuer",
        ),
        (
            request(issue(claims(iss=ISSUER + "/"), key())),
            "invalid-payload",
            "unknown trusted publishing issuer",
        ),
        (request(issue(claims(), other_key())), "invalid-token", "malformed or invalid token"),
        (
            request(issue(claims(aud="testpypi"), key())),
            "invalid-token",
            "malformed or invalid token",
        ),
        (
            request(issue(claims(aud=["pypi"]), key())),
            "invalid-token",
            "malformed or invalid token",
        ),
        (
            request(issue(claims(exp=NOW - 60), key())),
            "invalid-token",
            "malformed or invalid token",
        ),
        (
            request(f"{segment(HEADER | {'alg': 'none'})}.{segment(claims())}.AA"),
            "invalid-token",
            "malformed or invalid token",
        ),
        (
            request(issue(claims(jti=...), key())),
            "invalid-publisher",
            "valid token, but no corresponding publisher (Missing claim 'jti')",
        ),
        (request(issue(claims(repository_owner_id="1"), key())), "invalid-publisher", NO_PUBLISHER),
        (
            request(issue(claims(event_name="pull_request_target"), key())),
            "invalid-publisher",
            NO_SUCH_EVENT,
        ),
    ],
)
def test_refusals_are_pypis(body: bytes, code: str, description: str | None) -> None:
    """Status, codes and sentences are those that every client knows; each refusal is written down, and no grant."""
    mint = Mint()
    outcome = refusal_of(mint.ask(body))

    assert outcome.status == 422
    assert outcome.body() == {
        "message": "Token request failed",
        "errors": [{"code": code, "description": outcome.description}],
    }
    assert description is None or outcome.description == description
    assert mint.refusals == [outcome.refusal]
    assert (mint.grants, mint.used) == ([], {})


def test_other_members_of_the_body_are_ignored() -> None:
    """Clients may send more than the token."""
    body = json.dumps({"token": issue(claims(), key()), "extra": 1}).encode()

    assert isinstance(Mint().ask(body), Granted)


def test_a_stranger_learns_nothing_about_publishers() -> None:
    """Before a token is known to be genuine, nothing is looked up; the public answer never quotes a field."""
    forged = refusal_of(Mint().ask(request(issue(claims(), other_key()))))
    genuine = refusal_of(Mint().ask_with(environment="other"))

    assert (forged.judgements, forged.claims, forged.refusal.is_genuine) == ((), None, False)
    assert "pypi" not in json.dumps(genuine.body())
    assert genuine.refusal.is_genuine


def test_a_refusal_keeps_what_its_owner_needs() -> None:
    """The refusal has the claims, and every publisher with every check."""
    outcome = refusal_of(Mint().ask_with(environment="other"))

    assert outcome.claims is not None
    assert outcome.claims.to_dict() == claims(environment="other")
    assert [miss.claim for miss in outcome.judgements[0].mismatches] == ["environment"]


@pytest.mark.parametrize("bent", [{}, {"environment": "other"}, {"aud": "testpypi"}])
def test_a_refusal_says_for_which_kind_its_issuer_is_trusted(bent: dict[str, object]) -> None:
    """Issuers of one's own do not tell it by their address, and the advice names the service."""
    mint = Mint()
    mint.ask_with()

    assert refusal_of(mint.ask_with(**bent)).refusal.kind == "github"


def test_the_claims_of_a_token_for_another_index_are_kept() -> None:
    """A genuine token that is not for us is explained by its claims."""
    outcome = refusal_of(Mint().ask_with(aud="testpypi"))

    assert outcome.claims is not None
    assert outcome.refusal.fault is not None
    assert outcome.refusal.fault.got == "testpypi"
    assert outcome.judgements == ()


def test_a_publisher_without_projects_is_none() -> None:
    """A token that could upload nothing is not given, and the ID token is not used up for it."""
    mint = Mint(publishers=registered(publisher(), projects=()))
    outcome = refusal_of(mint.ask_with())

    assert outcome.description == NO_PUBLISHER
    assert mint.used == {}


def test_the_most_specific_of_the_registered_is_granted() -> None:
    """The grant is bound to the publisher of the job's environment."""
    mint = Mint(publishers=registered(publisher(environment=""), publisher()))
    outcome = mint.ask_with()

    assert isinstance(outcome, Granted)
    assert outcome.registered is not None
    assert outcome.registered.id == outcome.grant.publisher_id == "p1"


def test_publishers_of_another_issuer_are_not_asked_for() -> None:
    """Keys and publishers are those of the token's issuer only."""
    asked: list[str] = []

    class Curious(Mint):
        def near(self, issuer: str, sources: object, *, now: float) -> Candidates:
            """Note who is asked for."""
            asked.append(issuer)
            return Candidates()

    Curious().ask(request(issue(claims(iss="https://evil.example"), key())))
    Curious().ask_with()

    assert set(asked) == {ISSUER}


def test_a_ledger_that_fails_grants_nothing() -> None:
    """Where the grant cannot be written down, no token comes out."""

    class Broken(Mint):
        def grant(self, *_: object, **__: object) -> bool:
            """Fail as a database does."""
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Broken().ask_with()


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_refused(body: bytes) -> None:
    """No body makes the mint fail in another way than by a refusal."""
    assert isinstance(Mint().ask(body), Refused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(JSON, JSON, JSON)
@settings(max_examples=100, deadline=None)
def test_any_json_is_refused(token: object, header: object, payload: object) -> None:
    """Neither bodies nor headers nor payloads of any form make the mint fail, or grant."""
    made = f"{segment(header)}.{segment(payload)}.AA"

    assert isinstance(Mint().ask(json.dumps(token).encode()), Refused)
    assert isinstance(Mint().ask(request(token)), Refused)
    assert isinstance(Mint().ask(request(made)), Refused)


@given(st.dictionaries(st.sampled_from(sorted(claims())), JSON, max_size=5))
@settings(max_examples=80, deadline=None)
def test_any_signed_claims_are_answered(bent: dict[str, object]) -> None:
    """Whatever an issuer signs, the mint answers, and the answer can be sent."""
    outcome = Mint().ask(
        request(key().sign(json.dumps(claims() | bent).encode(), {"kid": key().key_id}))
    )

    assert json.dumps(outcome.body()).encode()


REQUIRED = [
    "repository",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "environment",
    "aud",
    "iss",
]


@given(st.sampled_from(REQUIRED), JSON)
@settings(max_examples=60, deadline=None)
def test_no_change_of_a_compared_claim_is_granted(name: str, value: object) -> None:
    """Whatever else a compared claim says, no token is given and nothing is used up."""
    assume(not isinstance(value, str) or value.lower() != str(claims()[name]).lower())
    mint = Mint()
    outcome = mint.ask_with(**{name: value})

    assert isinstance(outcome, Refused)
    assert mint.used == {}


def test_a_refusal_without_claims_is_not_genuine() -> None:
    """What anyone can send is told apart from what an issuer signed."""
    assert not Refusal(at=0, code="x", description="y", audience="z").is_genuine


def test_an_issuer_whose_keys_cannot_be_had() -> None:
    """Nothing is known of the token, so it may come again; what is wrong inside the network is told to nobody."""

    class Cut(Mint):
        def keys_for(self, _issuer: object, _key_id: str) -> KeySet:
            """Fail as a network does."""
            raise RemoteError("10.0.0.7: no connection")

    refused = refusal_of(Cut().ask_with())

    assert (refused.code, refused.status) == ("invalid-token", 503)
    assert refused.refusal.trouble == "10.0.0.7: no connection"
    assert "10.0.0.7" not in json.dumps(refused.body())


def test_what_nobody_vouches_for_is_kept_by_its_beginning() -> None:
    """Issuer, algorithm and key id are anybody's words: the log of refusals does not grow with them."""
    mint = Mint()
    for header, payload in (
        ({"alg": "RS256", "kid": "k"}, {"iss": "i" * 9000}),
        ({"alg": "a" * 9000, "kid": "k"}, {"iss": ISSUER}),
        ({"alg": "RS256", "kid": "\x00" * 1500}, {"iss": ISSUER}),
    ):
        mint.ask(request(f"{segment(header)}.{segment(payload)}.{segment(b's')}"))

    kept = [f"{one.issuer} {one.fault}" for one in mint.refusals]
    assert len(kept) == 3
    assert max(map(len, kept)) < 1100


class Forge(Mint):
    """A mint of an index that trusts one Forgejo."""

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Trust it alone."""
        return TrustedIssuer(url=url, kind="forgejo") if url == claims_forgejo.ISSUER else None


@pytest.mark.parametrize("policy", [Policy(audience=AUDIENCE), Policy.strict(AUDIENCE)])
def test_tokens_of_services_that_pypi_does_not_know_are_taken_once(policy: Policy) -> None:
    """Forgejo's tokens have no `jti`; an index with PyPI's rules takes each once all the same."""
    mint = Forge(publishers=registered(claims_forgejo.publisher()), policy=policy)
    body = request(issue(claims_forgejo.claims(), key()))

    assert isinstance(mint.ask(body), Granted)
    assert refusal_of(mint.ask(body)).code == "invalid-reuse-token"
