"""An index that can be copied, and its copy."""

from pathlib import Path

from bonded.index.running.backup import Copied, back_up
from bonded.index.running.data_folder import Served, make_folder, write_served
from bonded.minting.policy import Policy
from index_world import wheel_offer, world


def an_index(data: Path, *versions: str) -> None:
    """Make an index that was served, with a wheel of each version."""
    make_folder(data)
    write_served(data, Served(audience="here"))
    with world(data, mint=Policy(audience="here")) as index:
        for version in versions:
            assert index.upload(wheel_offer(version=version)).status_code == 200


def copied(data: Path, to: Path) -> Copied:
    """Copy an index."""
    return back_up(data, to, at=1.0, version="1.0")
