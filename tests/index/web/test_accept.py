"""The `Accept` header against what there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonded.index.web.accept import (
    CODINGS,
    PROBLEM,
    PYTP,
    accepts,
    preferred_coding,
    wants_problem,
)


@pytest.mark.parametrize(
    ("wanted", "accept"),
    [
        (False, ""),
        (False, "*/*"),
        (False, "application/json"),
        (False, "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"),
        (True, PYTP),
        (True, PROBLEM),
        (True, f"{PYTP.upper()} ; q=0.2"),
        (True, f"application/json, {PROBLEM}"),
        (False, f"application/json, {PROBLEM};q=0.5"),
        (False, f"{PYTP};q=0"),
    ],
)
def test_a_problem_is_asked_for_by_name(wanted: object, accept: str) -> None:
    """Clients of today get PyPI's shape; who names RFC 9457 or PEP 807 gets a problem."""
    assert wants_problem(accept) is wanted


@given(st.text())
def test_any_header_is_read(accept: str) -> None:
    """No header raises, and who names nothing welcomes everything."""
    wants_problem(accept)
    assert accepts(accept, PYTP) or accept.replace(",", "").strip()


@pytest.mark.parametrize(
    ("coding", "accept_encoding"),
    [
        ("identity", ""),
        ("gzip", "gzip"),
        ("gzip", "gzip, deflate"),
        ("gzip", "x-gzip"),
        ("zstd", "gzip, deflate, br, zstd"),
        ("zstd", "br;q=1.0, gzip;q=0.8, *;q=0.8"),
        ("gzip", "zstd;q=0.3, gzip;q=0.5"),
        ("gzip", "zstd;q=0, *"),
        ("identity", "gzip;q=0, zstd;q=0"),
        ("identity", "br"),
        ("identity", "identity, gzip;q=0.5"),
        ("zstd", "identity;q=0.5, zstd;q=0.5"),
        ("identity", "*;q=0"),
        ("identity", "gzip;q=none"),
    ],
)
def test_the_shortest_form_that_is_wanted(coding: str, accept_encoding: str) -> None:
    """Weights and stars count as in RFC 9110; nobody is answered 406."""
    assert preferred_coding(accept_encoding) == coding


@given(st.text(alphabet="gzipstd*;q=,.01 ", max_size=40))
def test_any_accept_encoding_has_an_answer(accept_encoding: str) -> None:
    """Whatever a client claims to unpack, it gets one of the codings."""
    assert preferred_coding(accept_encoding) in CODINGS
