"""`ci_config_ref_uri`: which file configures a GitLab pipeline, at which ref.

As with GitHub's `job_workflow_ref`, refs and file paths may hold `@`, `//` and `.yml`, so no part of the text can be
cut out and trusted. To find candidates a path is read from it; to decide, the whole text is rebuilt from the
publisher and the token's own ref or commit.
"""

import re

from bonded.publishers.rule import Claims, shown

__all__ = ["at_this_commit", "config_filepath", "config_refusal"]

SUFFIX = re.compile(r"(?<!/)\.ya?ml(?=@)")


def config_filepath(ci_config_ref_uri: str) -> str:
    """Return the file path that PyPI reads out of a `ci_config_ref_uri`, or an empty text.

    It is what follows the first `//`, up to the last `.yml` or `.yaml` that is followed by `@` and has a character
    other than `/` before it. A branch with `.yml@` in its name makes the path too long: then nothing is found.
    """
    _, slashes, rest = ci_config_ref_uri.partition("//")
    ends = [match.end() for match in SUFFIX.finditer(rest, 1)]
    return rest[: ends[-1]] if slashes and ends else ""


def at_this_commit(expected: str, got: str | None, claims: Claims) -> bool:
    """Whether a `ci_config_ref_uri` is the expected path at the token's own ref or commit; it must have both."""
    return got in _config_refs(expected, claims)


def _config_refs(path: str, claims: Claims) -> list[str]:
    marks = (shown(claims.get("ref_path")), shown(claims.get("sha")))
    return sorted({f"{path}@{mark}" for mark in marks}) if all(marks) else []


def config_refusal(expected: str, got: str | None, claims: Claims) -> str:
    """Return PyPI's text for a `ci_config_ref_uri` that does not match."""
    if not got:
        return "The ci_config_ref_uri claim is empty"
    accepted = _config_refs(expected, claims)
    if not accepted:
        return "The ref_path and sha claims are empty"
    return f"The ci_config_ref_uri claim does not match, expecting one of {accepted}, got {got!r}"
