"""Which table answers for which kind of publisher: the only list of them."""

from collections.abc import Mapping

from bonded.minting.advice import (
    actions,
    activestate,
    generic,
    gitlab,
    google,
    rules,
)
from bonded.minting.advice.wording import Advice, Advisor, Miss

__all__ = ["TABLES", "advise"]

TABLES: Mapping[str, Mapping[str, Advisor]] = {
    "github": actions.ADVISORS,
    "ghes": actions.ADVISORS,
    "gitlab": gitlab.ADVISORS,
    "google": google.ADVISORS,
    "activestate": activestate.ADVISORS,
}
"""The functions by claim, for each kind that has words of its own."""


def advise(miss: Miss) -> tuple[Advice, ...]:
    """Return the ways to mend one mismatch, the likeliest first; empty if another mismatch says it already."""
    table = TABLES.get(miss.provider.kind, {})
    advisor = table.get(miss.claim) or rules.ADVISORS.get(miss.claim)
    return (advisor or generic.advise)(miss)
