"""The evening's Sigstore as this process uses it: stand-ins sign with it, and the curtain verifies by its root.

It takes more than half a second to load what signs. `load` does so in the background, while the first steps run, and
whoever comes too early waits. The services are asked through the stage's proxy, as a step's own client would ask them.
"""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.attestations.sign import SigningFailed
from bonded.attestations.trust_root import SigningTrust, TrustRoot, signing_of
from bonded.attestations.verify import Artifact
from bonded.rehearsal.stage.sigstore.clients import signing_context
from bonded.rehearsal.stage.sigstore.evening import Sigstore

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.dsse import Statement
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

__all__ = ["PATIENCE", "Signing"]

PATIENCE = 20.0
"""Seconds that an answer of Sigstore may take; the clients themselves would wait for ever."""

SOURCE = "the Sigstore of the stage"


class Signing:
    """The clients of one evening."""

    def __init__(
        self,
        sigstore: Future[Sigstore],
        *,
        authorities: Path,
        proxy: str = "",
        patience: float = PATIENCE,
    ) -> None:
        """Reach the services through `proxy`; `authorities` is the PEM file of who is believed in TLS."""
        self._made = sigstore
        self._authorities = authorities
        self.proxy = proxy
        """The address of the stage's proxy; only signing needs it."""
        self.patience = patience
        self._lock = threading.Lock()
        self._trust: SigningTrust | None = None

    @property
    def _sigstore(self) -> Sigstore:
        return self._made.result()

    def load(self) -> None:
        """Load what signs and verifies; for a thread in the background."""
        self.trust()

    def trust(self) -> SigningTrust:
        """Return what signs publish attestations (PEP 740); raises InvalidInput for a broken evening."""
        with self._lock:
            if self._trust is None:
                document = self._sigstore.trust_config_json().encode()
                made = signing_of(document, source=SOURCE)
                self._trust = replace(made, connect=self._plain)
            return self._trust

    def root(self) -> TrustRoot:
        """Return the evening's trust root, ready to verify."""
        return self.trust().root

    def statement(
        self,
        token: str,
        subjects: Sequence[Artifact],
        predicate_type: str,
        predicate: Mapping[str, object],
    ) -> str:
        """Sign one statement about all subjects, and return the bundle as JSON; raises SigningFailed.

        Whichever log the evening has is used, and a timestamp beside it, as GitHub's store takes both. What comes back
        is verified at once, which GitHub's action leaves to others.
        """
        from sigstore.oidc import IdentityToken

        verifier = self.root().verifier
        config = self._sigstore.trust_config
        try:
            context = self._context(config, timestamps=True)
            with context.signer(IdentityToken(token), cache=True) as signer:
                bundle = signer.sign_dsse(_statement(subjects, predicate_type, predicate))
            verifier.verify_dsse(bundle, _Anybody())
        except Exception as error:
            # The libraries document no errors; whatever they raise, nothing was signed that holds.
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise SigningFailed(f"Sigstore did not sign: {reason}") from error
        return bundle.to_json()

    def _plain(self, config: "ClientTrustConfig") -> "SigningContext":
        return self._context(config, timestamps=False)

    def _context(self, config: "ClientTrustConfig", *, timestamps: bool) -> "SigningContext":
        return signing_context(
            config,
            proxy=self.proxy,
            authorities=self._authorities,
            timestamps=timestamps,
            patience=self.patience,
        )


class _Anybody:
    """The policy of whoever only asks whether a bundle is genuine: whose it is, the token has said."""

    def verify(self, cert: "Certificate") -> None:
        """Take every certificate that the trust root takes."""


def _statement(
    subjects: Sequence[Artifact], predicate_type: str, predicate: Mapping[str, object]
) -> "Statement":
    from sigstore.dsse import DigestSet, StatementBuilder, Subject

    named = [
        Subject(name=one.filename, digest=DigestSet(root={"sha256": one.sha256}))
        for one in subjects
    ]
    builder = StatementBuilder().subjects(named).predicate_type(predicate_type)
    return builder.predicate(dict(predicate)).build()
