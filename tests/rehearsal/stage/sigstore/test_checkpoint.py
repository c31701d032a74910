import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bonded.rehearsal.stage.sigstore.checkpoint import signed_checkpoint
from bonded.rehearsal.stage.sigstore.keys import LogKey


@pytest.mark.parametrize("log_id", [None, b"\x01" * 32])
def test_a_checkpoint_is_a_signed_note(log_id: bytes | None) -> None:
    """Origin, size and root stand in lines of their own, and below them the signature with the hint of the log's id."""
    key = LogKey.generate()
    root = b"\x07" * 32
    text = signed_checkpoint("log.example - 12", 3, root, key=key, log_id=log_id)
    note, _, signatures = text.partition("\n\n")
    dash, name, encoded = signatures.removesuffix("\n").split(" ")
    hint, signature = base64.b64decode(encoded)[:4], base64.b64decode(encoded)[4:]
    public = serialization.load_der_public_key(key.public_der)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, f"{note}\n".encode(), ec.ECDSA(hashes.SHA256()))

    assert note.split("\n") == ["log.example - 12", "3", base64.b64encode(root).decode()]
    assert (dash, name) == ("\N{EM DASH}", "log.example")
    assert hint == (log_id or key.id)[:4]
