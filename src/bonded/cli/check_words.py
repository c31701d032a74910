"""What the rules of `bonded check` are, in words: the list, one rule for a terminal, and its page."""

from collections.abc import Iterator
from difflib import get_close_matches

from bonded.errors import UsageError
from bonded.workflows.audit import RULES
from bonded.workflows.rule import Example, Rule


def listed() -> str:
    """Return every rule on one line each."""
    width = max(len(rule.id) for rule in RULES)
    return "\n".join(f"{rule.id:<{width}}  {rule.severity.word:<7}  {rule.title}" for rule in RULES)


def explained(name: str) -> str:
    """Return what one rule is about; raises UsageError for an id that is none."""
    wanted = name.strip().lower().replace("_", "-")
    found = [rule for rule in RULES if wanted in {rule.id, rule.alias.lower()}]
    if not found:
        near = get_close_matches(wanted, [rule.id for rule in RULES], 1)
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
