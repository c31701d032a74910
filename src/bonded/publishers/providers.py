"""The only list of providers; a new CI service is one file beside this one and one line here."""

from bonded.publishers import github
from bonded.publishers.rule import Provider

__all__ = ["PROVIDERS", "provider_of_issuer", "provider_of_kind"]

PROVIDERS: tuple[Provider, ...] = (github.PROVIDER,)


def provider_of_issuer(issuer: object) -> Provider | None:
    """Return the provider whose tokens this issuer signs, or None; the text must be equal, letter for letter."""
    return next((provider for provider in PROVIDERS if provider.issuer == issuer), None)


def provider_of_kind(kind: str) -> Provider | None:
    """Return the provider with this short name, or None."""
    return next((provider for provider in PROVIDERS if provider.kind == kind), None)
