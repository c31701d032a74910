"""At a published release the jobs of one package alone begin, where several packages share a repository."""

from dataclasses import replace

import pytest

from bonded.rehearsal.conditions import holds
from bonded.workflows.drafting.subject import Wishes
from bonded.workflows.drafting.tag_conditions import own_tags
from bonded.workflows.reading import read_workflow
from project_kinds import KINDS, proposed

KIND = KINDS["workspace-at-releases"]
PACKAGE = proposed(KIND)[0].packages[0]


def begins(name: str, tag: str, *, event: str = "release") -> bool:
    """Say whether the first job of a workflow begins at an event."""
    texts = {change.path: change.after for change in proposed(KIND)[1].changes}
    path = f".github/workflows/{name}.yml"
    job = read_workflow(texts[path], path).jobs[0]
    github = {"event_name": event, "ref_name": tag, "ref_type": "tag"}
    assert job.condition is not None
    return holds(job.condition, {"github": github, "needs": {}}, status="success")


@pytest.mark.parametrize(
    ("tag", "started"),
    [
        ("tweed-1.0.0", "release-tweed"),
        ("tweed-core-v1.0.0", "release-tweed-core"),
        ("tweed-extra-v1.0.0", "release-tweed-extra"),
        ("v1.0.0", ""),
    ],
)
def test_a_release_is_that_of_one_package(tag: str, started: str) -> None:
    """Each workflow starts at every published release; only the tag's own goes on, though one begins like another."""
    names = ("release-tweed", "release-tweed-core", "release-tweed-extra")

    assert [name for name in names if begins(name, tag)] == ([started] if started else [])
    assert all(begins(name, "main", event="workflow_dispatch") for name in names)


@pytest.mark.parametrize(
    ("wishes", "siblings", "condition"),
    [
        (Wishes(trigger="tag"), 1, ""),
        (Wishes(trigger="release"), 0, ""),
        (Wishes(trigger="release"), 1, "if: startsWith(github.ref_name, 'it''s-v')"),
    ],
)
def test_a_condition_stands_only_where_it_is_needed(
    wishes: Wishes, siblings: int, condition: str
) -> None:
    """A pushed tag has its filter, and a package alone has nobody to be taken for."""
    package = replace(PACKAGE, tag_prefix="it's-v")
    others = [replace(PACKAGE, tag_prefix="other-v")] * siblings

    assert own_tags(package, others, wishes) == condition
