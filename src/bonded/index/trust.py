"""Which issuers an index trusts, as whom, and where their keys come from.

One issuer is of one kind of publisher. A service that has one issuer for all of its users is that issuer alone: no
setting may give its tokens, or an address that only looks like it, to publishers of another kind (PyPI's audit of 2026
found that a server of one's own could speak for repositories of the service itself).

Some services have an issuer for each organisation. Those cannot be listed, so they are known by their form, and asked
for keys only where a publisher of the organisation is registered: nobody can make an index ask for keys by inventing
organisations.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from bonded.errors import BondedError
from bonded.minting.ports import Keys
from bonded.oidc.discovery import Discovery, Fetch
from bonded.oidc.issuers import InvalidIssuer, TrustedIssuer
from bonded.oidc.keys import KeySet
from bonded.publishers import Publisher
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS, provider_like, provider_of_kind

__all__ = ["Registered", "TrustedKeys", "UntrustedIssuer", "check_issuer", "trusted_issuers"]

_ISSUER_FIELD = "issuer_url"


class UntrustedIssuer(BondedError):
    """A publisher whose tokens this index would never take."""


def trusted_issuers(
    named: Iterable[TrustedIssuer], *, only: bool = False
) -> tuple[TrustedIssuer, ...]:
    """Return all issuers that an index trusts: those that are named, then those of the services that bonded knows.

    With `only`, those that are named are all. A named one takes the place of a service's own, with its keys. Raises
    InvalidIssuer where an issuer is named twice, or as of a kind that it cannot be.
    """
    found: dict[str, TrustedIssuer] = {}
    for issuer in named:
        if issuer.url in found:
            raise InvalidIssuer(f"the issuer {issuer.url!r} is named twice; an issuer has one kind")
        _check_kind(issuer)
        found[issuer.url] = issuer
    for provider in () if only else PROVIDERS:
        if provider.issuer:
            found.setdefault(provider.issuer, _own(provider, provider.issuer))
    return tuple(found.values())


def check_issuer(publisher: Publisher, trusted: TrustedIssuer | None) -> None:
    """Raise UntrustedIssuer where the tokens of a publisher would never be taken; `trusted` is its issuer, if it is."""
    if trusted is None:
        raise UntrustedIssuer(
            f"this index does not trust the issuer {publisher.issuer!r}",
            hint=f'to trust it, add an entry [[issuers]] with url = "{publisher.issuer}" and'
            f' kind = "{publisher.kind}" to the configuration, and start the index again',
        )
    if trusted.kind != publisher.kind:
        raise UntrustedIssuer(
            f"the issuer {publisher.issuer!r} is trusted as {trusted.kind!r}, not as {publisher.kind!r}",
            hint=f"register a publisher of the kind {trusted.kind!r}, or change the kind in the configuration",
        )


class TrustedKeys:
    """The port Keys of the mint: the issuers of an index, and those of organisations by their form.

    `organisations` switches the latter on. `fetches` are ways out for single issuers, by their addresses, in place of
    `fetch`. May be used from many threads.
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        fetch: Fetch,
        clock: Callable[[], float],
        *,
        organisations: bool,
        fetches: Mapping[str, Fetch] = MappingProxyType({}),
    ) -> None:
        self._named = {
            issuer.url: Discovery([issuer], fetches.get(issuer.url, fetch), clock)
            for issuer in issuers
        }
        self._fetch = fetch
        self._clock = clock
        self._organisations = organisations
        self._books: dict[str, Discovery] = {}
        self._lock = threading.Lock()

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Return what is known of exactly this issuer, or None if it is not trusted."""
        named = self._named.get(url)
        if named is not None:
            return named.issuer(url)
        if not self._organisations:
            return None
        provider = next((one for one in PROVIDERS if one.signs_as(url)), None)
        # A provider's one issuer is never known by its form alone: where it is trusted, it is named.
        return _own(provider, url) if provider is not None and provider.issuer != url else None

    def keys_for(self, issuer: TrustedIssuer, key_id: str) -> KeySet:
        """Return the issuer's keys; raises RemoteError if there are none that can be relied on."""
        named = self._named.get(issuer.url)
        if named is not None:
            return named.keys_for(issuer, key_id)
        with self._lock:
            book = self._books.get(issuer.url)
            if book is None:
                book = self._books[issuer.url] = Discovery([issuer], self._fetch, self._clock)
        return book.keys_for(issuer, key_id)


class Registered:
    """The port Keys again, without organisations that no publisher is registered for.

    `is_registered` tells whether any publisher, pending ones included, is of an issuer.
    """

    def __init__(self, keys: Keys, is_registered: Callable[[str], bool]) -> None:
        self._keys = keys
        self._is_registered = is_registered

    def issuer(self, url: str) -> TrustedIssuer | None:
        """Return what is known of exactly this issuer, or None if it is not trusted, or of no use here."""
        found = self._keys.issuer(url)
        if found is None or not _is_of_an_organisation(found) or self._is_registered(url):
            return found
        return None

    def keys_for(self, issuer: TrustedIssuer, key_id: str) -> KeySet:
        """Return the issuer's keys."""
        return self._keys.keys_for(issuer, key_id)


def _is_of_an_organisation(issuer: TrustedIssuer) -> bool:
    provider = provider_of_kind(issuer.kind)
    return provider is not None and provider.issuer != issuer.url and provider.signs_as(issuer.url)


def _own(provider: Provider, url: str) -> TrustedIssuer:
    return TrustedIssuer(
        url=url,
        kind=provider.kind,
        algorithms=provider.algorithms,
        jwks_hosts=provider.jwks_hosts,
    )


def _check_kind(issuer: TrustedIssuer) -> None:
    owner = provider_like(issuer.url)
    if owner is not None:
        if owner.kind != issuer.kind or not owner.signs_as(issuer.url):
            raise InvalidIssuer(
                f"the issuer {issuer.url!r} is {owner.title}'s own, so it cannot be of the kind {issuer.kind!r}",
                hint=f'write kind = "{owner.kind}" and its exact address, or leave it out',
            )
        return
    provider = provider_of_kind(issuer.kind)
    if provider is None or not any(field.name == _ISSUER_FIELD for field in provider.form):
        raise InvalidIssuer(
            f"no publisher of the kind {issuer.kind!r} can have the issuer {issuer.url!r}",
            hint="choose the kind of the software that runs there, such as gitlab, or generic",
        )
