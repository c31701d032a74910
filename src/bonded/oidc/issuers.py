"""The issuers that an index trusts: who they are, what they sign with, and how their keys may be fetched."""

from dataclasses import dataclass

from bonded.errors import BondedError
from bonded.oidc.keys import ALGORITHMS, KeySet
from bonded.oidc.urls import Url, parse_url

__all__ = ["InvalidIssuer", "TrustedIssuer"]


class InvalidIssuer(BondedError):
    """The description of an issuer that cannot be trusted as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """An issuer whose tokens are taken; raises `InvalidIssuer` or `InvalidUrl` where that would not be safe.

    `url` is compared with a token's `iss` to the letter. `kind` is the short name of the publishers' provider, such as
    `github`. `pinned` keys are used as they are, and nothing is fetched. Else the keys are fetched from the issuer's
    own host, or from one of `jwks_hosts` (`host` or `host:port`). `private_network` lets those hosts have addresses
    that are not public.
    """

    url: str
    kind: str
    algorithms: frozenset[str] = frozenset({"RS256"})
    pinned: KeySet | None = None
    jwks_hosts: frozenset[str] = frozenset()
    private_network: bool = False

    def __post_init__(self) -> None:
        url = parse_url(self.url)
        if url.query or self.url.endswith("/"):
            raise InvalidIssuer(
                f"an issuer is compared to the letter, and has neither query nor final slash: {self.url!r}"
            )
        if not self.kind:
            raise InvalidIssuer(f"the issuer {self.url!r} is of no kind of provider")
        if not self.algorithms or not self.algorithms <= ALGORITHMS:
            known = ", ".join(sorted(ALGORITHMS))
            raise InvalidIssuer(
                f"the issuer {self.url!r} must sign with some of {known},"
                f" not {', '.join(sorted(self.algorithms)) or 'nothing'}"
            )
        for host in self.jwks_hosts:
            _check_host(host)

    @property
    def address(self) -> Url:
        """The issuer's address in parts."""
        return parse_url(self.url)

    @property
    def discovery_url(self) -> str:
        """Where the issuer describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.url}/.well-known/openid-configuration"


def _check_host(host: str) -> None:
    url = parse_url(f"https://{host}")
    if url.path or url.query or url.authority != host:
        raise InvalidIssuer(
            f"not a host that keys can come from: {host!r}",
            hint="write the host alone, in lower case, with a port only where it is not 443",
        )
