import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.actions.catalogue import ACTIONS, find
from bonded.rehearsal.actions.role import NotRehearsed, StepFailed
from bonded.rehearsal.actions.versions import VERSIONS, check

SHA = "8ade135a41bc03ea155e62e844d188df1ea18608"


@pytest.mark.parametrize(
    ("uses", "words", "hint"),
    [
        ("actions/upload-artifact@v3", "deprecated version of `actions/upload-artifact: v3`", "v4"),
        ("actions/download-artifact@v2.1.1", "actions/download-artifact: v2.1.1", "v4 or newer"),
        ("Actions/Upload-Artifact@1", "actions/upload-artifact: 1", "v4 or newer"),
        ("actions/cache@v2", "actions/cache: v2", "v4 or newer"),
        ("actions/cache/restore@v3.3.2", "actions/cache: v3.3.2", "v4 or newer"),
        ("pypa/gh-action-pypi-publish@master", "`master` was retired", "release/v1"),
        ("pypa/gh-action-pypi-publish@v1.5.1", "trusted publishing came with v1.8", "release/v1"),
        ("hynek/build-and-inspect-python-package@v1.5", "uses a deprecated version", "v2 or newer"),
    ],
)
def test_a_version_that_github_fails_fails_here(uses: str, words: str, hint: str) -> None:
    """A tag plainly older than what still works ends the step, with the version to use."""
    with pytest.raises(StepFailed) as caught:
        find(uses)

    assert words in caught.value.message
    assert hint in caught.value.hint
    assert not isinstance(caught.value, NotRehearsed)


@pytest.mark.parametrize(
    "uses",
    [
        "actions/upload-artifact@v4",
        "actions/upload-artifact@v4.0.0",
        "actions/cache@v3",
        "actions/cache@v3.4",
        "actions/cache@v3.4.3",
        "actions/cache/save@v6.0.1",
        "actions/checkout@v1",
        "actions/checkout@main",
        "actions/checkout@v8",
        f"actions/upload-artifact@{SHA}",
        "pypa/gh-action-pypi-publish@v1",
        "pypa/gh-action-pypi-publish@v1.8",
        "pypa/gh-action-pypi-publish@v1.14.0",
        "pypa/gh-action-pypi-publish@release/v1",
        "hynek/build-and-inspect-python-package@v2",
    ],
)
def test_a_version_that_works_is_found(uses: str) -> None:
    """What still works is played, and so is a commit, a branch and a major that may have come out since."""
    assert find(uses) is not None


@pytest.mark.parametrize("uses", ["actions/checkout@v99", "actions/cache/save@v12.0.0"])
def test_a_version_that_nobody_knows_is_not_rehearsed(uses: str) -> None:
    """A major far above the newest known may be a slip, or too new for this stage."""
    with pytest.raises(NotRehearsed, match="no such version is known here"):
        find(uses)


def test_an_action_without_a_stand_in_has_no_versions() -> None:
    """What is not played is not judged either."""
    assert find("octo/act@v0") is None


def test_every_stand_in_has_its_versions() -> None:
    """The table has the repository of each action in the catalogue, and no other."""
    repositories = {"/".join(name.split("/")[:2]) for one in ACTIONS for name in one.names}

    assert set(VERSIONS) == repositories


@given(st.sampled_from(sorted(VERSIONS)), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_ref_is_judged(name: str, ref: str) -> None:
    """Whatever stands behind the `@`, the answer is a pass or a sentence."""
    with contextlib.suppress(StepFailed):
        check(f"{name}@{ref}")
