import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from sigstore._internal.sct import verify_sct
from sigstore._internal.trust import CTKeyring, Keyring, KeyringPurpose
from sigstore.errors import VerificationError

from bonded.rehearsal.stage.sigstore.faults import Fault
from sigstore_world import Signer, sigstore


def made(*faults: Fault) -> tuple[Signer, CTKeyring]:
    """Return somebody with a certificate, and the keys of the CT logs that are trusted."""
    service = sigstore(*faults)
    root = service.trust_config.trusted_root
    keys = root._get_tlog_keys(root._inner.ctlogs, KeyringPurpose.VERIFY)
    return Signer(service), CTKeyring(Keyring(list(keys)))


def test_the_profile_of_a_leaf() -> None:
    """A certificate is as Fulcio's: no subject, a critical URI, one use, ten minutes, the SCT as its last extension."""
    signer, _ = made()
    leaf = signer.certificate
    name = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    authority = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    above = signer.chain[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    last = list(leaf.extensions)[-1].value
    assert isinstance(last, x509.PrecertificateSignedCertificateTimestamps)

    assert list(leaf.subject) == []
    assert name.critical
    assert name.value.get_values_for_type(x509.UniformResourceIdentifier) == [
        "https://github.com/octo/widget/.github/workflows/release.yml@refs/tags/v1.0"
    ]
    assert (usage.digital_signature, usage.key_cert_sign, usage.key_agreement) == (
        True,
        False,
        False,
    )
    assert list(purposes) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == dt.timedelta(minutes=10)
    assert authority.key_identifier == above.digest
    assert len(last) == 1


def test_the_chain() -> None:
    """Each certificate is signed by the next; the last by itself."""
    signer, _ = made()
    whole = [signer.certificate, *signer.chain]

    for below, above in zip(whole, [*whole[1:], whole[-1]], strict=True):
        below.verify_directly_issued_by(above)
    assert [
        each.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        for each in signer.chain
    ] == [0, 1]


def test_the_sct_is_of_this_certificate() -> None:
    """The promise of the CT log verifies for the certificate and its issuer, and for no other issuer."""
    signer, keys = made()
    verify_sct(signer.certificate, signer.chain, keys)

    with pytest.raises(VerificationError, match="invalid signature"):
        verify_sct(signer.certificate, signer.chain[1:], keys)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.BAD_SCT, "invalid signature"),
        (Fault.FOREIGN_SCT, "invalid signature"),
        (Fault.MISSING_SCT, "does not contain a signed certificate timestamp"),
    ],
)
def test_a_faulty_sct(fault: Fault, cause: str) -> None:
    """A promise that is wrong, foreign or missing does not verify."""
    signer, keys = made(fault)

    with pytest.raises(VerificationError, match=cause):
        verify_sct(signer.certificate, signer.chain, keys)


def test_a_foreign_sct_names_another_log() -> None:
    """A wrong promise claims to be of the log that is trusted, a foreign one of another."""
    logs = {}
    for fault in (Fault.BAD_SCT, Fault.FOREIGN_SCT):
        signer, keys = made(fault)
        found = signer.certificate.extensions.get_extension_for_class(
            x509.PrecertificateSignedCertificateTimestamps
        )
        logs[fault] = found.value[0].log_id in keys._keyring

    assert logs == {Fault.BAD_SCT: True, Fault.FOREIGN_SCT: False}


def test_an_expired_certificate() -> None:
    """With the fault, a certificate's time was over before it was made."""
    signer, _ = made(Fault.EXPIRED_CERTIFICATE)

    assert signer.certificate.not_valid_after_utc < dt.datetime.now(dt.UTC)
    assert isinstance(signer.certificate.public_key(), ec.EllipticCurvePublicKey)
