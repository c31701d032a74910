"""The only list of providers; a new CI service is one file beside this one and one line here."""

from bonded.publishers import (
    activestate,
    buildkite,
    circleci,
    forgejo,
    generic,
    ghes,
    github,
    gitlab,
    google,
)
from bonded.publishers.provider import Provider

__all__ = ["PROVIDERS", "provider_like", "provider_of_issuer", "provider_of_kind"]

PROVIDERS: tuple[Provider, ...] = (
    github.PROVIDER,
    gitlab.PROVIDER,
    google.PROVIDER,
    activestate.PROVIDER,
    circleci.PROVIDER,
    buildkite.PROVIDER,
    ghes.PROVIDER,
    forgejo.PROVIDER,
    generic.PROVIDER,
)


def provider_of_issuer(issuer: object) -> Provider | None:
    """Return the provider that alone has this issuer, or None; the text must be equal, letter for letter.

    None does not mean that nobody may sign: services that organisations run for themselves have issuers of their own.
    """
    return next((provider for provider in PROVIDERS if provider.signs_as(issuer)), None)


def provider_like(issuer: str) -> Provider | None:
    """Return the provider whose own issuer this is, or only looks like: in letter case, standard port or last slash.

    Nobody else may bring such an issuer: its tokens would speak for publishers of another service.
    """
    own = provider_of_issuer(issuer)
    if own is not None:
        return own
    alike = (one for one in PROVIDERS if one.issuer and _plain(one.issuer) == _plain(issuer))
    return next(alike, None)


def _plain(issuer: str) -> str:
    scheme, _, rest = issuer.lower().partition("://")
    host, slash, path = rest.rstrip("/").partition("/")
    return f"{scheme}://{host.removesuffix(':443').rstrip('.')}{slash}{path}"


def provider_of_kind(kind: str) -> Provider | None:
    """Return the provider with this short name, or None."""
    return next((provider for provider in PROVIDERS if provider.kind == kind), None)
