"""Which index is meant, and how it is reached: by its folder, or over its API."""

import argparse
import getpass
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bonded.cli.owner_api import Api, RemoteEvents
from bonded.cli.project_remote import RemoteProjects
from bonded.cli.publisher_remote import RemotePublishers
from bonded.cli.token_remote import RemoteTokens
from bonded.errors import UsageError
from bonded.index.administration import Administration, Projects, Publishers, Tokens
from bonded.index.running.data_folder import Served, read_served

__all__ = ["Owner", "open_administration_of", "open_owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An index in its owner's hands, near or far.

    `address` is empty for an index that was never served, `audience` returns an empty text for one that has none yet.
    """

    address: str
    audience: Callable[[], str]
    publishers: Publishers | RemotePublishers
    projects: Projects | RemoteProjects
    tokens: Tokens | RemoteTokens
    events: Administration | RemoteEvents


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
    """Give the index in a folder; what is done is written down with the name of the user of this machine."""
    by = f"{_user()} on the index's machine"
    with open_administration_of(options) as (administration, served, audience):
        yield Owner(
            address=served.address,
            audience=lambda: audience,
            publishers=administration.publishers(by),
            projects=administration.projects(by),
            tokens=administration.tokens(by),
            events=administration,
        )


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
        api = Api(client, options.url, token)
        yield Owner(
            address=api.address,
            audience=api.audience,
            publishers=RemotePublishers(api),
            projects=RemoteProjects(api),
            tokens=RemoteTokens(api),
            events=RemoteEvents(api),
        )


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
