"""Rekor, version 2 of its API, for `Fault.V2_ONLY`: entries with a proof and without a date.

The time of signing then comes from a timestamp authority, and PEP 740 has no place for that: what is signed here
verifies as a bundle and never as an attestation. That is what a rehearsal must be able to show.
"""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bonded.rehearsal.stage.sigstore import merkle
from bonded.rehearsal.stage.sigstore.answers import Refused, json_answer, read_body, read_object
from bonded.rehearsal.stage.sigstore.entries import canonical_v2
from bonded.rehearsal.stage.sigstore.faults import Conditions
from bonded.rehearsal.stage.sigstore.keys import LogKey
from bonded.rehearsal.stage.sigstore.log import Log

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["RekorV2"]


class RekorV2:
    """The second log of the evening."""

    def __init__(self, host: str, *, key: LogKey, stranger: LogKey, conditions: Conditions) -> None:
        self._log = Log(host, key, stranger)
        self._conditions = conditions

    def app(self) -> "Starlette":
        """Return the application."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(routes=[Route("/api/v2/log/entries", self._create, methods=["POST"])])

    def create(self, request: Mapping[str, object]) -> dict[str, Any]:
        """Take an entry and return it with its proof; one that is there already is found again. Raises `Refused`."""
        body = canonical_v2(request)
        index = self._log.find(merkle.leaf_hash(body))
        if index is None:
            index = self._log.append(body)
        proof = self._log.prove(index, self._conditions.faults)
        return {
            "logIndex": str(index),
            "logId": {"keyId": _base64(self._log.key.id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "integratedTime": "0",
            "inclusionPromise": None,
            "inclusionProof": {
                "logIndex": str(proof.index),
                "rootHash": _base64(proof.root),
                "treeSize": str(proof.size),
                "hashes": [_base64(each) for each in proof.path],
                "checkpoint": {"envelope": proof.checkpoint},
            },
            "canonicalizedBody": _base64(body),
        }

    async def _create(self, request: "Request") -> "Response":
        try:
            return json_answer(self.create(read_object(await read_body(request))), 201)
        except Refused as refused:
            body = {"code": 3, "message": refused.message, "details": []}
            return json_answer(body, refused.status)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
