"""The evening's certificate authority: a root, an intermediate, and certificates that live for ten minutes.

The profile is Fulcio's: no subject, the identity as the one critical name, a key that signs code and nothing else, the
facts of the identity, and last the promise of the CT log. The log signs the certificate before that promise is in it,
so each certificate is signed twice.
"""

import datetime as dt
from collections.abc import Collection

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonded.rehearsal.stage.sigstore.faults import Fault
from bonded.rehearsal.stage.sigstore.identity import Identity
from bonded.rehearsal.stage.sigstore.keys import LogKey
from bonded.rehearsal.stage.sigstore.sct import OID as SCT
from bonded.rehearsal.stage.sigstore.sct import sct_extension

__all__ = ["ORGANISATION", "SKEW", "SigningAuthority", "authority_pair", "builder", "usage"]

LIFE = dt.timedelta(minutes=10)
"""How long a certificate lives; the log must take what it signed meanwhile."""

EVENING = dt.timedelta(days=1)
SKEW = dt.timedelta(hours=1)
ORGANISATION = "bonded rehearsal"


class SigningAuthority:
    """A root and an intermediate, whose key signs."""

    def __init__(self, now: dt.datetime, *, ct_log: LogKey, foreign_log: LogKey) -> None:
        """Make both, valid from an hour before `now` (aware) until a day after.

        `ct_log` is the one that the trust root knows, `foreign_log` another, for `Fault.FOREIGN_SCT`.
        """
        self._logs = ct_log, foreign_log
        self._key, self.chain = authority_pair(
            now, "the evening's signatures", purpose=ExtendedKeyUsageOID.CODE_SIGNING
        )
        self._key_der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def issue(
        self,
        key: ec.EllipticCurvePublicKey,
        identity: Identity,
        *,
        now: dt.datetime,
        faults: Collection[Fault] = (),
    ) -> x509.Certificate:
        """Return a certificate for `key`, valid for ten minutes from `now` (aware)."""
        # Whole seconds, as certificates have them: the log's time must not be earlier.
        start = now.replace(microsecond=0)
        if Fault.EXPIRED_CERTIFICATE in faults:
            start -= 2 * LIFE
        building = (
            builder(key, self.chain[0], start, start + LIFE)
            .subject_name(x509.Name([]))
            .add_extension(usage("digital_signature"), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity.uri)]),
                critical=True,
            )
        )
        for oid, value in identity.extensions:
            building = building.add_extension(_extension(oid, value), critical=False)
        if Fault.MISSING_SCT not in faults:
            building = building.add_extension(
                self._promise(building, start, faults), critical=False
            )
        return building.sign(self._key, hashes.SHA256())

    def _promise(
        self, building: x509.CertificateBuilder, start: dt.datetime, faults: Collection[Fault]
    ) -> x509.UnrecognizedExtension:
        shown = building.sign(self._key, hashes.SHA256()).tbs_certificate_bytes
        known, foreign = self._logs
        return _extension(
            SCT,
            sct_extension(
                shown[::-1] if Fault.BAD_SCT in faults else shown,
                self._key_der,
                milliseconds=int(start.timestamp() * 1000),
                log=foreign if Fault.FOREIGN_SCT in faults else known,
            ),
        )


def authority_pair(
    now: dt.datetime, name: str, *, purpose: x509.ObjectIdentifier
) -> tuple[ec.EllipticCurvePrivateKey, tuple[x509.Certificate, x509.Certificate]]:
    """Make a root and an intermediate for one purpose; return the intermediate's key, and both, the root last."""
    root_key, key = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    start, end = now - SKEW, now + EVENING
    root_name, own_name = _name(f"{name}, root"), _name(name)
    signing = usage("key_cert_sign", "crl_sign")
    root = (
        builder(root_key.public_key(), None, start, end)
        .subject_name(root_name)
        .issuer_name(root_name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(signing, critical=True)
        .sign(root_key, hashes.SHA384())
    )
    own = (
        builder(key.public_key(), root, start, end)
        .subject_name(own_name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .sign(root_key, hashes.SHA384())
    )
    return key, (own, root)


def builder(
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate | None,
    start: dt.datetime,
    end: dt.datetime,
) -> x509.CertificateBuilder:
    """Return the beginning of a certificate for `key`; without an `issuer`, it is its own."""
    building = (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if issuer is None:
        return building
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return building.issuer_name(issuer.subject).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
    )


def usage(*granted: str) -> x509.KeyUsage:
    """Return a key usage that grants these and nothing else."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in granted for name in names})


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _extension(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
