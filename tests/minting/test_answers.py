"""What the mint tells whom; most of these ask as somebody who should not be told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import advice_cases_github
import advice_cases_gitlab
import advice_cases_others
from advice_case import Case, module_of
from bonded.dists.names import parse_project_name
from bonded.minting.answers import TITLES, body_of
from bonded.minting.exchange import Refused
from bonded.minting.policy import Policy
from bonded.minting.ports import Pending, Refusal, Registered
from bonded.oidc.issue import issue
from bonded.oidc.verify import TokenFault, TokenRefused
from bonded.publishers import Publisher, select
from bonded.publishers.providers import PROVIDERS, provider_of_kind
from claims_builder import AUDIENCE, NOW, REF, claims, key, other_key, publisher, segment
from mint_builder import Mint, refusal_of, registered, request

PYPI = Policy(audience=AUDIENCE)
OURS = Policy.strict(AUDIENCE)
CASES = (*advice_cases_github.CASES, *advice_cases_gitlab.CASES, *advice_cases_others.CASES)
SECRET = {
    "workflow_filename": "secret-release.yml",
    "environment": "secret-environment",
}


def answered(refused: Refused, *, policy: Policy = OURS, problem: bool = False) -> str:
    """Return the whole answer as text."""
    return json.dumps(body_of(refused, policy=policy, problem=problem))


def refusal_with(
    bent: Mapping[str, object], *publishers: Publisher, policy: Policy = OURS
) -> Refused:
    """Return what the mint of a policy says to bent claims."""
    return refusal_of(Mint(publishers=registered(*publishers), policy=policy).ask_with(**bent))


@pytest.mark.parametrize("bent", [{"environment": ...}, {"aud": "x"}, {"exp": 1}, {"sha": ...}])
def test_pypi_answers_to_the_letter(bent: Mapping[str, object]) -> None:
    """Without a setting of its own an index says what PyPI says, and nothing more."""
    refused = refusal_with(bent, publisher(), policy=PYPI)

    assert body_of(refused, policy=PYPI, problem=False) == refused.body()
    assert list(refused.body()) == ["message", "errors"]


def test_whoever_publishes_there_is_told_what_to_change() -> None:
    """A genuine token from the publisher's own repository gets the steps, for people and for programs."""
    body = body_of(refusal_with({"environment": ...}, publisher()), policy=OURS, problem=False)

    assert body == {
        "message": "Token request failed",
        "errors": [
            {
                "code": "invalid-publisher",
                "description": "valid token, but no corresponding publisher "
                "(Publisher with matching claims was not found)",
            },
            {
                "code": "next-step",
                "description": "The publisher is for the environment 'pypi', the job has no environment: in the "
                "workflow, give the publishing job `environment: pypi`.",
            },
            {
                "code": "next-step",
                "description": "Or, in the publisher, clear the environment name, so that any job of the workflow "
                "may publish.",
            },
        ],
        "advice": [
            {
                "sentence": "The publisher is for the environment 'pypi', the job has no environment: in the "
                "workflow, give the publishing job `environment: pypi`.",
                "side": "workflow",
                "field": "environment",
                "new_value": "pypi",
            },
            {
                "sentence": "Or, in the publisher, clear the environment name, so that any job of the workflow may "
                "publish.",
                "side": "publisher",
                "field": "environment",
                "new_value": "",
            },
        ],
    }


STRANGERS: Mapping[str, Mapping[str, object]] = {
    "the right name, another account behind it": {"repository_owner_id": "66"},
    "another repository of the same owner": {
        "repository": "octo/other",
        "job_workflow_ref": f"octo/other/.github/workflows/secret-release.yml@{REF}",
    },
    "a fork": {
        "repository": "stranger/widget",
        "repository_owner": "stranger",
        "repository_owner_id": "66",
        "job_workflow_ref": f"stranger/widget/.github/workflows/secret-release.yml@{REF}",
    },
    "a repository that calls the registered workflow": {
        "repository": "stranger/caller",
        "repository_owner": "stranger",
        "repository_owner_id": "66",
        "job_workflow_ref": f"octo/widget/.github/workflows/secret-release.yml@{REF}",
    },
    "no repository at all": {"repository": ""},
    "a repository that is no text": {"repository": ["octo/widget"]},
    "an id that is no text": {"repository_owner_id": 5001},
}


@pytest.mark.parametrize("bent", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_learns_nothing_that_is_registered(bent: Mapping[str, object]) -> None:
    """Whatever a genuine token of another source says, no stored field comes back, and no step."""
    refused = refusal_with(bent, publisher(**SECRET))
    answer = answered(refused, problem=True)

    assert "no publisher for " in answer
    assert "secret-environment" not in answer
    assert "next-step" not in answer
    assert "advice" not in answer
    said = json.dumps(claims(**bent))
    assert "secret-release" not in answer or "secret-release" in said


@pytest.mark.parametrize("bent", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_cannot_tell_whether_there_is_a_publisher(bent: Mapping[str, object]) -> None:
    """The answer is the same as that of an index without publishers."""
    there = answered(refusal_with(bent, publisher(**SECRET)), problem=True)
    nothing = answered(refusal_with(bent), problem=True)

    assert there == nothing


FORGED = {
    "a key that is not the issuer's": issue(claims(environment=...), other_key()),
    "no signature": f"{segment({'alg': 'none'})}.{segment(claims(environment=...))}.",
    "a signature of nothing": ".".join(
        (*issue(claims(environment=...), key()).split(".")[:2], segment(b"0" * 256))
    ),
    "claims that were exchanged": ".".join(
        (
            issue(claims(), key()).split(".")[0],
            segment(claims(environment=...)),
            issue(claims(), key()).split(".")[2],
        )
    ),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_genuine_is_told_nothing(token: str) -> None:
    """The registered repository in a forged token opens no mouth."""
    mint = Mint(publishers=registered(publisher(**SECRET)), policy=OURS)
    refused = refusal_of(mint.ask(request(token)))
    body = body_of(refused, policy=OURS, problem=False)

    assert body == {
        "message": "Token request failed",
        "errors": [{"code": refused.code, "description": refused.description}],
    }
    assert refused.code in {"invalid-token", "invalid-payload"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", request("x"), request(7), b"\xff" * 99])
def test_what_is_no_token_is_told_no_more_than_on_pypi(body: bytes) -> None:
    """There is nobody to explain to."""
    refused = refusal_of(Mint(policy=OURS).ask(body))

    assert body_of(refused, policy=OURS, problem=False) == refused.body()


def test_only_publishers_of_the_own_source_are_explained() -> None:
    """Where a stranger's publisher comes nearer than one's own, one's own is explained."""
    own = publisher(environment="own", workflow_filename="own.yml")
    near = publisher(repository_name="other", workflow_filename="release.yml", environment="theirs")
    answer = answered(refusal_with({}, near, own))

    assert "own.yml" in answer
    assert "theirs" not in answer
    assert "'octo/other'" not in answer


def test_the_reason_of_another_publisher_is_not_told() -> None:
    """Of a service's one issuer, the nearest publisher may be somebody else's, and so may its reason be."""
    module = module_of("generic")
    own = module.publisher(claims="org_id=o-31\nproject=acme/gadget\nref=refs/heads/main")
    near = module.publisher(claims="org_id=o-7\nproject=acme/widget\nref=refs/tags/v*")
    case = Case(name="", kind="generic", first=("", "", ""))
    refused = of_kind(case, own, near)
    answer = answered(refused)

    assert "o-7" not in answer
    assert "(Check failed for required claim 'project')" in answer
    assert "(Check failed for required claim 'org_id')" in refused.description


def test_a_publisher_that_was_disabled_says_so_without_the_old_id() -> None:
    """Whoever took a freed name learns that it was noticed, and no id."""
    pinned = Registered(
        id="p0",
        publisher=publisher(),
        projects=(parse_project_name("widget"),),
        pins={"repository_id": "31415"},
    )
    refused = refusal_of(Mint(publishers=(pinned,), policy=OURS).ask_with())
    answer = answered(refused, problem=True)

    assert refused.refusal.disable == "p0"
    assert "31415" not in answer
    assert "'repository_id' is '7001' now" in answer


def test_whoever_took_a_name_over_cannot_tell_whether_there_is_a_publisher() -> None:
    """Of one that is pinned to another id nothing is told, whatever else is wrong."""
    pinned = Registered(
        id="p0",
        publisher=publisher(**SECRET),
        projects=(parse_project_name("widget"),),
        pins={"repository_id": "31415"},
    )
    for policy in (OURS, replace(OURS, explains=False)):
        there = refusal_of(Mint(publishers=(pinned,), policy=policy).ask_with())
        nothing = refusal_of(Mint(publishers=(), policy=policy).ask_with())

        assert there.judgements
        assert body_of(there, policy=policy, problem=True) == body_of(
            nothing, policy=policy, problem=True
        )


def test_the_source_itself_learns_that_a_token_of_another_came() -> None:
    """To the repository that was first, the id in its token is not the one that changed."""
    closed = Registered(
        id="p0",
        publisher=publisher(),
        projects=(parse_project_name("widget"),),
        pins={"repository_id": "7001"},
        disabled="'repository_id' was '7001', now it is '31415'",
    )
    answer = answered(refusal_of(Mint(publishers=(closed,), policy=OURS).ask_with()))

    assert "31415" not in answer
    assert "a token came for it with another 'repository_id'" in answer
    assert "bonded publisher enable" in answer


def test_a_publisher_that_is_disabled_already_keeps_its_reason() -> None:
    """The reason that was written down may quote ids, and is for the owner's eyes."""
    closed = Registered(
        id="p0",
        publisher=publisher(),
        projects=(parse_project_name("widget"),),
        disabled="the number was 31415",
    )
    refused = refusal_of(Mint(publishers=(closed,), policy=OURS).ask_with())
    answer = answered(refused)

    assert "31415" in refused.description
    assert "31415" not in answer
    assert "The publisher is disabled, since an id changed" in answer


@pytest.mark.parametrize(
    "state", [{"pins": {"repository_id": "31415"}}, {"disabled": "it was 31415"}]
)
def test_a_short_answer_keeps_the_old_id_too(state: dict[str, Any]) -> None:
    """An index that explains nothing says that a publisher is disabled, and not which number it knew."""
    pinned = Registered(
        id="p0", publisher=publisher(), projects=(parse_project_name("widget"),), **state
    )
    policy = replace(OURS, explains=False)
    body = body_of(
        refusal_of(Mint(publishers=(pinned,), policy=policy).ask_with()),
        policy=policy,
        problem=True,
    )

    assert "31415" not in json.dumps(body)
    assert (
        body["detail"] == "valid token, but no corresponding publisher (the publisher is disabled)"
    )


def test_a_pending_publisher_of_a_project_that_exists() -> None:
    """The bearer matched it, and learns what to do now."""
    pending = Pending(
        id="q0",
        publisher=publisher(),
        project=parse_project_name("widget"),
        project_exists=True,
    )
    refused = refusal_of(Mint(publishers=(), pending=(pending,), policy=OURS).ask_with())
    answer = answered(refused)

    assert refused.code == "invalid-pending-publisher"
    assert "The project exists by now" in answer
    assert "workflow name 'release.yml'" in answer


def test_a_token_that_comes_twice_is_told_to_come_anew() -> None:
    """Only whoever matched gets so far."""
    mint = Mint(policy=OURS)
    mint.ask_with()
    answer = answered(refusal_of(mint.ask_with()))

    assert "each is taken once" in answer


def test_a_genuine_token_of_another_index_is_told_which_this_is() -> None:
    """The audience is no secret: the index tells it to everyone who asks."""
    answer = answered(refusal_with({"aud": "testpypi"}, publisher(**SECRET)))

    assert "made for TestPyPI, but this is PyPI" in answer
    assert "secret" not in answer


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"environment": ...}, "invalid-publisher"),
        ({"aud": "x"}, "invalid-token"),
        ({"iss": "https://ci.example"}, "invalid-payload"),
    ],
)
def test_a_problem_has_the_members_of_rfc_9457(bent: Mapping[str, object], code: str) -> None:
    """`type` leads to the page of the code, and twine still finds `errors`."""
    refused = refusal_with(bent, publisher())
    body = body_of(refused, policy=PYPI, problem=True)

    assert body | {"errors": ..., "message": ...} == {
        "message": ...,
        "errors": ...,
        "type": f"errors/{code}",
        "title": TITLES[code],
        "status": 422,
        "detail": refused.description,
        "code": code,
    }
    assert body["errors"] == refused.body()["errors"]


def test_every_code_of_pypi_has_a_title() -> None:
    """A problem without a title would be a number."""
    assert TITLES.keys() == {
        "invalid-payload",
        "invalid-token",
        "invalid-publisher",
        "invalid-pending-publisher",
        "invalid-reuse-token",
        "not-enabled",
    }


def of_kind(case: Case, *others: Publisher, **bent: object) -> Refused:
    """Return the refusal of a case as a mint that trusts its issuer would make it."""
    from bonded.oidc.claims import VerifiedClaims

    said = case.presented(**bent)
    selection = select(others or [case.publisher], said, rules=case.rules)
    return Refused(
        refusal=Refusal(
            at=NOW,
            audience=AUDIENCE,
            issuer=case.publisher.issuer,
            claims=VerifiedClaims(said),
            code="invalid-publisher",
            description=f"valid token, but no corresponding publisher ({selection.reason})",
            selection=selection,
        )
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_steps_are_given_to_the_own_source_alone(case: Case) -> None:
    """For every fault of every kind: steps if and only if the claims come from the publisher's source."""
    provider = provider_of_kind(case.kind)
    assert provider is not None
    body = body_of(of_kind(case), policy=OURS, problem=False)

    assert ("advice" in body) == provider.same_source(case.publisher, case.presented())


VALUES = st.none() | st.text(max_size=8) | st.integers() | st.just(["octo/widget"])


@given(st.sampled_from([one.kind for one in PROVIDERS]), st.data())
@settings(max_examples=150, deadline=None)
def test_no_stored_field_is_told_to_another_source(kind: str, data: st.DataObject) -> None:
    """Whatever claims are bent: if they are another source's, no field comes back that they did not bring."""
    module, provider = module_of(kind), provider_of_kind(kind)
    assert provider is not None
    names = st.sampled_from(sorted(module.claims()))
    bent = data.draw(st.dictionaries(names.filter(lambda name: name != "iss"), VALUES, max_size=4))
    case = Case(name="", kind=kind, first=("", "", ""), claims={})
    said = {**case.presented(), **bent}
    if provider.same_source(case.publisher, said):
        return
    refused = of_kind(case, **{name.rpartition("/")[2]: value for name, value in bent.items()})
    answer = answered(refused, problem=True)
    brought = json.dumps(said, default=str)
    if select([case.publisher], said).publisher is None:
        for value in case.publisher.to_fields().values():
            assert len(value) < 4 or value in brought or value not in answer


def test_a_fault_is_told_to_whoever_is_genuine_even_without_a_known_issuer() -> None:
    """An issuer of one's own is no provider's, and its owner is told about the token all the same."""
    refused = of_kind(Case(name="", kind="generic", first=("", "", "")))
    fault = TokenRefused(TokenFault.EXPIRED, "the token ended 99 seconds ago", claim="exp")
    late = Refused(
        refusal=Refusal(
            at=NOW,
            audience=AUDIENCE,
            issuer=refused.refusal.issuer,
            claims=refused.claims,
            code="invalid-token",
            description="malformed or invalid token",
            fault=fault,
        )
    )

    assert "ended 99 seconds ago" in answered(late)


def test_the_source_of_an_unknown_service_is_its_subject() -> None:
    """Where only the issuer is known, the subject of the token says whose it is; it is cut, and shown plainly."""
    case = Case(name="", kind="generic", first=("", "", ""))
    answer = answered(of_kind(case, org_id="o-7", sub="job\x1b[31m" + "x" * 500))

    assert "(no publisher for job[31mxxx" in answer
    assert "x" * 300 not in answer
    assert "(no publisher for this identity on this index)" in answered(
        of_kind(case, org_id="o-7", sub=...)
    )
