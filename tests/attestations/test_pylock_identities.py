"""Publishers are written into a lock file, and nothing else in it changes."""

import tomllib

import pytest

from bonded.attestations.identities import parse_identity
from bonded.attestations.locks import read_pylock
from bonded.attestations.pylock_identities import with_identities
from bonded.dists.names import ProjectName

A = "a" * 64
INLINE = f"""\
# a comment
lock-version = "1.0"
[[packages]]
name = "greeter"
version = "1.0" # kept
wheels = [{{name = "greeter-1.0-py3-none-any.whl", hashes = {{sha256 = "{A}"}}}}]

[[packages]]
name = "other"
version = "2.0"
"""
TABLES = f"""\
lock-version = "1.0"
[[packages]]
name = "greeter"
version = "1.0"
[[packages.wheels]]
name = "greeter-1.0-py3-none-any.whl"
[packages.wheels.hashes]
sha256 = "{A}"
[[packages]]
name = "other"
version = "2.0"
[[packages.attestation-identities]]
kind = "Google"
email = "a@b.example"
"""
ONE = parse_identity({"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"})
TWO = parse_identity({"kind": "Google", "email": "r@acme.example"})
RELEASE = (ProjectName("greeter"), "1.0")


@pytest.mark.parametrize("text", [INLINE, TABLES])
def test_identities_are_added_and_read_again(text: str) -> None:
    """Each once, in tables of their own; written twice they are the same."""
    written = with_identities(text, {RELEASE: [ONE, TWO, ONE]})
    (greeter, other), _ = read_pylock("pylock.toml", written.encode())

    assert greeter.identities == (ONE, TWO)
    assert other == read_pylock("pylock.toml", text.encode())[0][1]
    assert with_identities(written, {RELEASE: [ONE, TWO]}) == written


def test_the_layout_stays() -> None:
    """Comments and order are the user's."""
    written = with_identities(INLINE, {RELEASE: [ONE]})

    assert "# a comment" in written
    assert '"1.0" # kept' in written
    assert {**tomllib.loads(written), "packages": 0} == {**tomllib.loads(INLINE), "packages": 0}


def test_releases_that_were_not_verified_keep_what_they_have() -> None:
    """An identity that was recorded is evidence against whoever lost it."""
    assert with_identities(TABLES, {}) == TABLES


def test_a_package_without_a_name_is_refused() -> None:
    """Nothing is written into what cannot be read."""
    with pytest.raises(ValueError, match="project name"):
        with_identities("[[packages]]\nname = '-'", {})
