"""Complete, valid claims and a publisher of every service that PyPI knows, for what holds for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import claims_activestate
import claims_builder
import claims_gitlab
import claims_google
from bonded.publishers import Publisher
from bonded.publishers.provider import Provider
from bonded.publishers.providers import PROVIDERS

__all__ = ["KINDS", "Kind"]

Same = Callable[[object, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One service: claims, the narrowest publisher for them, and one that is as wide as the service allows.

    `alike(got, good)` says of a claim that is compared when another value is as good as the valid one; claims that are
    not named must be equal, letter for letter.
    """

    claims: Callable[..., dict[str, object]]
    narrow: Publisher
    wide: Publisher
    alike: Mapping[str, Same] = field(default_factory=dict)

    @property
    def provider(self) -> Provider:
        """Return what the house knows about the service."""
        return next(one for one in PROVIDERS if one.kind == self.narrow.kind)

    def is_as_good(self, name: str, got: object) -> bool:
        """Whether a value of a compared claim must be accepted in the place of the valid one."""
        good = self.claims()[name]
        if name in self.alike:
            return self.alike[name](got, str(good))
        return type(got) is type(good) and got == good


def any_text(got: object, _good: str) -> bool:
    """Any text that is not empty."""
    return isinstance(got, str) and got != ""


def but_for_case(got: object, good: str) -> bool:
    """The same text in lower case."""
    return isinstance(got, str) and got.lower() == good.lower()


def safe_event(got: object, _good: str) -> bool:
    """Any event but the one that PyPI refuses."""
    return isinstance(got, str) and got != "pull_request_target"


def first_two(got: object, good: str) -> bool:
    """The same first two parts in lower case."""
    return isinstance(got, str) and but_for_case(
        ":".join(got.split(":")[:2]), ":".join(good.split(":")[:2])
    )


def first_four(got: object, good: str) -> bool:
    """The same first four parts."""
    return isinstance(got, str) and got.split(":")[:4] == good.split(":")[:4]


KINDS = {
    "github": Kind(
        claims=claims_builder.claims,
        narrow=claims_builder.publisher(),
        wide=claims_builder.publisher(environment=""),
        alike={"environment": but_for_case, "jti": any_text, "event_name": safe_event},
    ),
    "gitlab": Kind(
        claims=claims_gitlab.claims,
        narrow=claims_gitlab.publisher(),
        wide=claims_gitlab.publisher(environment=""),
        alike={"sub": first_two, "project_path": but_for_case, "jti": any_text},
    ),
    "google": Kind(
        claims=claims_google.claims,
        narrow=claims_google.publisher(),
        wide=claims_google.publisher(sub=""),
    ),
    "activestate": Kind(
        claims=claims_activestate.claims,
        narrow=claims_activestate.publisher(),
        wide=claims_activestate.publisher(),
        alike={"sub": first_four},
    ),
}
