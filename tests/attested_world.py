"""An index that verifies attestations, a job of `octo/widget` that publishes there, and what it attests."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx2

from attestation_index import by
from attestation_world import World as SmallSigstore
from attestation_world import statement
from bonded.attestations.trust_root import TrustRoot
from bonded.attestations.verify import Artifact
from bonded.dists.names import ProjectName
from bonded.index.settings import Attestations
from bonded.minting.policy import Policy
from bonded.oidc.issue import issue
from bonded.publishers import Publisher
from claims_builder import SHA, claims, key, publisher
from index_world import Offer, World, wheel_offer, world

WIDGET = ProjectName("widget")
OFFER = wheel_offer("widget")
_numbers = count()


@cache
def sigstore() -> SmallSigstore:
    """Return the Sigstore that the index believes."""
    return SmallSigstore()


@cache
def stranger() -> SmallSigstore:
    """Return another one, that nobody believes."""
    return SmallSigstore()


def artifact(offer: Offer = OFFER) -> Artifact:
    """Return what an upload is."""
    assert offer.filename is not None
    return Artifact(filename=offer.filename, sha256=str(offer.fields["sha256_digest"]))


def certified(**bent: str | None) -> dict[str, str | None]:
    """Return what certificates of this job say; `bent` is by number, as `n13`."""
    return {
        **by("octo/widget"),
        "13": SHA,
        **{number.removeprefix("n"): text for number, text in bent.items()},
    }


def attest(offer: Offer = OFFER, *, at: SmallSigstore | None = None, **bent: Any) -> dict[str, Any]:
    """Return a good attestation of an upload by this job, or a bent one; see `attestation_world.Making`."""
    file = artifact(offer)
    good = {"statement": statement(file.filename, file.sha256), "extensions": certified()}
    return (at or sigstore()).attest(**{**good, **bent})


def said(text: Mapping[str, Any], **bent: Any) -> dict[str, Any]:
    """Return a statement about the good upload, bent."""
    file = artifact()
    return {**statement(file.filename, file.sha256), **text, **bent}


def mint(stage: World, **bent: object) -> str:
    """Return an upload token for the job."""
    token = issue(claims(jti=f"attested-{next(_numbers)}", **bent), key())
    answer = stage.client.post("/_/oidc/mint-token", content=json.dumps({"token": token}))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def send(stage: World, *attestations: object, offer: Offer = OFFER) -> httpx2.Response:
    """Upload with attestations, by a token that is minted for it."""
    return stage.upload(offer.bent(attestations=json.dumps(attestations)), token=mint(stage))


@contextmanager
def attesting(
    folder: Path,
    *,
    whom: Publisher | None = None,
    root: Callable[[], TrustRoot] | None = None,
    policy: Attestations = Attestations.VERIFY,
    database: str | None = None,
    audience: str = "pypi",
) -> Iterator[World]:
    """Open an index that trusts the job."""
    give = root or (lambda: sigstore().root)
    settings = {"attestations": policy, "database": database, "mint": Policy(audience=audience)}
    with world(folder, key(), give, **settings) as stage:
        stage.index.register(whom or publisher(), WIDGET)
        yield stage
