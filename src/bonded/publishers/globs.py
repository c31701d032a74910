"""Texts with `*` in them, for branches and tags: `*` stands for any characters except `/`, none included.

There is no other sign, and no way to write a star itself. Matching takes linear time whatever the texts are, since
claims may be a stranger's.
"""

from bonded.publishers.rule import Claims, Field

__all__ = ["STAR", "GlobField", "glob_fault", "matches", "matches_claim"]

STAR = "*"

MAX_STARS = 3


class GlobField(Field):
    """A field whose value may have stars in it."""

    __slots__ = ()

    def fault(self, text: str) -> str:
        """Return why a text cannot be this field's value, or an empty text."""
        return Field.fault(self, text) or (glob_fault(text) if text else "")


def matches(glob: str, text: str) -> bool:
    """Whether a text is one that the glob stands for, letter for letter outside its stars."""
    wanted, got = glob.split("/"), text.split("/")
    return len(wanted) == len(got) and all(map(_segment_matches, wanted, got))


def _segment_matches(glob: str, text: str) -> bool:
    first, *rest = glob.split(STAR)
    if not rest:
        return text == glob
    last = rest.pop()
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def matches_claim(expected: str, got: str | None, _claims: Claims) -> bool:
    """Compare a claim with a glob; an absent or empty claim never matches."""
    return bool(got) and got is not None and matches(expected, got)


def glob_fault(text: str) -> str:
    """Return why a text is too open for a glob, or an empty text.

    Something must stand before the first star, and where the text has parts (`/`, `:`) the first of them is written
    out: it may be the owner's.
    """
    if text.count(STAR) > MAX_STARS:
        return f"has at most {MAX_STARS} stars, got {text!r}"
    head = text.partition(STAR)[0] if STAR in text else text
    if not head:
        return f"has something before its first star, got {text!r}"
    first = next((place for place, char in enumerate(text) if char in "/:"), None)
    if first is not None and len(head) < first:
        return f"has no star before its first '/' or ':', got {text!r}"
    return ""
