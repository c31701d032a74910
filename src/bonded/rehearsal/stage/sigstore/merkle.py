"""The Merkle tree of a transparency log (RFC 6962, section 2.1). Pure.

A tree is the list of its leaf hashes. It is split at the largest power of two that is smaller than its size; the left
part is full, the right part is split again. An evening's log is so small that nothing needs to be remembered between
two questions.
"""

import hashlib
from collections.abc import Sequence

__all__ = ["inclusion_path", "leaf_hash", "root_hash"]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of the whole tree, 32 bytes; of an empty one, that of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _split(len(leaves))
    return _node(root_hash(leaves[:half]), root_hash(leaves[half:]))


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return what proves that the leaf at `index`, from 0, is in the tree: its neighbours' hashes, lowest first.

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has none at {index}")
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if index < half:
        return [*inclusion_path(index, left), root_hash(right)]
    return [*inclusion_path(index - half, right), root_hash(left)]


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
