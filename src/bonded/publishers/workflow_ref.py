"""`job_workflow_ref`: which file a job comes from, at which ref; the claim of GitHub and of those that follow it.

Refs and file names may hold `@`, `/` and `.yml`, so no part of the text can be cut out and trusted. To find candidates
a file name is read from it; to decide, the whole text is rebuilt from the publisher and the token's own ref or commit.
"""

from bonded.publishers.rule import Claims, shown

__all__ = ["at_this_commit", "workflow_filename", "workflow_refusal"]

SUFFIXES = (".yml@", ".yaml@")


def workflow_filename(job_workflow_ref: str) -> str:
    """Return the file name that PyPI reads out of a `job_workflow_ref`, or an empty text.

    It is the longest text without `/` that ends in `.yml` or `.yaml`, has something before that, and is followed by
    `@`; of several, the first. It only finds candidates: what it returns is under the control of whoever names refs.
    """
    for segment in job_workflow_ref.split("/"):
        if "@" not in segment:
            continue
        end, start = max(
            (place + len(suffix) - 1, place)
            for suffix in SUFFIXES
            for place in (segment.rfind(suffix),)
        )
        if start > 0:
            return segment[:end]
    return ""


def at_this_commit(expected: str, got: str | None, claims: Claims) -> bool:
    """Whether a `job_workflow_ref` is the expected path at the token's own ref or commit."""
    return got in _workflow_refs(expected, claims)


def _workflow_refs(path: str, claims: Claims) -> list[str]:
    marks = (shown(claims.get("ref")), shown(claims.get("sha")))
    return sorted(f"{path}@{mark}" for mark in marks if mark)


def workflow_refusal(expected: str, got: str | None, claims: Claims) -> str:
    """Return PyPI's text for a `job_workflow_ref` that does not match."""
    if not got:
        return "The job_workflow_ref claim is empty"
    accepted = _workflow_refs(expected, claims)
    if not accepted:
        return "The ref and sha claims are empty"
    return f"The job_workflow_ref claim does not match, expecting one of {accepted}, got {got!r}"
