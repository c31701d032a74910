"""Advice for ActiveState: one user at work for one project of one organisation."""

from collections.abc import Mapping

from bonded.minting.advice.wording import (
    Advice,
    Advisor,
    Miss,
    difference,
    not_from_a_job,
    to_publisher,
)

__all__ = ["ADVISORS"]


def _named(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    how = difference(miss.got, miss.expected)
    why = f"The build is of the {miss.claim} {miss.got!r}, the publisher is for {miss.expected!r}"
    return (
        to_publisher(
            f"{why} ({how})" if how else why, label=miss.claim, field=miss.claim, value=miss.got
        ),
    )


def _subject(miss: Miss) -> tuple[Advice, ...]:
    others = ("organization", "project")
    if miss.got and any(miss.said(name) != miss.field(name) for name in others):
        return ()  # they have their own advice
    return (not_from_a_job(miss),)


def _actor(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    actor, registered = miss.said("actor"), miss.field("actor")
    if actor in {"", registered}:
        why = (
            f"The user {registered!r} has another id now ({miss.got}): the account was made anew, or is somebody "
            "else's. If it is yours,"
        )
    else:
        why = f"The build was started by {actor!r}, the publisher is for {registered!r}: if that is right,"
    return (
        Advice(
            sentence=f"{why} remove the publisher and add it again, which stores the actor id {miss.got!r}.",
            side="publisher",
            field="actor_id",
            new_value=miss.got,
        ),
    )


def _builder(miss: Miss) -> tuple[Advice, ...]:
    return (
        Advice(
            sentence=f"Only ActiveState's builder {miss.expected!r} may publish, the token is of {miss.got!r}: "
            "publish with that one.",
            side="workflow",
            field="builder",
            new_value=miss.expected,
        ),
    )


ADVISORS: Mapping[str, Advisor] = {
    "sub": _subject,
    "organization": _named,
    "project": _named,
    "actor_id": _actor,
    "builder": _builder,
}
