import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from pypi_attestations import Attestation, Distribution
from sigstore.errors import VerificationError
from sigstore.models import Bundle, InvalidBundle
from sigstore.oidc import IdentityToken
from sigstore.verify import Verifier

from bonded.rehearsal.stage.sigstore.clients import (
    home_files,
    python_path_files,
    signing_context,
)
from bonded.rehearsal.stage.sigstore.faults import Fault
from bonded.rehearsal.stage.sigstore.identity import ARC
from sigstore_world import (
    Evening,
    attestation,
    context,
    identity_token,
    publisher,
    sigstore,
    verify,
    wheel,
)

NAME = "https://github.com/octo/widget/.github/workflows/release.yml@refs/tags/v1.0"


def plant(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder, and return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_an_attestation(served: Evening, tmp_path: Path) -> None:
    """What pypi-attestations signs here verifies for the publisher, and says the environment in the certificate."""
    signed = attestation(served, wheel(tmp_path))
    certificate = x509.load_der_x509_certificate(signed.verification_material.certificate)
    environment = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(f"{ARC}.23"))
    (entry,) = signed.verification_material.transparency_entries

    assert verify(served.sigstore, signed, publisher()).endswith("/publish/v1")
    assert environment.value.public_bytes()[2:] == b"pypi"
    assert signed.certificate_claims[f"{ARC}.12"] == "https://github.com/octo/widget"
    assert entry["kindVersion"] == {"kind": "dsse", "version": "0.0.1"}


def test_many_attestations(served: Evening, tmp_path: Path) -> None:
    """One certificate signs many files, and every proof holds while the log grows."""
    files = [wheel(tmp_path, f"widget-1.{minor}-py3-none-any.whl") for minor in range(6)]
    with context(served).signer(IdentityToken(identity_token())) as signer:
        signed = [Attestation.sign(signer, Distribution.from_file(file)) for file in files]

    for each in signed:
        verify(served.sigstore, each, publisher())


def test_a_signed_file(served: Evening) -> None:
    """What sigstore-python signs of a file's bytes verifies for that file and no other."""
    with context(served).signer(IdentityToken(identity_token())) as signer:
        bundle = Bundle.from_json(signer.sign_artifact(b"data").to_json())
    verifier = Verifier(trusted_root=served.sigstore.trust_config.trusted_root)
    verifier.verify_artifact(b"data", bundle, publisher()._as_policy())

    with pytest.raises(VerificationError):
        verifier.verify_artifact(b"other", bundle, publisher()._as_policy())


@pytest.mark.parametrize(
    "fields", [{"repository": "octo/gadget"}, {"repository": "Octo/widget"}, {"workflow": "ci.yml"}]
)
def test_another_publisher(served: Evening, tmp_path: Path, fields: dict[str, str]) -> None:
    """What one publisher signed is not another's."""
    signed = attestation(served, wheel(tmp_path))

    with pytest.raises(VerificationError):
        verify(served.sigstore, signed, publisher(**fields))


def test_a_reusable_workflow_is_its_callers(served: Evening, tmp_path: Path) -> None:
    """The publisher of an attestation is the workflow that was started, wherever the job itself is written."""
    called = "octo/shared/.github/workflows/publish.yml@refs/heads/main"
    signed = attestation(served, wheel(tmp_path), job_workflow_ref=called)

    assert verify(served.sigstore, signed, publisher())
    assert signed.certificate_claims[f"{ARC}.9"] == f"https://github.com/{called}"


def test_another_evening(served: Evening, tmp_path: Path) -> None:
    """What is signed in one evening is believed in no other, nor by the world."""
    signed = attestation(served, wheel(tmp_path))

    with pytest.raises(VerificationError, match="failed to build timestamp certificate chain"):
        verify(sigstore(), signed, publisher())


FAULTS = [
    (Fault.DOWN, "^$"),
    (Fault.BAD_SCT, "SCT verify failed: keyring: invalid signature"),
    (Fault.FOREIGN_SCT, "SCT verify failed: keyring: invalid signature"),
    (Fault.MISSING_SCT, "does not contain a signed certificate timestamp"),
    (Fault.EXPIRED_CERTIFICATE, "^$"),
    (Fault.LATE_ENTRY, "cert is not valid at validation time"),
    (Fault.WRONG_LOG_KEY, "invalid log entry: checkpoint: invalid signature"),
    (Fault.MISSING_PROOF, "inclusionProof"),
    (Fault.FORGED_PROOF, "inclusion proof contains invalid root hash"),
]
AT_SIGNING = {
    Fault.DOWN: "FulcioClientError",
    Fault.BAD_SCT: "VerificationError",
    Fault.FOREIGN_SCT: "VerificationError",
    Fault.MISSING_SCT: "VerificationError",
    Fault.EXPIRED_CERTIFICATE: "AttestationError",
    Fault.MISSING_PROOF: "KeyError",
}
"""What sigstore-python raises before it has signed anything; the others are found by whoever verifies."""


@pytest.mark.parametrize(("fault", "cause"), FAULTS, ids=[fault for fault, _ in FAULTS])
def test_a_fault_is_found(served: Evening, tmp_path: Path, fault: Fault, cause: str) -> None:
    """Every fault is found by sigstore-python, each with its own cause, when signing or when verifying."""
    served.sigstore.conditions.faults = frozenset({fault})
    try:
        with pytest.raises(Exception, match=cause) as caught:
            verify(served.sigstore, attestation(served, wheel(tmp_path)), publisher())
    finally:
        served.sigstore.conditions.faults = frozenset()

    signing = any(entry.name == "attestation" for entry in caught.traceback)
    assert signing == (fault in AT_SIGNING)
    assert AT_SIGNING.get(fault, caught.typename) == caught.typename


def test_the_second_version_alone(served: Evening, tmp_path: Path) -> None:
    """With Rekor v2 alone, signing succeeds, the bundle verifies, and no attestation made of it does."""
    served.sigstore.conditions.faults = frozenset({Fault.V2_ONLY})
    try:
        config = served.sigstore.trust_config
        signed = attestation(served, wheel(tmp_path))
        with context(served).signer(IdentityToken(identity_token())) as signer:
            bundle = signer.sign_artifact(b"data")
            again = signer.sign_artifact(b"data")
    finally:
        served.sigstore.conditions.faults = frozenset()
    verifier = Verifier(trusted_root=config.trusted_root)
    verifier.verify_artifact(b"data", bundle, publisher()._as_policy())

    assert again.log_entry._inner.log_index > bundle.log_entry._inner.log_index
    with pytest.raises(
        InvalidBundle, match="must contain an inclusion promise or signed timestamp"
    ):
        verify(served.sigstore, signed, publisher())


def test_who_insists_on_the_first_version(tmp_path: Path) -> None:
    """With Rekor v2 alone, a client that pins version 1 finds no log to sign for."""
    config = sigstore(Fault.V2_ONLY).trust_config
    config.force_tlog_version = 1

    with pytest.raises(Exception, match="No valid Rekor transparency log found"):
        signing_context(config, proxy="http://127.0.0.1:1", authorities=tmp_path)


def run(at: Evening, folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """Run a Python tool in a job of the stage; return its exit code and what it said."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), **at.variables, **at.job}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**env, **more},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


VERIFY = ("pypi_attestations", "verify", "attestation", "--identity", NAME)


@pytest.mark.usefixtures("home")
def test_the_command_line_of_pypi_attestations(served: Evening, tmp_path: Path) -> None:
    """It signs and verifies unmodified, with a folder on PYTHONPATH that has the trust root; without, it refuses."""
    file = wheel(tmp_path)
    folder = plant(tmp_path / "leads", python_path_files(served.sigstore))
    refused, why = run(served, tmp_path, "pypi_attestations", "sign", str(file))
    signs = run(served, tmp_path, "pypi_attestations", "sign", str(file), PYTHONPATH=str(folder))
    verifies = run(served, tmp_path, *VERIFY, str(file), PYTHONPATH=str(folder))
    signed = Attestation.model_validate_json(Path(f"{file}.publish.attestation").read_bytes())

    assert (refused, "Failed to refresh TUF metadata" in why) == (1, True)
    assert signs == (0, "")
    assert verifies[0] == 0, verifies[1]
    assert verify(served.sigstore, signed, publisher())


def test_offline_verification(served: Evening, tmp_path: Path, home: Path) -> None:
    """With the trust root in its cache, `--offline` verifies; it does not without, nor with the option left out."""
    file = wheel(tmp_path)
    signed = attestation(served, file)
    Path(f"{file}.publish.attestation").write_text(signed.model_dump_json())
    before = run(served, tmp_path, *VERIFY, "--offline", str(file))[0]
    cache = home / ".cache"
    for path in [path for path in cache.rglob("*.json") if path.is_file()]:
        path.unlink()
    plant(home, home_files(served.sigstore))
    after = run(served, tmp_path, *VERIFY, "--offline", str(file))[0]
    online = run(served, tmp_path, *VERIFY, str(file))[0]

    assert (before, after, online) == (1, 0, 1)


@pytest.mark.usefixtures("home")
def test_the_command_line_of_sigstore(served: Evening, tmp_path: Path) -> None:
    """It takes the trust configuration as a file."""
    file = wheel(tmp_path)
    config = tmp_path / "trust.json"
    config.write_text(served.sigstore.trust_config_json())
    tool = ("sigstore", "--trust-config", str(config))
    signs = run(served, tmp_path, *tool, "sign", str(file))
    verifies = run(served, tmp_path, *tool, "verify", "identity", "--cert-identity", NAME, "--cert-oidc-issuer",
        "https://token.actions.githubusercontent.com", str(file))  # fmt: skip

    assert signs[0] == 0, signs[1]
    assert verifies[0] == 0, verifies[1]


def test_the_folder_leads_nobody_else(served: Evening, tmp_path: Path) -> None:
    """On PYTHONPATH, the folder changes what sigstore-python finds in its data, and no other import."""
    folder = plant(tmp_path / "leads", python_path_files(served.sigstore))
    program = "import sigstore._store as s, pathlib; print(pathlib.Path(s.__file__).parent.name)"
    (tmp_path / "says.py").write_text(program)
    led = run(served, tmp_path, "says", PYTHONPATH=str(folder))
    own = run(served, tmp_path, "says")

    assert (led, own) == ((0, "sigstore_store\n"), (0, "_store\n"))


@pytest.mark.parametrize(("timestamps", "count"), [(True, 1), (False, 0)])
def test_timestamps_are_optional(
    served: Evening, tmp_path: Path, *, timestamps: bool, count: int
) -> None:
    """Who signs in this process may leave the timestamp authority alone, which attestations have no place for."""
    signs = signing_context(
        served.sigstore.trust_config,
        proxy=served.backstage.proxy_url,
        authorities=served.bundle,
        timestamps=timestamps,
    )
    with signs.signer(IdentityToken(identity_token())) as signer:
        bundle = signer.sign_artifact(b"data")
    found = bundle.verification_material.timestamp_verification_data

    assert (len(found.rfc3161_timestamps) if found else 0) == count
