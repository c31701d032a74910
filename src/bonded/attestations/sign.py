"""Attestations made, and checked before anything leaves.

Every file is signed before the first byte is uploaded, in memory, with one short-lived certificate. What Sigstore
gives is verified at once against the file, its digest and the publisher that the index expects: a wrong identity is
found here and not by the index, or by nobody.

Rekor v1 is pinned: entries of v2 have no signed time, and PEP 740 has no place for a timestamp, so what v2 gives cannot
be verified by anybody. Timestamps are not asked for, for the same reason.

`require` raises where anything fails. `prefer` stops signing there, keeps what is complete, and says so in a warning.
`off` does nothing. What Sigstore failed to do, it may do at the next try; what it did wrong, it will do again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bonded.attestations.identities import Expected
from bonded.attestations.provenance import Attestation, read_attestation
from bonded.attestations.refusal import Reason
from bonded.attestations.trust_root import SigningTrust
from bonded.attestations.verify import SLSA, Artifact, Verified, publish_predicate, verify
from bonded.errors import BondedError, RemoteError

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import Signer as SigstoreSigner
    from sigstore.sign import SigningContext

__all__ = ["Policy", "Signed", "SigningFailed", "sign"]

Policy = Literal["require", "prefer", "off"]

_LEAVE_OUT = "attestations can be left out with the policy `prefer` or `off`"
_WHO = "is this the workflow, repository and environment of the registered publisher?"
_IDENTITY = frozenset({Reason.IDENTITY, Reason.ENVIRONMENT, Reason.PUBLISHER})
_REKOR = 1
_WRONG = (
    (
        "does not contain a signed certificate timestamp",
        "Sigstore gave a certificate that no CT log has seen: it has no SCT",
        _LEAVE_OUT,
    ),
    (
        "SCT verify failed",
        "Sigstore gave a certificate whose SCT is wrong, or of a CT log that the trust root does not know",
        _LEAVE_OUT,
    ),
    (
        "No valid Rekor",
        "the signing configuration of this Sigstore names no log whose entries PEP 740 can carry",
        "PEP 740 needs a Rekor of version 1 in the signing configuration",
    ),
    ("No valid Fulcio", "the signing configuration of this Sigstore is of no use", _LEAVE_OUT),
)
"""What sigstore says where it was answered, and wrongly: its words, ours, and what to do. No other try mends these."""

_SECONDS = 30.0
"""How long Sigstore may take for each answer."""


class SigningFailed(RemoteError):
    """Sigstore did not sign, or what it signed is not what was asked for.

    `passing` says that it did not, so that another try may succeed.
    """

    def __init__(self, message: str, *, hint: str = "", passing: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.passing = passing


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The attestations of each file by its name; files that could not be attested are missing.

    `warnings` says what was left out and why, `failure` is what it was; both are empty if nothing was.
    """

    attestations: Mapping[str, tuple[Attestation, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    failure: SigningFailed | None = None


class _Claim(NamedTuple):
    """What is said of every file."""

    predicate_type: str
    predicate: Mapping[str, object] | None


def sign(
    artifacts: Sequence[Artifact],
    *,
    token: str,
    trust: SigningTrust,
    expected: Expected,
    policy: Policy = "require",
    slsa: Mapping[str, object] | None = None,
) -> Signed:
    """Attest every file, and SLSA provenance beside it where its predicate is given (`slsa_predicate`).

    `token` is an ID token made for Sigstore (audience `sigstore`). `expected` is whom the index will expect, with the
    claims of the upload if they are known. Raises SigningFailed under `require`.
    """
    if policy == "off" or not artifacts:
        return Signed()
    claims = [_Claim(publish_predicate(), None)]
    if slsa is not None:
        claims.append(_Claim(SLSA, slsa))
    done: dict[str, tuple[Attestation, ...]] = {}
    try:
        with _signer(token, trust) as signer:
            for artifact in artifacts:
                done[artifact.filename] = tuple(
                    _attested(signer, artifact, claim, expected, trust) for claim in claims
                )
    except SigningFailed as error:
        if policy == "require":
            raise
        left = [one.filename for one in artifacts if one.filename not in done]
        warning = f"published without attestations: {', '.join(left)} ({error.message})"
        return Signed(attestations=done, warnings=(warning,), failure=error)
    return Signed(attestations=done)


@contextmanager
def _signer(token: str, trust: SigningTrust) -> Iterator["SigstoreSigner"]:
    from sigstore.oidc import IdentityToken

    closing = ExitStack()
    with _told("Sigstore cannot be asked"):
        trust.config.force_tlog_version = _REKOR
        context = (trust.connect or _context)(trust.config)
        # The certificate is asked for where the signer is made, and serves every file.
        signer = closing.enter_context(context.signer(IdentityToken(token), cache=True))
    with closing:
        yield signer


def _context(config: "ClientTrustConfig") -> "SigningContext":
    from sigstore.sign import SigningContext

    services = config.signing_config
    fulcio, rekor = services.get_fulcio(), services.get_tlogs()[0]
    # The clients have no setting for this and would wait for ever; their sessions are the only place (sigstore 4.5).
    clients: tuple[Any, Any] = (fulcio, rekor)
    for session in (clients[0].session, clients[1]._session):  # noqa: SLF001 - as said
        session.request = partial(session.request, timeout=_SECONDS)
    return SigningContext(fulcio=fulcio, rekor=rekor, trusted_root=config.trusted_root)


def _attested(
    signer: "SigstoreSigner",
    artifact: Artifact,
    claim: _Claim,
    expected: Expected,
    trust: SigningTrust,
) -> Attestation:
    """Sign one statement, and verify what came back."""
    attestation = _signed(signer, artifact, claim)
    outcome = verify(attestation, artifact, expected, trust.root.verifier)
    if not isinstance(outcome, Verified):
        reasons = "; ".join(map(str, outcome))
        raise SigningFailed(
            f"the attestation of {artifact.filename} would be refused: {reasons}",
            hint=_WHO if any(one.reason in _IDENTITY for one in outcome) else _LEAVE_OUT,
        )
    if outcome.predicate_type != claim.predicate_type:
        raise SigningFailed(f"the attestation of {artifact.filename} is of another kind")
    return attestation


def _signed(signer: "SigstoreSigner", artifact: Artifact, claim: _Claim) -> Attestation:
    import pypi_attestations
    from sigstore.dsse import DigestSet, StatementBuilder, Subject

    with _told(f"{artifact.filename} cannot be attested"):
        digest = DigestSet(root={"sha256": artifact.sha256})
        subject = Subject(name=artifact.filename, digest=digest)
        builder = StatementBuilder().subjects([subject]).predicate_type(claim.predicate_type)
        if claim.predicate is not None:
            builder = builder.predicate(dict(claim.predicate))
        bundle = signer.sign_dsse(builder.build())
        made = pypi_attestations.Attestation.from_bundle(bundle)
        return read_attestation(made.model_dump_json().encode())


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn whatever the libraries raise into one kind of error; they document none."""
    try:
        yield
    except BondedError:
        raise
    except Exception as error:
        behind: BaseException = error
        while not str(behind).strip() and behind.__cause__ is not None:
            behind = behind.__cause__  # Fulcio's client raises a bare name from what happened
        reason = " ".join(str(behind).split())[:300] or type(error).__name__
        for words, sentence, hint in _WRONG:
            if words in reason:
                raise SigningFailed(f"{sentence} ({reason})", hint=hint) from error
        raise SigningFailed(f"{what}: {reason}", hint=_LEAVE_OUT, passing=True) from error
