import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.sigstore.merkle import Tree, leaf_hash

SIZES = 300


def root_by_stack(leaves: list[bytes]) -> bytes:
    """Return a tree's root as RFC 9162 (section 2.1.2) says: pairs on a stack merge as a counter carries."""
    stack: list[bytes] = []
    for count, leaf in enumerate(leaves):
        stack.append(leaf)
        carries = (count ^ (count + 1)).bit_length() - 1
        for _ in range(carries):
            right, left = stack.pop(), stack.pop()
            stack.append(hashlib.sha256(b"\x01" + left + right).digest())
    while len(stack) > 1:
        right, left = stack.pop(), stack.pop()
        stack.append(hashlib.sha256(b"\x01" + left + right).digest())
    return stack[0]


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path proves, by RFC 9162 (section 2.1.3.2); None where the path has a wrong length."""
    node, last, found = index, size - 1, leaf
    for neighbour in path:
        if last == 0:
            return None
        if node % 2 or node == last:
            found = hashlib.sha256(b"\x01" + neighbour + found).digest()
            while node and not node % 2:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + neighbour).digest()
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def test_every_leaf_of_every_size_is_proved() -> None:
    """A tree grown leaf by leaf to 300 proves each of its leaves at every size, to another's reading of the rules."""
    tree = Tree()
    for size in range(1, SIZES + 1):
        tree.append(leaf_hash(b"%d" % size))
        root = tree.root()
        assert root == root_by_stack(tree.leaves)
        for index, leaf in enumerate(tree.leaves):
            assert root_by_path(leaf, index, size, tree.path(index)) == root


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40), st.data())
@settings(max_examples=60, deadline=None)
def test_a_path_proves_its_leaf_alone(entries: list[bytes], data: st.DataObject) -> None:
    """With another leaf, another place or a bent neighbour, the same path leads to another root."""
    tree = Tree(map(leaf_hash, entries))
    index = data.draw(st.integers(0, len(entries) - 1))
    path = tree.path(index)
    step = data.draw(st.integers(0, len(path) - 1))
    bent = [*path[:step], leaf_hash(path[step]), *path[step + 1 :]]

    assert root_by_path(tree.leaves[index], index, len(tree), path) == tree.root()
    assert root_by_path(leaf_hash(b"other"), index, len(tree), path) != tree.root()
    assert root_by_path(tree.leaves[index], index, len(tree), bent) != tree.root()


def test_known_roots() -> None:
    """The roots of no entry, of one and of three are those of the certificate transparency project's test vectors."""
    entries = [bytes.fromhex(text) for text in ("", "00", "10")]
    tree = Tree()
    roots = [tree.root().hex()]
    for entry in entries:
        tree.append(leaf_hash(entry))
        roots.append(tree.root().hex())

    assert roots == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ]


@pytest.mark.parametrize("index", [-1, 2])
def test_there_is_no_proof_of_nothing(index: int) -> None:
    """A leaf that is not there has no path."""
    with pytest.raises(IndexError, match="a tree of 2 leaves has none"):
        Tree([b"a" * 32, b"b" * 32]).path(index)
