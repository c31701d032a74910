"""What a trusted publisher is, whichever service it stands for, and how claims are held against it.

A publisher is data: the fields of its form, the claims that must be present, and checks, each a claim with what it must
say. `judge` runs every check, so that one answer names every fault. The order of the checks is PyPI's, because PyPI
names only the first that fails and our short answer is the same text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bonded.errors import BondedError

__all__ = [
    "Check",
    "Checked",
    "Claims",
    "Field",
    "FieldFault",
    "InvalidPublisher",
    "Judgement",
    "Mismatch",
    "NotFound",
    "Provider",
    "Publisher",
    "judge",
    "shown",
]

Claims = Mapping[str, object]
"""Claims to be judged. Whoever calls answers for their being genuine: the mint passes `VerifiedClaims` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a publisher's form.

    `name` is the stored name, `form_name` the name in PyPI's form. `pattern` must match the whole text, after
    `normalise`; `rule` says in words what the pattern wants.
    """

    name: str
    form_name: str
    label: str
    help: str
    pattern: re.Pattern[str]
    rule: str
    required: bool = True
    max_length: int | None = None
    normalise: Callable[[str], str] = str

    def fault(self, text: str) -> str:
        """Return why a normalised text cannot be this field's value, or an empty text."""
        if not text:
            return "is required" if self.required else ""
        if self.max_length is not None and len(text) > self.max_length:
            return f"has at most {self.max_length} characters, got {len(text)}"
        if self.pattern.fullmatch(text) is None:
            return f"{self.rule}, got {text!r}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One field of a publisher that cannot be as it is."""

    field: str
    message: str


class InvalidPublisher(BondedError):
    """Fields that make no publisher; `faults` names every one of them."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        if not faults:
            raise ValueError("an invalid publisher without a fault would say nothing")
        super().__init__("; ".join(f"{fault.field} {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Check:
    """What one claim must say, and how the two are compared.

    `same(expected, got, claims)` compares; `got` is None for a claim that is absent or not a text. `how` says the
    comparison in words. `refusal(expected, got, claims)` gives PyPI's text where it is not the usual one.
    """

    claim: str
    expected: str
    how: str
    same: Callable[[str, str | None, Claims], bool]
    required: bool = True
    refusal: Callable[[str, str | None, Claims], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A claim that does not say what it must; `got` is None if it is absent."""

    claim: str
    expected: str
    got: str | None
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check and its outcome; `refusal` is PyPI's text for it, empty if it passed."""

    claim: str
    expected: str
    got: str | None
    how: str
    passed: bool
    refusal: str = ""


class Publisher(Protocol):
    """An identity of a CI service that may publish. Which projects it may publish, it does not know."""

    @property
    def kind(self) -> str:
        """The short name of its service, as stored: `github`."""
        ...

    @property
    def issuer(self) -> str:
        """The issuer whose tokens alone may speak for it."""
        ...

    @property
    def specificity(self) -> int:
        """How narrow it is; of several that match, the highest is taken."""
        ...

    @property
    def title(self) -> str:
        """One line for people."""
        ...

    def to_fields(self) -> dict[str, str]:
        """Return its fields under their stored names; an empty text means not set."""
        ...

    def form_values(self) -> dict[str, str]:
        """Return its fields as PyPI's form names them, with `provider`."""
        ...

    def checks(self) -> tuple[Check, ...]:
        """Return what each claim must say, in PyPI's order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One publisher held against one set of claims: every check with its outcome, in order."""

    publisher: Publisher
    checks: tuple[Checked, ...]

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Every check that failed."""
        return tuple(
            Mismatch(claim=check.claim, expected=check.expected, got=check.got, how=check.how)
            for check in self.checks
            if not check.passed
        )

    @property
    def accepted(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """PyPI's text for the first check that failed, empty if accepted."""
        return next((check.refusal for check in self.checks if not check.passed), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The look-up met no publisher; `reason` is PyPI's text."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Everything the house needs to know about one CI service.

    `required_claims` must be present and not null before anything is looked up. `look_up` finds the one publisher that
    claims speak for, as PyPI's database query does; `looked_up` are that query's conditions for one publisher, in the
    form of checks, so that a refusal can be explained.
    """

    kind: str
    title: str
    issuer: str
    form: tuple[Field, ...]
    required_claims: tuple[str, ...]
    build: Callable[[Mapping[str, str]], Publisher]
    look_up: Callable[[Sequence[Publisher], Claims], Publisher | NotFound]
    looked_up: Callable[[Publisher, Claims], tuple[Checked, ...]]


def judge(publisher: Publisher, claims: Claims) -> Judgement:
    """Run all checks of a publisher and return every outcome; raises ValueError if it has none."""
    checks = publisher.checks()
    if not checks:
        raise ValueError("a publisher without checks would trust everyone")
    return Judgement(publisher=publisher, checks=tuple(_checked(check, claims) for check in checks))


def shown(value: object) -> str | None:
    """Return a claim as the text that checks compare: texts only, anything else counts as absent."""
    return value if isinstance(value, str) else None


def _checked(check: Check, claims: Claims) -> Checked:
    got = shown(claims.get(check.claim))
    passed = check.same(check.expected, got, claims)
    return Checked(
        claim=check.claim,
        expected=check.expected,
        got=got,
        how=check.how,
        passed=passed,
        refusal="" if passed else _refusal(check, got, claims),
    )


def _refusal(check: Check, got: str | None, claims: Claims) -> str:
    if check.refusal is not None:
        return check.refusal(check.expected, got, claims)
    needed = "required" if check.required else "optional"
    return f"Check failed for {needed} claim '{check.claim}'"
