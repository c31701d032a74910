"""Attestations that must be refused: made otherwise, or changed by whoever serves them."""

import base64
import copy
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation_outcome import good, outcome, reasons, stranger, world
from attestation_world import (
    DIGEST,
    FILENAME,
    GITHUB,
    NOW,
    WORKFLOW,
    b64,
    new_key,
    sha256,
    statement,
    utf8_string,
)
from bonded.attestations.refusal import Reason
from bonded.attestations.verify import SLSA

Bend = Callable[[dict[str, Any]], object]
REKOR_V2 = {"kind": "hashedrekord", "version": "0.0.2"}
LATER = {"kind": "dsse", "version": "0.0.9"}

# What is made otherwise, and why it is refused. Each differs from a good one in one thing.
MADE: tuple[tuple[str, Mapping[str, Any], Reason], ...] = (
    ("repository", {"extensions": {"12": "https://github.com/octo/other"}}, Reason.IDENTITY),
    ("repository in other case", {"extensions": {"12": "https://github.com/Octo/greeter"}}, Reason.IDENTITY),
    ("repository of a longer name", {"extensions": {"12": "https://github.com/octo/greeter2"}}, Reason.IDENTITY),
    ("no repository", {"extensions": {"12": None}}, Reason.IDENTITY),
    ("workflow", {"extensions": {"18": GITHUB["18"].replace("release", "other")}}, Reason.IDENTITY),
    ("workflow of another repository", {"extensions": {"18": GITHUB["18"].replace("octo", "evil")}}, Reason.IDENTITY),
    ("workflow at another ref", {"extensions": {"18": f"{WORKFLOW}@refs/heads/x"}}, Reason.IDENTITY),
    ("no workflow", {"extensions": {"18": None}}, Reason.IDENTITY),
    ("a caller's workflow", {"extensions": {"18": f"{WORKFLOW[:-4]}-all.yml@refs/tags/v1.0"}}, Reason.IDENTITY),
    ("neither ref nor commit", {"extensions": {"13": None, "14": None}}, Reason.IDENTITY),
    ("issuer", {"extensions": {"8": "https://gitlab.com"}}, Reason.IDENTITY),
    ("no issuer of the second form", {"extensions": {"8": None}}, Reason.IDENTITY),
    ("environment", {"extensions": {"23": "testpypi"}}, Reason.ENVIRONMENT),
    ("an extension that is no text", {"raw_extensions": {"12": b"\x04\x01x"}}, Reason.MALFORMED),
    ("an extension that goes on", {"raw_extensions": {"12": utf8_string(GITHUB["12"]) + b"!"}}, Reason.MALFORMED),
    ("digest", {"statement": statement(digest="0" * 64)}, Reason.DIGEST),
    ("digest in capitals", {"statement": statement(digest=DIGEST.upper())}, Reason.DIGEST),
    ("no SHA-256", {"statement": statement(subject=[{"name": FILENAME, "digest": {"sha512": "0"}}])}, Reason.DIGEST),
    ("digests as a list", {"statement": statement(subject=[{"name": FILENAME, "digest": [DIGEST]}])}, Reason.DIGEST),
    ("subject name", {"statement": statement("greeter-1.1-py3-none-any.whl")}, Reason.SUBJECT),
    ("subject of another platform", {"statement": statement("greeter-1.0-cp311-cp311-win32.whl")}, Reason.SUBJECT),
    ("subject that is a source distribution", {"statement": statement("greeter-1.0.tar.gz")}, Reason.SUBJECT),
    ("subject that is no distribution", {"statement": statement("../greeter-1.0-py3-none-any.whl")}, Reason.SUBJECT),
    ("no subject", {"statement": statement(subject=[])}, Reason.SUBJECT),
    ("two subjects", {"statement": statement(subject=statement()["subject"] * 2)}, Reason.SUBJECT),
    ("a subject without name", {"statement": statement(subject=[{"digest": {"sha256": DIGEST}}])}, Reason.SUBJECT),
    ("unknown predicate", {"statement": statement(predicateType="https://example.org/p")}, Reason.PREDICATE),
    ("no predicate type", {"statement": statement(predicateType=None)}, Reason.PREDICATE),
    ("a predicate that is a text", {"statement": statement(predicate="all well")}, Reason.PREDICATE),
    ("SLSA provenance of nothing", {"statement": statement(predicateType=SLSA)}, Reason.PREDICATE),
    ("a statement of version 0", {"statement": statement(_type="https://in-toto.io/Statement/v0")}, Reason.STATEMENT),
    ("a statement that is no JSON", {"payload": b"{"}, Reason.STATEMENT),
    ("a statement with a name twice", {"payload": b'{"_type": "x", "_type": "y"}'}, Reason.STATEMENT),
    ("a payload of another type", {"payload_type": "text/plain"}, Reason.SIGNATURE),
    ("signed with another key", {"signed_with": new_key()}, Reason.SIGNATURE),
    ("no SCT", {"sct": "none"}, Reason.SCT),
    ("an SCT of a foreign log", {"sct": "foreign"}, Reason.SCT),
    ("an SCT forged in the log's name", {"sct": "forged"}, Reason.SCT),
    ("an SCT of another certificate", {"sct": "of another certificate"}, Reason.SCT),
    ("two SCTs", {"sct": "two"}, Reason.SCT),
    ("logged after the certificate expired", {"logged_after": timedelta(minutes=11)}, Reason.CERTIFICATE),
    ("logged before the certificate began", {"begins": timedelta(minutes=1)}, Reason.CERTIFICATE),
    ("not for code", {"purpose": ExtendedKeyUsageOID.SERVER_AUTH}, Reason.CERTIFICATE),
    ("not for signing", {"usage": False}, Reason.CERTIFICATE),
    ("another statement in the log", {"logged_statement": b"another"}, Reason.LOG),
)  # fmt: skip


@pytest.mark.parametrize(
    ("bent", "reason"), [row[1:] for row in MADE], ids=[row[0] for row in MADE]
)
def test_an_attestation_that_was_made_otherwise_is_refused(
    bent: Mapping[str, Any], reason: Reason
) -> None:
    """Whatever the signer's Sigstore vouches for must be what is expected, all of it."""
    assert reasons(outcome(world().attest(**bent))) == {reason}


def _entry(attestation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = attestation["verification_material"]["transparency_entries"][0]
    return found


def _proof(attestation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _entry(attestation)["inclusionProof"]
    return found


def _swap(attestation: dict[str, Any], *path: str) -> None:
    """Put in a part of another good attestation."""
    other: Any = world().attest()
    mine: Any = attestation
    for name in path[:-1]:
        mine, other = mine[name], other[name]
    mine[path[-1]] = other[path[-1]]


def _foreign_log(attestation: dict[str, Any]) -> None:
    """Let a stranger's log vouch for the same body."""
    entry = _entry(attestation)
    body = entry["canonicalizedBody"]
    fresh = stranger().entry(base64.b64decode(body), NOW + timedelta(seconds=5), "0.0.1")
    attestation["verification_material"]["transparency_entries"] = [fresh]


def _checkpoint_of_a_stranger(attestation: dict[str, Any]) -> None:
    note = _entry(stranger().attest())["inclusionProof"]["checkpoint"]
    _proof(attestation)["checkpoint"] = note


# What was changed after it was made, by whoever serves it.
CHANGED: tuple[tuple[str, Bend, set[str]], ...] = (
    ("version 2", lambda a: a.update(version=2), {"malformed"}),
    ("version true", lambda a: a.update(version=True), {"malformed"}),
    ("no material", lambda a: a.pop("verification_material"), {"malformed"}),
    ("no envelope", lambda a: a.pop("envelope"), {"malformed"}),
    ("a certificate that is none", lambda a: a["verification_material"].update(certificate=b64(b"x")), {"certificate"}),
    ("a certificate in bad base64", lambda a: a["verification_material"].update(certificate="x-_"), {"malformed"}),
    ("no certificate", lambda a: a["verification_material"].update(certificate=""), {"malformed"}),
    ("another certificate", lambda a: _swap(a, "verification_material", "certificate"), {"signature"}),
    ("no entry", lambda a: a["verification_material"].update(transparency_entries=[]), {"malformed"}),
    ("two entries", lambda a: a["verification_material"]["transparency_entries"].append(_entry(a)), {"malformed"}),
    ("an entry that is a text", lambda a: a["verification_material"].update(transparency_entries=["x"]), {"malformed"}),
    ("another entry of the log", lambda a: _swap(a, "verification_material", "transparency_entries"), {"log"}),
    ("a foreign log", _foreign_log, {"log"}),
    ("another statement", lambda a: a["envelope"].update(statement=b64(b"{}")), {"signature"}),
    ("another signature", lambda a: _swap(a, "envelope", "signature"), {"signature"}),
    ("a signature of nothing", lambda a: a["envelope"].update(signature=b64(b"\0")), {"signature"}),
    ("swapped between files", lambda a: _swap(a, "envelope"), {"signature"}),
    ("a forged path", lambda a: _proof(a).update(hashes=[b64(sha256(b"x"))] * len(_proof(a)["hashes"])), {"log"}),
    ("a path that is too short", lambda a: _proof(a)["hashes"].pop(), {"log"}),
    ("another place in the tree", lambda a: _proof(a).update(logIndex="1"), {"log"}),
    ("another root", lambda a: _proof(a).update(rootHash=b64(sha256(b"x"))), {"log"}),
    ("a checkpoint of another log", _checkpoint_of_a_stranger, {"log"}),
    ("no checkpoint", lambda a: _proof(a).pop("checkpoint"), {"log"}),
    ("no proof", lambda a: _entry(a).pop("inclusionProof"), {"log"}),
    ("no promise, as of Rekor v2", lambda a: _entry(a).pop("inclusionPromise"), {"log-version"}),
    ("no time", lambda a: _entry(a).pop("integratedTime"), {"log-version"}),
    ("time 0, as of Rekor v2", lambda a: _entry(a).update(integratedTime="0"), {"log-version"}),
    ("another time", lambda a: _entry(a).update(integratedTime="1793534406"), {"log"}),
    ("another index", lambda a: _entry(a).update(logIndex="77"), {"log"}),
    ("an entry of Rekor v2", lambda a: _entry(a).update(kindVersion=REKOR_V2), {"log-version"}),
    ("an entry of a later kind", lambda a: _entry(a).update(kindVersion=LATER), {"log-version"}),
    ("another body", lambda a: _entry(a).update(canonicalizedBody=b64(b"{}")), {"log"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("bend", "wanted"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
def test_an_attestation_that_was_changed_is_refused(bend: Bend, wanted: set[str]) -> None:
    """No part can be exchanged, left out or added by whoever keeps the attestation."""
    attestation = copy.deepcopy(good())
    bend(attestation)

    assert reasons(outcome(attestation)) == wanted


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value that holds no other."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, inner in items:
        deeper = isinstance(inner, dict | list)
        found += _leaves(inner, (*path, key)) if deeper else [(*path, key)]
    return found


JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.binary(max_size=8).map(b64)
    | st.just("9" * 5000)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


@settings(deadline=None, max_examples=150)
@given(st.data(), JUNK)
def test_no_change_of_any_value_proves_anything_else(data: st.DataObject, junk: object) -> None:
    """Whatever is put in wherever, it is refused, or proves what it proved before."""
    attestation = copy.deepcopy(good())
    *path, last = data.draw(st.sampled_from(_leaves(attestation)))
    place: Any = attestation
    for key in path:
        place = place[key]
    place[last] = junk

    found = outcome(attestation)
    assert found == outcome(good()) or reasons(found)
