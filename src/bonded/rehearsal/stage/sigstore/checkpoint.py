"""What a log says of itself, signed: size and root of its tree, as a signed note.

The format is that of C2SP's `signed-note` and `tlog-checkpoint`, with the key hint that Rekor uses: the first four
bytes of the log's id.
"""

import base64

from bonded.rehearsal.stage.sigstore.keys import LogKey

__all__ = ["signed_checkpoint"]

HINT = 4


def signed_checkpoint(
    origin: str, size: int, root: bytes, *, key: LogKey, log_id: bytes | None = None
) -> str:
    """Return the checkpoint of a tree.

    `origin` is the log's name, such as `rekor.example - 123`; its first word signs. `log_id` is the id that the
    signature claims to be of, the key's own by default.
    """
    note = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    hint = (log_id or key.id)[:HINT]
    signature = base64.b64encode(hint + key.sign(note.encode())).decode()
    return f"{note}\n\u2014 {origin.split(maxsplit=1)[0]} {signature}\n"
