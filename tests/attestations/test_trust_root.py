"""The Sigstore that is believed: the public one as it shipped, or a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from attestation_services import Services, trust_config
from attestation_world import World
from bonded.attestations import trust_root
from bonded.errors import InvalidInput, RemoteError


def test_the_public_root_needs_no_network() -> None:
    """It came with sigstore, and can verify."""
    root = trust_root.bundled_root()

    assert root.verifier is not None
    assert "came with sigstore" in root.source


def test_a_private_root_is_a_file_of_either_form(tmp_path: Path) -> None:
    """A trust root, or a client trust configuration that holds one."""
    world = World()
    for name, text in (
        ("root.json", json.dumps(world.trusted_root()).encode()),
        ("config.json", trust_config(Services(world=world), "https://x.invalid")),
    ):
        (tmp_path / name).write_bytes(text)

        assert trust_root.read_root(tmp_path / name).source == str(tmp_path / name)


def bent(**changes: Any) -> bytes:
    """Return a trust root with other parts."""
    return json.dumps({**World().trusted_root(), **changes}).encode()


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        bent(mediaType="x"),
        bent(tlogs=[]),
        bent(ctlogs=[]),
        bent(certificateAuthorities=[]),
    ],
)
def test_a_root_that_lacks_something_is_refused_at_once(document: bytes) -> None:
    """Not at the first attestation, which would then seem to be at fault."""
    with pytest.raises(InvalidInput, match="not a trust root"):
        trust_root.root_of(document, source="root.json")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        (b"[]", "it is no JSON object"),
        (b"{}", "mediaType is missing, tlogs is missing, certificateAuthorities is missing, and 1"),
        (b'{"trustedRoot": 3}', "it: Input should be an object"),
        (bent(tlogs=3), "tlogs: Input should be a valid array"),
    ],
)
def test_what_is_wrong_with_a_root_is_a_sentence(document: bytes, words: str) -> None:
    """Without the addresses and types of the library that reads it, and with what is expected."""
    with pytest.raises(InvalidInput) as caught:
        trust_root.root_of(document, source="root.json")

    (fault,) = caught.value.faults
    assert fault.message.startswith(f"not a trust root of Sigstore: {words}")
    assert "pydantic" not in fault.message
    assert "client trust configuration" in fault.hint


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        trust_root.read_root(tmp_path / "nothing")


def test_a_signing_configuration_is_read_or_refused() -> None:
    """It holds the root by which what it gives is verified."""
    document = trust_config(Services(world=World()), "https://x.invalid")

    assert trust_root.signing_of(document, source="here").root.source == "here"
    with pytest.raises(InvalidInput, match="not a client trust configuration"):
        trust_root.signing_of(b"{}", source="here")


def test_a_refresh_takes_sigstores_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what goes wrong there is said as trouble of the network."""
    from sigstore.models import ClientTrustConfig

    document = trust_config(Services(world=World()), "https://x.invalid").decode()
    monkeypatch.setattr(
        ClientTrustConfig, "production", lambda: ClientTrustConfig.from_json(document)
    )
    assert "refreshed" in trust_root.refreshed_root().source
    assert "refreshed" in trust_root.public_signing().root.source

    def down() -> ClientTrustConfig:
        raise OSError("down")

    monkeypatch.setattr(ClientTrustConfig, "production", down)
    with pytest.raises(RemoteError, match="cannot be refreshed: down"):
        trust_root.refreshed_root()
