"""Rekor, version 1 of its API: signatures in, entries with promise and proof out.

The promise (the signed entry timestamp) is made when an entry comes, with the time that verifiers then take for the
time of signing. The proof is made anew at each look, for the tree of that moment. A second entry of the same content is
answered with 409 and the place of the first, as clients expect that retry.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bonded.rehearsal.stage.sigstore import merkle
from bonded.rehearsal.stage.sigstore.answers import (
    Refused,
    json_answer,
    read_body,
    read_object,
)
from bonded.rehearsal.stage.sigstore.entries import canonical, canonical_v1
from bonded.rehearsal.stage.sigstore.faults import Conditions, Fault
from bonded.rehearsal.stage.sigstore.keys import LogKey
from bonded.rehearsal.stage.sigstore.log import Log

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Known", "Rekor"]

LATE = 20 * 60
"""Seconds after its coming at which an entry is dated with `Fault.LATE_ENTRY`; a certificate lives for ten minutes."""

ENTRIES = "/api/v1/log/entries"


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that was there before, by its id."""

    uuid: str


class Rekor:
    """The log of one evening under one host; `tree` is the number of its tree."""

    def __init__(
        self, host: str, tree: int, *, key: LogKey, stranger: LogKey, conditions: Conditions
    ) -> None:
        self._tree = tree
        self._log = Log(f"{host} - {tree}", key, stranger)
        self._conditions = conditions
        self._promised = [self._promise(0)]

    def app(self) -> "Starlette":
        """Return the application."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(
            routes=[
                Route(ENTRIES, _guarded(self._create), methods=["POST"]),
                Route(ENTRIES, _guarded(self._by_index)),
                Route(ENTRIES + "/{uuid}", _guarded(self._by_uuid)),
                Route("/api/v1/log", self._head),
                Route("/api/v1/log/publicKey", self._public_key),
            ]
        )

    def create(self, proposed: Mapping[str, object]) -> int | Known:
        """Take a proposal; return its entry's index, or which one it repeats. Raises `Refused`."""
        body = canonical_v1(proposed)
        index = self._log.find(merkle.leaf_hash(body))
        if index is not None:
            return Known(self.uuid(index))
        index = self._log.append(body)
        self._promised.append(self._promise(index))
        return index

    def entry(self, index: int) -> dict[str, Any]:
        """Return an entry as clients get it: under its id, with promise and proof."""
        time, promise = self._promised[index]
        verification: dict[str, object] = {
            "signedEntryTimestamp": base64.b64encode(promise).decode()
        }
        if Fault.MISSING_PROOF not in self._conditions.faults:
            proof = self._log.prove(index, self._conditions.faults)
            verification["inclusionProof"] = {
                "logIndex": proof.index,
                "treeSize": proof.size,
                "rootHash": proof.root.hex(),
                "hashes": [each.hex() for each in proof.path],
                "checkpoint": proof.checkpoint,
            }
        return {self.uuid(index): {**self._dated(index, time), "verification": verification}}

    def uuid(self, index: int) -> str:
        """Return an entry's id: tree and leaf, in hexadecimal digits."""
        return f"{self._tree:016x}{self._log.leaf(index).hex()}"

    def _promise(self, index: int) -> tuple[int, bytes]:
        """Return the date of a new entry and the signature on it."""
        faults = self._conditions.faults
        time = int(self._conditions.clock()) + (LATE if Fault.LATE_ENTRY in faults else 0)
        return time, self._log.sign(canonical(self._dated(index, time)), faults)

    def _dated(self, index: int, time: int) -> dict[str, object]:
        """Return what the promise is about."""
        return {
            "body": base64.b64encode(self._log.bodies[index]).decode(),
            "integratedTime": time,
            "logID": self._log.key.id.hex(),
            "logIndex": index,
        }

    async def _create(self, request: "Request") -> "Response":
        made = self.create(read_object(await read_body(request)))
        if isinstance(made, Known):
            text = (
                f"an equivalent entry already exists in the transparency log with UUID {made.uuid}"
            )
            headers = {"Location": f"{ENTRIES}/{made.uuid}"}
            return json_answer({"code": 409, "message": text}, 409, headers)
        headers = {"Location": f"{ENTRIES}/{self.uuid(made)}", "ETag": f'"{self.uuid(made)}"'}
        return json_answer(self.entry(made), 201, headers)

    async def _by_index(self, request: "Request") -> "Response":
        text = request.query_params.get("logIndex", "")
        size = len(self._log.bodies)
        if not text.isascii() or not text.isdigit() or int(text) >= size:
            raise Refused(404, f"the log has {size} entries, none at {text!r}")
        return json_answer(self.entry(int(text)))

    async def _by_uuid(self, request: "Request") -> "Response":
        """Find an entry by its whole id, or by its leaf alone, as Rekor does."""
        uuid = request.path_params["uuid"]
        try:
            index = self._log.find(bytes.fromhex(uuid.removeprefix(f"{self._tree:016x}")))
        except ValueError:
            raise Refused(400, "an entry's id is of hexadecimal digits") from None
        if index is None:
            raise Refused(404, f"the log has no entry {uuid}")
        return json_answer(self.entry(index))

    async def _head(self, _request: "Request") -> "Response":
        size, root, checkpoint = self._log.head(self._conditions.faults)
        return json_answer(
            {
                "inactiveShards": [],
                "rootHash": root.hex(),
                "signedTreeHead": checkpoint,
                "treeID": str(self._tree),
                "treeSize": size,
            }
        )

    async def _public_key(self, _request: "Request") -> "Response":
        from starlette.responses import Response

        return Response(self._log.key.public_pem, media_type="application/x-pem-file")


def _guarded(
    endpoint: "Callable[[Request], Awaitable[Response]]",
) -> "Callable[[Request], Awaitable[Response]]":
    """Answer refusals as Rekor does."""

    async def answer(request: "Request") -> "Response":
        try:
            return await endpoint(request)
        except Refused as refused:
            return json_answer({"code": refused.status, "message": refused.message}, refused.status)

    return answer
