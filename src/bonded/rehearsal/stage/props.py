"""Props: what takes a while to make and needs no project, made in the background while git works."""

import datetime as dt
import sysconfig
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bonded.dists.endpoints import Endpoints
    from bonded.oidc.issue import SigningKey
    from bonded.rehearsal.stage.authority import Authority
    from bonded.rehearsal.stage.github import GitHub
    from bonded.rehearsal.stage.sigstore.evening import Sigstore
    from bonded.rehearsal.stage.sigstore.faults import Fault

__all__ = ["Props", "make_props"]


@dataclass(slots=True, kw_only=True)
class Props:
    """The props of one evening; `pool` is the one thread that makes them, and takes more to do."""

    pool: ThreadPoolExecutor
    authority: Future["Authority"]
    github: "GitHub"
    sigstore: Future["Sigstore"]
    indexes: tuple["Endpoints", ...]


def make_props(exits: ExitStack, faults: "frozenset[Fault]" = frozenset()) -> Props:
    """Begin to make the evening's keys and to load the servers; the stack waits for the thread.

    `faults` are those of the evening's Sigstore.
    """
    from bonded.dists import endpoints
    from bonded.rehearsal.stage.github import GitHub

    # Before Python 3.12, of two threads that ask for the first time at once, one may be told that there is nothing.
    sysconfig.get_config_vars()
    pool = exits.enter_context(ThreadPoolExecutor(1, thread_name_prefix="props"))
    authority = pool.submit(_make_authority)
    github = GitHub(pool.submit(_make_key))
    sigstore = pool.submit(_make_sigstore, github, faults)
    pool.submit(_load_servers)
    return Props(
        pool=pool,
        authority=authority,
        github=github,
        sigstore=sigstore,
        indexes=endpoints.known(),
    )


def _make_authority() -> "Authority":
    from bonded.rehearsal.stage.authority import Authority

    return Authority.create(dt.datetime.now(dt.UTC))


def _make_key() -> "SigningKey":
    from bonded.oidc.issue import SigningKey

    return SigningKey.generate()


def _make_sigstore(github: "GitHub", faults: "frozenset[Fault]") -> "Sigstore":
    from bonded.publishers.github import ISSUER
    from bonded.rehearsal.stage.sigstore.evening import Sigstore

    return Sigstore(github, ISSUER, faults=faults)


def _load_servers() -> None:
    """Import what the servers need, so that the first step does not wait for it."""
    import jwt  # noqa: F401 - only loaded here
    import uvicorn  # noqa: F401 - as above

    import bonded.index.app  # noqa: F401 - as above
