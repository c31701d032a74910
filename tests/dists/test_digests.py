import hashlib
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists import digests
from bonded.dists.digests import Digests, Hasher, digest_stream


def test_digests_of_nothing() -> None:
    """The digests are the published ones of the empty text."""
    expected = Digests(
        md5="d41d8cd98f00b204e9800998ecf8427e",
        sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        blake2b_256="0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
    )

    assert digest_stream(io.BytesIO()) == expected


@given(st.lists(st.binary(max_size=50), max_size=8))
@settings(deadline=None)
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    """A file has the same digests however its bytes arrive, and its size is counted in bytes."""
    hasher, whole = Hasher(), b"".join(chunks)
    for chunk in chunks:
        hasher.update(chunk)

    assert hasher.size == len(whole)
    assert hasher.digests() == digest_stream(io.BytesIO(whole))
    assert hasher.digests().sha256 == hashlib.sha256(whole).hexdigest()


def test_a_stream_is_read_in_chunks_to_its_end() -> None:
    """A file larger than one chunk is hashed whole."""
    content = b"x" * (digests.CHUNK + 1)

    assert digest_stream(io.BytesIO(content)).sha256 == hashlib.sha256(content).hexdigest()


def test_wide_memory_is_counted_in_bytes() -> None:
    """The size of a memory view is its bytes, not its items."""
    hasher = Hasher()
    hasher.update(memoryview(bytes(8)).cast("I"))

    assert hasher.size == 8
