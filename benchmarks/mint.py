"""How many upload tokens a second the mint gives, over the signatures that `cryptography` alone verifies meanwhile.

    python benchmarks/mint.py [TOKENS] [--postgresql URL]

Every token is another one, made beforehand; each is exchanged on a real book that has a thousand publishers. Verifying
and minting take turns in many short rounds, and the best round of each counts: the others show what else the machine
was doing. Shown for each kind of book: mints a second in one thread, their ratio to bare verifications, and where the
time of one mint goes. With durable commits the disk is waited for; threads that wait together share commits, and the
second line shows what sixteen threads mint.
"""

import argparse
import hashlib
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from bonded.dists.names import ProjectName
from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records
from bonded.minting.exchange import Granted, exchange
from bonded.minting.policy import Policy
from bonded.minting.ports import Candidates, Grant, Refusal
from bonded.oidc.claims import UnverifiedToken
from bonded.oidc.issue import SigningKey, issue
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.publishers import Publisher, from_fields
from bonded.publishers.github import ISSUER

PUBLISHERS = 1_000
ROUNDS = 60
THREADS = 16
NOW = 1_800_000_000
POLICY = Policy.strict("bench")
KEY = SigningKey.generate()


class Keys:
    """Trusts GitHub, with one key."""

    def __init__(self) -> None:
        self.trusted = TrustedIssuer(url=ISSUER, kind="github")
        self.key_set = KEY.key_set()

    def issuer(self, url: str) -> TrustedIssuer | None:
        return self.trusted if url == ISSUER else None

    def keys_for(self, _issuer: TrustedIssuer, _key_id: str) -> KeySet:
        return self.key_set


class Stopwatch:
    """A ledger's look-ups and grants, and the seconds that they took."""

    def __init__(self, ledger: BookLedger) -> None:
        self._ledger = ledger
        self.looked = self.wrote = 0.0

    def near(self, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:
        began = time.perf_counter()
        found = self._ledger.near(issuer, sources, now=now)
        self.looked += time.perf_counter() - began
        return found

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        began = time.perf_counter()
        fresh = self._ledger.grant(grant, issuer=issuer, jti=jti, jti_expires=jti_expires)
        self.wrote += time.perf_counter() - began
        return fresh

    def refused(self, refusal: Refusal) -> None:
        raise AssertionError(refusal)


def publisher(number: int) -> Publisher:
    fields = {
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_name": f"project-{number}",
        "workflow_filename": "release.yml",
        "environment": "pypi",
    }
    return from_fields("github", fields)


def request(number: int) -> bytes:
    workflow = "octo/project-0/.github/workflows/release.yml@refs/tags/v1.0"
    sha = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": "bench",
        "jti": hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest(),
        "sub": "repo:octo/project-0:environment:pypi",
        "iat": NOW,
        "nbf": NOW - 600,
        "exp": NOW + 300,
        "repository": "octo/project-0",
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_id": "2",
        "repository_visibility": "public",
        "workflow": "Release",
        "workflow_ref": workflow,
        "workflow_sha": sha,
        "job_workflow_ref": workflow,
        "job_workflow_sha": sha,
        "ref": "refs/tags/v1.0",
        "ref_type": "tag",
        "ref_protected": "false",
        "sha": sha,
        "head_ref": "",
        "base_ref": "",
        "event_name": "push",
        "environment": "pypi",
        "environment_node_id": "EN_kwDOABCDEF",
        "actor": "someone",
        "actor_id": "3",
        "run_id": str(number),
        "run_number": "1",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "check_run_id": str(number + 7),
        "issuer_scope": "repository",
    }
    return json.dumps({"token": issue(claims, KEY)}).encode()


def timed(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """Return the seconds that one body takes."""
    began = time.perf_counter()
    for body in bodies:
        work(body)
    return (time.perf_counter() - began) / len(bodies)


def rounds(bodies: list[bytes]) -> Iterator[list[bytes]]:
    size = len(bodies) // ROUNDS
    for start in range(0, size * ROUNDS, size):
        yield bodies[start : start + size]


def minter(ledger: BookLedger | Stopwatch, keys: Keys) -> Callable[[bytes], None]:
    """Return what mints a token for a body."""

    def mint(body: bytes) -> None:
        outcome = exchange(
            body,
            policy=POLICY,
            keys=keys,
            publishers=ledger,
            ledger=ledger,
            now=NOW,
            secret=hashlib.sha256(body).digest(),
        )
        assert isinstance(outcome, Granted), outcome

    return mint


def verifier(bodies: list[bytes]) -> Callable[[bytes], None]:
    """Return what verifies the signature of a body, and does nothing else; everything is taken apart beforehand."""
    tokens = {body: UnverifiedToken.parse(json.loads(body)["token"]) for body in bodies}
    pairs = {body: (token.signature, token.signed.encode()) for body, token in tokens.items()}
    public, padding, digest = KEY.key_set().find(KEY.key_id), PKCS1v15(), SHA256()
    assert isinstance(public, RSAPublicKey)

    def verify(body: bytes) -> None:
        signature, signed = pairs[body]
        public.verify(signature, signed, padding, digest)

    return verify


def measure(place: Path | str, bodies: list[bytes], *, durable: bool) -> None:
    """Print one book's numbers."""
    records = Records(place, durable=durable)
    ids = (f"{number:032x}" for number in range(10**9))
    ledger, keys = BookLedger(records, new_id=lambda: next(ids)), Keys()
    for number in range(PUBLISHERS):
        ledger.register(publisher(number), ProjectName(f"project-{number}"), NOW)
    half = len(bodies) // 2
    verify = verifier(bodies[:half])
    bare, whole, looked, wrote = (math.inf,) * 4
    for some in rounds(bodies[:half]):
        watch = Stopwatch(ledger)
        bare = min(bare, timed(verify, some))
        took = timed(minter(watch, keys), some)
        if took < whole:
            whole, looked, wrote = took, watch.looked / len(some), watch.wrote / len(some)
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(minter(ledger, keys), bodies[half:]))
    crowd = (time.perf_counter() - began) / (len(bodies) - half)
    print(
        f"  one thread   {1 / whole:8,.0f} mints/s, ratio {bare / whole:.3f} to {1 / bare:,.0f} verifications/s"
    )
    print(f"  {THREADS} threads   {1 / crowd:8,.0f} mints/s, ratio {bare / crowd:.3f}")
    shares = {
        "the signature": bare,
        "reading and judging": whole - bare - looked - wrote,
        "looking up": looked,
        "writing down": wrote,
    }
    print(f"  of {whole * 1e6:.0f} us:", ", ".join(f"{s * 1e6:.0f} {n}" for n, s in shares.items()))
    records.close()


def main() -> None:
    """Measure every kind of book."""
    parser = argparse.ArgumentParser(description="Mints a second over bare verifications a second.")
    parser.add_argument("tokens", nargs="?", type=int, default=8_000)
    parser.add_argument("--postgresql", metavar="URL", help="a database that may be filled")
    options = parser.parse_args()
    print(f"making {options.tokens:,} tokens", file=sys.stderr)
    bodies = [request(number) for number in range(options.tokens)]
    for durable in (False, True):
        print(f"SQLite, durable commits {'on' if durable else 'off'}")
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder) / "index.sqlite", bodies, durable=durable)
    if options.postgresql:
        print("PostgreSQL, durable commits on")
        measure(options.postgresql, bodies, durable=True)


if __name__ == "__main__":
    main()
