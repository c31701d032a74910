"""What may stand in a log: no secret, and nothing that a terminal obeys.

The log is read by more people than the data folder, and shipped elsewhere. So whatever has the shape of a secret is
taken out of every line, wherever it came from: tokens of indexes and of code hosts, JWTs, what follows the words of an
Authorization header, passwords in addresses, and everything behind a question mark inside a word. Tokens are found
inside of words, too: a stranger may glue theirs, or somebody else's, to anything.
"""

import re

__all__ = ["MASK", "escaped", "masked"]

MASK = "***"

_SECRETS = re.compile(
    r"(?P<word>\b(?:bearer|basic|token|negotiate)[\s:=]+)[^\s,;\"']{8,}"
    r"|(?P<response>\bdigest\s{1,9}\w{1,20}=)[^\s,;]+"
    r"|(?P<field>(?:authorization|password|passwd|secret|api[_-]?key|access[_-]?token|id[_-]?token)"
    r"[\"']?\s*[:=]\s*[\"']?)[^\s,;\"'&]+"
    r"|(?P<user>://[^\s/:@?#]*:)[^\s/?#]*(?=@)"
    r"|(?:bonded|pypi)-[A-Za-z0-9_-]{16,}"
    r"|(?:gh[a-z]_|github_pat_|glpat-|npm_|xox[a-z]-)[A-Za-z0-9_-]{16,}"
    r"|(?-i:eyJ)[A-Za-z0-9_-]{13,}(?:\.[A-Za-z0-9_-]*){0,4}"
    r"|(?P<query>(?<=[^\s?\"'])\?)[^\s\"']+",
    re.IGNORECASE,
)
"""Strangers write what is looked through, so no branch may read on from many places only to fail: whatever has no end
of its own is taken, or given up within a few signs."""

_ESCAPED = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\\]"
)
_LATIN = 0xFF
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": "\\\\"}


def masked(text: str) -> str:
    """Return a text in which `***` stands for whatever looks like a secret."""
    return _SECRETS.sub(_hidden, text)


def escaped(text: str) -> str:
    r"""Return a text on one line that a terminal only shows: control characters are written as `\x1b`."""
    return _ESCAPED.sub(_written, text)


def _hidden(found: re.Match[str]) -> str:
    kept = next((part for part in found.groupdict().values() if part), "")
    return kept + MASK


def _written(found: re.Match[str]) -> str:
    sign = found[0]
    number = ord(sign)
    return _SHORT.get(sign) or (f"\\x{number:02x}" if number <= _LATIN else f"\\u{number:04x}")
