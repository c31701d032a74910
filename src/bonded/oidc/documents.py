"""The two documents by which an issuer makes its keys known, read strictly.

The first (OpenID Connect Discovery 1.0, section 3) says where the second is (RFC 7517). Whoever could send us to
another place for the keys could sign in the issuer's name; so the first must be the issuer's own, to the letter, and
the second on the issuer's host, or on one that is named beside it in our settings.
"""

from bonded.errors import BondedError
from bonded.oidc import strict_json
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.oidc.urls import InvalidUrl, parse_url

__all__ = ["MAX_DOCUMENT", "InvalidDocument", "read_discovery", "read_keys"]

MAX_DOCUMENT = 256 * 1024
"""Bytes in either document; known issuers need a tenth, with certificates beside their keys."""


class InvalidDocument(BondedError):
    """What an issuer's server sent is not the document that it must be."""


def read_discovery(raw: bytes, issuer: TrustedIssuer) -> str:
    """Return where the issuer's keys are (`jwks_uri`), or raise `InvalidDocument`."""
    document = _read(raw, "discovery document")
    said = document.get("issuer")
    if said != issuer.url:
        raise InvalidDocument(
            f"the discovery document must be of the issuer {issuer.url!r}, it says {_short(said)}",
            hint="the issuer in the settings must be written as its server writes it, to the letter",
        )
    text = document.get("jwks_uri")
    try:
        url = parse_url(text if isinstance(text, str) else "")
    except InvalidUrl:
        raise InvalidDocument(f"'jwks_uri' is not an https address: {_short(text)}") from None
    home = issuer.address
    if url.authority not in {home.authority, *issuer.jwks_hosts}:
        raise InvalidDocument(
            f"'jwks_uri' leads from {home.authority} to another host, {url.authority}",
            hint="if the issuer's keys do lie there, name that host beside the issuer",
        )
    if url.scheme != home.scheme:
        raise InvalidDocument(f"'jwks_uri' leads from {home.scheme} to {url.scheme}")
    assert isinstance(text, str)
    return text


def read_keys(raw: bytes) -> KeySet:
    """Return the keys in a JWKS document; raises `InvalidDocument`, or `InvalidKeySet` where the keys are at fault."""
    return KeySet.from_jwks(_read(raw, "key document"))


def _read(raw: bytes, name: str) -> dict[str, object]:
    if len(raw) > MAX_DOCUMENT:
        raise InvalidDocument(f"the {name} has more than {MAX_DOCUMENT} bytes")
    try:
        return strict_json.read_object(raw)
    except ValueError as error:
        raise InvalidDocument(f"the {name} is {error}") from None


def _short(value: object) -> str:
    """Show what a stranger wrote, but not all of it."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - two lines of a terminal
