"""Which table answers for which kind of publisher: the only list of them."""

from collections.abc import Mapping

from bonded.minting import (
    advice_actions,
    advice_activestate,
    advice_generic,
    advice_gitlab,
    advice_google,
    advice_rules,
)
from bonded.minting.advice import Advice, Advisor, Miss

__all__ = ["TABLES", "advise"]

TABLES: Mapping[str, Mapping[str, Advisor]] = {
    "github": advice_actions.ADVISORS,
    "ghes": advice_actions.ADVISORS,
    "gitlab": advice_gitlab.ADVISORS,
    "google": advice_google.ADVISORS,
    "activestate": advice_activestate.ADVISORS,
}
"""The functions by claim, for each kind that has words of its own."""


def advise(miss: Miss) -> tuple[Advice, ...]:
    """Return the ways to mend one mismatch, the likeliest first; empty if another mismatch says it already."""
    table = TABLES.get(miss.provider.kind, {})
    advisor = table.get(miss.claim) or advice_rules.ADVISORS.get(miss.claim)
    return (advisor or advice_generic.advise)(miss)
