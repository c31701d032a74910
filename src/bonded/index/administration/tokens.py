"""API tokens: who is given one, for what and for how long.

A token is shown once, to whoever makes it; the book has its hash. None is for ever. An upload token is for projects
that are named, so whoever finds one cannot publish anything else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.administration.errors import AlreadyThere, NotFound, Unacceptable
from bonded.index.administration.shelves import Shelves
from bonded.index.book.curating import Curating
from bonded.index.model import ApiToken, Scope
from bonded.minting.upload_token import MIN_SECRET, hash_token, make_token

__all__ = ["DEFAULT_DAYS", "KEPT_DAYS", "MAX_DAYS", "NewToken", "Tokens"]

DEFAULT_DAYS = 90
MAX_DAYS = 366
"""A year at most: whoever needs a token longer looks at it once a year."""

KEPT_DAYS = 30
"""For so long a token that has expired is listed, so that its holder finds out what is wrong."""

MAX_PROJECTS = 100

_DAY = 86_400.0
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._@-]{0,98}[A-Za-z0-9])?")
_NAMES = "1 to 100 letters, digits, spaces and any of . _ @ -, a letter or digit first and last"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What is asked for. `create` makes the projects that do not exist, `dry_run` only sees whether it could be."""

    name: str
    scope: str
    projects: Sequence[str] = ()
    days: float = DEFAULT_DAYS
    create: bool = False
    dry_run: bool = False


class Tokens:
    """The API tokens of an index in the hands of `by`. May be used from many threads."""

    def __init__(
        self,
        *,
        shelves: Shelves,
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
        by: str,
    ) -> None:
        self._shelves = shelves
        self._clock = clock
        self._entropy = entropy
        self._by = by

    def listed(self) -> list[dict[str, Any]]:
        """Return every token that was not revoked, in the order of names; `ended` tells those that have expired."""
        now = self._clock()
        with self._shelves.reading() as book:
            return [_shown(one, now) for one in book.api_tokens()]

    def sweep(self) -> int:
        """Remove the tokens that expired `KEPT_DAYS` ago or earlier, and return how many there were."""
        now = self._clock()
        over = now - KEPT_DAYS * _DAY
        with self._shelves.reading() as book:
            if not any(one.expires <= over for one in book.api_tokens()):
                return 0  # a change of the book costs a write, and nearly always there is none
        with self._shelves.writing() as book:
            names = [one.name for one in book.api_tokens() if one.expires <= over]
            for name in names:
                book.revoke_api_token(name, now, by=self._by)
        return len(names)

    def add(self, new: NewToken) -> dict[str, Any]:
        """Make a token and return it with its secret under `token`, which is told this once.

        Raises Unacceptable, NotFound for a project that does not exist, AlreadyThere for a name that is taken.
        """
        made = self._made(new)
        text = make_token(self._entropy(MIN_SECRET))
        with (self._shelves.reading if new.dry_run else self._shelves.writing)() as book:
            self._projects(book, made, new)
            if not new.dry_run and not book.add_api_token(hash_token(text), made, by=self._by):
                raise AlreadyThere(
                    f"there is an API token named {made.name!r} already",
                    hint="choose another name, or revoke that token first",
                )
        shown = {**_shown(made, made.created), "dry_run": new.dry_run}
        return shown if new.dry_run else {**shown, "token": text}

    def revoke(self, name: str, *, dry_run: bool = False) -> dict[str, Any]:
        """End a token at once, and say so; with `dry_run`, only see whether there is one. Raises NotFound."""
        known = name.isprintable()  # others cannot stand in the book, nor be asked of it
        with (self._shelves.reading if dry_run else self._shelves.writing)() as book:
            if dry_run:
                found = known and any(one.name == name for one in book.api_tokens())
            else:
                found = known and book.revoke_api_token(name, self._clock(), by=self._by)
        if not found:
            raise NotFound(f"there is no API token named {name!r}")
        return {"revoked": name, "dry_run": dry_run}

    def renew(self, name: str, *, days: float = MAX_DAYS) -> str:
        """Make an admin token and return it; one of this name ends."""
        text, now = make_token(self._entropy(MIN_SECRET)), self._clock()
        made = ApiToken(name=name, scope=Scope.ADMIN, created=now, expires=now + days * _DAY)
        with self._shelves.writing() as book:
            book.revoke_api_token(name, now, by=self._by)
            book.add_api_token(hash_token(text), made, by=self._by)
        return text

    def _made(self, new: NewToken) -> ApiToken:
        """Return the token that is asked for, or raise Unacceptable."""
        scopes = [scope.value for scope in Scope]
        if new.scope not in scopes:
            raise Unacceptable(f"a scope is one of {', '.join(scopes)}, got {new.scope!r}")
        if not _NAME.fullmatch(new.name):
            raise Unacceptable(f"the name of a token has {_NAMES}, got {new.name!r}")
        if not 0 < new.days <= MAX_DAYS:
            raise Unacceptable(f"a token lives for more than 0 days, and {MAX_DAYS} days at most")
        scope = Scope(new.scope)
        if (scope is Scope.UPLOAD) != bool(new.projects):
            raise _unfit_projects(scope)
        if len(new.projects) > MAX_PROJECTS:
            raise Unacceptable(f"a token is for {MAX_PROJECTS} projects at most")
        try:
            names = dict.fromkeys(parse_project_name(name) for name in new.projects)
        except InvalidName as error:
            raise Unacceptable(error.message) from None
        now = self._clock()
        ends = now + new.days * _DAY
        return ApiToken(
            name=new.name, scope=scope, projects=tuple(names), created=now, expires=ends
        )

    def _projects(self, book: Curating, made: ApiToken, new: NewToken) -> None:
        """See to it that the projects of a token are there."""
        for name in made.projects:
            if book.project(name) is None:
                self._begin(book, name, made.created, new)

    def _begin(self, book: Curating, name: ProjectName, now: float, new: NewToken) -> None:
        if not new.create:
            raise NotFound(
                f"there is no project {name!r} on this index",
                hint='to make it with the token, say so: --create, or "create": true',
            )
        if fault := book.name_fault(name):
            raise Unacceptable(fault)
        if not new.dry_run:
            book.create_project(name, name, now, by=self._by)


def _unfit_projects(scope: Scope) -> Unacceptable:
    """Return what is wrong with an upload token without projects, or with another one that has some."""
    if scope is Scope.UPLOAD:
        hint = 'add --project NAME, or "projects": ["NAME"], once for each'
    else:
        hint = f'leave --project, or "projects", out: the scope {scope.value!r} is for all of them'
    return Unacceptable("an upload token, and no other, is for projects that are named", hint=hint)


def _shown(token: ApiToken, now: float) -> dict[str, Any]:
    return {
        "name": token.name,
        "scope": token.scope.value,
        "projects": list(token.projects),
        "created": int(token.created),
        "expires": int(token.expires),
        "ended": token.expires <= now,
    }
