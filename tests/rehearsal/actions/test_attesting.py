"""Signing as the actions do it: what is left behind, and how it fails."""

import httpx2
import pytest

from bonded.rehearsal.actions import attest_action
from bonded.rehearsal.actions.attesting import attest_files
from bonded.rehearsal.actions.role import Call, StepFailed
from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.sigstore.faults import Fault
from sigstore_world import WHEEL, Evening, identity_token, wheel
from stage_world import World

ACTION = attest_action.ACTION
FAULTS = {
    Fault.DOWN: "503 Server Error",
    Fault.BAD_SCT: "SCT verify failed",
    Fault.FOREIGN_SCT: "SCT verify failed",
    Fault.MISSING_SCT: "does not contain a signed certificate timestamp",
    Fault.EXPIRED_CERTIFICATE: "the certificate is not valid any more",
    Fault.LATE_ENTRY: "would be refused",
    Fault.WRONG_LOG_KEY: "would be refused",
    Fault.MISSING_PROOF: "an answer of Sigstore has no inclusionProof",
    Fault.FORGED_PROOF: "would be refused",
}


@pytest.fixture
def call(signing: World, access: IdentityAccess) -> Call:
    """A call of the action that attests, in a job with one wheel in `dist`."""
    (signing.workspace / "dist").mkdir()
    wheel(signing.workspace / "dist")
    return signing.call(ACTION, identity=access)


def beside(call: Call) -> list[str]:
    """Return the names of what lies in `dist`."""
    return sorted(path.name for path in (call.workspace / "dist").iterdir())


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_sigstore_is_told(call: Call, sigstore: Evening, fault: Fault) -> None:
    """Whatever Sigstore does wrong fails the step with its cause and something to do, and nothing is left behind."""
    sigstore.sigstore.conditions.faults = frozenset({fault})

    with pytest.raises(StepFailed) as caught:
        ACTION.play(call)

    assert caught.value.message.startswith("Attestation generation failure: ")
    assert FAULTS[fault] in caught.value.message
    assert caught.value.hint
    assert beside(call) == [WHEEL]


def test_a_log_of_the_second_version_is_told(call: Call, sigstore: Evening) -> None:
    """Where the signing configuration knows Rekor v2 only, no attestation of PEP 740 can be made."""
    sigstore.sigstore.conditions.faults = frozenset({Fault.V2_ONLY})

    with pytest.raises(StepFailed) as caught:
        ACTION.play(call)

    assert "No valid Rekor" in caught.value.message
    assert "Rekor of version 1" in caught.value.hint


def test_a_slow_sigstore_is_not_waited_for(call: Call, sigstore: Evening) -> None:
    """A stand-in gives up after a while, and the report says that the action would wait."""
    conditions = sigstore.sigstore.conditions
    conditions.faults, conditions.delay = frozenset({Fault.SLOW}), 1.0
    call.theatre.signing.patience = 0.05

    with pytest.raises(StepFailed, match="timed out"):
        ACTION.play(call)

    assert call.theatre.report.differences[0].startswith("a stand-in waits 0.05 seconds")


def test_an_attestation_is_left_once(call: Call) -> None:
    """The action attests each distribution and nothing else, and writes over what is there only where told to."""
    (call.workspace / "dist" / "notes.txt").write_text("no distribution")
    ACTION.play(call)
    left = ["notes.txt", WHEEL, f"{WHEEL}.publish.attestation"]
    assert beside(call) == left

    with pytest.raises(StepFailed, match="already exists"):
        ACTION.play(call)
    call.inputs = {**call.inputs, "overwrite": "true", "paths": "dist/"}
    ACTION.play(call)
    assert beside(call) == left


@pytest.mark.parametrize(("paths", "words"), [("'", "cannot be split"), (" ", "No paths provided")])
def test_paths_must_be_words(call: Call, paths: str, words: str) -> None:
    """Paths are split as by a shell."""
    call.inputs = {**call.inputs, "paths": paths}

    with pytest.raises(StepFailed, match=words):
        ACTION.play(call)


def test_nothing_to_attest_is_a_warning(call: Call, signing: World) -> None:
    """The action does nothing where no file matches; here the log warns."""
    call.inputs = {**call.inputs, "paths": "none/*"}
    ACTION.play(call)

    assert [line for line in signing.log if line.startswith("::warning::")]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("no token", "no ID token"),
        ("a.!.c", "no ID token"),
        (identity_token(workflow_ref=...), "the job's identity cannot be attested"),
    ],
)
def test_a_strange_token_is_told(call: Call, token: str, words: str) -> None:
    """What the issuer gives must say who the job is."""
    answer = httpx2.Response(200, json={"value": token})
    transport = httpx2.MockTransport(lambda _request: answer)
    call.theatre.client = lambda: httpx2.Client(transport=transport)

    with pytest.raises(StepFailed, match=words):
        attest_files(call, list((call.workspace / "dist").iterdir()))


def test_provenance_needs_the_claims(call: Call) -> None:
    """SLSA provenance is made of claims; a token without them fails the step by their names."""
    from bonded.rehearsal.actions.attesting import attest_subjects

    answer = httpx2.Response(200, json={"value": identity_token(run_id=...)})
    transport = httpx2.MockTransport(lambda _request: answer)
    call.theatre.client = lambda: httpx2.Client(transport=transport)

    with pytest.raises(StepFailed, match="run_id"):
        attest_subjects(call, [("x", "a" * 64)])
