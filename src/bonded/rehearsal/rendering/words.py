"""Numbers and states in the words of the page."""

from dataclasses import dataclass

from bonded.rehearsal.rendering.markup import Html, element, join
from bonded.rehearsal.report_text import TITLES

_MINUTE = 60
_UNIT = 1024
_SHORT = 12
_BLINK = 0.05


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a reader sees it: a sign and a word; `tone` only chooses the colour."""

    sign: str
    word: str
    tone: str


GOOD = Mark("✓", "done", "good")
BAD = Mark("✗", "failed", "bad")
GAP = Mark("?", "not rehearsed", "warn")
SKIPPED = Mark("\u2013", "skipped", "quiet")
CANCELLED = Mark("✗", "cancelled", "bad")
NONE = Mark("\u2013", "none", "quiet")
UNKNOWN = Mark("·", "not reached", "quiet")

_RESULTS = {
    "success": Mark("✓", "success", "good"),
    "failure": BAD,
    "cancelled": CANCELLED,
    "skipped": SKIPPED,
    "not rehearsed": GAP,
}


def mark_of(result: str) -> Mark:
    """Return how a step's or a job's result looks; one that is unknown is shown as it is."""
    return _RESULTS.get(result, Mark("·", result or "not played", "quiet"))


def badge(mark: Mark, word: str = "") -> Html:
    """Return a state as sign and word, both visible."""
    return element(
        "span",
        element("span", mark.sign, aria_hidden="true"),
        join((" ", word or mark.word)),
        class_=f"badge {mark.tone}",
    )


def sign(mark: Mark) -> Html:
    """Return a state as its sign, with the word for those who listen."""
    return element(
        "span",
        element("span", mark.sign, aria_hidden="true"),
        element("span", mark.word, class_="unseen"),
        class_=f"sign {mark.tone}",
    )


def duration(seconds: float) -> str:
    """Return seconds as a reader says them."""
    if seconds >= _MINUTE - _BLINK:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return f"{minutes} min {rest} s"
    return f"{seconds:.1f} s" if seconds >= _BLINK else "< 0.1 s"


def size(octets: int) -> str:
    """Return a size in the largest unit that leaves a number above one."""
    amount = float(octets)
    for unit in ("B", "KiB", "MiB"):
        if amount < _UNIT:
            return f"{octets} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _UNIT
    return f"{amount:.1f} GiB"


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def index_title(name: str) -> str:
    """Return the name that people know an index by."""
    return TITLES.get(name, name)


def short(commit: str) -> str:
    """Return the first characters of a commit's id, enough to tell it from others."""
    return commit[:_SHORT]
