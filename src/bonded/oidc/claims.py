"""Claims before and after verification: two types, so that one cannot be taken for the other.

An `UnverifiedToken` shows only what is needed to find the right keys: the issuer and the key's id. Everything else
in a token is visible only through `VerifiedClaims`, which `verify` makes.

A token that two programs could read in two ways (`strict_json`, `base64url`) is malformed, signed or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bonded.errors import BondedError
from bonded.oidc import base64url, strict_json

__all__ = ["MAX_TOKEN", "MalformedToken", "UnverifiedToken", "VerifiedClaims"]

MAX_TOKEN = 16 * 1024
"""Characters in a token; GitHub's have about 2,000. The bound keeps hostile input cheap."""

_PLAIN = frozenset({str, int, float, bool, type(None)})


class MalformedToken(BondedError):
    """A text that is not a signed JSON Web Token with an issuer (RFC 7519)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedToken:
    """A token that nobody has vouched for yet: only its issuer and the id of its key may be looked at.

    `key_id` is empty if the token names no key. The rest is for `verify`: the token's whole `text`, `header`,
    `signature`, the part of the text that is `signed`, and in it the `payload`. The claims in that are read once, and
    kept where only `asserted_claims` looks.
    """

    issuer: str
    key_id: str
    text: str = field(repr=False)
    header: Mapping[str, object] = field(repr=False)
    signed: str = field(repr=False)
    payload: str = field(repr=False)
    signature: bytes = field(repr=False)
    _asserted: Mapping[str, object] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "UnverifiedToken":
        """Read the compact form of a signed token (RFC 7515), or raise `MalformedToken`."""
        if len(text) > MAX_TOKEN:
            raise MalformedToken(
                f"a token has at most {MAX_TOKEN} characters, this has {len(text)}"
            )
        segments = text.split(".")
        if len(segments) != 3:  # noqa: PLR2004 - header, payload, signature
            raise MalformedToken(f"a signed token has three parts, this has {len(segments)}")
        header = _read(segments[0], "header")
        payload = _read(segments[1], "payload")
        key_id = header.get("kid", "")
        if not isinstance(key_id, str):
            raise MalformedToken("the key id in the header is not a text")
        issuer = payload.get("iss")
        if not isinstance(issuer, str):
            raise MalformedToken("the token names no issuer ('iss')")
        return cls(
            issuer=issuer,
            key_id=key_id,
            text=text,
            header=MappingProxyType(header),
            signed=f"{segments[0]}.{segments[1]}",
            payload=segments[1],
            signature=_decoded(segments[2], "signature"),
            _asserted=MappingProxyType(payload),
        )


class VerifiedClaims(Mapping[str, object]):
    """The claims of a token that `verify` has accepted. They cannot be changed.

    Nested lists are tuples and nested objects read-only mappings; `to_dict` gives plain JSON values.
    """

    __slots__ = ("_claims",)

    def __init__(self, claims: Mapping[str, object]) -> None:
        # Nearly all claims are texts, which cannot change: they need no copy.
        self._claims = {
            name: value if type(value) in _PLAIN else _frozen(value)
            for name, value in claims.items()
        }

    def __getitem__(self, name: str) -> object:
        return self._claims[name]

    def get(self, name: str, default: object = None) -> object:
        """Return a claim, or `default`. The inherited one raises and catches, and a mint asks forty times."""
        return self._claims.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._claims

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def __repr__(self) -> str:
        return f"VerifiedClaims({self.to_dict()!r})"

    @property
    def issuer(self) -> str:
        """Who vouches for these claims (`iss`)."""
        return self._text("iss")

    @property
    def audience(self) -> str:
        """For whom they were made (`aud`)."""
        return self._text("aud")

    @property
    def subject(self) -> str:
        """Whom they describe (`sub`), empty if absent; GitHub's owners may reshape it, so nothing is decided by it."""
        return self._text("sub")

    @property
    def token_id(self) -> str:
        """The unique id of the token (`jti`), empty if absent."""
        return self._text("jti")

    @property
    def issued_at(self) -> float:
        """When the token was made (`iat`), in Unix seconds."""
        return self._time("iat")

    @property
    def expires_at(self) -> float:
        """When the token ends (`exp`), in Unix seconds."""
        return self._time("exp")

    def to_dict(self) -> dict[str, object]:
        """Return a copy in plain JSON values."""
        return {name: _thawed(value) for name, value in self._claims.items()}

    def _text(self, name: str) -> str:
        value = self._claims.get(name)
        return value if isinstance(value, str) else ""

    def _time(self, name: str) -> float:
        value = self._claims[name]
        assert isinstance(value, int | float)
        return float(value)


def asserted_claims(token: UnverifiedToken) -> Mapping[str, object]:
    """Return the claims that a token *asserts*; only `verify` may ask, after it has checked the signature."""
    return token._asserted  # noqa: SLF001 - the only reader


def _read(segment: str, part: str) -> dict[str, object]:
    try:
        return strict_json.read_object(_decoded(segment, part))
    except ValueError as error:
        raise MalformedToken(f"the {part} is {error}") from None


def _decoded(segment: str, part: str) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError:
        raise MalformedToken(f"the {part} is not base64url without padding") from None


def _frozen(value: object) -> object:
    if isinstance(value, Mapping):
        return MappingProxyType({name: _frozen(inner) for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_frozen(inner) for inner in value)
    return value


def _thawed(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _thawed(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_thawed(inner) for inner in value]
    return value
