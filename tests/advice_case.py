"""One refusal with the first step that must be advised, and the claims and publishers of every kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

import claims_activestate
import claims_builder
import claims_buildkite
import claims_circleci
import claims_forgejo
import claims_generic
import claims_ghes
import claims_gitlab
import claims_google
from bonded.publishers import PYPI, Publisher, Rules

__all__ = ["Case", "module_of"]

MODULES: Mapping[str, ModuleType] = {
    "github": claims_builder,
    "gitlab": claims_gitlab,
    "google": claims_google,
    "activestate": claims_activestate,
    "circleci": claims_circleci,
    "buildkite": claims_buildkite,
    "ghes": claims_ghes,
    "forgejo": claims_forgejo,
    "generic": claims_generic,
}


def module_of(kind: str) -> ModuleType:
    """Return the module with claims and publisher of a kind."""
    return MODULES[kind]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault.

    `fields` and `claims` bend what is registered and what the token says. `first` is the first step's side, field and
    new value; `phrase` stands in its sentence. After `steps` steps the claims must be accepted, 0 if no step of ours
    can bring that about.
    """

    name: str
    kind: str
    first: tuple[str, str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, object] = field(default_factory=dict)
    rules: Rules = PYPI
    phrase: str = ""
    steps: int = 1

    @property
    def publisher(self) -> Publisher:
        """The publisher as it is registered."""
        build: Callable[..., Publisher] = module_of(self.kind).publisher
        return build(**self.fields)

    def presented(self, **bent: object) -> dict[str, object]:
        """Return the claims as they came, with more of them bent."""
        build: Callable[..., dict[str, object]] = module_of(self.kind).claims
        return build(**{**self.claims, **bent})
