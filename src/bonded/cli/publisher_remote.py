"""An index in its owner's hands from far away: `Administration`'s methods over the API, with an admin token."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from bonded.errors import RemoteError, UsageError
from bonded.index.administration import NewPublisher
from bonded.oidc.urls import InvalidUrl, parse_url
from bonded.publishers import FieldFault, InvalidPublisher
from bonded.rehearsal.plain import plain

__all__ = ["RemoteIndex"]

_SECONDS = 30.0
_REFUSED = 400
_FAILED = 500
_UNKNOWN = frozenset({401, 403})


class RemoteIndex:
    """One index, by its address. Certificates and proxies are those of the environment."""

    def __init__(self, client: httpx2.Client, url: str, token: str) -> None:
        try:
            parse_url(url)
        except InvalidUrl as error:
            raise UsageError(f"--url: {error.message}", hint=error.hint) from None
        self._client = client
        self._url = url.rstrip("/")
        self._token = token

    @property
    def address(self) -> str:
        """The index's address."""
        return self._url

    def audience(self) -> str:
        """Return the index's audience, empty where trusted publishing is off."""
        return str(self._answer("GET", "/_/oidc/audience", wanted=403).get("audience", ""))

    def publishers(self, project: str = "") -> list[dict[str, Any]]:
        """Return every publisher, or those of one project."""
        return self._listed("publishers", "/publishers", query={"project": project})

    def pending(self) -> list[dict[str, Any]]:
        """Return every pending publisher."""
        return self._listed("pending", "/pending-publishers")

    def add(self, new: NewPublisher) -> dict[str, Any]:
        """Register a publisher and return it."""
        where = "/pending-publishers" if new.pending else "/publishers"
        body = {
            "project": new.project,
            "kind": new.kind,
            "fields": dict(new.fields),
            "dry_run": new.dry_run,
        }
        return self._ask("POST", where, body=body)

    def remove(self, publisher_id: str, project: str = "") -> list[str]:
        """Take one project, or all, from a publisher."""
        path = f"/publishers/{quote(publisher_id, safe='')}"
        removed = self._ask("DELETE", path, query={"project": project}).get("removed")
        return [str(name) for name in removed] if isinstance(removed, list) else []

    def enable(self, publisher_id: str) -> dict[str, Any]:
        """Let a disabled publisher publish again."""
        return self._ask("POST", f"/publishers/{quote(publisher_id, safe='')}/enable")

    def remove_pending(self, pending_id: str) -> None:
        """Forget a pending publisher."""
        self._ask("DELETE", f"/pending-publishers/{quote(pending_id, safe='')}")

    def exchanges(
        self, project: str = "", limit: int = 20, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the last answers of the mint."""
        query = {"project": project, "limit": str(limit), "before": str(before or "")}
        return self._listed("exchanges", "/exchanges", query=query)

    def try_token(self, token: str) -> dict[str, Any]:
        """Say what would happen to an ID token."""
        return self._ask("POST", "/publishers/test", body={"token": token})

    def try_claims(self, claims: Mapping[str, object]) -> dict[str, Any]:
        """Say what would happen to a token with these claims."""
        return self._ask("POST", "/publishers/test", body={"claims": dict(claims)})

    def _listed(
        self, name: str, path: str, *, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        found = self._ask("GET", path, query=query).get(name)
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return found
        raise RemoteError(f"{self._url} did not answer as an index of bonded does: no {name!r}")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        return self._answer(method, f"/-/api{path}", query=query, body=body)

    def _answer(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        wanted: int = 200,
    ) -> dict[str, Any]:
        """Return the JSON object of an answer; what says no becomes the error that the index meant."""
        try:
            response = self._client.request(
                method,
                self._url + path,
                params={name: text for name, text in (query or {}).items() if text},
                json=body,
                headers={"authorization": f"Bearer {self._token}", "accept": "application/json"},
                timeout=_SECONDS,
            )
        except httpx2.HTTPError as error:
            raise RemoteError(f"{self._url} cannot be reached: {error}") from None
        document = _object(response)
        if response.status_code < _REFUSED or response.status_code == wanted:
            if document is None or response.is_redirect:
                raise self._strange(response)
            return document
        raise self._refused(response, document)

    def _refused(self, response: httpx2.Response, document: dict[str, Any] | None) -> Exception:
        if document is None or response.status_code >= _FAILED or "detail" not in document:
            return self._strange(response)
        detail = plain(str(document["detail"]))
        if response.status_code in _UNKNOWN:
            return UsageError(
                detail,
                hint="give the token of this index in --token-file or BONDED_TOKEN; if it is lost, "
                "`bonded serve --data DIR --new-admin-token` prints a new one",
            )
        if faults := tuple(_faults(document.get("errors"))):
            return InvalidPublisher(faults)
        return UsageError(detail, hint=plain(str(document.get("hint", ""))))

    def _strange(self, response: httpx2.Response) -> RemoteError:
        return RemoteError(
            f"{self._url} answered {response.status_code}, and not as an index of bonded does",
            hint="is this the address of the index itself, without /legacy/ or /simple/?",
        )


def _faults(errors: object) -> Iterator[FieldFault]:
    for error in errors if isinstance(errors, list) else ():
        match error:
            case {"field": str(field), "message": str(message)}:
                yield FieldFault(field=plain(field), message=plain(message))


def _object(response: httpx2.Response) -> dict[str, Any] | None:
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
