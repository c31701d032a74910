import base64
import hashlib
import json
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.sigstore.answers import Refused
from bonded.rehearsal.stage.sigstore.entries import canonical_v1, canonical_v2
from sigstore_world import Signer, bent, sigstore


@cache
def signer() -> Signer:
    """Somebody who signs."""
    return Signer(sigstore())


def test_a_statement_is_kept_as_hashes() -> None:
    """A log keeps neither statement nor envelope, only their hashes with signature and certificate."""
    proposed = signer().statement(b'{"secret": 1}')
    envelope = proposed["spec"]["proposedContent"]["envelope"]
    body = json.loads(canonical_v1(proposed))

    assert body == {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {
                "algorithm": "sha256",
                "value": hashlib.sha256(envelope.encode()).hexdigest(),
            },
            "payloadHash": {
                "algorithm": "sha256",
                "value": hashlib.sha256(b'{"secret": 1}').hexdigest(),
            },
            "signatures": [
                {
                    "signature": json.loads(envelope)["signatures"][0]["sig"],
                    "verifier": signer().pem(),
                }
            ],
        },
    }


def test_a_file_is_kept_as_its_hash() -> None:
    """The entry of a file is its proposal in canonical form: names sorted, no spaces."""
    proposed = signer().file()

    assert canonical_v1(proposed).decode() == json.dumps(
        proposed, sort_keys=True, separators=(",", ":")
    )


def test_the_same_file_for_version_2() -> None:
    """The second version keeps the same facts under other names."""
    proposed = signer().file_v2()["hashedRekordRequestV002"]
    body = json.loads(canonical_v2({"hashedRekordRequestV002": proposed}))

    assert (body["kind"], body["apiVersion"]) == ("hashedrekord", "0.0.2")
    assert body["spec"]["hashedRekordV002"] == {
        "data": {"algorithm": "SHA2_256", "digest": proposed["digest"]},
        "signature": proposed["signature"],
    }


def other_pem() -> str:
    """Return a certificate of somebody else's."""
    return Signer(sigstore()).pem()


def text(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode()


CERTIFICATE = ("spec", "signature", "publicKey", "content")
REFUSED = [
    (("kind",), "intoto", "entries of kind intoto 0.0.1 are not on the stage"),
    (("apiVersion",), "0.0.3", "entries of kind hashedrekord 0.0.3 are not on the stage"),
    (("kind",), ..., "the request has no kind"),
    (("spec",), [], "the request has no spec.signature.content"),
    (("spec", "data", "hash", "algorithm"), "sha512", "digests by sha512 are not on the stage"),
    (("spec", "data", "hash", "value"), "xyz", "the digest is not hexadecimal"),
    (("spec", "data", "hash", "value"), "00", "takes ECDSA over SHA-256 only"),
    (("spec", "data", "hash", "value"), "00" * 32, "not one of the certificate's key"),
    (("spec", "signature", "content"), text(b"no"), "not one of the certificate's key"),
    (("spec", "signature", "content"), "!", "not base64"),
    (CERTIFICATE, text(b"no"), "not an X.509 certificate"),
]


@pytest.mark.parametrize(("path", "to", "why"), REFUSED)
def test_a_file_that_is_refused(path: tuple[str, ...], to: object, why: str) -> None:
    """A log takes no signature that it cannot verify, and says which part is wrong."""
    with pytest.raises(Refused, match=why):
        canonical_v1(bent(signer().file(), *path, to=to))


def test_a_signature_of_somebody_else() -> None:
    """A signature goes with the certificate of its key and no other."""
    with pytest.raises(Refused, match="not one of the certificate's key"):
        canonical_v1(bent(signer().file(), *CERTIFICATE, to=other_pem()))


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        (("payload",), text(b"other"), "not one of the certificate's key"),
        (("payloadType",), "text/plain", "not one of the certificate's key"),
        (("signatures",), [], "no signatures.0.sig"),
        (("payload",), "", "no payload"),
    ],
)
def test_a_statement_that_is_refused(path: tuple[str, ...], to: object, why: str) -> None:
    """The signature of a statement is over its payload and its type."""
    proposed = signer().statement()
    envelope = json.loads(proposed["spec"]["proposedContent"]["envelope"])
    changed = json.dumps(bent(envelope, *path, to=to))

    with pytest.raises(Refused, match=why):
        canonical_v1(bent(proposed, "spec", "proposedContent", "envelope", to=changed))


def test_an_envelope_that_is_no_json() -> None:
    """An envelope must be a JSON object."""
    with pytest.raises(Refused, match="not strict JSON"):
        canonical_v1(bent(signer().statement(), "spec", "proposedContent", "envelope", to="{"))


def test_a_certificate_with_another_kind_of_key() -> None:
    """Only ECDSA keys sign here."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = signer().certificate
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    pem = text(certificate.public_bytes(serialization.Encoding.PEM))

    with pytest.raises(Refused, match="takes ECDSA over SHA-256 only"):
        canonical_v1(bent(signer().file(), *CERTIFICATE, to=pem))


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        (("digest",), text(b"short"), "takes ECDSA over SHA-256 only"),
        (("digest",), text(b"\0" * 32), "not one of the certificate's key"),
        (
            ("signature", "verifier", "x509Certificate", "rawBytes"),
            text(b"no"),
            "not an X.509 certificate",
        ),
        (("signature", "verifier"), None, "no hashedRekordRequestV002.signature.verifier"),
    ],
)
def test_version_2_refuses_as_well(path: tuple[str, ...], to: object, why: str) -> None:
    """The second version is no easier."""
    with pytest.raises(Refused, match=why):
        canonical_v2(bent(signer().file_v2(), "hashedRekordRequestV002", *path, to=to))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(["dsse", "hashedrekord"]), json_values)
@settings(max_examples=100, deadline=None)
def test_nothing_but_refusals(kind: str, spec: Any) -> None:
    """Whatever is proposed, the answer is an entry or a refusal."""
    with pytest.raises(Refused):
        canonical_v1({"kind": kind, "apiVersion": "0.0.1", "spec": spec})
    with pytest.raises(Refused):
        canonical_v2({"hashedRekordRequestV002": spec})
