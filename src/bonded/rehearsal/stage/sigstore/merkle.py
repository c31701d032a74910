"""The Merkle tree of a transparency log (RFC 6962, section 2.1). Pure.

A tree is split at the largest power of two below its size; the left part is full, the right part is split again. A full
part never changes when the tree grows, so its hash is remembered; all others are few.
"""

import hashlib
from collections.abc import Iterable

__all__ = ["Tree", "leaf_hash"]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


class Tree:
    """Leaf hashes in the order of their coming."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.leaves = list(leaves)
        self._full: dict[tuple[int, int], bytes] = {}

    def __len__(self) -> int:
        return len(self.leaves)

    def append(self, leaf: bytes) -> None:
        """Let the tree grow by a leaf (`leaf_hash`)."""
        self.leaves.append(leaf)

    def root(self) -> bytes:
        """Return the hash of the whole tree, 32 bytes; of an empty one, that of nothing."""
        return self._hash(0, len(self)) if self.leaves else hashlib.sha256().digest()

    def path(self, index: int) -> list[bytes]:
        """Return what proves that the leaf at `index`, from 0, is in the tree: the neighbours' hashes, lowest first.

        Raises IndexError where there is no such leaf.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"a tree of {len(self)} leaves has none at {index}")
        found = []
        start, end = 0, len(self)
        while end - start > 1:
            half = start + _split(end - start)
            if index < half:
                found.append(self._hash(half, end))
                end = half
            else:
                found.append(self._hash(start, half))
                start = half
        return found[::-1]

    def _hash(self, start: int, end: int) -> bytes:
        if end - start == 1:
            return self.leaves[start]
        if (start, end) in self._full:
            return self._full[start, end]
        half = start + _split(end - start)
        made = hashlib.sha256(b"\x01" + self._hash(start, half) + self._hash(half, end)).digest()
        if half - start == end - half:
            self._full[start, end] = made
        return made


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
