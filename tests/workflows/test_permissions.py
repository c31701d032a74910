from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.errors import Location
from bonded.workflows.events import Event
from bonded.workflows.model import Job, Permissions, Workflow
from bonded.workflows.permissions import Setting, granted, may_request_id_token, why_no_id_token
from bonded.workflows.schema import LEVELS

TAG = Event(name="push", ref="refs/tags/v1", sha="a" * 40)
PULL_REQUEST = Event(name="pull_request", ref="refs/pull/1/merge", sha="a" * 40)
TARGET = Event(name="pull_request_target", ref="refs/heads/main", sha="a" * 40)
FILE = "a.yml"


def block(line: int, scopes: dict[str, str] | str | None) -> Permissions | None:
    """Return a block at a line, a shorthand, or none."""
    if scopes is None:
        return None
    if isinstance(scopes, str):
        return Permissions(shorthand=scopes, location=Location(FILE, line, 1))
    return Permissions(scopes=scopes, location=Location(FILE, line, 1))


def pair(
    of_workflow: dict[str, str] | str | None, of_job: dict[str, str] | str | None
) -> tuple[Workflow, Job]:
    """Return a workflow and its job with these blocks at lines 2 and 20."""
    job = Job(id="publish", permissions=block(20, of_job), location=Location(FILE, 18, 3))
    return Workflow(path=FILE, permissions=block(2, of_workflow), jobs=(job,)), job


Block = dict[str, str] | str | None


@pytest.mark.parametrize(
    ("of_workflow", "of_job", "expected"),
    [
        (None, None, {"contents": "read", "packages": "read"}),
        ({}, None, {}),
        ({"contents": "write"}, None, {"contents": "write"}),
        ({"contents": "write"}, {"id-token": "write"}, {"id-token": "write"}),
        ({"id-token": "write"}, {"contents": "read"}, {"contents": "read"}),
        ("write-all", {}, {}),
        (None, {"issues": "none"}, {}),
    ],
)
def test_blocks(of_workflow: Block, of_job: Block, expected: dict[str, str]) -> None:
    """The job's block replaces the workflow's, what it does not name is none; metadata is always read."""
    workflow, job = pair(of_workflow, of_job)
    levels = granted(workflow, job, event=TAG)

    assert {**expected, "metadata": "read"} == {k: v for k, v in levels.items() if v != "none"}
    assert {*LEVELS, "metadata"} == set(levels)


def test_write_all() -> None:
    """`write-all` gives an ID token too, and no more than read where there is no more."""
    levels = granted(*pair("write-all", None), event=TAG)

    assert {scope: level for scope, level in levels.items() if level != "write"} == {
        "models": "read",
        "vulnerability-alerts": "read",
        "metadata": "read",
    }


def test_read_all() -> None:
    """`read-all` reads everything, which is no use for an ID token."""
    assert {"read"} == set(granted(*pair(None, "read-all"), event=TAG).values())
    assert not may_request_id_token(*pair(None, "read-all"), event=TAG)


def test_permissive_setting() -> None:
    """A permissive repository writes everything by default, except ID tokens."""
    levels = granted(*pair(None, None), event=TAG, default="permissive")

    assert (levels["contents"], levels["models"], levels["id-token"]) == ("write", "read", "none")


def test_fork() -> None:
    """A pull request from a fork reads what it would write, and gets no ID token."""
    workflow, job = pair(None, {"id-token": "write", "contents": "write", "issues": "none"})
    levels = granted(workflow, job, event=PULL_REQUEST, fork=True)

    assert (levels["contents"], levels["issues"], levels["id-token"]) == ("read", "none", "none")
    assert may_request_id_token(workflow, job, event=PULL_REQUEST)
    assert may_request_id_token(workflow, job, event=TARGET, fork=True)
    assert "comes from a fork" in why_no_id_token(workflow, job, event=PULL_REQUEST, fork=True)


@pytest.mark.parametrize(
    ("of_workflow", "of_job", "sentence"),
    [
        (
            None,
            None,
            (
                "Neither the job `publish` (a.yml:18:3) nor the workflow has `permissions`, and no setting of a "
                "repository gives `id-token` by default. Write `id-token: write` into the `permissions` of the job "
                "`publish`."
            ),
        ),
        (
            {"contents": "read"},
            None,
            (
                "The job `publish` has no `permissions` of its own, so the workflow's decide (a.yml:2:1), and they "
                "say only `contents: read`. Write `id-token: write` into the `permissions` of the job `publish`, "
                "with all else that it needs, because a job's block replaces the workflow's."
            ),
        ),
        (
            {"id-token": "write"},
            {"contents": "read"},
            (
                "The `permissions` of the job `publish` (a.yml:20:1) say only `contents: read` and replace the "
                "workflow's (a.yml:2:1), which would allow it. Write `id-token: write` into the `permissions` of "
                "the job `publish`."
            ),
        ),
        (
            "write-all",
            {"id-token": "none"},
            (
                "The `permissions` of the job `publish` (a.yml:20:1) say `id-token: none` and replace the "
                "workflow's (a.yml:2:1), which would allow it. Write `id-token: write` into the `permissions` of "
                "the job `publish`."
            ),
        ),
        (
            None,
            "read-all",
            (
                "The `permissions` of the job `publish` (a.yml:20:1) say `read-all`. Write `id-token: write` into "
                "the `permissions` of the job `publish`."
            ),
        ),
        (
            {},
            {},
            (
                "The `permissions` of the job `publish` (a.yml:20:1) say that nothing is allowed (`{}`). Write "
                "`id-token: write` into the `permissions` of the job `publish`."
            ),
        ),
        (None, {"id-token": "write"}, ""),
    ],
)
def test_why_no_id_token(of_workflow: Block, of_job: Block, sentence: str) -> None:
    """The sentence names the block that decides, where it stands and what to write."""
    assert sentence == why_no_id_token(*pair(of_workflow, of_job), event=TAG)


BLOCKS = st.one_of(
    st.none(),
    st.sampled_from(["read-all", "write-all"]),
    st.dictionaries(st.sampled_from(list(LEVELS)), st.sampled_from(["read", "write", "none"])),
)


@given(BLOCKS, BLOCKS, st.sampled_from(["restricted", "permissive"]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_id_token_by_default(
    of_workflow: Block, of_job: Block, default: Setting, fork: Literal[True, False]
) -> None:
    """An ID token needs a word in the deciding block, and there is a sentence exactly if there is no token."""
    workflow, job = pair(of_workflow, of_job)
    may = may_request_id_token(workflow, job, event=PULL_REQUEST, fork=fork, default=default)
    deciding = of_workflow if of_job is None else of_job
    asked = deciding == "write-all" or (
        isinstance(deciding, dict) and deciding.get("id-token") == "write"
    )

    assert may == (asked and not fork)
    assert bool(why_no_id_token(workflow, job, event=PULL_REQUEST, fork=fork)) is not may
