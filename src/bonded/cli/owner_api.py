"""The owner's side of an index's API: requests with an admin token, and what says no as the error that was meant."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from bonded.errors import RemoteError, UsageError
from bonded.oidc.urls import InvalidUrl, parse_url
from bonded.publishers import FieldFault, InvalidPublisher
from bonded.rehearsal.plain import plain

__all__ = ["Api", "RemoteEvents"]

_SECONDS = 30.0
_REFUSED = 400
_FAILED = 500
_UNKNOWN, _ANOTHER_SCOPE = 401, 403


class Api:
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

    def listed(
        self, name: str, path: str, *, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the list that an address answers with under a name."""
        found = self.ask("GET", path, query=query).get(name)
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return found
        raise RemoteError(f"{self._url} did not answer as an index of bonded does: no {name!r}")

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the JSON object that an address of owners answers with."""
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
        if response.status_code == _ANOTHER_SCOPE:
            return UsageError(
                detail,
                hint="give an admin token in --token-file or BONDED_TOKEN; "
                "`bonded token add NAME --scope admin --data DIR` makes one",
            )
        if response.status_code == _UNKNOWN:
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


class RemoteEvents:
    """What was done, from far away; see `index.administration`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def events(
        self, subject: str = "", limit: int = 20, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what was done, the newest first."""
        query = {"subject": subject, "limit": str(limit), "before": str(before or "")}
        return self._api.listed("events", "/events", query=query)
