"""What is signed here is verified by the reference implementations, in Python and in JavaScript."""

import hashlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from attestation_services import Services, serving, token, trust_config
from attestation_world import WORKFLOW, World
from bonded.attestations.identities import expected_of_identity, parse_identity
from bonded.attestations.sign import sign
from bonded.attestations.verify import Artifact
from oracle_node import ask

FILE = Artifact(
    filename="greeter-1.0-py3-none-any.whl", sha256=hashlib.sha256(b"greeter").hexdigest()
)
NAME = f"{WORKFLOW}@refs/tags/v1.0"


@pytest.fixture(scope="module")
def signed() -> tuple[World, bytes]:
    """Return a world, and an attestation that was signed in it."""
    services = Services(world=World())
    ours = {"kind": "GitHub", "repository": "octo/greeter", "workflow": "release.yml"}
    with serving(services) as trust:
        made = sign(
            [FILE],
            token=token(),
            trust=trust,
            expected=expected_of_identity(parse_identity(ours)),
        )
    (attestation,) = made.attestations[FILE.filename]
    return services.world, json.dumps(attestation.to_object()).encode()


def test_pypi_attestations_verifies_what_is_signed_here(
    signed: tuple[World, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference verifier, with the trust root where it looks for it; another publisher it refuses."""
    from pypi_attestations import Attestation, Distribution, GitHubPublisher, VerificationError
    from sigstore._internal.tuf import DEFAULT_TUF_URL

    world, raw = signed
    cache = tmp_path / "sigstore-python" / "tuf" / quote(DEFAULT_TUF_URL, safe="")
    cache.mkdir(parents=True)
    config = json.loads(trust_config(Services(world=world), "https://x.invalid"))
    (cache / "trusted_root.json").write_text(json.dumps(config["trustedRoot"]))
    (cache / "signing_config.v0.2.json").write_text(json.dumps(config["signingConfig"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    attestation = Attestation.model_validate_json(raw)
    dist = Distribution(name=FILE.filename, digest=FILE.sha256)

    right = GitHubPublisher(repository="octo/greeter", workflow="release.yml")
    assert attestation.verify(right, dist, offline=True)[1] is None
    wrong = GitHubPublisher(repository="octo/greeter", workflow="other.yml")
    with pytest.raises(VerificationError):
        attestation.verify(wrong, dist, offline=True)


@pytest.mark.oracle
def test_sigstore_js_verifies_what_is_signed_here(signed: tuple[World, bytes]) -> None:
    """Npm's own verifier takes the bundle, and refuses it under another name or another root."""
    from pypi_attestations import Attestation

    world, raw = signed
    bundle = json.loads(Attestation.model_validate_json(raw).to_bundle().to_json())
    questions = [
        {"bundle": bundle, "root": root.trusted_root(), "uri": name}
        for root, name in ((world, NAME), (world, f"{NAME}x"), (World(), NAME))
    ]

    good, *refused = ask("sigstore.mjs", questions)
    assert good == {"signer": NAME}
    assert all("error" in one for one in refused)
