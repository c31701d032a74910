"""One ID token, five hundred requests at once, four servers over one book: one upload token."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from bonded.oidc.issue import SigningKey, issue
from books import KINDS, opened, place
from index_world import GREETER, ISSUER, github, signing_key

SERVER = Path(__file__).parents[1] / "mint_server.py"
SERVERS = 4
REQUESTS = 500


def token(key: SigningKey) -> str:
    """Return an ID token of the tests' workflow, valid for some minutes."""
    workflow = "octo/greeter/.github/workflows/release.yml@refs/tags/v1"
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": "race",
        "jti": "once",
        "iat": now,
        "exp": now + 300,
        "repository": "octo/greeter",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_id": "2",
        "workflow_ref": workflow,
        "job_workflow_ref": workflow,
        "ref": "refs/tags/v1",
        "sha": "a" * 40,
        "event_name": "push",
    }
    return issue(claims, key)


@contextmanager
def servers(count: int, *arguments: str) -> Iterator[Sequence[str]]:
    """Run servers and give their addresses; in the end all are killed, without a chance to clean up."""
    command = [sys.executable, str(SERVER), *arguments]
    with ExitStack() as closing:
        running = []
        for _ in range(count):
            process = closing.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            )
            closing.callback(process.kill)
            running.append(process)
        lines = [process.stdout.readline() for process in running if process.stdout]
        yield [f"{line.strip()}/_/oidc/mint-token" for line in lines]


async def ask(addresses: Sequence[str], body: dict[str, str], count: int) -> Counter[str]:
    """Send one body many times at once; return how often each answer came."""
    limits = httpx2.Limits(max_connections=count)
    async with httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        sent = (client.post(addresses[n % len(addresses)], json=body) for n in range(count))
        answers = await asyncio.gather(*sent)
    return Counter(
        f"{one.status_code} {'' if one.status_code == 200 else one.json()['errors'][0]['code']}"
        for one in answers
    )


@pytest.mark.play
@pytest.mark.parametrize("kind", KINDS)
def test_one_token_is_minted_once(kind: str, tmp_path: Path) -> None:
    """Whoever comes first gets it; all others, and whoever comes after every server was killed, are told so."""
    where = place(kind, tmp_path)
    (tmp_path / "key.pem").write_bytes(signing_key().to_pem())
    with opened(where) as (_, ledger):
        ledger.register(github(), GREETER, time.time())
    database = [where] if isinstance(where, str) else []
    arguments = (str(tmp_path), str(tmp_path / "key.pem"), *database)
    body = {"token": token(signing_key())}

    with servers(SERVERS, *arguments) as addresses:
        race = asyncio.run(ask(addresses, body, REQUESTS))
    with servers(1, *arguments) as addresses:
        replay = asyncio.run(ask(addresses, body, 1))

    assert race == {"200 ": 1, "422 invalid-reuse-token": REQUESTS - 1}
    assert replay == {"422 invalid-reuse-token": 1}
    with opened(where) as (_, ledger):
        assert [one["granted"] for one in ledger.exchanges(REQUESTS * 2)].count(True) == 1
