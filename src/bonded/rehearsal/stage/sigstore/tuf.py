"""The TUF repository from which Sigstore's clients update what they believe.

It is whole and signed, by a key of the evening. A client that has Sigstore's own root in its package refuses it, and is
right; one whose root can be given (`sigstore trust-instance`, or a file in the cache of sigstore-js) takes it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bonded.rehearsal.stage.sigstore.keys import LogKey

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROOT", "tuf_app", "tuf_repository"]

ROOT = "1.root.json"
"""The file that a client must have beforehand."""

LIFE = dt.timedelta(days=1)
ROLES = ("root", "timestamp", "snapshot", "targets")


def tuf_repository(targets: Mapping[str, bytes], now: dt.datetime) -> dict[str, bytes]:
    """Return the files of a repository with these targets, by path; good for a day from `now` (aware).

    One new key signs for all four roles (The Update Framework, specification 1.0, sections 4 and 6.2).
    """
    key = LogKey.generate()
    until = f"{(now + LIFE).astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    described = {
        "keytype": "ecdsa",
        "scheme": "ecdsa-sha2-nistp256",
        "keyval": {"public": key.public_pem.decode()},
    }
    key_id = hashlib.sha256(_canonical(described)).hexdigest()

    def metadata(role: str, **content: object) -> bytes:
        signed = {
            "_type": role,
            "spec_version": "1.0.31",
            "version": 1,
            "expires": until,
            **content,
        }
        signature = {"keyid": key_id, "sig": key.sign(_canonical(signed)).hex()}
        return json.dumps({"signatures": [signature], "signed": signed}).encode()

    roles = {role: {"keyids": [key_id], "threshold": 1} for role in ROLES}
    files = {
        ROOT: metadata("root", consistent_snapshot=True, keys={key_id: described}, roles=roles),
        "timestamp.json": metadata("timestamp", meta={"snapshot.json": {"version": 1}}),
        "1.snapshot.json": metadata("snapshot", meta={"targets.json": {"version": 1}}),
        "1.targets.json": metadata(
            "targets", targets={name: _described(data) for name, data in targets.items()}
        ),
    }
    stored = {f"targets/{_sha256(data)}.{name}": data for name, data in targets.items()}
    return {**files, **stored}


def _described(data: bytes) -> dict[str, Any]:
    return {"length": len(data), "hashes": {"sha256": _sha256(data)}}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(data: Mapping[str, object]) -> bytes:
    """Return TUF's canonical JSON, in which a line feed stands for itself; there are no other special characters."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return text.replace("\\n", "\n").encode()


def tuf_app(files: Mapping[str, bytes]) -> "Starlette":
    """Return the application that serves these files and nothing else."""
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def file(request: "Request") -> "Response":
        found = files.get(request.path_params["path"])
        if found is None:
            return Response(status_code=404)
        return Response(found, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", file)])
