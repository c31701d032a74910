"""Every rule has its page, which is written from its file.

To write the pages anew: `python tests/docs/test_checks.py`.
"""

import sys
from pathlib import Path

import pytest

from bonded.cli.check_words import index, page
from bonded.workflows.audit import RULES
from bonded.workflows.rule import Rule

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "checks"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_page_says_what_the_rule_says(rule: Rule) -> None:
    """Title, reason, remedy and both examples are those of the code."""
    assert (FOLDER / f"{rule.id}.md").read_text("utf-8") == page(rule)


def test_the_list_is_whole() -> None:
    """The page of all rules names each of them, and there is no page of a rule that is gone."""
    pages = {path.stem for path in FOLDER.glob("*.md")}

    assert (FOLDER / "index.md").read_text("utf-8") == index()
    assert pages == {rule.id for rule in RULES} | {"index"}


if __name__ == "__main__":
    for one in RULES:
        (FOLDER / f"{one.id}.md").write_text(page(one), "utf-8")
    sys.exit((FOLDER / "index.md").write_text(index(), "utf-8") == 0)
