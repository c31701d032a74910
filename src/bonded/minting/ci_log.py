r"""From the log of a CI job to what it says of a refused token: the claims, the answer, the index.

Clients print claims in their own ways, and logs wrap them in more: time stamps, colours, `::error::`, line ends of
Windows, lines broken at the width of a terminal, `***` for what the CI service keeps secret. So the log is cleaned line
by line first; then each client's block is looked for, and the last block of the log is taken.

    gh-action-pypi-publish   * `sub`: `repo:…`            a claim that is not there is `MISSING`
    uv                       Response: {…}  and then      sub: "repo:…", environment: Some("pypi") or None
    twine                    * `code`: description        no claims
    bonded                   {"errors": […]}  and         ✗  environment   pypi   release

What is in no block is not known, which is not the same as absent. Nothing here raises.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bonded.dists.endpoints import known

__all__ = ["CiLog", "read_log"]

MAX_LOG = 4_000_000
"""Characters that are looked at, from the end of the log."""

MAX_VALUE = 2000
MAX_ANSWER = 20_000
MAX_ROW = 1000
TRIES = 50
"""Of each kind of block, so many are looked at, the last ones; what is hostile stays cheap."""

MASK = "***"
ACTION = "gh-action-pypi-publish"
MARKS = ("✓", "✗", "?")
NESTED = 6
"""Braces before a member at which its object may begin."""

_ESCAPES = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]|[@-Z\\^_])")
_PREFIXES = re.compile(
    r"^(?:[^\t\n]{1,200}\t[^\t\n]{1,200}\t)?"  # job and step, as `gh run view --log` has them
    r"\ufeff?(?:\d{4}-\d\d-\d\dT[\d:.]{8,20}Z\s?(?:\d\d[OE][+ ])?)?"
)
_COMMAND = re.compile(
    r"(?:##\[(?:error|warning|notice|debug)\]|::(?:error|warning|notice)[^:\n]*::)"
)
_BULLET = re.compile(r"^\s*[*•-]\s+`([a-z][a-z0-9_]*)`:\s+`([^`]{0,3000})`", re.MULTILINE)
_REASON = re.compile(r"^\s*[*•-]\s+`([a-z][a-z0-9-]*)`:\s+([^`\s][^\n]*)", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RENDERED = re.compile(r"claims rendered below")
_PLAIN = re.compile(r"^[^\w\n]*([a-z][a-z0-9_]*):[ \t]+(\S[^\n]*)$", re.MULTILINE)
_UV = re.compile(r"Token claims, which must match")
_RUST = re.compile(
    r'\b([a-z][a-z0-9_]*):\s+(?:Some\(\s*)?(?:"((?:[^"\\]|\\.){0,3000})"|(None)\b)', re.DOTALL
)
_COLUMNS = re.compile(r"\s{2,}")
_BROKEN = re.compile(r"\s*\n\s*")
_MEMBER = re.compile(r'"(?:errors|sub)"\s*:')
_AUDIENCE = re.compile(r"Got OIDC token for audience (\S+)")
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)(:\d{1,5})?(/legacy)?")

_SURE = frozenset(
    {"sub", "repository", "project_path", "email", "organization", "job_workflow_ref"}
)
"""A block without any of these is no block of claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CiLog:
    """What a log says. Texts are empty where it says nothing.

    `absent` are claims of which the log says that the token does not have them; `masked` those whose value the CI
    service has hidden. `code` and `description` are the index's, `steps` what it said besides. `audience` is that of
    the index to which the log points. `has_others` says that the claims of another token stand in the log before these.
    """

    tool: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    masked: tuple[str, ...] = ()
    code: str = ""
    description: str = ""
    steps: tuple[str, ...] = ()
    audience: str = ""
    has_others: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """Claims as one client printed them, and where; None for a claim that it says is absent."""

    place: int
    tool: str
    values: Mapping[str, str | None]


def read_log(text: str) -> CiLog:
    """Return what a log says of the last refused token in it; never raises."""
    clean = _cleaned(text[-MAX_LOG:])
    blocks = [one for one in _blocks(clean) if _SURE & one.values.keys()]
    last = max(blocks, key=lambda one: one.place, default=_Block(-1, "", {}))
    values = {name: value for name, value in last.values.items() if value is not None}
    reasons = _reasons(clean)
    code, description = reasons[0] if reasons else ("", "")
    return CiLog(
        tool=last.tool or ("twine" if "index server gave the following" in clean else ""),
        claims={name: value for name, value in values.items() if MASK not in value},
        absent=frozenset(last.values.keys() - values.keys()),
        masked=tuple(sorted(name for name, value in values.items() if MASK in value)),
        code=code,
        description=description,
        steps=tuple(text for _, text in reasons[1:]),
        audience=_audience(clean),
        has_others=any(_differs(one, last) for one in blocks),
    )


def _differs(one: _Block, other: _Block) -> bool:
    """Whether two blocks are of two tokens: a claim that both have says two things."""
    both = one.values.keys() & other.values.keys()
    return any(one.values[name] != other.values[name] for name in both)


def _cleaned(text: str) -> str:
    """Return the lines as the programs wrote them: without what log and terminal have added."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(map(_cleaned_line, text.split("\n")))


def _cleaned_line(line: str) -> str:
    line = _PREFIXES.sub("", line, count=1)
    stripped, commands = _COMMAND.subn("", line, count=1)
    if commands or "%0A" in line:  # the escapes of workflow commands
        stripped = stripped.replace("%0A", "\n").replace("%0D", "").replace("%25", "%")
    return stripped.removeprefix("Error: ")


def _blocks(text: str) -> Iterator[_Block]:
    yield from _in_turns(ACTION, _bullets(text))
    for mark in deque(_RENDERED.finditer(text), 1):
        lines = _PLAIN.finditer(text, mark.end(), mark.end() + MAX_ANSWER)
        yield from _in_turns(ACTION, ((mark.start(), one[1], one[2]) for one in lines))
    for mark in deque(_UV.finditer(text), TRIES):
        yield _Block(mark.start(), "uv", dict(_rust(text[mark.end() : mark.end() + MAX_ANSWER])))
    for place, document in _objects(text):
        if "sub" in document and _SURE & document.keys() - {"sub"}:
            texts = {str(name): value for name, value in document.items() if isinstance(value, str)}
            yield _Block(place, "json", texts)
    yield from _in_turns("bonded", _rows(text))


def _bullets(text: str) -> Iterator[tuple[int, str, str]]:
    for found in _BULLET.finditer(text):
        yield found.start(), found[1], _BROKEN.sub("", found[2])


def _in_turns(tool: str, pairs: Iterable[tuple[int, str, str]]) -> Iterator[_Block]:
    """Yield blocks of pairs; a name that comes again begins the next one."""
    values: dict[str, str | None] = {}
    place = 0
    for at, name, value in pairs:
        if name in values:
            yield _Block(place, tool, values)
            values = {}
        place = at
        values[name] = None if value in {"MISSING", "`MISSING`"} else value.strip("`")[:MAX_VALUE]
    if values:
        yield _Block(place, tool, values)


def _rows(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the rows of the tables that bonded prints: a mark, the claim, what is registered, what the token says."""
    place = 0
    for line in text.split("\n"):
        cells = _COLUMNS.split(line[:MAX_ROW].strip())
        if len(cells) >= 4 and cells[0] in MARKS and _NAME.fullmatch(cells[1]):  # noqa: PLR2004 - see above
            yield place, cells[1], "MISSING" if cells[3] == "(nothing)" else cells[3]
        place += len(line) + 1


def _rust(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the fields of a value as Rust prints it, until the first one that comes again."""
    seen: set[str] = set()
    for found in _RUST.finditer(text):
        name, value, nothing = found[1], found[2], found[3]
        if name in seen:
            return
        seen.add(name)
        yield name, None if nothing else _BROKEN.sub("", _unescaped(value))[:MAX_VALUE]


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{_BROKEN.sub("", text)}"'))
    except ValueError:
        return text


def _reasons(text: str) -> Sequence[tuple[str, str]]:
    """Return code and description of each error of the last answer."""
    answers: list[tuple[int, Sequence[tuple[str, str]]]] = []
    for place, document in _objects(text):
        if pairs := _errors(document):
            answers.append((place, pairs))
    printed = [
        (found.start(), (found[1], found[2].strip()[:MAX_VALUE]))
        for found in _REASON.finditer(text)
    ]
    if printed:
        last = printed[-1][0]
        heads = [at for at, (code, _) in printed if code.startswith(("invalid-", "not-enabled"))]
        begin = heads[-1] if heads else printed[0][0]
        answers.append((last, [pair for at, pair in printed if at >= begin]))
    return max(answers, key=lambda one: one[0], default=(0, ()))[1]


def _errors(document: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    """Return code and description of the errors in an answer of an index."""
    errors = document.get("errors")
    if not isinstance(errors, list):
        return ()
    return [
        (str(one.get("code", ""))[:MAX_VALUE], str(one.get("description", ""))[:MAX_VALUE])
        for one in errors
        if isinstance(one, dict)
    ]


def _objects(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield JSON objects that have errors or a subject, with their places; one broken into lines is put together."""
    for member in deque(_MEMBER.finditer(text), TRIES):
        begin = member.start()
        for _ in range(NESTED):
            begin = text.rfind("{", max(0, member.start() - MAX_ANSWER), begin)
            if begin < 0:
                break
            document = _object(text[begin : begin + MAX_ANSWER])
            if document is not None:
                yield begin, document
                break


def _object(text: str) -> Mapping[str, object] | None:
    for attempt in (text, _BROKEN.sub(" ", text)):
        try:
            document, _ = json.JSONDecoder().raw_decode(attempt)
        except (ValueError, RecursionError):
            continue
        return document if isinstance(document, dict) else None
    return None


def _audience(text: str) -> str:
    """Return the audience of the index that the log speaks of: what a client says, else the last address of uploads.

    An index that is not known by name has its host and port as its audience, unless it was told otherwise.
    """
    if said := _AUDIENCE.findall(text):
        return str(said[-1])[:MAX_VALUE]
    hosts = {host: index.audience for index in known() for host in index.hosts}
    seen = [
        (bool(found[3]), found[1].lower(), (found[2] or "").removesuffix(":443"))
        for found in _ADDRESS.finditer(text)
    ]
    uploads = [hosts.get(host, f"{host}{port}") for legacy, host, port in seen if legacy]
    pages = [hosts[host] for _, host, _ in seen if host in hosts]
    return (uploads or pages or [""])[-1]
