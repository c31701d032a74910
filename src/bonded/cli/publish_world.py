"""A release in the real world: the network, the clock, the CI around, Sigstore."""

import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bonded import __version__
from bonded.cli.publish_progress import Progress
from bonded.client.attesting import Attester
from bonded.client.crew import Stop
from bonded.client.desk import Desk, Wish
from bonded.client.journal import Journal
from bonded.client.publish import publish
from bonded.client.report import Report
from bonded.client.secrets import Secrets
from bonded.client.session import Session
from bonded.errors import BondedError, RemoteError, UsageError
from bonded.oidc.ambient import NoIdentity, id_token, service

if TYPE_CHECKING:
    from bonded.attestations.trust_root import SigningTrust

__all__ = ["patient_identity", "publish_here"]

_PAUSES = (1.0, 3.0)

_NOWHERE = (
    "looked for GitHub Actions, GitLab CI/CD, Buildkite, CircleCI, Google Cloud, and the variable {variable}\n"
    "publish from the CI job that is registered as a publisher (at GitHub with `permissions: id-token: write`),\n"
    "or give a token of the index: --token-file FILE, or BONDED_TOKEN"
)


def publish_here(
    wish: Wish, *, secrets: Secrets, stop: Stop, sigstore: Path | None, journal: Path, quiet: bool
) -> Report:
    """Publish from this process, and return what became of it; raises BondedError, without any secret in it."""
    progress = Progress(
        sys.stderr,
        hide=secrets.hide,
        total=sum(one.part.size for one in wish.parcels),
        live=sys.stderr.isatty() and not os.environ.get("NO_COLOR"),
        quiet=quiet,
        clock=time.monotonic,
    )
    secrets.add(wish.token)

    def identify(audience: str) -> str:
        return secrets.add(patient_identity(audience, os.environ, stop.sleep))

    agent = f"bonded/{__version__}"
    with Session(stop=stop, secrets=secrets, user_agent=agent, sent=progress.sent) as session:
        desk = Desk(
            transport=session,
            identify=identify,
            attester=Attester(
                identify=identify,
                trust=lambda: _trust(sigstore),
                sleep=stop.sleep,
                say=progress.say,
            ),
            journal=Journal.open(journal, wish.target.upload_url),
            mask=secrets.add,
            clock=time.time,
            jitter=random.random,
            stop=stop,
            watcher=progress,
        )
        try:
            return publish(wish, desk)
        except NoIdentity as error:
            kind = RemoteError if error.passing else UsageError
            raise kind(secrets.hide(error.message), hint=secrets.hide(error.hint)) from None
        except BondedError as error:
            error.message, error.hint = secrets.hide(error.message), secrets.hide(error.hint)
            raise


def patient_identity(
    audience: str, environ: Mapping[str, str], sleep: Callable[[float], None]
) -> str:
    """Return an ID token of this job; a service that fails for a moment is asked three times. Raises NoIdentity."""
    for pause in _PAUSES:
        try:
            return _identity(audience, environ)
        except NoIdentity as error:
            if not error.passing:
                raise
        sleep(pause)
    return _identity(audience, environ)


def _identity(audience: str, environ: Mapping[str, str]) -> str:
    token = id_token(audience, environ)
    if token is None:
        from bonded.oidc.ambient import variable_for

        where = service(environ) or "no CI service that is known here"
        hint = _NOWHERE.format(variable=variable_for(audience))
        raise NoIdentity(f"there is no identity to publish with: this is {where}", hint=hint)
    return token


def _trust(sigstore: Path | None) -> "SigningTrust":
    from bonded.attestations.trust_root import public_signing, signing_of

    if sigstore is None:
        return public_signing()
    try:
        return signing_of(sigstore.read_bytes(), source=str(sigstore))
    except OSError as error:
        raise UsageError(f"--sigstore: {sigstore} cannot be read: {error.strerror}") from None
