"""A book that cannot be written now: the client may come again, and nothing is half done."""

import logging
from pathlib import Path

import pytest

from bonded.dists.names import ProjectName
from bonded.index.book.databases import Purpose
from bonded.oidc.issue import issue
from claims_builder import claims, key, publisher
from index_world import world


def test_a_full_disk_is_a_pause_and_not_a_bug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """503 with the time to wait; once there is room, the very same token is exchanged."""
    body = {"token": issue(claims(filler="x" * 9000), key())}
    with world(tmp_path, key()) as stage, caplog.at_level(logging.ERROR, "bonded.index"):
        stage.index.register(publisher(), ProjectName("greeter"))
        stage.client.post("/_/oidc/mint-token", json={"token": "warm"})
        with stage.index._records._connections.transaction(Purpose.READ) as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        full = stage.client.post("/_/oidc/mint-token", json=body)
        # A connection that failed is not used again, and the next one has no bound.
        again = stage.client.post("/_/oidc/mint-token", json=body)

    assert (full.status_code, full.headers["retry-after"]) == (503, "5")
    assert "try again" in full.text
    assert "disk is full" in caplog.text
    assert again.status_code == 200
