"""Trust roots: which Sigstore is believed. The public one ships with sigstore; a private one is a file."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonded.errors import Fault, InvalidInput, Location, RemoteError

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig, TrustedRoot
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier

__all__ = [
    "SigningTrust",
    "TrustRoot",
    "bundled_root",
    "public_signing",
    "read_root",
    "refreshed_root",
    "root_of",
    "signing_of",
]

_EITHER = "a trusted_root.json, or a client trust configuration with one in it, is expected"
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRoot:
    """A trust root, ready to verify; `source` says in a few words where it comes from."""

    source: str
    verifier: "Verifier" = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningTrust:
    """A Sigstore to sign with, and the root by which what it gave is verified at once.

    `connect` makes the clients of its services, where they must be reached in a way of their own.
    """

    root: TrustRoot
    config: "ClientTrustConfig" = field(repr=False)
    connect: "Callable[[ClientTrustConfig], SigningContext] | None" = None


def signing_of(document: bytes, *, source: str) -> SigningTrust:
    """Make a Sigstore to sign with from a client trust configuration; raises InvalidInput."""
    from sigstore.models import ClientTrustConfig

    try:
        config = ClientTrustConfig.from_json(document.decode())
        return SigningTrust(root=_verifying(config.trusted_root, source), config=config)
    except Exception as error:  # noqa: BLE001 - pydantic's, sigstore's and cryptography's faults alike
        fault = Fault(Location(source), f"not a client trust configuration: {_words(error)}")
        raise InvalidInput((fault,)) from None


def public_signing() -> SigningTrust:
    """Return the public Sigstore as it is now, over TUF; raises RemoteError where it cannot be had."""
    config = _refreshed()
    root = _verifying(config.trusted_root, "the public root, refreshed")
    return SigningTrust(root=root, config=config)


def root_of(document: bytes, *, source: str) -> TrustRoot:
    """Make a trust root from its JSON, or from a client trust configuration that holds one; raises InvalidInput."""
    from sigstore.models import TrustedRoot
    from sigstore_models.trustroot import v1

    try:
        held = json.loads(document)
        if not isinstance(held, dict):
            raise TypeError("it is no JSON object")
        if "trustedRoot" in held:
            held = held["trustedRoot"]
        inner = v1.TrustedRoot.from_json(json.dumps(held))
        return _verifying(TrustedRoot(inner), source)
    except Exception as error:  # noqa: BLE001 - pydantic's, sigstore's and cryptography's faults alike
        message = f"not a trust root of Sigstore: {_words(error)}"
        fault = Fault(Location(source), message, _EITHER)
        raise InvalidInput((fault,)) from None


def read_root(path: Path) -> TrustRoot:
    """Read a trust root from a file; raises InvalidInput."""
    try:
        document = path.read_bytes()
    except OSError as error:
        fault = Fault(Location(str(path)), f"cannot be read: {error.strerror}")
        raise InvalidInput((fault,)) from None
    return root_of(document, source=str(path))


def bundled_root() -> TrustRoot:
    """Return the public trust root that came with sigstore; nothing is asked over the network."""
    from sigstore._internal.tuf import DEFAULT_TUF_URL
    from sigstore._utils import read_embedded

    document = read_embedded("trusted_root.json", DEFAULT_TUF_URL)
    return root_of(document, source="the public root that came with sigstore")


def refreshed_root() -> TrustRoot:
    """Return the public trust root as it is now, over TUF; raises RemoteError where it cannot be had."""
    return _verifying(_refreshed().trusted_root, "the public root, refreshed")


def _refreshed() -> "ClientTrustConfig":
    from sigstore.models import ClientTrustConfig

    try:
        return ClientTrustConfig.production()
    except Exception as error:
        sentence = " ".join(str(error).split())[:300]
        raise RemoteError(
            f"the public trust root cannot be refreshed: {sentence}",
            hint="the one that came with sigstore needs no network",
        ) from error


def _verifying(root: "TrustedRoot", source: str) -> TrustRoot:
    from sigstore._internal.trust import KeyringPurpose
    from sigstore.verify import Verifier

    # Missing keys are found here, once, and not at the first attestation.
    root.rekor_keyring(KeyringPurpose.VERIFY)
    root.ct_keyring(KeyringPurpose.VERIFY)
    return TrustRoot(source=source, verifier=Verifier(trusted_root=root))


def _words(error: Exception) -> str:
    """Return what is wrong with a document in a sentence: pydantic's own text is a page, with addresses in it."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it is not JSON"
    listed = getattr(error, "errors", None)  # pydantic's; it is sigstore's dependency, not ours
    if callable(listed):
        found = [_fault(one) for one in listed()]
        more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
        return ", ".join([*found[:_NAMED], *more])
    return " ".join(str(error).split())[:300] or type(error).__name__


def _fault(one: Mapping[str, Any]) -> str:
    place = ".".join(map(str, one["loc"])) or "it"
    return f"{place} is missing" if one["type"] == "missing" else f"{place}: {one['msg']}"
