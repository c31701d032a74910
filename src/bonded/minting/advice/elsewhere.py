"""A publisher that would match, were it registered elsewhere: at this index, for this project, under this issuer."""

from collections.abc import Sequence
from dataclasses import dataclass

from bonded.dists.endpoints import known as known_indexes
from bonded.minting.advice.wording import Advice
from bonded.publishers import Claims, InvalidPublisher, Publisher, Rules, from_fields, select, shown

__all__ = ["Known", "elsewhere", "title_of", "with_issuer"]

ISSUER_FIELD = "issuer_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A publisher as its owner knows it: for which project, at the index of which audience; empty texts mean any.

    `unrecorded` are claims for which nothing is written down, because the index's form does not ask; what the publisher
    has there is not compared.
    """

    publisher: Publisher
    project: str = ""
    audience: str = ""
    unrecorded: frozenset[str] = frozenset()

    def is_at(self, audience: str) -> bool:
        """Whether it is registered at the index of an audience."""
        return self.audience in {"", audience}

    def is_for(self, project: str) -> bool:
        """Whether it may publish a project."""
        return not project or self.project in {"", project}


def title_of(audience: str) -> str:
    """Return what the index of an audience is called."""
    titles = {index.audience: index.title for index in known_indexes()}
    return titles.get(audience, f"the index {audience!r}")


def elsewhere(
    known: Sequence[Known], claims: Claims, *, audience: str, project: str, rules: Rules
) -> tuple[Advice, ...]:
    """Return the steps for the publishers that match these claims but for index, project or issuer."""
    steps = []
    for one in known:
        if not one.is_at(audience) and _matches(one.publisher, claims, rules):
            steps.append(_at_another_index(one, audience))
        elif not one.is_for(project) and _matches(one.publisher, claims, rules):
            steps += _for_another_project(one, project)
        elif (moved := with_issuer(one.publisher, claims)) and _matches(moved, claims, rules):
            steps.append(_of_another_issuer(one, moved.issuer))
    return tuple(steps)


def with_issuer(publisher: Publisher, claims: Claims) -> Publisher | None:
    """Return the publisher under the claims' issuer, or None if it cannot have that or has it already."""
    issuer = shown(claims.get("iss"))
    fields = publisher.to_fields()
    if not issuer or ISSUER_FIELD not in fields or publisher.issuer == issuer:
        return None
    try:
        return from_fields(publisher.kind, {**fields, ISSUER_FIELD: issuer})
    except InvalidPublisher:
        return None


def _matches(publisher: Publisher, claims: Claims, rules: Rules) -> bool:
    return select([publisher], claims, rules=rules).publisher is not None


def _at_another_index(one: Known, audience: str) -> Advice:
    return Advice(
        sentence=f"The publisher {one.publisher.title} is registered at {title_of(one.audience)}, and this is "
        f"{title_of(audience)}: register it at {audience!r} too, or let the upload go where it is.",
        side="publisher",
        field="index",
        new_value=audience,
    )


def _for_another_project(one: Known, project: str) -> tuple[Advice, ...]:
    return (
        Advice(
            sentence=f"The publisher matches, and it is registered for the project {one.project!r}: register it for "
            f"{project!r}, which is what is published (a pending publisher makes only the project that it names).",
            side="publisher",
            field="project",
            new_value=project,
        ),
        Advice(
            sentence=f"Or, if the project's own name is wrong, name it {one.project!r} in pyproject.toml.",
            side="project",
            field="name",
            new_value=one.project,
        ),
    )


def _of_another_issuer(one: Known, issuer: str) -> Advice:
    return Advice(
        sentence=f"The publisher is for the issuer {one.publisher.issuer!r}, the token comes from {issuer!r}: change "
        f"the publisher's issuer to {issuer!r}.",
        side="publisher",
        field=ISSUER_FIELD,
        new_value=issuer,
    )
