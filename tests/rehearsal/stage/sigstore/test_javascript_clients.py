"""What Sigstore's own JavaScript, which npm has inside, makes of all this."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from bonded.rehearsal.stage.sigstore.clients import home_files
from bonded.rehearsal.stage.sigstore.faults import Fault
from oracle_node import ask
from sigstore_world import (
    Evening,
    Signer,
    attestation,
    identity_token,
    publisher,
    sigstore,
    wheel,
)

pytestmark = pytest.mark.oracle

NAME = "https://github.com/octo/widget/.github/workflows/release.yml@refs/tags/v1.0"
STATEMENT = b'{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x"}'


def asked(**question: Any) -> Any:
    """Return the answer to one question."""
    (answer,) = ask("sigstore.mjs", [question])
    return answer


def examined(at: Evening, bundle: str, **more: Any) -> Any:
    """Return what it makes of a bundle with the evening's trust root."""
    root = json.loads(at.sigstore.trusted_root_json())
    return asked(bundle=json.loads(bundle), root=root, **more)


@pytest.fixture
def environ(served: Evening, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let programs be led to the evening, with a home that has the files for them; return the home."""
    for name, value in {**served.variables, "HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    for name, data in home_files(served.sigstore).items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home


def test_it_verifies_what_python_signed(served: Evening, tmp_path: Path) -> None:
    """An attestation of pypi-attestations verifies, for its signer's name and for no other."""
    bundle = attestation(served, wheel(tmp_path)).to_bundle().to_json()

    assert examined(served, bundle, uri=NAME) == {"signer": NAME}
    assert examined(served, bundle, uri=f"{NAME}x")["error"] == "UNTRUSTED_SIGNER_ERROR"


def test_it_does_not_believe_another_evening(served: Evening, tmp_path: Path) -> None:
    """With the trust root of another evening, nothing verifies."""
    bundle = attestation(served, wheel(tmp_path)).to_bundle().to_json()
    root = json.loads(sigstore().trusted_root_json())

    assert asked(bundle=json.loads(bundle), root=root)["error"] == "CERTIFICATE_ERROR"


@pytest.mark.usefixtures("environ")
def test_it_signs_and_updates_its_trust_root() -> None:
    """It signs by the names of the public services, takes the trust root from TUF, and verifies what it signed."""
    answer = asked(token=identity_token(), payload=base64.b64encode(STATEMENT).decode())

    assert list(answer) == ["bundle"]


@pytest.mark.usefixtures("environ")
def test_python_verifies_what_it_signed(served: Evening) -> None:
    """Its bundle verifies with sigstore-python for the same publisher."""
    from sigstore.models import Bundle
    from sigstore.verify import Verifier

    answer = asked(token=identity_token(), payload=base64.b64encode(STATEMENT).decode())
    verifier = Verifier(trusted_root=served.sigstore.trust_config.trusted_root)
    bundle = Bundle.from_json(json.dumps(answer["bundle"]))

    assert verifier.verify_dsse(bundle, publisher()._as_policy()) == (
        "application/vnd.in-toto+json",
        STATEMENT,
    )


def test_without_the_root_in_its_cache_it_refuses(environ: Path) -> None:
    """It has Sigstore's own root in itself, and believes the evening's repository only with a root in its cache."""
    for path in (environ / ".local").rglob("root.json"):
        path.unlink()
    answer = asked(token=identity_token(), payload=base64.b64encode(STATEMENT).decode())

    assert list(answer) == ["bundle", "error", "message"]
    assert answer["error"] == "TUF_REFRESH_METADATA_ERROR"


FOUND = {
    Fault.DOWN: ("CA_CREATE_SIGNING_CERTIFICATE_ERROR", "(503) Service Unavailable"),
    Fault.BAD_SCT: ("CERTIFICATE_ERROR", "SCT verification failed"),
    Fault.FOREIGN_SCT: ("CERTIFICATE_ERROR", "SCT verification failed"),
    Fault.MISSING_SCT: ("CERTIFICATE_ERROR", "expected 1 SCTs, got 0"),
    Fault.EXPIRED_CERTIFICATE: ("CERTIFICATE_ERROR", "Failed to verify certificate chain"),
    Fault.LATE_ENTRY: ("CERTIFICATE_ERROR", "Failed to verify certificate chain"),
    Fault.WRONG_LOG_KEY: ("TLOG_INCLUSION_PROMISE_ERROR", "could not be verified"),
    Fault.MISSING_PROOF: ("Error", "invalid bundle"),
    Fault.FORGED_PROOF: ("TLOG_INCLUSION_PROOF_ERROR", "root hash does not match"),
}


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("fault", FOUND)
def test_it_finds_each_fault(served: Evening, fault: Fault) -> None:
    """Each fault has its own cause, found when signing (the outage) or when verifying (all others)."""
    served.sigstore.conditions.faults = frozenset({fault})
    try:
        answer = asked(token=identity_token(), payload=base64.b64encode(STATEMENT).decode())
    finally:
        served.sigstore.conditions.faults = frozenset()
    error, message = FOUND[fault]

    assert answer["error"] == error
    assert message in answer["message"]


def test_a_repeated_entry_leads_back(served: Evening) -> None:
    """What is proposed twice is answered with the place of the first, where clients find it."""
    signer = Signer(served.sigstore)
    proposed = signer.statement(STATEMENT)
    first = served.sigstore.rekor.create(proposed)
    assert isinstance(first, int)

    assert served.sigstore.rekor.create(proposed) != first
    assert served.sigstore.rekor.uuid(first) in str(served.sigstore.rekor.create(proposed))
