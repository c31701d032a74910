"""Where the claims come from: a token, a file of claims, or a log. Tokens are read, and never shown."""

import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bonded.dists.endpoints import known
from bonded.errors import Fault, InvalidInput, Location, UsageError
from bonded.minting.ci_log import read_log
from bonded.minting.explaining.cases import Presented, presented
from bonded.oidc import base64url, strict_json
from bonded.oidc.claims import MalformedToken, UnverifiedToken
from bonded.oidc.keys import InvalidKeySet, KeySet
from bonded.oidc.verify import MAX_TIME, TokenFault, TokenRefused, verify

__all__ = ["PresentedBy", "Signature", "Source", "from_claims", "from_log", "from_token", "moment"]

Signature = Literal["verified", "wrong", "not verified", "none"]

MAX_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedBy:
    """Claims, and of whom: the title of the job, empty for the only one."""

    presented: Presented
    title: str = ""
    fault: TokenRefused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read.

    `audience` is that of the index to which it points, empty if it points to none. `was_refused` says that an index did
    refuse these claims.
    """

    kind: Literal["token", "claims", "log", "workflow"]
    presented: tuple[PresentedBy, ...]
    signature: Signature = "none"
    audience: str = ""
    now: float | None = None
    notes: tuple[str, ...] = ()
    was_refused: bool = False

    @property
    def claims(self) -> Mapping[str, object]:
        """The first claims."""
        return self.presented[0].presented.claims if self.presented else {}


def from_token(name: str, *, keys: str, audience: str, now: float | None) -> Source:
    """Read a token; with a file of keys, verify it. Raises InvalidInput for what is no token."""
    text = _token_text(_read(name, "--token"))
    try:
        token = UnverifiedToken.parse(text)
    except MalformedToken as error:
        raise _unreadable(
            name, str(error), "give the text of one ID token, and nothing else"
        ) from None
    claims = strict_json.read_object(base64url.decode(token.payload))
    audience = audience or _known_audience(claims)
    fault, signature = None, "not verified"
    if keys:
        fault = _verified(token, claims, keys=keys, audience=audience or "pypi", now=now)
        forged = fault is not None and fault.claims is None
        signature = "wrong" if forged else "verified"
    notes = [
        "the signature was not verified; --keys FILE does that" if not keys else "",
        _timeless(now),
    ]
    return Source(
        kind="token",
        presented=(PresentedBy(presented=Presented(claims=claims), fault=fault),),
        signature="wrong" if signature == "wrong" else "verified" if keys else "not verified",
        audience=audience,
        now=now,
        notes=tuple(filter(None, notes)),
    )


def from_claims(name: str, *, now: float | None) -> Source:
    """Read claims from JSON; raises InvalidInput for what is no object."""
    said = presented(_object(_read(name, "--claims"), name))
    notes = (
        ["claims that are not in the file were not judged"] if said.partial else [_timeless(now)]
    )
    return Source(
        kind="claims",
        presented=(PresentedBy(presented=said),),
        audience=_known_audience(said.claims),
        now=now,
        notes=tuple(filter(None, notes)),
    )


def from_log(name: str) -> Source:
    """Read the claims of the last refused token in a log; raises InvalidInput if there are none."""
    log = read_log(_read(name, "--log"))
    if not log.claims:
        found = f"; the index said: {log.code}: {log.description}" if log.code else ""
        raise _unreadable(
            name,
            f"the log shows no claims of an ID token{found}",
            "gh-action-pypi-publish and uv print them, twine does not; "
            "--workflow FILE --event EVENT predicts them",
        )
    notes = ["claims that the log does not show were not judged"]
    if log.has_others:
        notes.append("the log shows the claims of several tokens; these are the last")
    if log.masked:
        notes.append(f"hidden in the log by the CI service: {', '.join(log.masked)}")
    if log.code:
        notes.append(f"in the log, the index said: {log.code}: {log.description}")
    said = Presented(claims=log.claims, partial=True, absent=log.absent)
    return Source(
        kind="log",
        presented=(PresentedBy(presented=said),),
        audience=log.audience,
        notes=tuple(notes),
        was_refused=bool(log.code),
    )


def moment(text: str) -> float | None:
    """Return a moment in Unix seconds, None for an empty text; raises UsageError."""
    if not text:
        return None
    if text == "now":
        return dt.datetime.now(dt.UTC).timestamp()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--now wants a time, got {text!r}", hint="for example --now 2026-11-21T13:00Z"
        ) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)).timestamp()


def _verified(
    token: UnverifiedToken,
    claims: Mapping[str, object],
    *,
    keys: str,
    audience: str,
    now: float | None,
) -> TokenRefused | None:
    """Return why the token is not genuine or not for this index; None if it is."""
    try:
        key_set = KeySet.from_jwks(_object(_read(keys, "--keys"), keys))
    except InvalidKeySet as error:
        raise _unreadable(keys, str(error), "give the issuer's JWKS document") from None
    made = claims.get("iat")
    begins = float(made) if isinstance(made, int | float) and 0 <= made <= MAX_TIME else 0.0
    try:
        verify(
            token,
            key_set,
            issuer=token.issuer,
            audience=audience,
            now=begins if now is None else now,
            algorithms=frozenset({"RS256", "ES256"}),
        )
    except TokenRefused as refused:
        return (
            refused if refused.claims is None or refused.reason is not TokenFault.AUDIENCE else None
        )
    return None


def _known_audience(claims: Mapping[str, object]) -> str:
    """Return the audience if it is that of an index known by name."""
    audience = claims.get("aud")
    return next((one.audience for one in known() if one.audience == audience), "")


def _timeless(now: float | None) -> str:
    if now is not None:
        return ""
    return (
        "times were not judged: as if the token came right when it was made; --now TIME does that"
    )


def _token_text(text: str) -> str:
    """Return the token, also from the JSON of a request to mint."""
    text = text.strip()
    if text.startswith("{"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return str(document.get("token", ""))
    return text


def _object(text: str, name: str) -> dict[str, object]:
    try:
        return strict_json.read_object(text.encode())
    except ValueError as error:
        raise _unreadable(name, str(error)) from None


def _read(name: str, option: str) -> str:
    """Return the text of a file, or of standard input for `-`; raises UsageError."""
    try:
        raw = sys.stdin.buffer.read(MAX_FILE) if name == "-" else Path(name).read_bytes()[:MAX_FILE]
    except OSError as error:
        raise UsageError(f"{option}: {name} cannot be read: {error.strerror}") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what PowerShell writes
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")


def _unreadable(name: str, message: str, hint: str = "") -> InvalidInput:
    place = "standard input" if name == "-" else name
    return InvalidInput((Fault(Location(place), message, hint),))
