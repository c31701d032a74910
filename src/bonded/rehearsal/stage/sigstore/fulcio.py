"""Fulcio, version 2 of its API: an ID token and a proof of possession in, a certificate out.

The token is verified as the index verifies those for uploads, only for the audience `sigstore`. Possession of the key
is proved by a certificate signing request (sigstore-python) or by a signature over the token's subject (sigstore-js);
the token comes as a bearer token or inside the request. Refusals have the shape and the codes of gRPC's gateway.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bonded.minting.ports import Keys
from bonded.oidc.claims import MalformedToken, UnverifiedToken, VerifiedClaims
from bonded.oidc.verify import TokenRefused, verify
from bonded.rehearsal.stage.sigstore.answers import (
    Refused,
    decoded,
    json_answer,
    read_body,
    read_object,
    text_at,
)
from bonded.rehearsal.stage.sigstore.certificates import SigningAuthority
from bonded.rehearsal.stage.sigstore.faults import Conditions
from bonded.rehearsal.stage.sigstore.identity import IncompleteIdentity, github_identity

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["AUDIENCE", "Fulcio"]

AUDIENCE = "sigstore"

GRPC = {400: 3, 401: 16, 413: 8}
"""HTTP status to gRPC code: invalid argument, unauthenticated, resource exhausted."""


class Fulcio:
    """The service of one evening."""

    def __init__(
        self, authority: SigningAuthority, keys: Keys, issuer: str, conditions: Conditions
    ) -> None:
        """Issue from `authority` for tokens of `issuer`, whose keys are asked for one by one."""
        self._authority = authority
        self._keys = keys
        self._issuer = issuer
        self._conditions = conditions

    def app(self) -> "Starlette":
        """Return the application."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route("/api/v2/signingCert", _guarded(self._signing_cert), methods=["POST"]),
                Route("/api/v2/trustBundle", self._trust_bundle),
                Route("/api/v2/configuration", self._configuration),
            ]
        )

    def certify(self, request: Mapping[str, object], bearer: str) -> list[x509.Certificate]:
        """Return a new certificate and those above it, the root last; raises `Refused`."""
        token = bearer or text_at(request, "credentials", "oidcIdentityToken")
        claims = self._verified(token)
        if "certificateSigningRequest" in request:
            key = _key_of_request(decoded(text_at(request, "certificateSigningRequest")))
        else:
            key = _key_of_challenge(request, claims.subject)
        try:
            identity = github_identity(claims)
        except IncompleteIdentity as error:
            raise _bad_token(str(error)) from None
        conditions = self._conditions
        leaf = self._authority.issue(key, identity, now=conditions.now(), faults=conditions.faults)
        return [leaf, *self._authority.chain]

    def _verified(self, text: str) -> VerifiedClaims:
        try:
            token = UnverifiedToken.parse(text)
            issuer = self._keys.issuer(self._issuer) if token.issuer == self._issuer else None
            if issuer is None:
                raise _bad_token(f"the issuer {token.issuer!r} is not on the stage")
            return verify(
                token,
                self._keys.keys_for(issuer, token.key_id),
                issuer=self._issuer,
                audience=AUDIENCE,
                now=self._conditions.clock(),
                algorithms=issuer.algorithms,
            )
        except (MalformedToken, TokenRefused) as error:
            raise _bad_token(error.message) from None

    async def _signing_cert(self, request: "Request") -> "Response":
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        chain = self.certify(
            read_object(await read_body(request)), token if scheme.lower() == "bearer" else ""
        )
        return json_answer({"signedCertificateEmbeddedSct": {"chain": _pem_chain(chain)}})

    async def _trust_bundle(self, _request: "Request") -> "Response":
        return json_answer({"chains": [_pem_chain(self._authority.chain)]})

    async def _configuration(self, _request: "Request") -> "Response":
        described = {
            "issuerUrl": self._issuer,
            "audience": AUDIENCE,
            "challengeClaim": "sub",
            "spiffeTrustDomain": "",
            "issuerType": "ci-provider",
        }
        return json_answer({"issuers": [described]})


def _key_of_request(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate signing request that it signed itself."""
    try:
        request = x509.load_pem_x509_csr(pem)
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(400, "The certificate signing request could not be parsed") from None
    if not request.is_signature_valid:
        raise _no_possession()
    return _on_p256(key)


def _key_of_challenge(request: Mapping[str, object], subject: str) -> ec.EllipticCurvePublicKey:
    """Return the key that signed the token's subject."""
    pem = text_at(request, "publicKeyRequest", "publicKey", "content")
    proof = decoded(text_at(request, "publicKeyRequest", "proofOfPossession"))
    try:
        key = _on_p256(serialization.load_pem_public_key(pem.encode()))
        key.verify(proof, subject.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(400, "The public key supplied in the request could not be parsed") from None
    except InvalidSignature:
        raise _no_possession() from None
    return key


def _on_p256(key: object) -> ec.EllipticCurvePublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise Refused(400, "On the stage, only keys on P-256 are certified; all known clients use them")


def _no_possession() -> Refused:
    return Refused(400, "The signature supplied in the request could not be verified")


def _bad_token(why: str) -> Refused:
    return Refused(400, f"There was an error processing the identity token: {why}")


def _pem_chain(
    chain: "tuple[x509.Certificate, ...] | list[x509.Certificate]",
) -> dict[str, list[str]]:
    return {
        "certificates": [each.public_bytes(serialization.Encoding.PEM).decode() for each in chain]
    }


def _guarded(
    endpoint: "Callable[[Request], Awaitable[Response]]",
) -> "Callable[[Request], Awaitable[Response]]":
    """Answer refusals as gRPC's gateway does."""

    async def answer(request: "Request") -> "Response":
        try:
            return await endpoint(request)
        except Refused as refused:
            body = {"code": GRPC[refused.status], "message": refused.message, "details": []}
            return json_answer(body, refused.status)

    return answer
