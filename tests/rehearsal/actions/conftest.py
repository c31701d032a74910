from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from bonded.rehearsal.stage.github import IdentityAccess
from bonded.rehearsal.stage.setting import _client
from bonded.rehearsal.stage.signing import Signing
from sigstore_world import Evening, evening
from stage_world import World


@pytest.fixture(scope="session")
def sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A Sigstore and an issuer that are served for all tests; whoever bends them bends them back."""
    with evening(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


@pytest.fixture
def signing(world: World, sigstore: Evening) -> Iterator[World]:
    """A stage whose stand-ins reach that Sigstore and that issuer."""
    made = Future()  # type: ignore[var-annotated]  # of a Sigstore
    made.set_result(sigstore.sigstore)
    proxy = sigstore.backstage.proxy_url
    world.theatre.signing = Signing(made, authorities=sigstore.bundle, proxy=proxy)
    world.theatre.client = lambda: _client(proxy, sigstore.bundle)
    yield world
    sigstore.sigstore.conditions.faults = frozenset()
    sigstore.sigstore.conditions.delay = 0.0


@pytest.fixture
def access(sigstore: Evening) -> IdentityAccess:
    """The way to an ID token, as a job of that issuer's repository has it."""
    return IdentityAccess(
        sigstore.job["ACTIONS_ID_TOKEN_REQUEST_URL"], sigstore.job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    )
