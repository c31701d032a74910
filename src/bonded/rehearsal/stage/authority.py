"""The evening's own certificate authority: staged hosts prove their names, and nobody else believes it.

The authority lives in memory and for a day. Its key is never written. A leaf's key must pass through a file, because
OpenSSL reads chains from files only: that file is encrypted under a password which is never written either, has mode
0600 and is gone before the function returns. What steps see is `bundle`: the certificates that this machine trusts
anyway, and the authority's certificate (never a key).
"""

import datetime as dt
import os
import ssl
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonded.errors import UsageError

__all__ = ["Authority", "system_certificates"]

LIFE = dt.timedelta(days=1)
SKEW = dt.timedelta(hours=1)
"""A certificate is valid a little before now: clocks of containers and of their hosts differ."""

TRUST_SETTINGS = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
"""Variables by which people add a company's authority; what they trust outside, steps trust as well."""


STORES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian and its kin, Arch, NixOS
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora and its kin
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS
)


def system_certificates(environ: Mapping[str, str], stores: Sequence[str] = STORES) -> bytes:
    """Return the certificates that this machine trusts, as PEM: its own store and what `environ` names.

    The store is the first of `stores` that exists; certifi's if none does. Raises UsageError for a file that a
    variable names and that cannot be read: with the file missing, every download would fail later and say less.
    """
    found = [path for path in map(Path, stores) if path.is_file()][:1]
    if not found:
        import certifi

        found = [Path(certifi.where())]
    found += [Path(environ[name]) for name in TRUST_SETTINGS if environ.get(name)]
    return b"\n".join(_read(path) for path in dict.fromkeys(found) if not path.is_dir())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the certificates in {path} cannot be read: {error.strerror}",
            hint="correct the variable that names the file, or unset it",
        ) from error


class Authority:
    """A key, its self-signed certificate, and the leaves signed with it."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, now: dt.datetime
    ) -> None:
        self._key = key
        self._now = now
        self.certificate = certificate

    @classmethod
    def create(cls, now: dt.datetime) -> Self:
        """Make a new authority, valid from an hour before `now` (aware) until a day after."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bonded rehearsal")])
        certificate = (
            _valid(now)
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate, now)

    @property
    def pem(self) -> bytes:
        """The authority's certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def bundle(self, system: bytes) -> bytes:
        """Return what steps trust: `system` certificates (PEM) and this authority's, each on lines of its own."""
        return system.rstrip(b"\n") + b"\n" + self.pem if system.strip() else self.pem

    def server_context(self, hosts: Iterable[str]) -> ssl.SSLContext:
        """Return the TLS settings of a server that holds one certificate for all `hosts`.

        A client that asks for any other name, or for none, gets the alert `unrecognized_name` (RFC 6066, section 3)
        and no certificate. Raises ValueError when there is no host.
        """
        names = frozenset(hosts)
        if not names:
            raise ValueError("a server without names would answer for nobody")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._load_leaf(context, sorted(names))

        def known(_: ssl.SSLObject, asked: str | None, __: ssl.SSLContext) -> int | None:
            if asked is not None and asked.lower().removesuffix(".") in names:
                return None
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        context.sni_callback = known
        return context

    def _load_leaf(self, context: ssl.SSLContext, names: list[str]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._leaf(key.public_key(), names)
        password = os.urandom(32).hex()
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode()),
        )
        with tempfile.NamedTemporaryFile(prefix="bonded-leaf-") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM) + private)
            file.flush()
            context.load_cert_chain(file.name, password=password)

    def _leaf(self, key: ec.EllipticCurvePublicKey, names: list[str]) -> x509.Certificate:
        own = self._key.public_key()
        return (
            _valid(self._now)
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the stage")]))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _valid(now: dt.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFE)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return the key usage that RFC 5280 asks for, which rustls and strict OpenSSL check."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
