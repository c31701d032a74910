"""A server to kill: loaded once, forked for every life, so that a thousand lives take minutes.

Run as a program, it reads settings as JSON, one a line: `data` and `database`. For each it serves an index in a new
process, and says where, with a token, in the same way. When that process is dead, the next line is read.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bonded.dists.names import ProjectName
from bonded.index.app import open_index
from bonded.index.serving import listen, serve
from bonded.index.settings import Settings
from bonded.minting.policy import Policy
from index_world import ISSUER, OneIssuer, signing_key

PROJECTS = (ProjectName("greeter"), ProjectName("hello"))


def say(said: Mapping[str, object]) -> None:
    """Tell whoever started this."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def live(data: Path, database: str | None) -> None:
    """Serve an index until this process is killed."""
    index = open_index(
        Settings(name="Mortal", mint=Policy(audience="x"), data=data, database=database),
        keys=OneIssuer(ISSUER, signing_key().key_set()),
        clock=time.time,
        entropy=secrets.token_bytes,
    )
    token = index.issue_token(PROJECTS, lifetime=3600)
    with listen("127.0.0.1", 0) as listener:
        said = {"port": listener.getsockname()[1], "token": token, "pid": os.getpid()}
        serve(index.app, listener, tls=None, started=lambda: say(said))


def main() -> None:
    """Give every folder its lives."""
    signing_key()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            given = json.loads(line)
            live(Path(given["data"]), given["database"])
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
