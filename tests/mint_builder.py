"""A mint in memory: what tests bring to the exchange."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from bonded.dists.names import parse_project_name
from bonded.minting.exchange import Granted, Refused, exchange
from bonded.minting.policy import Policy
from bonded.minting.ports import Candidates, Grant, Pending, Refusal, Registered
from bonded.oidc.issue import issue
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.publishers import Publisher
from bonded.publishers.github import ISSUER
from claims_builder import AUDIENCE, NOW, claims, key, publisher

SECRET = bytes(range(32))


def registered(
    *publishers: Publisher, projects: Sequence[str] = ("widget",)
) -> tuple[Registered, ...]:
    """Return publishers as an index has them, under the ids p0, p1 and so on."""
    names = tuple(map(parse_project_name, projects))
    return tuple(
        Registered(id=f"p{number}", publisher=one, projects=names)
        for number, one in enumerate(publishers)
    )


@dataclass
class Mint:
    """Keys, publishers and ledger in one; keeps what is written down."""

    publishers: Sequence[Registered] = field(default_factory=lambda: registered(publisher()))
    pending: Sequence[Pending] = ()
    policy: Policy = field(default_factory=lambda: Policy(audience=AUDIENCE))
    grants: list[Grant] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    used: dict[tuple[str, str], float] = field(default_factory=dict)

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Trust GitHub."""
        return TrustedIssuer(url=url, kind="github") if url == ISSUER else None

    def keys_for(self, _issuer: TrustedIssuer, _key_id: str) -> KeySet:
        """Return the tests' key."""
        return key().key_set()

    def near(self, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:
        """Return the publishers of an issuer under one of the sources."""
        assert now > 0
        return Candidates(
            registered=tuple(
                one
                for one in self.publishers
                if one.publisher.issuer == issuer and {*one.publisher.sources()} & {*sources}
            ),
            pending=tuple(
                one
                for one in self.pending
                if one.publisher.issuer == issuer and {*one.publisher.sources()} & {*sources}
            ),
        )

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        """Write a grant down, once for each token."""
        if (issuer, jti) in self.used:
            return False
        self.used[issuer, jti] = jti_expires
        self.grants.append(grant)
        return True

    def refused(self, refusal: Refusal) -> None:
        """Write a refusal down."""
        self.refusals.append(refusal)

    def ask(self, body: bytes, *, now: float = NOW) -> Granted | Refused:
        """Send a body to the mint."""
        return exchange(
            body,
            policy=self.policy,
            keys=self,
            publishers=self,
            ledger=self,
            now=now,
            secret=SECRET,
        )

    def ask_with(self, **bent: object) -> Granted | Refused:
        """Send a token of the tests' issuer with bent claims."""
        return self.ask(request(issue(claims(**bent), key())))


def request(token: object) -> bytes:
    """Return the body that clients send."""
    return json.dumps({"token": token}).encode()


def refusal_of(outcome: Granted | Refused) -> Refused:
    """Insist on a refusal."""
    assert isinstance(outcome, Refused)
    return outcome
