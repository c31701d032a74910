"""Objects of PEP 740 are bounded, strict, and come out as they went in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation_outcome import OURS, good
from attestation_world import b64
from bonded.attestations.provenance import (
    MAX_PROVENANCE,
    Bundle,
    read_attestation,
    read_attestations,
    read_provenance,
    write_attestations,
    write_provenance,
)
from bonded.attestations.refusal import Malformed


def served(**bent: Any) -> dict[str, Any]:
    """Return a provenance object."""
    bundle = {"publisher": OURS, "attestations": [good()]}
    return {"version": 1, "attestation_bundles": [bundle]} | bent


def test_provenance_is_written_as_it_was_read() -> None:
    """Compact, without a line end, with every key of the publisher."""
    provenance = read_provenance(json.dumps(served()).encode())
    written = write_provenance(provenance.bundles)

    assert read_provenance(written) == provenance
    assert b" " not in written.replace(b"log.invalid - 1", b"").replace(
        b"\xe2\x80\x94 log.invalid ", b""
    )
    assert json.loads(written)["attestation_bundles"][0]["publisher"]["claims"] is None


def test_the_upload_field_is_an_array() -> None:
    """As uv and twine send it."""
    one = read_attestation(json.dumps(good()).encode())

    assert read_attestations(write_attestations([one])) == (one,)


def test_older_writers_broke_the_lines_of_base64() -> None:
    """Line ends are no difference."""
    attestation = good()
    envelope = attestation["envelope"]
    envelope["statement"] = "\n".join([envelope["statement"][:60], envelope["statement"][60:], ""])

    assert read_attestation(json.dumps(attestation).encode()) == read_attestation(
        json.dumps(good()).encode()
    )


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"1", b"[]", b"[1]", b'[],"x":[]', b"[], 1", b"[{}]", b'["a"]', b"null"],
)
def test_what_is_no_array_of_attestations_is_refused(raw: bytes) -> None:
    """Also none at all, and tricks with the braces around it."""
    with pytest.raises(Malformed):
        read_attestations(raw)


def test_more_than_two_attestations_are_refused() -> None:
    """PyPI's bound."""
    with pytest.raises(Malformed, match="1 to 2, got 3"):
        read_attestations(json.dumps([good()] * 3).encode())


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (served(version=2), "version 1, got 2"),
        (served(attestation_bundles=[]), "1 to 16, got 0"),
        (served(attestation_bundles=None), "got no list"),
        (served(attestation_bundles=[1]), "a bundle is an object|attestation bundle is an object"),
        (served(attestation_bundles=[{"publisher": OURS}]), "attestations holds 1 to 8"),
        (served(attestation_bundles=[{"publisher": {"kind": "x"}}]), "kind is one of"),
        (served(attestation_bundles=[{"publisher": OURS, "attestations": [1]}]), "is an object"),
        (served(attestation_bundles=[{"publisher": OURS, "attestations": [good()] * 9}]), "got 9"),
    ],
)
def test_what_is_no_provenance_is_refused(value: Any, sentence: str) -> None:
    """And it is said why."""
    with pytest.raises(Malformed, match=sentence):
        read_provenance(json.dumps(value).encode())


def test_provenance_is_bounded() -> None:
    """A bound stands before the parser."""
    with pytest.raises(Malformed, match="at most"):
        read_provenance(b" " * (MAX_PROVENANCE + 1))


def test_nothing_is_not_written() -> None:
    """Provenance without an attestation would say nothing."""
    bundle = read_provenance(json.dumps(served()).encode()).bundles[0]

    with pytest.raises(ValueError, match="say nothing"):
        write_provenance([])
    with pytest.raises(ValueError, match="say nothing"):
        write_provenance([Bundle(publisher=bundle.publisher, attestations=())])


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.just(b64(b"x")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["version", "publisher", "attestations", "attestation_bundles", "envelope"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_breaks_the_readers(value: object) -> None:
    """It is refused in one way only."""
    raw = json.dumps(value).encode()
    for read in (read_attestation, read_attestations, read_provenance):
        with pytest.raises(Malformed):
            read(raw)
