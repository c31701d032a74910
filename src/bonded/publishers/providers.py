"""The only list of providers; a new CI service is one file beside this one and one line here."""

from bonded.publishers import github
from bonded.publishers.provider import Provider

__all__ = ["PROVIDERS", "provider_of_issuer", "provider_of_kind"]

PROVIDERS: tuple[Provider, ...] = (github.PROVIDER,)


def provider_of_issuer(issuer: object) -> Provider | None:
    """Return the provider that alone has this issuer, or None; the text must be equal, letter for letter.

    None does not mean that nobody may sign: services that organisations run for themselves have issuers of their own.
    """
    return next((provider for provider in PROVIDERS if provider.signs_as(issuer)), None)


def provider_of_kind(kind: str) -> Provider | None:
    """Return the provider with this short name, or None."""
    return next((provider for provider in PROVIDERS if provider.kind == kind), None)
