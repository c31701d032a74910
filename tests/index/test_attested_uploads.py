"""Attestations at the upload's address: what is verified against the token's publisher, and what is refused."""

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from attestation_world import NOW, PUBLISH, World, b64, new_key
from attested_world import (
    OFFER,
    WIDGET,
    artifact,
    attest,
    attesting,
    certified,
    mint,
    said,
    send,
    sigstore,
    stranger,
)
from bonded.attestations.provenance import MAX_ATTESTATION, read_provenance
from bonded.attestations.trust_root import TrustRoot
from bonded.attestations.verify import SLSA, Attributed, verify_provenance
from bonded.index.book import tables
from bonded.index.settings import Attestations
from books import KINDS, place
from claims_builder import SHA, key, publisher
from index_world import World as Stage
from index_world import sdist_offer, wheel_offer, world

CHECK = "attestations_are_genuine"
BEGINS = "Invalid attestations supplied during upload: "
COULD_NOT = "Could not verify the uploaded artifact using the included attestation: "
OTHER_COMMIT = "0" * 40
FLOW = "https://github.com/octo/widget/.github/workflows"
SLSA_PREDICATE = {"predicateType": SLSA, "predicate": {"buildDefinition": {}}}

Bend = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An index on which nothing gets published, because all that comes is wrong."""
    with attesting(tmp_path_factory.mktemp("index")) as opened:
        yield opened


# What the job's own Sigstore vouches for, but not what the token's publisher would have had signed.
MADE: tuple[tuple[str, Mapping[str, Any], str], ...] = (
    ("another repository", {"extensions": certified(n12="https://github.com/octo/other")},
     "names another source repository: expected https://github.com/octo/widget, got https://github.com/octo/other"),
    ("a fork", {"extensions": certified(n12="https://github.com/eve/widget")}, "got https://github.com/eve/widget"),
    ("another workflow", {"extensions": certified(n18=f"{FLOW}/ci.yml@refs/tags/v1.0")}, "another build config"),
    ("a workflow at another ref", {"extensions": certified(n18=f"{FLOW}/release.yml@refs/heads/x")}, "got "),
    ("another commit", {"extensions": certified(n13=OTHER_COMMIT)},
     f"another commit: expected {SHA}, got {OTHER_COMMIT}"),
    ("another commit and ref of it", {"extensions": certified(n13=OTHER_COMMIT, n14="refs/heads/x")}, "commit"),
    ("another run of a workflow that was", {"extensions": certified(n18=f"{FLOW}/release.yml@{OTHER_COMMIT}")},
     "another build config"),
    ("no commit", {"extensions": certified(n13=None)}, "got nothing"),
    ("another environment", {"extensions": certified(n23="test")}, "environment: expected pypi, got test"),
    ("no environment", {"extensions": certified(n23=None)}, "environment: expected pypi, got nothing"),
    ("another service", {"extensions": certified(n8="https://gitlab.com")}, "another issuer"),
    ("other bytes", {"statement": said({}, subject=[{"name": OFFER.filename, "digest": {"sha256": "0" * 64}}])},
     "it is of other bytes: expected"),
    ("another version", {"statement": said({}, subject=[{"name": "widget-2.0-py3-none-any.whl", "digest": {}}])},
     "it is of another file: expected widget-1.0-py3-none-any.whl, got widget-2.0-py3-none-any.whl"),
    ("the source distribution", {"statement": said({}, subject=[{"name": "widget-1.0.tar.gz", "digest": {}}])},
     "it is of another file"),
    ("two files", {"statement": said({}, subject=[{"name": "a"}, {"name": "b"}])}, "exactly one subject"),
    ("an unknown predicate", {"statement": said({}, predicateType="https://example.org/p")}, "unsupported predicate"),
    ("SLSA provenance of nothing", {"statement": said({}, predicateType=SLSA)}, "unsupported predicate type"),
    ("an old statement", {"statement": said({}, _type="https://in-toto.io/Statement/v0.1")}, "of another type"),
    ("a statement that is none", {"payload": b"[]"}, "the statement is"),
    ("another key", {"signed_with": new_key()}, "not genuine"),
    ("no SCT", {"sct": "none"}, "not genuine"),
    ("a foreign SCT", {"sct": "foreign"}, "not genuine"),
    ("an expired certificate", {"logged_after": timedelta(minutes=11)}, "not genuine"),
    ("a strangers' Sigstore", {"at": stranger()}, "not genuine"),
    ("another statement in the log", {"logged_statement": b"another"}, "not genuine"),
    ("a file name that rings", {"statement": said({}, subject=[{"name": "\x1b[2J\x07"}])}, "got \ufffd[2J\ufffd"),
)  # fmt: skip


@pytest.mark.parametrize(("bent", "words"), [row[1:] for row in MADE], ids=[row[0] for row in MADE])
def test_what_another_has_signed_is_refused(
    stage: Stage, bent: Mapping[str, Any], words: str
) -> None:
    """The refusal begins as PyPI's, and says what was expected and what came; nothing is published."""
    refused_at_the_door(stage, attest(**bent), words=words)


def refused_at_the_door(stage: Stage, *attestations: object, words: str) -> None:
    """Hold that an upload with these attestations is refused for them, and leaves nothing."""
    response = send(stage, *attestations)

    assert response.status_code == 400
    assert BEGINS in response.text
    assert words in response.text
    assert stage.index.uploads_refused()[-1].refusal.check == CHECK
    assert stage.index.files() == []
    assert artifact().filename not in stage.client.get("/simple/widget/").text


def _entry(attestation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = attestation["verification_material"]["transparency_entries"][0]
    return found


def _foreign_log(attestation: dict[str, Any]) -> None:
    body = base64.b64decode(_entry(attestation)["canonicalizedBody"])
    fresh = stranger().entry(body, NOW + timedelta(seconds=5), "0.0.1")
    attestation["verification_material"]["transparency_entries"] = [fresh]


# What was changed on the way; the second word is how the refusal begins.
CHANGED: tuple[tuple[str, Bend, str], ...] = (
    ("another version of attestations", lambda a: a.update(version=2), "Malformed attestations: "),
    ("no envelope", lambda a: a.pop("envelope"), "Malformed attestations: "),
    ("a certificate in bad base64", lambda a: a["verification_material"].update(certificate="!"), "Malformed"),
    ("two entries of the log", lambda a: a["verification_material"]["transparency_entries"].append({}), "Malformed"),
    ("no promise, as of Rekor v2", lambda a: _entry(a).pop("inclusionPromise"), COULD_NOT),
    ("an entry of Rekor v2", lambda a: _entry(a).update(kindVersion={"kind": "dsse", "version": "0.0.2"}), COULD_NOT),
    ("no proof", lambda a: _entry(a).pop("inclusionProof"), COULD_NOT),
    ("a forged proof", lambda a: _entry(a)["inclusionProof"].update(rootHash=b64(b"\0" * 32)), COULD_NOT),
    ("a foreign log", _foreign_log, COULD_NOT),
    ("another signature", lambda a: a["envelope"].update(signature=b64(b"\0")), COULD_NOT),
    ("another statement", lambda a: a["envelope"].update(statement=b64(b"{}")), COULD_NOT),
)  # fmt: skip


@pytest.mark.parametrize(
    ("bend", "words"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
def test_what_was_changed_on_the_way_is_refused(stage: Stage, bend: Bend, words: str) -> None:
    """Nothing in an attestation can be exchanged, left out or added."""
    attestation = attest()
    bend(attestation)

    refused_at_the_door(stage, attestation, words=BEGINS + words)


def test_one_wrong_among_two_is_wrong(stage: Stage) -> None:
    """Every attestation must hold; a good one beside it saves none."""
    refused_at_the_door(
        stage,
        attest(),
        attest(statement=said(SLSA_PREDICATE), extensions=certified(n13=OTHER_COMMIT)),
        words=COULD_NOT,
    )


def test_a_predicate_comes_once(stage: Stage) -> None:
    """Two publish attestations of one file are refused in PyPI's words."""
    words = "Multiple attestations for the same file with the same predicate type are not supported"
    refused_at_the_door(stage, attest(), attest(), words=words)


def test_a_swap_between_two_files_is_refused(stage: Stage) -> None:
    """What was signed for the source distribution does not vouch for the wheel."""
    refused_at_the_door(stage, attest(sdist_offer("widget")), words="it is of another file")


@pytest.mark.parametrize("environment", ["", "PyPI"])
def test_the_environment_is_that_of_the_token(tmp_path: Path, environment: str) -> None:
    """A publisher without an environment, or with one in other letters, takes what the token's own job has signed."""
    with attesting(tmp_path, whom=publisher(environment=environment)) as stage:
        wrong = send(stage, attest(extensions=certified(n23="test")))
        right = send(stage, attest())

    assert (wrong.status_code, right.status_code) == (400, 200)


def test_the_commit_is_that_of_the_token(tmp_path: Path) -> None:
    """The same attestation is worthless beside a token of another commit."""
    with attesting(tmp_path) as stage:
        token = mint(stage, sha=OTHER_COMMIT)
        response = stage.upload(OFFER.bent(attestations=json.dumps([attest()])), token=token)

        assert f"expected {OTHER_COMMIT}, got {SHA}" in response.text
        assert stage.index.files() == []


def test_only_a_trusted_publisher_attests(tmp_path: Path) -> None:
    """A token that belongs to no publisher may upload, but nothing that vouches for a publisher."""
    with attesting(tmp_path) as stage:
        token = stage.index.issue_token([WIDGET], lifetime=900)
        with_it = stage.upload(OFFER.bent(attestations=json.dumps([attest()])), token=token)
        without = stage.upload(OFFER, token=token)

        assert with_it.status_code == 400
        assert "only supported when using Trusted Publishing" in with_it.text
        assert without.status_code == 200
        assert stage.index.provenance(artifact().filename) is None


@pytest.mark.parametrize("kind", KINDS)
def test_good_attestations_are_published(tmp_path: Path, kind: str) -> None:
    """Publish attestation and SLSA provenance together; what is kept proves the same again, to anybody."""
    where = place(kind, tmp_path)
    with attesting(tmp_path, database=where if isinstance(where, str) else None) as stage:
        response = send(stage, attest(), attest(statement=said(SLSA_PREDICATE)))
        (file,) = stage.index.files()
        kept = stage.index.provenance(file.filename)

    assert (response.status_code, response.text) == (200, "")
    assert file.attestations is None
    assert file.proof is not None
    assert file.proof.publisher.title == "octo/widget release.yml"
    assert [one.predicate_type for one in file.proof.attestations] == [PUBLISH, SLSA]
    assert {one.commit for one in file.proof.attestations} == {SHA}
    assert kept is not None
    proofs = verify_provenance(read_provenance(kept), artifact(), sigstore().root.verifier)
    assert len(proofs) == 2
    assert all(isinstance(one, Attributed) for one in proofs)


def test_a_pending_publisher_attests_the_first_file(tmp_path: Path) -> None:
    """Each file is ascribed to the publisher of its own project, although one token speaks for both."""
    offers = [make("gadget") for make in (wheel_offer, sdist_offer)]
    with attesting(tmp_path, whom=publisher(environment="")) as stage:
        stage.index._ledger.add_pending(publisher(), "gadget", stage.clock.now, by="me")
        token = mint(stage)
        answers = [
            stage.upload(one.bent(attestations=json.dumps([attest(one)])), token=token).text
            for one in (*offers, OFFER)
        ]
        files = stage.index.files()

    assert answers == ["", "", ""]
    assert [file.proof.publisher.environment for file in files if file.proof] == ["pypi"] * 2 + [""]
    assert [file.publisher for file in files] == [publisher().title] * 2 + [
        publisher(environment="").title
    ]


def test_a_publisher_that_is_none_any_more_attests_nothing(tmp_path: Path) -> None:
    """Should the book hold a publisher that makes none today, its living token uploads, but nothing vouches for it."""
    with attesting(tmp_path) as stage:
        token = mint(stage)
        with stage.index._records.writing() as book:
            book.connection.execute(
                update(tables.publisher).values(fields='{"repository_name": ""}')
            )
        with_it = stage.upload(OFFER.bent(attestations=json.dumps([attest()])), token=token)
        without = stage.upload(OFFER, token=token)

        assert "the token's publisher cannot be told" in with_it.text
        assert without.status_code == 200
        assert [file.publisher for file in stage.index.files()] == [publisher().title]


def test_a_policy_of_none_takes_no_attestations(tmp_path: Path) -> None:
    """An index without a trust root refuses attestations, and takes the file without them."""
    with attesting(tmp_path, policy=Attestations.REFUSE) as stage:
        with_it = send(stage, attest())
        without = stage.upload(OFFER, token=mint(stage))

    assert "does not take attestations" in with_it.text
    assert without.status_code == 200


def test_the_trust_root_is_asked_late_and_each_time(tmp_path: Path) -> None:
    """It is asked for when an attestation comes to be verified, so that what is believed can be renewed."""
    asked: list[World] = []

    def root() -> TrustRoot:
        asked.append(sigstore())
        return sigstore().root

    with attesting(tmp_path, root=root) as stage:
        stage.upload(sdist_offer("widget"), token=mint(stage))
        before = len(asked)
        statuses = [
            send(stage, attest(at=stranger())).status_code,
            send(stage, attest()).status_code,
        ]

    assert (before, statuses, len(asked)) == (0, [400, 200], 2)


def test_without_a_root_the_public_one_is_believed(tmp_path: Path) -> None:
    """Then what a private Sigstore vouches for proves nothing."""
    with world(tmp_path, key(), attestations=Attestations.VERIFY) as stage:
        stage.index.register(publisher(), WIDGET)

        refused_at_the_door(stage, attest(), words=COULD_NOT)


def test_an_attestation_is_bounded(stage: Stage) -> None:
    """What is longer than two attestations may be is not even parsed."""
    text = json.dumps([{"x": "y" * (2 * MAX_ATTESTATION)}])

    response = stage.upload(OFFER.bent(attestations=text), token=mint(stage))

    assert response.status_code == 400
    assert "Malformed attestations: they have at most 256 KiB" in response.text


def test_a_broken_verifier_publishes_nothing(tmp_path: Path) -> None:
    """Whatever breaks while it is verified, the file is not there, and the same upload succeeds afterwards."""

    class Crash(Exception):
        """The power goes out."""

    def crash() -> TrustRoot:
        raise Crash

    with attesting(tmp_path, root=crash) as stage, pytest.raises(Crash):
        send(stage, attest())
    with attesting(tmp_path) as stage:
        before = stage.index.files()
        after = send(stage, attest()).status_code

    assert (before, after) == ([], 200)


GOOD = attest(extensions=certified(n23="test"))
"""Good but for its environment, so that it is never published."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "verification_material", "envelope", "certificate"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TEXTS = (
    st.text(max_size=40)
    | JSON.map(json.dumps)
    | st.lists(JSON, min_size=1, max_size=2).map(json.dumps)
    | st.integers(1, 5000).map(lambda n: "[" * n + "]" * n)
    | st.integers(1, 5000).map(lambda n: '[{"a":' * n + "1" + "}]" * n)
    | st.sampled_from(
        ['[{"version": 1e999}]', '[{"version": NaN}]', '[{"a": 1, "a": 2}]', "[{}], 1"]
    )
    | st.just("[" + "9" * 5000 + "]")
    | st.just('[{"version":' + "9" * 5000 + "}]")
)


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_no_text_makes_the_index_fail(stage: Stage, text: str) -> None:
    """Whatever stands in the field, however deep or long, is answered with 400 unless it is blank."""
    _status(stage, text)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_change_of_a_good_one_makes_the_index_fail(stage: Stage, data: st.DataObject) -> None:
    """Whatever is put in the place of any part, the answer is 400."""
    attestation = copy.deepcopy(GOOD)
    place: Any = attestation
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        chosen = data.draw(st.sampled_from(keys))
        if isinstance(place[chosen], dict | list) and place[chosen] and data.draw(st.booleans()):
            place = place[chosen]
            continue
        place[chosen] = data.draw(JSON)
        break
    _status(stage, json.dumps([attestation]))


def _status(stage: Stage, text: str) -> None:
    if text.strip():
        response = stage.upload(OFFER.bent(attestations=text), token=_token(stage))
        assert response.status_code == 400
        assert BEGINS in response.text


@cache
def _token(stage: Stage) -> str:
    return mint(stage)
