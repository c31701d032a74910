"""What the rules of `bonded check` are, in words: the list, one rule for a terminal, and its page."""

from collections.abc import Iterator
from difflib import get_close_matches

from bonded.errors import UsageError
from bonded.workflows.audit import NOT_READ, RULES, SYNTAX
from bonded.workflows.ignores import UNUSED
from bonded.workflows.rule import Example, Rule

# What is about the files themselves, by id: how severe it is, what it says, why, and what to do.
_OF_FILES = {
    SYNTAX: (
        "error",
        "The file is not one that can be read: GitHub refuses the workflow.",
        (
            "A workflow with such a fault starts at no event, and no other check looks at it. The same id tells of a "
            "pyproject.toml that cannot be read."
        ),
        "Mend what the message names, at its line and column.",
    ),
    NOT_READ: (
        "info",
        "GitHub takes this, and bonded does not read it.",
        "Some things that YAML or a workflow may hold are beyond bonded, so it cannot judge the file.",
        "Nothing has to be done. Written more plainly, the file is judged like any other.",
    ),
    UNUSED: (
        "warning",
        "A comment ignores nothing.",
        (
            "`# bonded: ignore[…]` names a check that finds nothing on its line, or no check at all. Left there, it "
            "would hide the next finding of that place."
        ),
        "Take the id out of the comment, or the whole comment.",
    ),
}


def listed() -> str:
    """Return every rule on one line each."""
    width = max(len(rule.id) for rule in RULES)
    return "\n".join(f"{rule.id:<{width}}  {rule.severity.word:<7}  {rule.title}" for rule in RULES)


def explained(name: str) -> str:
    """Return what one rule is about; raises UsageError for an id that is none."""
    wanted = name.strip().lower().replace("_", "-")
    if wanted in _OF_FILES:
        severity, title, reason, remedy = _OF_FILES[wanted]
        return "\n".join([f"{wanted} ({severity})", "", title, reason, "", f"Instead: {remedy}"])
    found = [rule for rule in RULES if wanted in {rule.id, rule.alias.lower()}]
    if not found:
        near = get_close_matches(wanted, [*(rule.id for rule in RULES), *_OF_FILES], 1)
        hint = f"did you mean {near[0]}?" if near else "`bonded check --list` shows all rules"
        if wanted.startswith("zizmor/"):
            hint = "zizmor's own documentation explains its audits"
        raise UsageError(f"there is no rule {name}", hint=hint)
    return "\n\n".join("\n".join(_explanation(rule)) for rule in found)


def _explanation(rule: Rule) -> Iterator[str]:
    yield f"{rule.id} ({rule.severity.word})"
    yield ""
    yield from (rule.title, rule.reason, "", f"Instead: {rule.remedy}")
    for word, example in (("Bad", rule.bad), ("Good", rule.good)):
        yield from ("", f"{_titled(word, example)}:", "")
        yield from (f"    {line}" for line in example.workflow.splitlines())


def _titled(word: str, example: Example) -> str:
    return f"{word}, {example.about}" if example.about else word


def page(rule: Rule) -> str:
    """Return the page of a rule for the documentation, as Markdown."""
    return "\n".join(
        [
            f"# `{rule.id}`",
            "",
            f"*{rule.severity.word}* · {rule.alias}",
            "",
            f"**{rule.title}**",
            "",
            rule.reason,
            "",
            rule.remedy,
            "",
            f"{_titled('Found', rule.bad)}:",
            "",
            "```yaml",
            f"{rule.bad.workflow.rstrip()}",
            "```",
            "",
            f"{_titled('Not found', rule.good)}:",
            "",
            "```yaml",
            f"{rule.good.workflow.rstrip()}",
            "```",
            *_ignored(rule),
            "",
        ]
    )


def _ignored(rule: Rule) -> Iterator[str]:
    yield ""
    comment = f"`# bonded: ignore[{rule.id}]`"
    yield f"To keep it as it is, write {comment} and the reason on the line, or above it."


def index() -> str:
    """Return the page of all rules, as Markdown."""
    lines = [
        "# All checks",
        "",
        "`bonded check` makes these, and [zizmor's](https://docs.zizmor.sh/audits/) beside them.",
        "",
        "| check | | finds |",
        "|---|---|---|",
        *(
            f"| [`{rule.id}`]({rule.id}.md) | {rule.severity.word} | {rule.title} |"
            for rule in RULES
        ),
        "",
        (
            "Three more are about the files themselves: `syntax` (error) says what GitHub refuses, "
            "`not-read` (info) what GitHub takes and bonded cannot judge, "
            "and `unused-ignore` (warning) that a comment ignores nothing."
        ),
        "",
    ]
    return "\n".join(lines)
