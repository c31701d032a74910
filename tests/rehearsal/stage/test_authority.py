import contextlib
import datetime as dt
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from bonded.errors import UsageError
from bonded.rehearsal.stage.authority import Authority, system_certificates
from proxy_world import NOW, authority, trusting


def handshake(client: ssl.SSLContext, name: str | None, hosts: list[str]) -> str:
    """Shake hands in memory; returns the client's complaint, or nothing."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname=name)
    theirs = authority().server_context(hosts).wrap_bio(up, down, server_side=True)
    for _ in range(3):
        try:
            ours.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            return str(error.reason)
        with contextlib.suppress(ssl.SSLError):
            theirs.do_handshake()
    return ""


@pytest.mark.parametrize("name", ["one.example", "two.example"])
def test_one_certificate_proves_every_staged_name(name: str) -> None:
    """A client that trusts the authority accepts each host, also under Python's strictest checks."""
    client = trusting()
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    assert (handshake(client, name, ["one.example", "two.example"])) == ""


@pytest.mark.parametrize("name", ["other.example", None])
def test_other_names_get_no_certificate(name: str | None) -> None:
    """A client that asks for another host, or for none, is told that the name is unknown."""
    client = trusting()
    client.check_hostname = False

    assert "UNRECOGNIZED_NAME" in (handshake(client, name, ["one.example"]))


def test_nobody_else_believes_it() -> None:
    """A client with the system's certificates alone refuses a staged host."""
    client = ssl.create_default_context()

    assert "CERTIFICATE_VERIFY_FAILED" in handshake(client, "one.example", ["one.example"])


def test_a_server_needs_a_name() -> None:
    """A certificate for nobody is a mistake of the caller's."""
    with pytest.raises(ValueError, match="nobody"):
        authority().server_context([])


def test_it_lives_for_a_day() -> None:
    """The authority begins an hour early, for clocks that differ, and ends with the day."""
    certificate = Authority.create(NOW).certificate

    assert certificate.not_valid_before_utc == NOW.replace(microsecond=0) - dt.timedelta(hours=1)
    assert certificate.not_valid_after_utc == NOW.replace(microsecond=0) + dt.timedelta(days=1)


def test_every_evening_has_its_own_key() -> None:
    """Two authorities never share a key."""
    first, second = Authority.create(NOW), Authority.create(NOW)

    assert first.certificate.public_key() != second.certificate.public_key()
    assert isinstance(first.certificate.public_key(), ec.EllipticCurvePublicKey)


def test_no_key_is_left_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Making a server leaves no file; what was written meanwhile was encrypted."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    authority().server_context(["one.example"])

    assert list(tmp_path.iterdir()) == []


def test_the_bundle_is_the_system_and_the_evening() -> None:
    """Steps trust what the machine trusts, and the authority; the file holds certificates only."""
    first, second = Authority.create(NOW), Authority.create(NOW)
    bundle = first.bundle(second.pem.rstrip(b"\n"))

    assert x509.load_pem_x509_certificates(bundle) == [second.certificate, first.certificate]
    assert b"PRIVATE" not in bundle
    assert first.bundle(b"") == first.pem


def test_the_system_has_certificates(tmp_path: Path) -> None:
    """The first store that exists is read; certifi's stands in where there is none."""
    store = tmp_path / "store.pem"
    store.write_bytes(authority().pem)

    assert system_certificates({}, [str(tmp_path / "none"), str(store)]) == authority().pem
    assert system_certificates({}, []).count(b"BEGIN CERTIFICATE") > 50
    assert system_certificates({}).count(b"BEGIN CERTIFICATE") > 50


def test_a_company_authority_is_kept(tmp_path: Path) -> None:
    """Files that the user's variables name are added, each once; folders are not files."""
    store, company = tmp_path / "store.pem", tmp_path / "company.pem"
    store.write_bytes(b"store")
    company.write_bytes(b"company")
    environ = {
        "SSL_CERT_FILE": str(company),
        "PIP_CERT": str(company),
        "REQUESTS_CA_BUNDLE": str(tmp_path),
    }

    assert system_certificates(environ, [str(store)]) == b"store\ncompany"


def test_a_missing_bundle_is_the_users_to_mend(tmp_path: Path) -> None:
    """A variable that names no file is reported with the file."""
    with pytest.raises(UsageError, match=r"gone\.pem cannot be read"):
        system_certificates({"SSL_CERT_FILE": str(tmp_path / "gone.pem")}, [])


def test_openssl_finds_the_chain_sound(tmp_path: Path) -> None:
    """Another program's eyes: the authority's certificate is one that may sign others, and no more."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().pem)
    code = (
        "import ssl,sys; print(len(ssl.create_default_context(cafile=sys.argv[1]).get_ca_certs()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "1"
