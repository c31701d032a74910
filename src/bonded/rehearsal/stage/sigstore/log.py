"""A transparency log: entries in the order of their coming, and proofs that they are there.

An entry is known by the hash of its body; the same body twice is the same entry. The tree grows in memory and only by
whole entries. What clients hold against the log is its signature under size and root.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bonded.rehearsal.stage.sigstore import merkle
from bonded.rehearsal.stage.sigstore.checkpoint import signed_checkpoint
from bonded.rehearsal.stage.sigstore.faults import Fault
from bonded.rehearsal.stage.sigstore.keys import LogKey

__all__ = ["FIRST", "Log", "Proof"]

FIRST = b'{"apiVersion":"0.0.1","kind":"none","spec":{}}'
"""The entry that every log of the stage begins with, so that no other has index 0 and an empty path.

JSON of protocol buffers leaves out zeros and empty lists; sigstore-js writes bundles so, and sigstore-python does not
read them. Nobody noticed, because no real log is empty.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an entry is in the tree of `size` leaves with this `root`; `checkpoint` is the log's signature on both."""

    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: str


class Log:
    """One log with its key; `stranger` signs in its place with `Fault.WRONG_LOG_KEY`."""

    def __init__(self, origin: str, key: LogKey, stranger: LogKey) -> None:
        self._origin = origin
        self._stranger = stranger
        self.key = key
        self.bodies: list[bytes] = []
        self._tree = merkle.Tree()
        self.append(FIRST)

    def append(self, body: bytes) -> int:
        """Take an entry and return its index, from 0. Whoever asks has looked with `find` that it is new."""
        self._tree.append(merkle.leaf_hash(body))
        self.bodies.append(body)
        return len(self.bodies) - 1

    def find(self, leaf: bytes) -> int | None:
        """Return the index of the entry with this leaf hash, None if there is none."""
        return self._tree.leaves.index(leaf) if leaf in self._tree.leaves else None

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash of an entry."""
        return self._tree.leaves[index]

    def sign(self, data: bytes, faults: Collection[Fault]) -> bytes:
        """Return the log's signature; that of a stranger with `Fault.WRONG_LOG_KEY`."""
        return self._signer(faults).sign(data)

    def prove(self, index: int, faults: Collection[Fault]) -> Proof:
        """Return the proof that an entry is in the tree as it is now."""
        tree = self._tree
        if Fault.FORGED_PROOF in faults:
            tree = merkle.Tree(tree.leaves)
            tree.leaves[index] = merkle.leaf_hash(b"another entry")
        root = tree.root()
        return Proof(
            index=index,
            size=len(tree),
            root=root,
            path=tuple(tree.path(index)),
            checkpoint=self._checkpoint(root, faults),
        )

    def head(self, faults: Collection[Fault]) -> tuple[int, bytes, str]:
        """Return size, root and checkpoint of the tree as it is now."""
        root = self._tree.root()
        return len(self._tree), root, self._checkpoint(root, faults)

    def _checkpoint(self, root: bytes, faults: Collection[Fault]) -> str:
        return signed_checkpoint(
            self._origin,
            len(self._tree),
            root,
            key=self._signer(faults),
            log_id=self.key.id,
        )

    def _signer(self, faults: Collection[Fault]) -> LogKey:
        return self._stranger if Fault.WRONG_LOG_KEY in faults else self.key
