"""Tokens for administrators: only their hashes are kept, and they end."""

from pathlib import Path

import pytest

from bonded.errors import UsageError
from books import KINDS, opened, place


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_lives_until_its_end(kind: str, tmp_path: Path) -> None:
    """It is found by its hash until it expires or is revoked; its name is free again then."""
    with opened(place(kind, tmp_path)) as (_, ledger):
        ledger.add_api_token("h1", "ci", "admin", 1.0, 10.0, by="me")
        ledger.add_api_token("h2", "ever", "admin", 1.0, None)
        with pytest.raises(UsageError, match="'ci' already"):
            ledger.add_api_token("h3", "ci", "admin", 1.0, None)

        found = ledger.api_token("h1", 9.0)
        assert found is not None
        assert (found.name, found.scope, found.created, found.expires) == ("ci", "admin", 1.0, 10.0)
        assert [ledger.api_token("h1", 10.0), ledger.api_token("h3", 1.0)] == [None, None]
        assert ledger.api_token("h2", 1e12) is not None
        assert [one.name for one in ledger.api_tokens()] == ["ci", "ever"]
        assert [ledger.revoke_api_token("ci", 2.0) for _ in range(2)] == [True, False]
        assert ledger.api_token("h1", 2.0) is None
        ledger.add_api_token("h3", "ci", "admin", 3.0, None)
