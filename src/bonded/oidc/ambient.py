"""The identity of the CI that this program runs in: an ID token for whoever is named, or None outside of any.

The field's own detector (`id`, by the maintainers of PyPI) knows GitHub, GitLab, CircleCI, Buildkite and Google Cloud.
Three things are decided here:

* Who is asked first. `id` looks for a Google machine before it looks for Buildkite, GitLab and CircleCI, and their
  runners may well stand on such machines: the job would speak with the identity of its machine. The service that says
  that it runs the job is asked, and no other.
* Any other service that can put an ID token into a variable is taken too, by the rule that GitLab's users know: the
  variable is called after the audience, `PYPI_ID_TOKEN` for `pypi`.
* What is wrong is said with what to do about it in that very service.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bonded.errors import BondedError
from bonded.oidc import base64url, strict_json

__all__ = ["NoIdentity", "asserted_claims", "id_token", "service", "variable_for"]

_NOT_IN_A_NAME = re.compile(r"[^A-Z0-9_]|^[^A-Z_]")
_PARTS = 3


_PASSING = re.compile(r"timed out|code=(?:429|5\d\d)|Max retries|Connection|reset by peer")
"""What `id` and its HTTP client say of a service that may answer in a moment."""


class NoIdentity(BondedError):
    """There is a CI service, and it gives this job no ID token; `passing` says that it may in a moment."""

    def __init__(self, message: str, *, hint: str = "", passing: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.passing = passing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """A CI service: the variable by which it shows itself, and what a job needs there; `{}` is the audience."""

    name: str
    variable: str
    hint: str


_SERVICES = (
    _Service(
        name="GitHub Actions",
        variable="GITHUB_ACTIONS",
        hint="the job needs `permissions: id-token: write`; pull requests from forks never have it",
    ),
    _Service(
        name="GitLab CI/CD",
        variable="GITLAB_CI",
        hint="the job needs `id_tokens: {{ {variable}: {{ aud: {audience} }} }}`",
    ),
    _Service(
        name="Buildkite",
        variable="BUILDKITE",
        hint="the step must run where `buildkite-agent` can be called",
    ),
    _Service(
        name="CircleCI",
        variable="CIRCLECI",
        hint="the job must run where the command `circleci` can be called",
    ),
)


def service(environ: Mapping[str, str]) -> str:
    """Return the name of the CI service that runs this, or empty where none is known to."""
    return next((one.name for one in _SERVICES if environ.get(one.variable)), "")


def variable_for(audience: str) -> str:
    """Return the variable that holds an ID token for an audience, by the rule of GitLab and `id`."""
    return f"{_NOT_IN_A_NAME.sub('_', audience.upper())}_ID_TOKEN"


def id_token(audience: str, environ: Mapping[str, str]) -> str | None:
    """Return a new ID token of the job for an audience; None where there is no CI service.

    In most services each call makes a new token; one in a variable is the same each time. `environ` decides which
    service is asked; the services' own programs look at the process's environment. Raises NoIdentity.
    """
    found = next((one for one in _SERVICES if environ.get(one.variable)), None)
    variable = variable_for(audience)
    if held := environ.get(variable, "").strip():
        return _checked(held, audience, f"the variable {variable}")
    try:
        token = _detector(found)(audience)
    except Exception as error:  # noqa: BLE001 - `id` lets out what its HTTP client and its programs raise
        name = found.name if found else "the service of this machine"
        reason = " ".join(str(error).split())[:500] or type(error).__name__
        hint = found.hint.format(variable=variable, audience=audience) if found else ""
        passing = _PASSING.search(reason) is not None
        message = f"{name} gives this job no ID token: {reason}"
        raise NoIdentity(message, hint="" if passing else hint, passing=passing) from None
    return None if token is None else _checked(token.strip(), audience, found.name if found else "")


def _detector(found: _Service | None) -> Callable[[str], str | None]:
    import id as ambient
    from id._internal.oidc import (
        ambient as kinds,
    )  # its public door asks in an order that is wrong here

    detectors: Mapping[str, Callable[[str], str | None]] = {
        "GITHUB_ACTIONS": kinds.detect_github,
        "GITLAB_CI": kinds.detect_gitlab,
        "BUILDKITE": kinds.detect_buildkite,
        "CIRCLECI": kinds.detect_circleci,
    }
    return detectors[found.variable] if found else ambient.detect_credential


def _checked(token: str, audience: str, where: str) -> str:
    """Return a token that is one, and is for this audience; the index would say less about it."""
    try:
        claims = asserted_claims(token)
    except ValueError:
        raise NoIdentity(f"{where}: what is there is no ID token") from None
    meant = claims.get("aud")
    if audience not in (meant if isinstance(meant, list) else [meant]):
        raise NoIdentity(f"{where}: the ID token is for {meant!r}, expected {audience!r}")
    return token


def asserted_claims(token: str) -> dict[str, object]:
    """Return what the job's own token says; nobody has verified it. Raises ValueError for what is no token."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError("a token has three parts")
    return strict_json.read_object(base64url.decode(parts[1]))
