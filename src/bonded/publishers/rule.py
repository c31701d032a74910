"""What a trusted publisher is, whichever service it stands for, and how claims are held against it.

A publisher is data: the fields of its form, the claims that must be present, and checks, each a claim with what it must
say. `judge` runs every check, so that one answer names every fault. The order of the checks is PyPI's, because PyPI
names only the first that fails and our short answer is the same text.

`Rules` are what an index may demand beyond PyPI. Each is off in `PYPI`, so that a rehearsal of a release to PyPI
decides as PyPI does.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from bonded.errors import BondedError

__all__ = [
    "PYPI",
    "STRICT",
    "CertificateFact",
    "Check",
    "Checked",
    "Claims",
    "Field",
    "FieldFault",
    "InvalidPublisher",
    "Judgement",
    "Link",
    "Mismatch",
    "Publisher",
    "Rules",
    "judge",
    "said",
    "shown",
    "shown_json",
]

Claims = Mapping[str, object]
"""Claims to be judged. Whoever calls answers for their being genuine: the mint passes `VerifiedClaims` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is demanded beyond PyPI; a provider that has no such claim leaves the rule out.

    `pin_ids`: ids that outlive a rename are kept at the first grant, and a change of one disables the publisher.
    `deny_risky_events`: no token from runs that a stranger can start or steer although PyPI takes them (GitHub's
    `workflow_run` and `issue_comment`, GitLab's merge requests from forks).
    `exact_letters`: where letter case is set aside, a capital is the letter's own. PyPI compares in lower case, where
    the sign of the Kelvin is a `k`, so that an environment of anybody's making can pass for one that is protected.
    `require_environment`, `require_protected_ref`, `require_hosted_runner`: the job runs in an environment, on a
    protected branch or tag, on a machine of the provider.
    """

    pin_ids: bool = False
    deny_risky_events: bool = False
    exact_letters: bool = False
    require_environment: bool = False
    require_protected_ref: bool = False
    require_hosted_runner: bool = False


PYPI = Rules()
"""PyPI's rules, and nothing else."""

STRICT = Rules(pin_ids=True, deny_risky_events=True, exact_letters=True)
"""What an index of ours demands unless told otherwise: what costs an honest release nothing."""


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


def shown(value: object) -> str | None:
    """Return a claim as the text that checks compare: texts only, anything else counts as absent."""
    return value if isinstance(value, str) else None


def said(claims: Claims, name: str) -> str:
    """Return a claim as text, empty if it is absent or not a text."""
    return shown(claims.get(name)) or ""


def shown_json(value: object) -> str | None:
    """Return a claim that is not a text as JSON, for checks that expect `true` or a number; None if it is absent.

    The text `"true"` keeps its quotes, so it is never taken for the boolean.
    """
    try:
        return None if value is None else json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)


@dataclass(frozen=True, slots=True)
class Check:
    """What one claim must say, and how the two are compared.

    `same(expected, got, claims)` compares; `got` is None for a claim that is absent or not a text. `how` says the
    comparison in words. `refusal(expected, got, claims)` gives PyPI's text where it is not the usual one. `read` makes
    the text that is compared from the claim's value: texts only, unless said otherwise.
    """

    claim: str
    expected: str
    how: str
    same: Callable[[str, str | None, Claims], bool]
    required: bool = True
    refusal: Callable[[str, str | None, Claims], str] | None = None
    read: Callable[[object], str | None] = shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A claim that does not say what it must; `got` is None if it is absent."""

    claim: str
    expected: str
    got: str | None
    how: str


class Checked(NamedTuple):
    """One check and its outcome; `refusal` is PyPI's text for it, empty if it passed.

    A named tuple, because a mint makes eight of them for every token.
    """

    claim: str
    expected: str
    got: str | None
    how: str
    passed: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page of a publisher at its provider."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFact:
    """What an extension of the signing certificate must say.

    Of Fulcio's arc `1.3.6.1.4.1.57264.1`, numbers up to 6 hold plain text, those from 8 a DER `UTF8String`; `2.5.29.17`
    is the certificate's subject alternative name, which may hold several names. Several `accepted` texts are
    alternatives.
    """

    name: str
    oid: str
    accepted: tuple[str, ...]


class Publisher(Protocol):
    """An identity of a CI service that may publish. Which projects it may publish, it does not know."""

    def __hash__(self) -> int:
        """Publishers are values: equal ones count as one."""
        ...

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

    def checks(self, rules: Rules = PYPI) -> tuple[Check, ...]:
        """Return what each claim must say: PyPI's checks in PyPI's order, then what `rules` add."""
        ...

    def sources(self) -> tuple[str, ...]:
        """Return the texts under which an index files it; see `Provider.sources_of`."""
        ...

    def links(self) -> tuple[Link, ...]:
        """Return its pages at the provider, the project's own page first; empty if it has none."""
        ...

    def certificate_facts(self, claims: Claims) -> tuple[CertificateFact, ...]:
        """Return what the signing certificate of an attestation must say, given the claims of the token.

        Empty if the provider's identities cannot sign (PEP 740's policy on PyPI knows GitHub, GitLab and Google).
        """
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


def judge(publisher: Publisher, claims: Claims, rules: Rules = PYPI) -> Judgement:
    """Run all checks of a publisher and return every outcome; raises ValueError if it has none."""
    checks = _checks(publisher, rules)
    if not checks:
        raise ValueError("a publisher without checks would trust everyone")
    return Judgement(publisher=publisher, checks=tuple(_checked(check, claims) for check in checks))


@lru_cache(maxsize=1024)
def _checks(publisher: Publisher, rules: Rules) -> tuple[Check, ...]:
    """Return a publisher's checks; they follow from it alone, and the same few publishers come again and again."""
    return publisher.checks(rules)


def _checked(check: Check, claims: Claims) -> Checked:
    got = check.read(claims.get(check.claim))
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
