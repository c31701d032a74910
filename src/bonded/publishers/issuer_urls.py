"""Issuers of services that anybody may run: their form field, and what such an issuer may never be.

A publisher that brings its own issuer must not bring the issuer of a service that has one for all of its users: there,
the same names and ids belong to strangers. The hosts of those services are closed to it as a whole, so that no spelling
of a path matters.
"""

import re

from bonded.oidc.urls import InvalidUrl, parse_url
from bonded.publishers.rule import Field

__all__ = ["RESERVED_HOSTS", "IssuerField", "host_of", "issuer_fault", "issuer_field"]

RESERVED_HOSTS = frozenset(
    {
        "accounts.google.com",
        "agent.buildkite.com",
        "gitlab.com",
        "oidc.circleci.com",
        "platform.activestate.com",
        "token.actions.githubusercontent.com",
    }
)
"""Hosts of issuers that a provider alone has; every `Provider.issuer` is on one of them."""

MAX_ISSUER = 400
"""Characters in an issuer, as PyPI keeps them."""


class IssuerField(Field):
    """A field that holds an issuer: an address that can be asked, and on no host that belongs to another service."""

    __slots__ = ()

    def fault(self, text: str) -> str:
        """Return why a text cannot be the issuer, or an empty text."""
        return Field.fault(self, text) or issuer_fault(text)


def issuer_fault(text: str) -> str:
    """Return why a text cannot be the issuer of a service that somebody runs for themselves, or an empty text.

    The same address in another spelling would be another issuer, so host names are in lower case and the scheme's own
    port is left out.
    """
    try:
        url = parse_url(text)
    except InvalidUrl as fault:
        return f"is no issuer: {fault.message}"
    if url.query or url.path.endswith("/"):
        return f"has no query and no final slash, got {text!r}"
    if url.host in RESERVED_HOSTS:
        return f"is not on {url.host}, whose publishers are of another kind"
    if text != f"{url.scheme}://{url.authority}{url.path}":
        return f"is written in lower case and without {url.scheme}'s own port, got {text!r}"
    return ""


def issuer_field(
    kind: type[IssuerField] = IssuerField, *, example: str, pattern: str = ".*", rule: str = ""
) -> IssuerField:
    """Return the form's field `issuer_url` for a service that anybody may run.

    `pattern` and `rule` narrow the addresses to those of the service.
    """
    return kind(
        name="issuer_url",
        form_name="issuer_url",
        label="Issuer",
        help=f"The issuer of its tokens, as their `iss` says it to the letter, such as {example}",
        pattern=re.compile(pattern),
        rule=rule,
        max_length=MAX_ISSUER,
        normalise=str.strip,
    )


def host_of(issuer: str) -> str:
    """Return the host, with its port, of an address: what stands between `//` and the next slash."""
    return issuer.partition("//")[2].partition("/")[0]
