"""Attestations for a release, by a Sigstore that works and by one that does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sigstore.verify import Verifier

from bonded.attestations.sign import SigningFailed
from bonded.attestations.trust_root import SigningTrust, TrustRoot
from bonded.attestations.verify import Artifact
from bonded.client.attesting import Attester
from bonded.errors import RemoteError, UsageError
from bonded.oidc.ambient import NoIdentity
from bonded.rehearsal.stage.sigstore.clients import signing_context
from bonded.rehearsal.stage.sigstore.faults import Fault
from sigstore_world import Evening, evening, identity_token

FILES = tuple(
    Artifact(filename=f"widget-1.{number}-py3-none-any.whl", sha256=f"{number:064x}")
    for number in range(3)
)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore that works."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


def trust(at: Evening) -> SigningTrust:
    """Return it as what is signed with."""
    config = at.sigstore.trust_config
    root = TrustRoot(source="tests", verifier=Verifier(trusted_root=config.trusted_root))
    proxy, bundle = at.backstage.proxy_url, at.bundle
    return SigningTrust(
        root=root,
        config=config,
        connect=lambda given: signing_context(
            given, proxy=proxy, authorities=bundle, timestamps=False, patience=5.0
        ),
    )


class Bench:
    """An attester, and what it asked for."""

    def __init__(self, trusted: SigningTrust, **bent: object) -> None:
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.said: list[str] = []
        self.bent: dict[str, Any] = bent
        self.attester = Attester(
            identify=self.identify,
            trust=lambda: trusted,
            sleep=self.slept.append,
            say=self.said.append,
        )

    def identify(self, audience: str) -> str:
        """Give an ID token."""
        self.asked.append(audience)
        return identity_token(**self.bent)


def test_every_file_is_attested(standing: Evening) -> None:
    """One certificate for all, one attestation each; with SLSA two."""
    bench = Bench(trust(standing))
    made = bench.attester.attest(FILES, policy="require")
    both = bench.attester.attest(FILES[:1], policy="prefer", slsa=True)

    assert [len(made.of[one.filename]) for one in FILES] == [1, 1, 1]
    assert [len(both.of[one.filename]) for one in FILES[:1]] == [2]
    assert made.warnings == both.warnings == ()
    assert bench.asked == ["sigstore"] * 2


def test_off_asks_nobody(standing: Evening) -> None:
    """Neither an identity nor a signature is asked for, nor for no files."""
    bench = Bench(trust(standing))

    assert bench.attester.attest(FILES, policy="off").of == {}
    assert bench.attester.attest((), policy="require").of == {}
    assert bench.asked == []


def test_a_sigstore_that_is_down_is_asked_again(tmp_path: Path) -> None:
    """Each try has a new identity; then `require` says no, with the way out, and `prefer` goes without."""
    with evening(tmp_path, Fault.DOWN) as at:
        bench = Bench(trust(at))
        with pytest.raises(SigningFailed) as caught:
            bench.attester.attest(FILES, policy="require")
        without = bench.attester.attest(FILES, policy="prefer")

    assert bench.slept == [1.0, 2.0, 4.0] * 2
    assert len(bench.asked) == 8
    assert "--attestations off" in caught.value.hint
    assert without.of == {}
    assert FILES[0].filename in without.warnings[0]
    assert len(bench.said) == 6


def test_without_the_trust_root_the_way_out_is_told() -> None:
    """By options that publishing has."""

    def down() -> SigningTrust:
        raise RemoteError("the public trust root cannot be refreshed", hint="something else")

    attester = Attester(identify=str, trust=down, sleep=list[float]().append)
    with pytest.raises(RemoteError) as caught:
        attester.attest(FILES, policy="require")

    assert caught.value.hint.startswith("--attestations off publishes without any; --sigstore FILE")
    assert "cannot be refreshed" in attester.attest(FILES, policy="prefer").warnings[0]


@pytest.mark.parametrize("fault", [Fault.MISSING_SCT, Fault.BAD_SCT])
def test_what_sigstore_does_wrong_is_not_asked_for_again(tmp_path: Path, fault: Fault) -> None:
    """Its answer is told as what it is."""
    with evening(tmp_path, fault) as at:
        bench = Bench(trust(at))
        with pytest.raises(SigningFailed, match=r"^Sigstore gave a certificate"):
            bench.attester.attest(FILES, policy="require")

    assert bench.slept == []


def test_what_is_signed_wrongly_is_not_tried_again(standing: Evening) -> None:
    """A workflow that another one started cannot attest what PyPI takes; no second try would change that."""
    other = "octo/other/.github/workflows/x.yml@refs/tags/v1"
    bench = Bench(trust(standing), workflow_ref=other)
    with pytest.raises(RemoteError, match="would be refused"):
        bench.attester.attest(FILES, policy="require")

    assert bench.slept == []


@pytest.mark.parametrize("policy", ["require", "prefer"])
def test_an_identity_without_a_name_cannot_attest(standing: Evening, policy: str) -> None:
    """Services that PEP 740 does not know publish without."""
    bench = Bench(trust(standing), iss="https://ci.example")
    if policy == "require":
        with pytest.raises(NoIdentity, match="cannot attest"):
            bench.attester.attest(FILES, policy="require")
    else:
        made = bench.attester.attest(FILES, policy="prefer")
        assert "cannot attest" in made.warnings[0]


def test_slsa_needs_the_claims_of_github(standing: Evening) -> None:
    """A token that lacks what provenance says is refused before anything is signed."""
    bench = Bench(trust(standing), run_id=...)
    with pytest.raises(UsageError, match=r"--provenance slsa: .*run_id"):
        bench.attester.attest(FILES, policy="prefer", slsa=True)
