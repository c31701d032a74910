"""Signing and verifying by the Sigstore of a rehearsal, which is another hand's reading of the same protocols."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bonded.attestations.identities import expected_of_identity, parse_identity
from bonded.attestations.sign import SigningFailed, sign
from bonded.attestations.slsa import slsa_predicate
from bonded.attestations.trust_root import SigningTrust, signing_of
from bonded.attestations.verify import Artifact, Verified, verify
from bonded.rehearsal.stage.sigstore.clients import signing_context
from bonded.rehearsal.stage.sigstore.faults import Fault
from claims_builder import claims
from sigstore_world import REPOSITORY, WORKFLOW, Evening, evening, identity_token

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

FILE = Artifact(filename="widget-1.0-py3-none-any.whl", sha256="a" * 64)
WHOM = expected_of_identity(
    parse_identity(
        {"kind": "GitHub", "repository": REPOSITORY, "workflow": WORKFLOW, "environment": "pypi"}
    ),
    environment_required=True,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore that stands for all tests here."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


def trust(at: Evening) -> SigningTrust:
    """Return what leads to it, as it is at this moment."""

    def connect(config: "ClientTrustConfig") -> "SigningContext":
        return signing_context(config, proxy=at.backstage.proxy_url, authorities=Path(at.bundle))

    made = signing_of(at.sigstore.trust_config_json().encode(), source="the evening")
    return dataclasses.replace(made, connect=connect)


def test_what_it_certifies_is_verified_environment_and_all(served: Evening) -> None:
    """Publish attestation and SLSA provenance, with the certificate's environment demanded."""
    by = trust(served)
    signed = sign(
        [FILE], token=identity_token(), trust=by, expected=WHOM, slsa=slsa_predicate(claims())
    )

    outcomes = [
        verify(one, FILE, WHOM, by.root.verifier) for one in signed.attestations[FILE.filename]
    ]
    assert len(outcomes) == 2
    assert all(isinstance(one, Verified) for one in outcomes)


def test_another_environment_is_found_before_anything_leaves(served: Evening) -> None:
    """The claims of the job are those of its certificate."""
    with pytest.raises(SigningFailed, match="names another environment: expected pypi, got test"):
        sign(
            [FILE],
            token=identity_token(environment="test"),
            trust=trust(served),
            expected=WHOM,
        )


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_every_fault_is_found_before_anything_leaves(served: Evening, fault: Fault) -> None:
    """`require` refuses, `prefer` publishes without and says so."""
    served.sigstore.conditions.faults = frozenset({fault})
    try:
        with pytest.raises(SigningFailed):
            sign([FILE], token=identity_token(), trust=trust(served), expected=WHOM)
        signed = sign(
            [FILE], token=identity_token(), trust=trust(served), expected=WHOM, policy="prefer"
        )
    finally:
        served.sigstore.conditions.faults = frozenset()

    assert not signed.attestations
    assert FILE.filename in signed.warnings[0]
