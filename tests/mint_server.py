"""One of several servers over one index, as a process: `mint_server.py DATA KEY [DATABASE]` prints its address."""

import secrets
import sys
import threading
import time
from pathlib import Path

from bonded.index.app import open_index
from bonded.index.settings import Settings
from bonded.minting.policy import Policy
from bonded.oidc.issue import SigningKey
from index_world import ISSUER, OneIssuer, serving


def main(data: str, key: str, database: str = "") -> None:
    """Serve until the process is killed."""
    index = open_index(
        Settings(
            name="one of many",
            mint=Policy.strict("race"),
            data=Path(data),
            database=database or None,
        ),
        keys=OneIssuer(ISSUER, SigningKey.from_pem(Path(key).read_bytes()).key_set()),
        clock=time.time,
        entropy=secrets.token_bytes,
        sweep=False,
    )
    with serving(index.app) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
