"""Attestations are made for every file, checked at once, and refused or left out as the policy says."""

import hashlib
import json
from typing import Any

import pytest

from attestation_services import CLAIMS, Services, serving, token
from attestation_world import PUBLISH, Making, World
from bonded.attestations.identities import Expected, expected_of_identity, parse_identity
from bonded.attestations.provenance import Attestation
from bonded.attestations.sign import Policy, SigningFailed, sign
from bonded.attestations.slsa import BUILD_TYPE, slsa_predicate
from bonded.attestations.verify import SLSA, Artifact, Verified, verify

FILES = tuple(
    Artifact(filename=name, sha256=hashlib.sha256(name.encode()).hexdigest())
    for name in ("greeter-1.0-py3-none-any.whl", "greeter-1.0.tar.gz")
)


def whom(**bent: Any) -> Expected:
    """Return the registered publisher, or another one."""
    ours = {"kind": "GitHub", "repository": "octo/greeter", "workflow": "release.yml"}
    return expected_of_identity(parse_identity({**ours, "environment": "pypi", **bent}))


def kinds(attestations: tuple[Attestation, ...]) -> list[str]:
    """Return the predicates of attestations."""
    return [json.loads(one.statement)["predicateType"] for one in attestations]


def test_every_file_is_attested_with_one_certificate() -> None:
    """Publish attestations for all files, each of which verifies; Fulcio is asked once."""
    services = Services(world=World())
    with serving(services) as trust:
        signed = sign(FILES, token=token(), trust=trust, expected=whom())

    assert list(signed.attestations) == [one.filename for one in FILES]
    assert not signed.warnings
    assert [path.rpartition("/")[2] for path in services.asked] == ["signingCert"] + ["entries"] * 2
    for artifact in FILES:
        (attestation,) = signed.attestations[artifact.filename]
        outcome = verify(attestation, artifact, whom(), services.world.root.verifier)
        assert isinstance(outcome, Verified)
        assert outcome.predicate_type == PUBLISH


def test_slsa_provenance_stands_beside_it_when_asked_for() -> None:
    """What is in it is what the token says."""
    services = Services(world=World())
    with serving(services) as trust:
        signed = sign(
            FILES[:1], token=token(), trust=trust, expected=whom(), slsa=slsa_predicate(CLAIMS)
        )

    (attestations,) = signed.attestations.values()
    assert kinds(attestations) == [PUBLISH, SLSA]
    predicate = json.loads(attestations[1].statement)["predicate"]
    assert predicate["buildDefinition"]["buildType"] == BUILD_TYPE
    assert predicate["buildDefinition"]["externalParameters"]["workflow"] == {
        "ref": "refs/tags/v1.0",
        "repository": "https://github.com/octo/greeter",
        "path": ".github/workflows/release.yml",
    }


def test_slsa_provenance_wants_every_claim() -> None:
    """What is missing is named, all of it."""
    with pytest.raises(ValueError, match="missing: repository, run_id"):
        slsa_predicate({**CLAIMS, "repository": "", "run_id": None})


# What goes wrong at Sigstore, and what the error says.
FAULTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"fails": "signingCert"}, "^Sigstore cannot be asked: 50. Server Error"),
    ({"fails": "entries"}, "greeter-1.0-py3-none-any.whl cannot be attested"),
    ({"rekor": (2,)}, "^the signing configuration of .* names no log .*No valid Rekor"),
    ({"making": Making(sct="foreign")}, "^Sigstore gave a certificate whose SCT is wrong, or of"),
    ({"making": Making(sct="forged")}, "^Sigstore gave a certificate whose SCT is wrong, or of"),
    ({"making": Making(sct="none")}, "^Sigstore gave a certificate that no CT log has seen"),
    ({"making": Making(extensions={"12": "https://github.com/octo/fork"})}, "would be refused"),
    ({"making": Making(extensions={"23": "testpypi"})}, "names another environment"),
)


@pytest.mark.parametrize(("fault", "sentence"), FAULTS)
def test_require_refuses_whatever_is_wrong(fault: dict[str, Any], sentence: str) -> None:
    """Nothing is published with an attestation that the index would refuse."""
    services = Services(world=World(), **{**fault, **_fresh(fault)})
    with serving(services) as trust, pytest.raises(SigningFailed, match=sentence) as caught:
        sign(FILES, token=token(), trust=trust, expected=whom())

    assert caught.value.hint


def _fresh(fault: dict[str, Any]) -> dict[str, Any]:
    making = fault.get("making")
    if making is None:
        return {}
    return {"making": Making(sct=making.sct, extensions=making.extensions)}


def test_prefer_keeps_what_is_complete_and_says_what_is_missing() -> None:
    """The log goes down after the first file: that one keeps its attestation."""
    services = Services(world=World(), fails="entries", after=1)
    with serving(services) as trust:
        signed = sign(FILES, token=token(), trust=trust, expected=whom(), policy="prefer")

    assert list(signed.attestations) == [FILES[0].filename]
    assert signed.warnings[0].startswith("published without attestations: greeter-1.0.tar.gz (")


@pytest.mark.parametrize(("policy", "files"), [("off", FILES), ("require", ())])
def test_nothing_is_asked_where_nothing_is_to_be_done(
    policy: Policy, files: tuple[Artifact, ...]
) -> None:
    """Neither without files nor with the policy off is Sigstore asked for anything."""
    services = Services(world=World())
    with serving(services) as trust:
        signed = sign(files, token=token(), trust=trust, expected=whom(), policy=policy)

    assert (dict(signed.attestations), services.asked) == ({}, [])


def test_a_token_for_another_audience_signs_nothing() -> None:
    """The token for the index is not the one for Sigstore."""
    services = Services(world=World())
    with serving(services) as trust, pytest.raises(SigningFailed, match="cannot be asked"):
        sign(FILES, token=token(aud="pypi"), trust=trust, expected=whom())


def test_the_clients_of_the_services_can_be_made_by_the_caller() -> None:
    """Whoever must reach Sigstore in a way of their own brings the clients."""
    from dataclasses import replace

    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

    made = []

    def connect(config: ClientTrustConfig) -> SigningContext:
        made.append(config.force_tlog_version)
        return SigningContext.from_trust_config(config)

    with serving(Services(world=World())) as trust:
        signed = sign(
            FILES[:1], token=token(), trust=replace(trust, connect=connect), expected=whom()
        )

    assert made == [1]
    assert len(signed.attestations) == 1


def test_what_sigstore_and_pypi_attestations_sign_is_verified_here() -> None:
    """The reference implementation's own way of signing gives what this verifier takes."""
    from pypi_attestations import Attestation as Reference
    from pypi_attestations import Distribution
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

    from bonded.attestations.provenance import read_attestation

    services = Services(world=World())
    with serving(services) as trust:
        context = SigningContext.from_trust_config(trust.config)
        with context.signer(IdentityToken(token())) as signer:
            dist = Distribution(name=FILES[0].filename, digest=FILES[0].sha256)
            made = Reference.sign(signer, dist)

    attestation = read_attestation(made.model_dump_json().encode())
    outcome = verify(attestation, FILES[0], whom(), services.world.root.verifier)
    assert isinstance(outcome, Verified)
