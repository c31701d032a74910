"""Whose name it is, and what may be had of another index: decided here, once, for every surface.

A name that is ours is never looked up outside, whatever becomes of its project: that is what keeps a stranger's package
of the same name out (dependency confusion). Ours is what the owner names, what falls under a reserved prefix, and what
this index has, had, or waits for. Pages, files, metadata and descriptions ask `is_ours`, and nothing else decides.

A file of another index may have to be of some age (`Cooldown`): most malicious releases are found and removed within
days. Its age counts from the later of what the other index says and when it was first seen here, because the first is
somebody else's word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from packaging.version import Version

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import BondedError, UsageError

__all__ = [
    "NO_NAMES",
    "Cooldown",
    "Exempt",
    "HeldBack",
    "Holdings",
    "Names",
    "is_ours",
    "parse_age",
    "parse_exempt",
    "parse_reserved",
]

_UNITS = {"": 86_400.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "w": 604_800.0}
_AGE = re.compile(r"([0-9]{1,6})\s*([wdhms]?)")


class HeldBack(BondedError):
    """A file of another index that may not be had yet, by the owner's rule."""


class Holdings(Protocol):
    """What must be known of the book to say whose a name is."""

    def holds(self, name: ProjectName, now: float) -> bool:
        """Tell whether a project of this name is here or was, or a publisher waits for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that the owner keeps at home: `own` as they are, `reserved` as prefixes that end in a `-` (PEP 752)."""

    own: frozenset[ProjectName] = frozenset()
    reserved: frozenset[str] = frozenset()

    def prefix_of(self, name: ProjectName) -> str:
        """Return the longest reserved prefix of a name, empty where it has none."""
        return max((one for one in self.reserved if name.startswith(one)), key=len, default="")

    def keep(self, name: ProjectName) -> bool:
        """Tell whether a name is never looked up outside, even where nothing of it is here."""
        return name in self.own or bool(self.prefix_of(name))


NO_NAMES = Names()


def is_ours(name: ProjectName, names: Names, holdings: Holdings, now: float) -> bool:
    """Tell whether a name is answered from here alone: the one such decision. `now` is in seconds since 1970."""
    return names.keep(name) or holdings.holds(name, now)


def parse_reserved(text: str) -> str:
    """Return the prefix that `acme-*` reserves, normalised; raises UsageError.

    As in PEP 752, a prefix holds the names that begin with it and a `-`; a project `acme` itself is not under it.
    """
    base = text.strip().removesuffix("*")
    if base == text.strip() or base[-1:] not in {"-", "_", "."}:
        raise UsageError(f"{text!r} is no reserved prefix", hint="write it as 'acme-*'")
    try:
        return f"{parse_project_name(base[:-1])}-"
    except BondedError:
        hint = "letters, digits, '-', '_' and '.', and at its end '-*'"
        raise UsageError(f"{text!r} is no reserved prefix", hint=hint) from None


def parse_age(text: str) -> float:
    """Return the seconds of "7d", "36h", "2w", or of a number of days; raises UsageError."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"{text!r} is no age", hint="write days as '7d', hours as '36h'")
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """A project that need not wait, or one version of it."""

    project: ProjectName
    version: Version | None = None

    def covers(self, project: ProjectName, version: Version | None) -> bool:
        """Tell whether a file of this project and version need not wait; None is a version that cannot be read."""
        return self.project == project and self.version in {None, version}


def parse_exempt(text: str) -> Exempt:
    """Return what `name` or `name==version` exempts; raises UsageError."""
    name, equals, version = text.partition("==")
    try:
        return Exempt(
            project=parse_project_name(name.strip()), version=Version(version) if equals else None
        )
    except (BondedError, ValueError):
        hint = "write a project as 'name', or one release of it as 'name==1.2.3'"
        raise UsageError(f"{text!r} names no project and no release", hint=hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """How old a file of another index must be, in seconds; 0 is for any age.

    With `trusted_dates` the other index's date alone counts, where it gives one.
    """

    min_age: float = 0.0
    exempt: tuple[Exempt, ...] = ()
    trusted_dates: bool = False

    def ripe(
        self,
        project: ProjectName,
        version: Version | None,
        *,
        uploaded: float | None,
        first_seen: float,
    ) -> float:
        """Return the moment from which a file may be had, in seconds since 1970; 0 where it need not wait.

        `uploaded` is the other index's date, None where it gives none that can be read.
        """
        if not self.min_age or _any_covers(self.exempt, project, version):
            return 0.0
        if uploaded is None:
            return first_seen + self.min_age
        born = uploaded if self.trusted_dates else max(uploaded, first_seen)
        return born + self.min_age


def _any_covers(exempt: Iterable[Exempt], project: ProjectName, version: Version | None) -> bool:
    return any(one.covers(project, version) for one in exempt)
