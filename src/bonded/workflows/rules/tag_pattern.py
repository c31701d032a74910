"""The pattern of tags does not fit the tags."""

import re
from collections.abc import Iterable, Iterator

from bonded.workflows import edits
from bonded.workflows.case import Case, Facts
from bonded.workflows.document import Scalar
from bonded.workflows.filters import FilterError, matches
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.publishing import Publishing, compares_tag, scalars, way_to
from bonded.workflows.reach import holds, reaches, tag_push
from bonded.workflows.rule import Example, Rule
from bonded.workflows.versions import newest, next_finals

NEVER = (
    (
        re.compile(r"^!?refs/"),
        "the filter compares the short name, which never begins with `refs/`",
    ),
    (
        re.compile(r"[?+*@!]\("),
        "parentheses mean themselves here, because this is no glob of a shell",
    ),
    (
        re.compile(r"^\^|\$$"),
        "`^` and `$` mean themselves here, because this is no regular expression",
    ),
)
ESCAPE = re.compile(r"\\[A-Za-z]")
ODD = "very_cool_tag"


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Judge the patterns by themselves, then with the tags that are known."""
    patterns = list(scalars(case.node("on", "push", "tags")))
    if not patterns or not case.publishings:
        return
    broken = list(_broken(rule, case, patterns))
    yield from broken
    if not broken and _publishes_tags(case):
        yield from _missed(rule, case, patterns)
        if not all(_harmless(case, publishing) for publishing in case.publishings):
            yield from _too_wide(rule, case, patterns)


def _publishes_tags(case: Case) -> bool:
    """Say whether the push of a tag can get as far as an upload; the patterns may serve another purpose."""
    return not all(_kept_out(case, publishing) for publishing in case.publishings)


def _harmless(case: Case, publishing: Publishing) -> bool:
    """Say whether an odd tag could not reach PyPI: it is kept out, goes elsewhere, or a step on the way stops it."""
    jobs = way_to(case.workflow, publishing.job)
    # What a called workflow does nobody sees here; many of them look at the tag.
    gated = any(job.uses or any(map(compares_tag, job.steps)) for job in jobs)
    return gated or publishing.index == "testpypi" or _kept_out(case, publishing)


def _kept_out(case: Case, publishing: Publishing) -> bool:
    jobs = way_to(case.workflow, publishing.job)
    conditions = [*(one.condition for one in jobs), publishing.step.condition]
    return all(
        any(holds(one, tag_push(tag), case.workflow) is False for one in conditions)
        for tag in ("v1.2.3", "1.2.3")
    )


def _broken(rule: Rule, case: Case, patterns: list[Scalar]) -> Iterator[Finding]:
    for pattern in patterns:
        why = next((why for shape, why in NEVER if shape.search(pattern.text)), "")
        if why:
            message = f"`{pattern.text}` matches no tag: {why}"
            yield rule.finding(case.at(pattern), message, fix=_shorter(case, pattern))
        elif ESCAPE.search(pattern.text):
            message = f"`{pattern.text}` escapes a letter; GitHub does not say what that means"
            yield rule.finding(case.at(pattern), message, severity=Severity.WARNING)


def _shorter(case: Case, pattern: Scalar) -> Fix | None:
    short = pattern.text.removeprefix("refs/tags/")
    if short == pattern.text:
        return None
    return Fix(title=f"write `{short}`", edits=(edits.replace_scalar(case.source, pattern, short),))


def _missed(rule: Rule, case: Case, patterns: list[Scalar]) -> Iterator[Finding]:
    if [trigger.event for trigger in case.workflow.triggers if trigger.event != "push"]:
        wanted = []  # a release can also be made in another way
    elif case.facts.next_tag:
        wanted = [case.facts.next_tag]
    else:
        last = newest(case.facts.tags or ()) if len(case.facts.names) < 2 else None  # noqa: PLR2004 - more than one
        wanted = [last, *next_finals(last)] if last else []
    texts = [pattern.text for pattern in patterns]
    missed = [tag for tag in wanted if not (_passes(texts, tag) or _published_elsewhere(case, tag))]
    if missed and len(missed) == len(wanted):
        message = f"the tag `{missed[0]}` starts nothing: no pattern matches it"
        yield rule.finding(case.at(patterns[0]), message)
    elif missed:
        message = f"the tag `{missed[0]}` would start nothing: no pattern matches it"
        yield rule.finding(case.at(patterns[0]), message, severity=Severity.WARNING)
    usual = [tag for tag in ("v1.2.3", "1.2.3") if _passes(texts, tag)]
    for tag in usual:
        if not _passes(texts, f"{tag}rc1"):
            message = f"pre-releases start nothing: no pattern matches `{tag}rc1`"
            yield rule.finding(case.at(patterns[0]), message, severity=Severity.INFO)
            return


def _published_elsewhere(case: Case, tag: str) -> bool:
    return any(
        reaches(other, tag_push(tag), job) is not False
        for other in case.others
        for job in other.jobs
    )


def _too_wide(rule: Rule, case: Case, patterns: list[Scalar]) -> Iterator[Finding]:
    if not _passes([pattern.text for pattern in patterns], ODD):
        return
    wide = next(pattern for pattern in patterns if _passes([pattern.text], ODD))
    message = f"`{wide.text}` also matches tags that are no version, such as `{ODD}`"
    fix = None
    if wide.text == "v*":
        edit = edits.replace_scalar(case.source, wide, "v[0-9]*")
        fix = Fix(title="write `v[0-9]*`", edits=(edit,), safe=False)
    yield rule.finding(case.at(wide), message, severity=Severity.INFO, fix=fix)


def _passes(patterns: list[str], tag: str) -> bool:
    try:
        return matches(patterns, tag)
    except FilterError:
        return True  # the reader says so


WORKFLOW = """\
on:
  push:
    tags: ['{pattern}']
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

RULE = Rule(
    id="tag-pattern",
    alias="T8",
    severity=Severity.ERROR,
    title="The pattern of tags does not fit the project's tags.",
    reason="A tag that no pattern matches starts nothing, and GitHub says nothing about it. A "
    "pattern that is too wide starts a release by accident.",
    remedy="`v[0-9]*` matches every version after a `v`, pre-releases included.",
    bad=Example(
        workflow=WORKFLOW.format(pattern="[0-9]*"),
        about="in a project with the tags `v1.0.0` and `v1.1.0`",
        facts=Facts(tags=("v1.1.0", "v1.0.0")),
    ),
    good=Example(
        workflow=WORKFLOW.format(pattern="v[0-9]*"),
        about="in a project with the tags `v1.0.0` and `v1.1.0`",
        facts=Facts(tags=("v1.1.0", "v1.0.0")),
    ),
    find=find,
)
