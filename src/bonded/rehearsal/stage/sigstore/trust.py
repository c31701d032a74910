"""What clients must believe, and where they must go: Sigstore's own documents for both (protobuf-specs, as JSON)."""

import base64
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from bonded.rehearsal.stage.sigstore.certificates import ORGANISATION, SKEW
from bonded.rehearsal.stage.sigstore.keys import LogKey

__all__ = ["Service", "Trusted", "client_trust_config", "signing_config", "trusted_root"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The keys and certificates of one evening; logs and authorities are pairs of address and what is trusted."""

    since: dt.datetime
    logs: Sequence[tuple[str, LogKey]]
    ct_logs: Sequence[tuple[str, LogKey]]
    authorities: Sequence[tuple[str, Sequence[x509.Certificate]]]
    timestamp_authorities: Sequence[tuple[str, Sequence[x509.Certificate]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a service is, and which version of its API it speaks."""

    url: str
    version: int = 1


def trusted_root(trusted: Trusted) -> dict[str, Any]:
    """Return a `TrustedRoot` 0.1."""
    valid = {"start": _time(trusted.since)}
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [_log(url, key, valid) for url, key in trusted.logs],
        "certificateAuthorities": [
            _authority(url, chain, valid) for url, chain in trusted.authorities
        ],
        "ctlogs": [_log(url, key, valid) for url, key in trusted.ct_logs],
        "timestampAuthorities": [
            _authority(url, chain, valid) for url, chain in trusted.timestamp_authorities
        ],
    }


def signing_config(
    *,
    since: dt.datetime,
    fulcio: Service,
    oidc: Service,
    rekor: Collection[Service],
    timestamps: Collection[Service],
) -> dict[str, Any]:
    """Return a `SigningConfig` 0.2. Clients take the highest version that they know of each service."""

    def described(service: Service) -> dict[str, Any]:
        return {
            "url": service.url,
            "majorApiVersion": service.version,
            "validFor": {"start": _time(since)},
            "operator": ORGANISATION,
        }

    return {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [described(fulcio)],
        "oidcUrls": [described(oidc)],
        "rekorTlogUrls": [described(each) for each in rekor],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": [described(each) for each in timestamps],
        "tsaConfig": {"selector": "ANY"},
    }


def client_trust_config(root: dict[str, Any], signing: dict[str, Any]) -> dict[str, Any]:
    """Return a `ClientTrustConfig` 0.1: both in one, as `sigstore --trust-config` takes it."""
    return {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": signing,
    }


def _log(url: str, key: LogKey, valid: dict[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _base64(key.public_der),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": valid,
        },
        "logId": {"keyId": _base64(key.id)},
        "operator": ORGANISATION,
    }


def _authority(
    url: str, chain: Sequence[x509.Certificate], valid: dict[str, str]
) -> dict[str, Any]:
    encoded = (each.public_bytes(serialization.Encoding.DER) for each in chain)
    return {
        "subject": {"organization": ORGANISATION, "commonName": ORGANISATION},
        "uri": url,
        "certChain": {"certificates": [{"rawBytes": _base64(each)} for each in encoded]},
        "validFor": valid,
        "operator": ORGANISATION,
    }


def _time(moment: dt.datetime) -> str:
    """Return a time an hour earlier, as RFC 3339: clocks differ."""
    return f"{(moment - SKEW).astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
