"""What one claim that does not match tells its owner to do: the words that every provider's table is made of.

A table (`advice_actions`, `advice_gitlab`, …) has a function for each claim. It takes one mismatch and gives the ways
to mend it, the likeliest first. A sentence names the side to change, the field and the exact new value. Claims without
a function of their own, and kinds without a table, are answered from the provider's form (`advice_generic`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bonded.publishers import Claims, Publisher, said
from bonded.publishers.provider import Provider

__all__ = [
    "Advice",
    "Advisor",
    "Miss",
    "Side",
    "ask_inside_the_job",
    "difference",
    "not_from_a_job",
    "service",
    "side_of",
    "to_publisher",
]

Side = Literal["workflow", "publisher", "project", "GitHub", "provider"]
"""Where the change is made: the workflow's file, the publisher on the index, the project or machine, or the CI service,
which is called `GitHub` where it is GitHub, and `provider` else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One way to mend a refusal: what to change, where, to what; an empty `new_value` means "clear it"."""

    sentence: str
    side: Side
    field: str
    new_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A mismatch and what surrounds it; `got` is empty if the claim is absent or not what its check reads."""

    claim: str
    expected: str
    got: str
    how: str
    publisher: Publisher
    provider: Provider
    claims: Claims

    def field(self, name: str) -> str:
        """Return a stored field of the publisher, empty if it is not set."""
        return self.publisher.to_fields().get(name, "")

    def said(self, name: str) -> str:
        """Return another claim as text, empty if it is absent or not a text."""
        return said(self.claims, name)


Advisor = Callable[[Miss], tuple[Advice, ...]]


def to_publisher(why: str, *, label: str, field: str, value: str) -> Advice:
    """Return the step that changes one field of the publisher; `why` begins the sentence."""
    change = (
        f"change the publisher's {label} to {value!r}"
        if value
        else f"clear the publisher's {label}"
    )
    return Advice(sentence=f"{why}: {change}.", side="publisher", field=field, new_value=value)


def difference(got: str, expected: str) -> str:
    """Return in words how two names differ, if it is a little; else an empty text."""
    if got.lower() == expected.lower():
        return "only the letter case differs"
    if got.rpartition(".")[0] == expected.rpartition(".")[0] != "":
        return "only the ending differs"
    return ""


def side_of(provider: Provider) -> Side:
    """Return what the provider is called as a side."""
    return "GitHub" if provider.kind == "github" else "provider"


def service(provider: Provider | None) -> str:
    """Return what the CI service is called in a sentence; one that is not known has no name."""
    return provider.title if provider and provider.kind != "generic" else "the CI service"


def ask_inside_the_job(provider: Provider | None) -> str:
    """Return how one asks for an ID token there; the end of a sentence, without its full stop."""
    if provider is not None and provider.kind == "gitlab":
        return "ask for it inside the publishing job, with `id_tokens`"
    if provider is not None and provider.kind in {"github", "ghes"}:
        return "ask for it inside the publishing job, with `permissions: id-token: write`"
    return "ask for it inside the publishing job"


def not_from_a_job(miss: Miss, claim: str = "") -> Advice:
    """Return that the token lacks what every job's token has, so it is the wrong one."""
    named = claim or miss.claim
    return Advice(
        sentence=f"The token does not say {named!r} as those of {service(miss.provider)}'s jobs do: "
        f"{ask_inside_the_job(miss.provider)}.",
        side=side_of(miss.provider),
        field=named,
        new_value="",
    )
