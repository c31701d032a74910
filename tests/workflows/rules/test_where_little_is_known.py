"""Rules where a workflow leaves open what decides: they stay silent, or say it without a fix."""

import pytest

from bonded.workflows.case import Facts
from bonded.workflows.versions import next_finals, style_of, version_in
from rule_world import PUBLISH, bare, found, workflow

CHECKOUT = "      - uses: actions/checkout@v7\n"
WITH = f"{PUBLISH}        with:\n          "
UV = "      - uses: astral-sh/setup-uv@v7\n        with:\n          version: latest\n"


@pytest.mark.parametrize(
    ("rule", "text", "count", "fixes"),
    [
        ("cancelled-release", workflow(top="concurrency:\n  group: a\n"), 0, 0),
        ("cancelled-release", workflow(top="concurrency:\n  group: ${{ vars.G }}\n  cancel-in-progress: true\n"), 0, 0),
        ("leftover-secret", workflow(bare("      - run: twine upload -p word dist/*\n")), 0, 0),
        ("leftover-secret", workflow(bare(f"{WITH}password: ${{{{ steps.x.outputs.y }}}}\n")), 0, 0),
        ("local-version", workflow(on="  push:\n    branches: [main]\n"), 0, 0),
        ("skip-existing", workflow(bare(f"{WITH}skip-existing: ${{{{ vars.X }}}}\n")), 0, 0),
        ("smoke-command", workflow(bare('      - run: "uv run -c \\"import x\\""\n')), 1, 1),
        ("smoke-command", workflow(bare('      - run: "uv run \\u002dc \\"import x\\""\n')), 1, 0),
        ("skip-existing", workflow(bare("      - run: uv publish --skip-existing\n")), 1, 0),
        ("missing-contents-read", workflow(bare(CHECKOUT + PUBLISH), top="permissions: {}\n"), 1, 1),
        ("uv-version", workflow(bare(f"{UV}      - run: uv publish\n")), 0, 0),
    ],
)  # fmt: skip
def test_little_is_known(rule: str, text: str, count: int, fixes: int) -> None:
    """What is not known is not judged, and what cannot be mended in place is only said."""
    findings = found(
        text, rule, facts=Facts(pyproject={"tool": {"uv": {"required-version": ">=1"}}})
    )

    assert len(findings) == count
    assert sum(one.fix is not None for one in findings) == fixes


@pytest.mark.parametrize(
    ("tag", "version", "style"),
    [
        ("tool/v1.2", "1.2", "tool/v"),
        ("1.0-rc1", "1.0rc1", ""),
        ("v", None, None),
        ("v1.x", None, None),
    ],
)
def test_versions_in_tags(tag: str, version: str | None, style: str | None) -> None:
    """A tag names a version in a style, or neither."""
    named = version_in(tag)

    assert (str(named) if named else None) == version
    assert style_of(tag) == style
    assert bool(list(next_finals(tag))) is (version is not None)
