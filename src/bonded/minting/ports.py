"""What the mint needs from whoever runs it, and the values that pass between them.

The mint decides; these protocols fetch and keep. An implementation that cannot answer raises, and nothing is granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bonded.dists.names import ProjectName
from bonded.oidc.claims import VerifiedClaims
from bonded.publishers import Publisher, Selection

if TYPE_CHECKING:
    from bonded.oidc.keys import KeySet
    from bonded.oidc.verify import TokenRefused

__all__ = ["Grant", "Keys", "Ledger", "Publishers", "Refusal", "Registered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A publisher as an index has it: under an id, with the projects it may publish."""

    id: str
    publisher: Publisher
    projects: tuple[ProjectName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right to upload, given for a short time; times in Unix seconds.

    Only the hash of the token is kept. `claims` is the subset that PyPI keeps beside a token (`ref`, `sha`), for links;
    `identity` is the whole of the verified claims, for reports.
    """

    token_hash: str
    publisher_id: str
    projects: tuple[ProjectName, ...]
    claims: Mapping[str, str]
    issued_at: float
    expires_at: float
    identity: VerifiedClaims = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An exchange that gave nothing, with everything that its owner needs to mend it.

    `code` and `description` are the public answer. The rest is for the owners of the publisher, never for strangers:
    `fault` is why the token itself was refused; `claims` are there if the token was genuine; `selection` says how
    each publisher of its issuer was judged.
    """

    at: float
    code: str
    description: str
    audience: str
    issuer: str = ""
    fault: "TokenRefused | None" = None
    claims: VerifiedClaims | None = None
    selection: Selection | None = None

    @property
    def is_genuine(self) -> bool:
        """Whether the issuer really signed the token; what is not genuine can be sent by anyone, in any number."""
        return self.claims is not None


class Keys(Protocol):
    """The signing keys of issuers."""

    def keys_for(self, issuer: str) -> "KeySet | None":
        """Return the keys of exactly this issuer, or None if it is not one that this index trusts."""
        ...


class Publishers(Protocol):
    """The publishers that are registered."""

    def of_issuer(self, issuer: str) -> Sequence[Registered]:
        """Return every publisher of exactly this issuer, and of no other."""
        ...


class Ledger(Protocol):
    """The book of grants: the only place that the mint writes to."""

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        """Write down that a token was used, and the grant it gave, in ONE transaction.

        Return False, with nothing written, if (issuer, jti) was written before. The first must be unique in the
        database, not only in a check before: of two who come at once, one wins. The row must be kept until
        `jti_expires`; dropped earlier, the same token opens the door twice.
        """
        ...

    def refused(self, refusal: Refusal) -> None:
        """Write down a refusal for the owners. An open index may drop those that are not genuine."""
        ...
