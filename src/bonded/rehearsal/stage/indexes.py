"""PyPI and TestPyPI on the stage: two real bonded indexes with separate books, under the hosts of the real ones.

Each is opened where its web application is built, in the thread of the servers, because opening loads the database
and the web; until then only its settings exist.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bonded.dists.endpoints import Endpoints
from bonded.dists.names import ProjectName
from bonded.index.policies import Names
from bonded.index.settings import Attestations, Settings
from bonded.index.upstream.settings import UpstreamSettings
from bonded.minting.policy import Policy
from bonded.rehearsal.report import (
    CheckRecord,
    ExchangeRecord,
    ProvenanceRecord,
    PublishedRecord,
    RefusalRecord,
)
from bonded.rehearsal.stage.proving import Delivery, prove

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot
    from bonded.index.app import Index
    from bonded.minting.exchange import Granted, Refused
    from bonded.minting.ports import Keys
    from bonded.publishers import Publisher
    from bonded.rehearsal.stage.backstage import App


class StageIndex:
    """One index of the stage."""

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        data: Path,
        own_names: frozenset[ProjectName],
        keys: "Keys",
        upstream: UpstreamSettings | None,
        trust: "Callable[[], TrustRoot]",
    ) -> None:
        """Prepare the index. `trust` gives the root by which attestations are believed, and is asked late."""
        self.endpoints = endpoints
        self._settings = Settings(
            name=endpoints.title,
            mint=Policy(audience=endpoints.audience),
            data=data,
            names=Names(own=own_names),
            upstream=upstream,
            durable=False,
            attestations=Attestations.VERIFY,
            attested_environment=False,  # PyPI does not demand it either
        )
        self._keys = keys
        self._trust = trust
        self._registered: list[tuple[Publisher, ProjectName]] = []
        self._index: Index | None = None
        self._before: frozenset[str] = frozenset()

    def register(self, publisher: "Publisher", project: ProjectName) -> None:
        """Let a publisher publish a project; said before the index opens, so that no token comes too early."""
        self._registered.append((publisher, project))

    def build(self) -> "App":
        """Open the index and return its web application; called once, by the servers' thread."""
        from bonded.index.app import open_index

        # What the index behind fails to do is in the answers that steps get; on the terminal it would be in the way.
        logging.getLogger("bonded.index.upstream").addHandler(logging.NullHandler())
        self._settings.data.mkdir(parents=True, exist_ok=True)
        self._index = open_index(
            self._settings,
            keys=self._keys,
            clock=time.time,
            entropy=secrets.token_bytes,
            trust_root=self._trust,
        )
        for publisher, project in self._registered:
            self._index.register(publisher, project)
        self._before = frozenset(file.filename for file in self._index.files())
        return self._index.app

    def close(self) -> None:
        """Close the index, if it was opened."""
        if self._index is not None:
            self._index.close()

    def kept_before(self) -> frozenset[str]:
        """Return the names of the files that an earlier evening published here."""
        return self._before

    def published(self) -> list[PublishedRecord]:
        """Return what was published this evening."""
        files = self._index.files() if self._index else ()
        return [
            PublishedRecord(
                index=self.endpoints.name,
                project=file.project,
                version=file.version,
                filename=file.filename,
                size=file.size,
                sha256=file.digests.sha256,
                blake2b_256=file.digests.blake2b_256,
                publisher=file.publisher or "",
                attestations=len(file.proof.attestations) if file.proof else 0,
            )
            for file in files
            if file.filename not in self._before
        ]

    def provenance(self) -> list[ProvenanceRecord]:
        """Return what the attestations of each file that was published this evening prove."""
        return [prove(delivery, self._trust) for delivery in self._deliveries()]

    def _deliveries(self) -> list[Delivery]:
        from bonded.minting.exchange import Granted

        index = self._index
        if index is None:
            return []
        granted = {
            answer.registered.publisher.title: (answer.registered.publisher, answer.grant.identity)
            for answer in index.exchanges()
            if isinstance(answer, Granted) and answer.registered is not None
        }
        made = []
        for file in index.files():
            if file.filename not in self._before:
                publisher, claims = granted.get(file.publisher or "", (None, {}))
                made.append(
                    Delivery(
                        index=self.endpoints.name,
                        filename=file.filename,
                        sha256=file.digests.sha256,
                        provenance=index.provenance(file.filename) or b"",
                        publisher=publisher,
                        claims=claims,
                    )
                )
        return made

    def exchanges(self) -> list[ExchangeRecord]:
        """Return every presented ID token with the answer and its diagnosis."""
        answers = self._index.exchanges() if self._index else ()
        return [_exchange(self.endpoints.name, answer) for answer in answers]

    def refusals(self) -> list[RefusalRecord]:
        """Return the uploads that were refused."""
        refused = self._index.uploads_refused() if self._index else ()
        return [
            RefusalRecord(
                index=self.endpoints.name,
                filename=one.filename or "",
                status=one.refusal.status,
                message=one.refusal.message,
            )
            for one in refused
        ]


def _exchange(index: str, answer: "Granted | Refused") -> ExchangeRecord:
    from bonded.minting.diagnosis import diagnose
    from bonded.minting.exchange import Refused

    if isinstance(answer, Refused):
        diagnosis = diagnose(answer)
        return ExchangeRecord(
            index=index,
            granted=False,
            status=answer.status,
            answer=json.dumps(answer.body()),
            checks=[
                CheckRecord(
                    claim=r.claim, registered=r.registered, got=r.got or "", how=r.how, ok=r.ok
                )
                for r in diagnosis.table
            ],
            advice=[
                {"sentence": a.sentence, "side": a.side, "field": a.field, "new_value": a.new_value}
                for a in diagnosis.advice
            ],
            claims=_texts(answer.claims or {}),
        )
    judgement = answer.selection.nearest
    return ExchangeRecord(
        index=index,
        granted=True,
        publisher=answer.grant.publisher_id or "",
        checks=[
            CheckRecord(
                claim=c.claim, registered=c.expected, got=c.got or "", how=c.how, ok=c.passed
            )
            for c in (judgement.checks if judgement else ())
        ],
        claims=_texts(answer.grant.identity),
    )


def _texts(claims: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in claims.items()
    }


def hosts(indexes: Sequence[StageIndex]) -> dict[str, Callable[[], "App"]]:
    """Return what builds the application of every host of the indexes."""
    return {host: index.build for index in indexes for host in sorted(index.endpoints.hosts)}
