"""Claims before and after verification: two types, so that one cannot be taken for the other.

An `UnverifiedToken` shows only what is needed to find the right keys: the issuer and the key's id. Everything else
in a token is visible only through `VerifiedClaims`, which `verify` makes.

JSON is read strictly. A name given twice, a number that JSON does not have (NaN) and a lone surrogate mean different
things to different programs, so a token with one of them is malformed, signed or not.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from bonded.errors import BondedError
from bonded.oidc import base64url

__all__ = ["MAX_TOKEN", "MalformedToken", "UnverifiedToken", "VerifiedClaims"]

MAX_TOKEN = 16 * 1024
"""Characters in a token; GitHub's have about 2,000. The bound keeps hostile input cheap."""


class MalformedToken(BondedError):
    """A text that is not a signed JSON Web Token with an issuer (RFC 7519)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedToken:
    """A token that nobody has vouched for yet: only its issuer and the id of its key may be looked at.

    `key_id` is empty if the token names no key. `header` and `text` are for `verify`.
    """

    issuer: str
    key_id: str
    header: Mapping[str, object] = field(repr=False)
    text: str = field(repr=False)

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
        header = read_object(_decoded(segments[0], "header"), "header")
        payload = read_object(_decoded(segments[1], "payload"), "payload")
        _decoded(segments[2], "signature")
        key_id = header.get("kid", "")
        if not isinstance(key_id, str):
            raise MalformedToken("the key id in the header is not a text")
        issuer = payload.get("iss")
        if not isinstance(issuer, str):
            raise MalformedToken("the token names no issuer ('iss')")
        return cls(issuer=issuer, key_id=key_id, header=MappingProxyType(header), text=text)


class VerifiedClaims(Mapping[str, object]):
    """The claims of a token that `verify` has accepted. They cannot be changed.

    Nested lists are tuples and nested objects read-only mappings; `to_dict` gives plain JSON values.
    """

    __slots__ = ("_claims",)

    def __init__(self, claims: Mapping[str, object]) -> None:
        self._claims = {name: _frozen(value) for name, value in claims.items()}

    def __getitem__(self, name: str) -> object:
        return self._claims[name]

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


def read_object(raw: bytes, part: str) -> dict[str, object]:
    """Return the JSON object in `raw`, read strictly, or raise `MalformedToken` that names the `part`."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_unique_names, parse_constant=_no_constant
        )
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate fails here
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise MalformedToken(f"the {part} is not strict JSON: {reason}") from None
    if not isinstance(value, dict):
        raise MalformedToken(f"the {part} is not a JSON object")
    return value


def decoded_payload(token: UnverifiedToken) -> dict[str, object]:
    """Return the claims that a token *asserts*; only `verify` may ask, after it has checked the signature."""
    return read_object(_decoded(token.text.split(".")[1], "payload"), "payload")


def _decoded(segment: str, part: str) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError:
        raise MalformedToken(f"the {part} is not base64url without padding") from None


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


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
