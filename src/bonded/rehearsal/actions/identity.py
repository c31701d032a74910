"""How an action asks GitHub who it is, and an index for an upload token: the steps that every client takes.

The requests go the way of the steps' own programs, through the stage's network, to the addresses that the workflow
names; so an answer here is the answer that a real client gets.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from bonded.rehearsal.actions.role import Call, StepFailed

_TIMEOUT = 30.0


def fetch_id_token(call: Call, audience: str) -> str:
    """Return an ID token of the job for an audience; StepFailed as GitHub's toolkit says it."""
    if call.identity is None:
        raise StepFailed(
            "Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable: "
            "GitHub gives no ID token to a job without `id-token: write`",
            hint=f"give job '{call.job}' `permissions: id-token: write`",
        )
    answer = request(
        call,
        "GET",
        f"{call.identity.request_url}&audience={quote(audience, safe='')}",
        headers={"Authorization": f"bearer {call.identity.request_token}"},
    )
    token = answer.get("value")
    if not isinstance(token, str):
        raise StepFailed("the ID-token endpoint answered without a token")
    call.mask(token)
    return token


def mint(call: Call, repository_url: str) -> str:
    """Exchange the job's identity for an upload token of the index behind an upload address.

    Returns the token, already masked; StepFailed with the index's own words otherwise.
    """
    host = host_of(repository_url)
    answer = request(call, "GET", f"https://{host}/_/oidc/audience")
    audience = answer.get("audience")
    if not isinstance(audience, str):
        raise StepFailed(
            f"the index at {host} does not support trusted publishing: it names no audience"
        )
    token = fetch_id_token(call, audience)
    minted = request(call, "POST", f"https://{host}/_/oidc/mint-token", body={"token": token})
    value = minted.get("token")
    if not isinstance(value, str):
        raise StepFailed(_refusal(minted))
    call.mask(value)
    return value


def host_of(url: str) -> str:
    """Return host and port of an https or http address; StepFailed for what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        raise StepFailed(f"'{url}' is not the address of an index")
    return parts.netloc


def _refusal(answer: Mapping[str, Any]) -> str:
    found = answer.get("errors")
    errors = [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []
    reasons = "\n".join(f"* `{e.get('code')}`: {e.get('description')}" for e in errors)
    return f"Trusted publishing exchange failure:\nToken request failed: the server refused the request:\n{reasons}"


def request(
    call: Call,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Send one request over the stage's network and return the JSON object of the answer."""
    import httpx2

    host = host_of(url)
    try:
        with call.theatre.client() as client:
            response = client.request(
                method, url, headers=dict(headers or {}), json=body, timeout=_TIMEOUT
            )
        data = json.loads(response.content)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise StepFailed(f"no usable answer from {host}: {error}") from None
    if not isinstance(data, dict):
        raise StepFailed(f"no usable answer from {host}: not a JSON object")
    return data
