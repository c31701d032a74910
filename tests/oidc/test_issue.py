import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bonded.errors import BondedError
from bonded.oidc.claims import UnverifiedToken
from bonded.oidc.issue import SigningKey, issue
from bonded.oidc.keys import KeySet
from bonded.oidc.verify import verify
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, claims, key


def test_what_is_issued_is_verified() -> None:
    """Issuing and verifying are mirrors: the same claims come back."""
    token = UnverifiedToken.parse(issue(claims(), key()))
    keys = KeySet.from_jwks(key().jwks())

    seen = verify(token, keys, issuer=ISSUER, audience=AUDIENCE, now=NOW)

    assert seen.to_dict() == claims()


def test_the_header_is_like_githubs() -> None:
    """Clients that look into the header find what GitHub writes there."""
    header = UnverifiedToken.parse(issue(claims(), key())).header

    assert dict(header) == {"alg": "RS256", "typ": "JWT", "kid": key().key_id, "x5t": key().x5t}


def test_a_key_survives_its_pem_form() -> None:
    """A key that is written and read again is known under the same ids."""
    again = SigningKey.from_pem(key().to_pem())

    assert again.jwk() == key().jwk()


def test_the_public_document_has_no_secret() -> None:
    """What an issuer publishes holds the public half only."""
    assert set(key().jwk()) == {"alg", "e", "kid", "kty", "n", "use", "x5t"}


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    """A text that is no private key says so."""
    with pytest.raises(BondedError, match="not an unencrypted private key"):
        SigningKey.from_pem(text)


def pem(private: ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    """Return a key in PEM form, locked if there is a passphrase."""
    lock = serialization.BestAvailableEncryption(passphrase) if passphrase else None
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        lock or serialization.NoEncryption(),
    )


def test_a_locked_key_and_one_of_another_kind_are_refused() -> None:
    """A key must be open, and of a kind that tokens are signed with."""
    with pytest.raises(BondedError, match="not an unencrypted"):
        SigningKey.from_pem(pem(ec.generate_private_key(ec.SECP256R1()), b"x"))
    with pytest.raises(BondedError, match="an RSA key or one on P-256"):
        SigningKey.from_pem(pem(ec.generate_private_key(ec.SECP384R1())))


def test_a_key_on_p256_issues_es256() -> None:
    """The other kind of key works in the same way: written, read again, published, verified."""
    signing = SigningKey.from_pem(SigningKey.generate_ec().to_pem())
    token = UnverifiedToken.parse(issue(claims(), signing))
    keys = KeySet.from_jwks(signing.jwks())

    seen = verify(
        token,
        keys,
        issuer=ISSUER,
        audience=AUDIENCE,
        now=NOW,
        algorithms=frozenset({"ES256"}),
    )

    assert seen.to_dict() == claims()
    assert token.header["alg"] == "ES256"
    assert set(signing.jwk()) == {"alg", "crv", "kid", "kty", "use", "x", "x5t", "y"}
    assert keys.ids == signing.key_set().ids == (signing.key_id,)
