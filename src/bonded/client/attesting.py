"""Attestations for a release: every file, in memory, before the first byte goes out.

Sigstore may fail for a moment, and a certificate is good for ten minutes, which many wheels may outlast. So what is
signed is kept, and the rest is tried again with a new ID token. What was signed wrongly is not tried again. A file is
either attested or not; nothing of it is written to disk, so nothing is left over for another index.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bonded.attestations.provenance import Attestation
from bonded.errors import RemoteError, UsageError
from bonded.oidc.ambient import NoIdentity, asserted_claims

if TYPE_CHECKING:
    from bonded.attestations.identities import Expected
    from bonded.attestations.sign import SigningFailed
    from bonded.attestations.trust_root import SigningTrust
    from bonded.attestations.verify import Artifact

__all__ = ["AUDIENCE", "Attested", "Attester", "Policy"]

Policy = Literal["require", "prefer", "off"]
AUDIENCE = "sigstore"
"""What ID tokens for the public Sigstore, and for every private one so far, are made for."""

_TRIES = 4
_OFF = "--attestations off publishes without any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Attestations by file name, and what was left out."""

    of: Mapping[str, tuple[Attestation, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attester:
    """Signs. `identify` gives a new ID token for an audience; `trust` is asked once, late; `sleep` takes seconds."""

    identify: Callable[[str], str]
    trust: "Callable[[], SigningTrust]"
    sleep: Callable[[float], None]
    say: Callable[[str], None] = lambda _: None

    def attest(
        self, artifacts: "Sequence[Artifact]", *, policy: Policy, slsa: bool = False
    ) -> Attested:
        """Attest every file. Under `prefer` what fails is a warning; else it raises RemoteError or NoIdentity."""
        if policy == "off" or not artifacts:
            return Attested()
        try:
            return self._all(artifacts, policy, slsa=slsa)
        except (NoIdentity, RemoteError) as error:
            if policy == "require":
                raise
            return Attested(warnings=(f"published without attestations: {error.message}",))

    def _all(self, artifacts: "Sequence[Artifact]", policy: Policy, *, slsa: bool) -> Attested:
        from bonded.attestations.sign import sign

        trust = self._trusted()
        made: dict[str, tuple[Attestation, ...]] = {}
        left, tried = list(artifacts), 0
        while True:
            token = self.identify(AUDIENCE)
            claims = asserted_claims(token)
            signed = sign(
                left,
                token=token,
                trust=trust,
                expected=_expected(claims),
                policy="prefer",
                slsa=_slsa(claims) if slsa else None,
            )
            made |= signed.attestations
            left = [one for one in left if one.filename not in made]
            # Whatever was signed meanwhile is progress, and patience begins anew.
            tried = 1 if signed.attestations else tried + 1
            if signed.failure is None:
                return Attested(of=made)
            if not signed.failure.passing or tried >= _TRIES:
                return self._given_up(signed.failure, made, signed.warnings, policy)
            self.say(f"Sigstore failed, and is asked again: {signed.failure.message}")
            self.sleep(2.0 ** (tried - 1))

    def _trusted(self) -> "SigningTrust":
        try:
            return self.trust()
        except RemoteError as error:
            error.hint = f"{_OFF}; --sigstore FILE signs by another Sigstore than the public one"
            raise

    def _given_up(
        self,
        failure: "SigningFailed",
        made: Mapping[str, tuple[Attestation, ...]],
        warnings: tuple[str, ...],
        policy: Policy,
    ) -> Attested:
        if policy == "require":
            failure.hint = f"{failure.hint}\n{_OFF}" if failure.hint != _OFF else _OFF
            raise failure
        return Attested(of=made, warnings=warnings)


def _expected(claims: Mapping[str, object]) -> "Expected":
    from bonded.attestations.own_identity import own_identity

    try:
        return own_identity(claims)
    except ValueError as error:
        raise NoIdentity(str(error), hint=_OFF) from None


def _slsa(claims: Mapping[str, object]) -> Mapping[str, object]:
    from bonded.attestations.slsa import slsa_predicate

    try:
        return slsa_predicate(claims)
    except ValueError as error:
        raise UsageError(
            f"--provenance slsa: {error}", hint="it is made for jobs of GitHub Actions"
        ) from None
