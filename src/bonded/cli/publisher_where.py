"""Which index is meant, and how it is reached: by its folder, or over its API."""

import argparse
import getpass
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from bonded.cli.publisher_remote import RemoteIndex
from bonded.errors import UsageError
from bonded.index.administration import Administration, NewPublisher
from bonded.index.data_folder import Served, read_served

__all__ = ["LocalIndex", "Owner", "open_administration_of", "open_owner"]


class Owner(Protocol):
    """An index in its owner's hands, near or far; see `index.administration`."""

    @property
    def address(self) -> str:
        """The index's address, empty if it was never served."""
        ...

    def audience(self) -> str:
        """Return the index's audience, empty if it has none yet."""
        ...

    def publishers(self, project: str = "") -> list[dict[str, Any]]:
        """Return publishers."""
        ...

    def pending(self) -> list[dict[str, Any]]:
        """Return pending publishers."""
        ...

    def add(self, new: NewPublisher) -> dict[str, Any]:
        """Register a publisher and return it."""
        ...

    def remove(self, publisher_id: str, project: str = "") -> list[str]:
        """Take one project, or all, from a publisher, and return them."""
        ...

    def remove_pending(self, pending_id: str) -> None:
        """Forget a pending publisher."""
        ...

    def enable(self, publisher_id: str) -> dict[str, Any]:
        """Let a disabled publisher publish again."""
        ...

    def exchanges(
        self, project: str = "", limit: int = 20, before: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return the last answers of the mint, the newest first."""
        ...

    def try_token(self, token: str) -> dict[str, Any]:
        """Say what would happen to an ID token."""
        ...

    def try_claims(self, claims: Mapping[str, object]) -> dict[str, Any]:
        """Say what would happen to a token with these claims."""
        ...


class LocalIndex:
    """The index in a folder. What is done is written down with the name of the user of this machine."""

    def __init__(self, administration: Administration, served: Served, audience: str) -> None:
        self._index = administration
        self._served = served
        self._audience = audience
        self._by = f"{_user()} on the index's machine"

    @property
    def address(self) -> str:
        """See `Owner.address`."""
        return self._served.address

    def audience(self) -> str:
        """See `Owner.audience`."""
        return self._audience

    def publishers(self, project: str = "") -> list[dict[str, Any]]:
        """See `Owner.publishers`."""
        return self._index.publishers(project)

    def pending(self) -> list[dict[str, Any]]:
        """See `Owner.pending`."""
        return self._index.pending()

    def add(self, new: NewPublisher) -> dict[str, Any]:
        """See `Owner.add`."""
        return self._index.add(new, by=self._by)

    def remove(self, publisher_id: str, project: str = "") -> list[str]:
        """See `Owner.remove`."""
        return self._index.remove(publisher_id, project, by=self._by)

    def remove_pending(self, pending_id: str) -> None:
        """See `Owner.remove_pending`."""
        self._index.remove_pending(pending_id, by=self._by)

    def enable(self, publisher_id: str) -> dict[str, Any]:
        """See `Owner.enable`."""
        return self._index.enable(publisher_id, by=self._by)

    def exchanges(
        self, project: str = "", limit: int = 20, before: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """See `Owner.exchanges`."""
        return self._index.exchanges(project, limit, before)

    def try_token(self, token: str) -> dict[str, Any]:
        """See `Owner.try_token`."""
        return self._index.try_token(token)

    def try_claims(self, claims: Mapping[str, object]) -> dict[str, Any]:
        """See `Owner.try_claims`."""
        return self._index.try_claims(claims)


@contextmanager
def open_owner(options: argparse.Namespace) -> Iterator[Owner]:
    """Give the index that the options mean; raises UsageError unless they mean exactly one."""
    if bool(options.data) == bool(options.url):
        raise UsageError(
            "which index? Give --data or --url, not both",
            hint="--data DIR for the folder of an index, --url URL for one that is served",
        )
    if options.url:
        with _far(options) as index:
            yield index
    else:
        with _near(options) as index:
            yield index


@contextmanager
def _near(options: argparse.Namespace) -> Iterator[Owner]:
    with open_administration_of(options) as (administration, served, audience):
        yield LocalIndex(administration, served, audience)


@contextmanager
def open_administration_of(
    options: argparse.Namespace,
) -> Iterator[tuple[Administration, Served, str]]:
    """Give the index in the folder `options.data` with how it was last served and its audience; nothing is served."""
    from bonded.cli.serve_settings import configured, keys_of
    from bonded.index.app import open_administration

    served = read_served(options.data)
    configuration = configured(options)
    audience = configuration.mint.audience or served.audience
    settings = configuration.settings(options.data, audience)
    with (
        keys_of(configuration, os.environ) as keys,
        open_administration(
            settings, keys=keys, clock=time.time, entropy=secrets.token_bytes
        ) as administration,
    ):
        yield administration, served, audience


@contextmanager
def _far(options: argparse.Namespace) -> Iterator[Owner]:
    import httpx2

    token = _token(options.token_file)
    # Plain http is for this machine only, and a proxy of the environment would read the token on its way.
    by_proxy = not options.url.lower().startswith("http:")
    with httpx2.Client(follow_redirects=False, trust_env=by_proxy) as client:
        yield RemoteIndex(client, options.url, token)


def _token(path: Path | None) -> str:
    """Return the admin token; raises UsageError where there is none, or none that can stand in a header."""
    if path is None:
        token = os.environ.get("BONDED_TOKEN", "").strip()
    else:
        try:
            token = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the token in {path} cannot be read: {error}") from None
    if not token or not token.isascii() or not token.isprintable():
        raise UsageError(
            "over --url, who are you?",
            hint="give the admin token in --token-file or in BONDED_TOKEN, as `bonded serve` printed it",
        )
    return token


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"
