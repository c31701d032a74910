"""The claims of a generic publisher as text: lines `name=value`, and names with spaces between them.

Anybody may fill them in, for services that nobody here has looked at, so they are narrow: texts only, compared letter
for letter. A star may stand in a branch, a tag or a ref alone (`GLOB_CLAIMS`). Nowhere else can it be known which part
of a value is the owner's, and `*` there would be everybody.
"""

import re
from collections.abc import Mapping

from bonded.publishers.globs import STAR, glob_fault

__all__ = [
    "GLOB_CLAIMS",
    "claims_fault",
    "immutable_fault",
    "normalise_lines",
    "normalise_names",
    "read_lines",
]

GLOB_CLAIMS = frozenset(
    {"branch", "build_branch", "build_tag", "ref", "ref_name", "ref_path", "tag"}
)
"""Claims whose value may have stars: names of refs, which hold no owner and no repository."""

FORBIDDEN_CLAIMS = frozenset({"aud", "exp", "iat", "iss", "jti", "nbf", "nonce"})
"""Claims that are looked at elsewhere, or differ with every token (RFC 7519, section 4.1)."""

LEAST_CLAIMS = 2

MOST_CLAIMS = 20

MAX_VALUE = 512

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}")


def normalise_lines(text: str) -> str:
    """Return the lines in order of their text, without spaces at the ends of names and values, or empty lines."""
    return "\n".join(sorted(filter(None, (_normal(line) for line in text.split("\n")))))


def _normal(line: str) -> str:
    name, equals, value = line.strip().partition("=")
    return f"{name.strip()}{equals}{value.strip()}"


def normalise_names(text: str) -> str:
    """Return names in order, each once, with one space between them; commas are taken for spaces."""
    return " ".join(sorted(set(text.replace(",", " ").split())))


def read_lines(text: str) -> Mapping[str, str]:
    """Return normalised lines as values by name."""
    pairs = (line.partition("=") for line in text.split("\n"))
    return {name: value for name, _, value in pairs}


def claims_fault(text: str) -> str:
    """Return why normalised lines cannot be a publisher's claims, or an empty text."""
    lines = text.split("\n")
    fault = next(filter(None, map(_line_fault, lines)), "")
    if fault:
        return fault
    if len(read_lines(text)) < len(lines):
        return "names a claim twice"
    if not LEAST_CLAIMS <= len(lines) <= MOST_CLAIMS:
        return f"names {LEAST_CLAIMS} to {MOST_CLAIMS} claims, got {len(lines)}"
    return ""


def _line_fault(line: str) -> str:
    name, _, value = line.partition("=")
    if _NAME.fullmatch(name) is None or not value:
        return f"is lines of name=value, got {line!r}"
    if name in FORBIDDEN_CLAIMS:
        return f"cannot name {name!r}, which is not for publishers to decide"
    if len(value) > MAX_VALUE or not value.isprintable():
        return f"has values of at most {MAX_VALUE} printable characters, got {line!r}"
    if STAR not in value:
        return ""
    if name not in GLOB_CLAIMS:
        return f"has stars in {', '.join(sorted(GLOB_CLAIMS))} only, got {line!r}"
    return glob_fault(value)


def immutable_fault(names: str, lines: str) -> str:
    """Return why these claims cannot be the ones that outlive a rename, or an empty text."""
    values = read_lines(lines)
    for name in names.split():
        if name not in values:
            return f"names one of the claims, got {name!r}"
        if name in GLOB_CLAIMS:
            return f"names no branch and no tag, which anybody may make, got {name!r}"
    return ""
