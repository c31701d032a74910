"""Advice for Google: an account by its address, and by the number behind it."""

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


def _email(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    how = difference(miss.got, miss.expected)
    why = f"The token is for {miss.got!r}, the publisher for {miss.expected!r}"
    first = to_publisher(
        f"{why} ({how})" if how else why, label="email", field="email", value=miss.got
    )
    if how:
        return (first,)
    return (
        first,
        Advice(
            sentence=f"Or let the publishing job run as the account {miss.expected!r}.",
            side="workflow",
            field="service account",
            new_value=miss.expected,
        ),
    )


def _verified(miss: Miss) -> tuple[Advice, ...]:
    address = miss.said("email")
    return (
        Advice(
            sentence=f"Google has not verified the address {address!r}, `email_verified` must be true: verify it in "
            "the account, or publish as a service account, whose address always is.",
            side="provider",
            field="email_verified",
            new_value="true",
        ),
    )


def _subject(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    why = (
        f"The address is the registered one, the account behind it is not (subject {miss.got!r}, registered "
        f"{miss.expected!r}): it was deleted and made anew, or is somebody else's now. If it is yours"
    )
    return (to_publisher(why, label="subject", field="sub", value=miss.got),)


ADVISORS: Mapping[str, Advisor] = {"email": _email, "email_verified": _verified, "sub": _subject}
