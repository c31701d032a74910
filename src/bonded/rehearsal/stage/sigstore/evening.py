"""Sigstore for one evening: its services composed, under the hosts of the real ones.

All keys are made with it, in some milliseconds, and live in memory only. The trust root never changes afterwards; what
goes wrong may (`Sigstore.conditions`).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bonded.minting.ports import Keys
from bonded.rehearsal.stage.sigstore.certificates import SigningAuthority
from bonded.rehearsal.stage.sigstore.faults import Conditions, Fault
from bonded.rehearsal.stage.sigstore.fulcio import Fulcio
from bonded.rehearsal.stage.sigstore.keys import LogKey
from bonded.rehearsal.stage.sigstore.rekor import Rekor
from bonded.rehearsal.stage.sigstore.rekor_v2 import RekorV2
from bonded.rehearsal.stage.sigstore.timestamps import PATH, TimestampAuthority
from bonded.rehearsal.stage.sigstore.trust import (
    Service,
    Trusted,
    client_trust_config,
    signing_config,
    trusted_root,
)
from bonded.rehearsal.stage.sigstore.tuf import tuf_app, tuf_repository

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig
    from starlette.applications import Starlette

    from bonded.rehearsal.stage.backstage import App, Message, Receive, Send

__all__ = ["HOSTS", "TUF", "Sigstore"]

FULCIO = "fulcio.sigstore.dev"
REKOR = "rekor.sigstore.dev"
REKOR_V2 = "log2025-1.rekor.sigstore.dev"
TIMESTAMPS = "timestamp.sigstore.dev"
TUF = "tuf-repo-cdn.sigstore.dev"
CT_LOG = "ctfe.sigstore.dev"
"""Nobody asks the CT log; its address only stands in the trust root."""
OIDC = "oauth2.sigstore.dev"
"""Where people without an ID token would sign in; not on the stage."""

HOSTS = (FULCIO, REKOR, REKOR_V2, TIMESTAMPS, TUF)
TREE = 1193050959916656506
"""The number of the log's tree: that of Sigstore's own, so that entries look as they do there."""


class Sigstore:
    """The services of one evening, and what clients must have to believe them."""

    def __init__(
        self,
        keys: Keys,
        issuer: str,
        *,
        clock: Callable[[], float] = time.time,
        faults: frozenset[Fault] = frozenset(),
        delay: float = 30.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Certify for ID tokens of `issuer`, whose `keys` verify them.

        `conditions` can be changed at any time; what was made remains as it was made.
        """
        self.conditions = Conditions(clock=clock, faults=faults, delay=delay)
        self._pause = pause
        now = self.conditions.now()
        self._since = now
        self._ct_log, stranger = LogKey.generate(), LogKey.generate()
        self._authority = SigningAuthority(now, ct_log=self._ct_log, foreign_log=stranger)
        self._logs = LogKey.generate(), LogKey.generate()
        self._timestamps = TimestampAuthority(self.conditions)
        self.fulcio = Fulcio(self._authority, keys, issuer, self.conditions)
        self.rekor = Rekor(
            REKOR, TREE, key=self._logs[0], stranger=stranger, conditions=self.conditions
        )
        self._rekor_v2 = RekorV2(
            REKOR_V2, key=self._logs[1], stranger=stranger, conditions=self.conditions
        )
        targets = {
            "trusted_root.json": self.trusted_root_json().encode(),
            "signing_config.v0.2.json": self.signing_config_json().encode(),
        }
        self.tuf_files = tuf_repository(targets, now)
        """The repository from which clients update their trust root, by path; as things were in the beginning."""

    def apps(self) -> "dict[str, Callable[[], App]]":
        """Return what builds the application of every host in `HOSTS`."""
        return {
            FULCIO: self._in_these_conditions(self.fulcio.app),
            REKOR: self._in_these_conditions(self.rekor.app),
            REKOR_V2: self._in_these_conditions(self._rekor_v2.app),
            TIMESTAMPS: self._in_these_conditions(self._timestamps.app),
            TUF: lambda: tuf_app(self.tuf_files),
        }

    @property
    def trust_config(self) -> "ClientTrustConfig":
        """Trust root and signing configuration, as sigstore-python and pypi-attestations take them."""
        from sigstore.models import ClientTrustConfig

        return ClientTrustConfig.from_json(self.trust_config_json())

    def trust_config_json(self) -> str:
        """Return both documents in one, as `sigstore --trust-config` takes them."""
        return json.dumps(client_trust_config(self._trusted_root(), self._signing_config()))

    def trusted_root_json(self) -> str:
        """Return the trust root: who must be believed."""
        return json.dumps(self._trusted_root())

    def signing_config_json(self) -> str:
        """Return the signing configuration: where the services are."""
        return json.dumps(self._signing_config())

    def _trusted_root(self) -> dict[str, Any]:
        return trusted_root(
            Trusted(
                since=self._since,
                logs=[(_url(REKOR), self._logs[0]), (_url(REKOR_V2), self._logs[1])],
                ct_logs=[(_url(CT_LOG), self._ct_log)],
                authorities=[(_url(FULCIO), self._authority.chain)],
                timestamp_authorities=[(_url(TIMESTAMPS) + PATH, self._timestamps.chain)],
            )
        )

    def _signing_config(self) -> dict[str, Any]:
        v2_only = Fault.V2_ONLY in self.conditions.faults
        rekor = Service(url=_url(REKOR_V2), version=2) if v2_only else Service(url=_url(REKOR))
        return signing_config(
            since=self._since,
            fulcio=Service(url=_url(FULCIO)),
            oidc=Service(url=_url(OIDC) + "/auth"),
            rekor=[rekor],
            timestamps=[Service(url=_url(TIMESTAMPS) + PATH)],
        )

    def _in_these_conditions(self, build: "Callable[[], Starlette]") -> "Callable[[], App]":
        """Return a builder of an application that is slow or down when it must be."""

        def built() -> "App":
            app = build()

            async def answer(scope: "Message", receive: "Receive", send: "Send") -> None:
                from starlette.responses import PlainTextResponse

                faults = self.conditions.faults
                if Fault.SLOW in faults:
                    await self._pause(self.conditions.delay)
                down = PlainTextResponse("Service Unavailable\n", 503)
                await (down if Fault.DOWN in faults else app)(scope, receive, send)

            return answer

        return built


def _url(host: str) -> str:
    return f"https://{host}"
