from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from bonded.dists import endpoints
from bonded.rehearsal import plan
from bonded.workflows.events import Event
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import publishings
from bonded.workflows.reading import read_workflow

WORKFLOW = """
on:
  push:
    tags: ['v*']
    branches: [main]
env: {TOKEN: '${{ secrets.FROM_ENV }}'}
jobs:
  publish:
    needs: [check, build]
    if: startsWith(github.ref, 'refs/tags/')
    runs-on: ubuntu-latest
    steps:
      - uses: PyPA/gh-action-pypi-publish@release/v1
  rehearse:
    if: github.ref == 'refs/heads/main'
    needs: build
    runs-on: ubuntu-latest
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {repository-url: 'TESTPYPI'}
  check:
    runs-on: ubuntu-latest
    steps: [{run: 'echo ${{ secrets.github_token }} ${{ secrets.Deploy }} ${{ secrets }}'}]
  build:
    needs: check
    runs-on: ubuntu-latest
    env: {A: '${{ secrets.DEPLOY || secrets.GIVEN }}', B: 'about secrets.NONE'}
    steps: [{run: make, name: '${{ secrets.NAME }}'}]
"""


def workflow(text: str = WORKFLOW) -> Workflow:
    text = text.replace("TESTPYPI", endpoints.testpypi().upload_url)
    return read_workflow(text, ".github/workflows/release.yml")


def one_job(step: str, job: str = "", on: str = "push") -> Workflow:
    return workflow(
        f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {job or 'env: {}'}\n    steps:\n      - {step}\n"
    )


def test_jobs_come_after_those_they_need() -> None:
    """The order is that of the file, as far as `needs` allows it."""
    assert [job.id for job in plan.order(workflow())] == ["check", "build", "publish", "rehearse"]


def world(event: Event, **inputs: Any) -> dict[str, Any]:
    return {
        "github": {"ref": event.ref, "event_name": event.name},
        "vars": {},
        "inputs": dict(inputs),
    }


TAG = Event(name="push", ref="refs/tags/v1.0", sha="c" * 40)
MAIN = Event(name="push", ref="refs/heads/main", sha="c" * 40)


@pytest.mark.parametrize(
    ("condition", "plays"),
    [
        ("", True),
        ("github.ref == 'refs/tags/v1.0'", True),
        ("${{ github.ref == 'refs/heads/main' }}", False),
        ("inputs.dry", False),
        ("needs.build.outputs.x == 'never'", True),
        ("always()", True),
        ("failure()", False),
        ("fromJSON(github.ref) == 1", True),
        ("github.ref == 'refs/heads/main' && steps.x.outputs.y", True),
    ],
)
def test_conditions_are_asked_before_the_play(condition: str, *, plays: bool) -> None:
    """What only a run can tell counts as true, everything else is decided."""
    found = publishings(
        one_job(f'{{run: uv publish, if: "{condition}"}}' if condition else "run: uv publish")
    )

    assert plan.plays(found[0], world(TAG)) is plays


def test_a_publishing_job_needs_its_ancestors_to_play() -> None:
    """A job whose ancestor is skipped does not play."""
    found = publishings(
        workflow(
            "on: push\njobs:\n  a:\n    if: false\n    runs-on: x\n    steps: [{run: a}]\n"
            "  b:\n    needs: a\n    runs-on: x\n    steps: [{run: uv publish}]\n"
        )
    )

    assert not plan.plays(found[0], world(TAG))


def test_the_event_that_publishes_to_pypi_is_chosen() -> None:
    """PyPI goes before TestPyPI, whatever the order of the candidates; the reason names the rule."""
    found = publishings(workflow())
    choice = plan.choose([MAIN, TAG], found, world)

    assert choice is not None
    assert choice.event is TAG
    assert "job 'publish' publishes" in choice.why

    rehearsal = plan.choose([MAIN], found, world)
    assert rehearsal is not None
    assert "job 'rehearse' publishes" in rehearsal.why

    assert plan.choose([Event(name="release", ref=TAG.ref, sha=TAG.sha)], found, world) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("github.ref == 'x'", ("github.ref",)),
        ("a ${{ secrets.A }} b ${{ vars['B'] }}", ("secrets.A", "vars.B")),
        ("make all", ()),
        ("${{ oops", ()),
    ],
)
def test_names_are_read_from_expressions(text: str, names: tuple[str, ...]) -> None:
    """What an expression reads is listed; what cannot be parsed reads nothing."""
    assert plan.read_names(text) == names


def test_missing_secrets_are_named() -> None:
    """Secrets that nobody gave are named once; the token of the run is always there."""
    assert plan.missing_secrets([workflow()], {"given": "x"}) == (
        "FROM_ENV",
        "Deploy",
        "DEPLOY",
        "NAME",
    )


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2.0", "1.2.0"),
        ("V1.2", "1.2"),
        ("1.2.0", "1.2.0"),
        ("1.2.0rc1", "1.2.0rc1"),
        ("v1.2.0-rc.1", "1.2.0-rc.1"),
        ("v1!2.0+local", "1!2.0+local"),
        ("tool-1.2", "1.2"),
        ("tool-v1.2", "1.2"),
        ("py3-v1.2", "1.2"),
        ("tool_1.2", "1.2"),
        ("tool/v1.2", "1.2"),
        ("tool@1.2", "1.2"),
        ("release/1.2", "1.2"),
        ("nightly", ""),
        ("v", ""),
        ("1.2/x", ""),
        ("", ""),
    ],
)
def test_a_tag_names_a_version(tag: str, version: str) -> None:
    """The usual ways to tag a release are understood."""
    assert plan.version_in(tag) == version


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("av1.2-_/@+! rc")))
def test_what_a_tag_names_ends_it(tag: str) -> None:
    """The version is the end of the tag and begins with a digit, or there is none."""
    version = plan.version_in(tag)

    assert tag.endswith(version)
    assert not version or version[0].isdigit()


@settings(max_examples=50, deadline=None)
@given(
    st.from_regex(r"[a-z][a-z_]*[a-z]", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){1,2}(rc1|\.post1|a2)?", fullmatch=True),
)
def test_every_candidate_names_the_version(name: str, version: str) -> None:
    """Each tag that bonded proposes is read back as the version it was made for."""
    for tag in plan.tag_candidates(version, name, ["old-v0.1", "other"]):
        assert Version(plan.version_in(tag)) == Version(version)


@pytest.mark.parametrize(
    ("existing", "first"),
    [
        ((), ["v1.2", "1.2", "tool-v1.2"]),
        (("1.1", "v0.9"), ["1.2", "v1.2"]),
        (("nightly", "py3-v1.1"), ["py3-v1.2", "v1.2"]),
        (("release/1.3", "x-1.2"), ["x-1.2", "release/1.2", "v1.2"]),
        (("v1.2.0",), ["v1.2.0", "v1.2"]),
    ],
)
def test_tags_follow_those_that_exist(existing: tuple[str, ...], first: list[str]) -> None:
    """A tag of this version goes first, then the style of the newest, then the usual ways."""
    assert list(plan.tag_candidates("1.2", "tool", existing))[: len(first)] == first


def test_a_version_may_be_no_version() -> None:
    """Tags are compared letter by letter where a version follows no rule."""
    assert plan.tag_candidates("2024-x", "tool", ["v2024-x"])[0] == "v2024-x"


def test_a_cycle_is_a_bug_of_the_reader() -> None:
    """The reader refuses cycles in `needs`; one that came through is said aloud."""
    jobs = workflow().jobs
    loop = replace(jobs[0], needs=(jobs[0].id,))

    with pytest.raises(ValueError, match="a cycle"):
        plan.order(replace(workflow(), jobs=(loop,)))
