"""What a conversation with an index is made of: what it wants done, and what comes back. Pure.

A conversation is a generator. It yields an effect (`Ask`, `Wait`, `Identify`), is sent the reply, and returns what it
found out. Nothing in it knows sockets, clocks or environments, so every course that it can take can be played with
answers written down beforehand; `session` plays it for real.

Secrets stand in fields of their own that no `repr` shows: `Ask.secret`, `Ask.body`, `Identity.token`.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeVar

from bonded.oidc.strict_json import read_object

__all__ = [
    "Answer",
    "Ask",
    "Conversation",
    "Effect",
    "FilePart",
    "Identify",
    "Identity",
    "Outcome",
    "Refused",
    "Reply",
    "Unreached",
    "Wait",
    "ask",
    "refusal_of",
]

_LONGEST = 4000
"""Characters that are shown of what a server says; a page of errors would bury its own sentence."""
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file that goes up in the form's field `content`."""

    path: PurePath
    filename: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One HTTP request. `body` is sent as JSON; `form` with `file` as multipart.

    `secret` is an upload token: it goes as the password of `__token__` (Basic). Redirects are never followed.
    `seconds` bounds each wait for bytes, `max_bytes` the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    file: FilePart | None = None
    secret: str = field(default="", repr=False)
    seconds: float = 30.0
    max_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Some seconds in which nothing is to be done; `exact` ones were asked for, others may be shortened by chance."""

    seconds: float
    why: str
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """The wish for a new ID token of the CI that this runs in. A token is good for one exchange only."""

    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    phrase: str = ""

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110

    def to_object(self) -> dict[str, object]:
        """Return the body as a JSON object, empty where it is none."""
        try:
            return read_object(self.body)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """There is no answer. `passing` says that another try may have one; a wrong certificate stays wrong.

    `sent` says that something may have arrived all the same; without a connection nothing has.
    """

    reason: str
    passing: bool = True
    sent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An ID token."""

    token: str = field(repr=False)


Outcome = Answer | Unreached
Effect = Ask | Wait | Identify
Reply = Outcome | Identity | None

_Result = TypeVar("_Result")
Conversation = Generator[Effect, Reply, _Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why something did not happen, in the words of whoever said no.

    `status` is 0 where nobody answered, and `unsent` says that nothing went out then. `codes` are those of the mint's
    errors. `hint` is what to do.
    """

    what: str
    status: int = 0
    said: str = ""
    codes: tuple[str, ...] = ()
    hint: str = ""
    unsent: bool = False

    @property
    def is_decision(self) -> bool:
        """Whether the index has decided so; otherwise the network or the server failed."""
        return 400 <= self.status < 500 and self.status not in {408, 425, 429}  # noqa: PLR2004 - RFC 9110

    def __str__(self) -> str:
        status = f" ({self.status})" if self.status else ""
        return f"{self.what}{status}: {self.said}" if self.said else f"{self.what}{status}"


def ask(request: Ask) -> Conversation[Outcome]:
    """Make one request and return what came of it."""
    reply = yield request
    assert isinstance(reply, Answer | Unreached)
    return reply


def refusal_of(outcome: Outcome, what: str, *, hint: str = "") -> Refused:
    """Return what an answer that is no success says, whole: RFC 9457, PyPI's JSON, the text, or the reason phrase."""
    if isinstance(outcome, Unreached):
        return Refused(what=what, said=outcome.reason, hint=hint, unsent=not outcome.sent)
    if outcome.status in _REDIRECTS:
        where = outcome.headers.get("location", "")[:200]
        said = f"it sends us on to {where!r}, and what carries a token follows nobody"
        return Refused(what=what, status=outcome.status, said=said, hint=hint)
    codes, errors = _errors(outcome.to_object())
    said = "\n".join(errors) or _sentence(outcome)
    return Refused(
        what=what, status=outcome.status, said=said[:_LONGEST], codes=tuple(codes), hint=hint
    )


def _errors(body: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Return the codes and the lines of the mint's `errors` (PyPI's shape)."""
    listed = body.get("errors")
    codes, lines = [], []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            code, text = str(one.get("code", "")), str(one.get("description", ""))
            codes.append(code)
            lines.append(f"* `{code}`: {text}")
    return codes, lines


def _sentence(answer: Answer) -> str:
    body = answer.to_object()
    for name in ("detail", "message", "description", "error"):
        if isinstance(text := body.get(name), str) and text.strip():
            return text.strip()
    kind = answer.headers.get("content-type", "")
    if body or kind.startswith("text/html"):
        return answer.phrase
    text = answer.body.decode("utf-8", "replace").strip()
    title, _, rest = text.partition("\n")
    # Plain answers of bonded and of PyPI begin with a line that repeats the status.
    return (
        rest.strip()
        if title.startswith(f"{answer.status} ") and rest.strip()
        else text or answer.phrase
    )
