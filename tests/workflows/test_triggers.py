import pytest

from bonded.errors import InvalidInput, Location
from bonded.workflows.events import Event
from bonded.workflows.model import Trigger, Workflow
from bonded.workflows.triggers import Start, starts

HERE = Location("release.yml", 3, 5)
Filters = dict[str, tuple[str, ...]]


def on(
    event: str, filters: Filters | None = None, types: tuple[str, ...] | None = None
) -> Workflow:
    """Return a workflow with one trigger."""
    trigger = Trigger(event=event, filters=filters or {}, types=types, location=HERE)
    return Workflow(path=".github/workflows/release.yml", triggers=(trigger,))


def tag(name: str = "v1.0") -> Event:
    """Return the push of a tag."""
    return Event(name="push", ref=f"refs/tags/{name}", sha="0" * 40)


def push(name: str = "main", paths: tuple[str, ...] | None = None) -> Event:
    """Return a push to a branch."""
    return Event(name="push", ref=f"refs/heads/{name}", sha="0" * 40, changed_paths=paths)


def other(name: str, action: str = "", ref: str = "refs/heads/main") -> Event:
    """Return an event that is no push."""
    return Event(name=name, ref=ref, sha="0" * 40, action=action)


TAGS: Filters = {"tags": ("v[0-9]*",)}
BRANCHES: Filters = {"branches": ("main",)}
IGNORE: Filters = {"branches-ignore": ("main", "!main"), "paths-ignore": ("docs/**",)}
CASES = [
    (on("push"), tag(), True, "the workflow has `on.push` without filters"),
    (on("push"), push(), True, "the workflow has `on.push` without filters"),
    (on("push"), other("release"), False, "the workflow has no `on.release`"),
    (
        on("push", TAGS),
        tag(),
        True,
        "`on.push.tags` has 'v[0-9]*', and the tag 'v1.0' matches it",
    ),
    (
        on("push", TAGS),
        tag("1.0"),
        False,
        "`on.push.tags` has no pattern that matches the tag '1.0': 'v[0-9]*'",
    ),
    (
        on("push", {"tags": ("v*", "!v*rc*")}),
        tag("v1rc1"),
        False,
        "`on.push.tags` has '!v*rc*', which takes back the tag 'v1rc1'",
    ),
    (
        on("push", {"tags-ignore": ("*rc*",)}),
        tag("v1rc1"),
        False,
        "`on.push.tags-ignore` has '*rc*', and the tag 'v1rc1' matches it",
    ),
    (
        on("push", {"tags-ignore": ("*rc*",)}),
        tag(),
        True,
        "`on.push.tags-ignore` has no pattern that matches the tag 'v1.0': '*rc*'",
    ),
    (
        on("push", TAGS),
        push(),
        False,
        "`on.push` has only tag filters, and this is the push of a branch",
    ),
    (
        on("push", BRANCHES),
        tag(),
        False,
        "`on.push` has only branch filters, and this is the push of a tag",
    ),
    (
        on("push", {"branches-ignore": ("x",)}),
        tag(),
        False,
        "`on.push` has only branch filters, and this is the push of a tag",
    ),
    (
        on("push", {**TAGS, **BRANCHES}),
        push(),
        True,
        "`on.push.branches` has 'main', and the branch 'main' matches it",
    ),
    (
        on("push", {"tags": (r"\d.\d",)}),
        tag("1.0"),
        False,
        (
            r"`on.push.tags` has no pattern that matches the tag '1.0': '\d.\d' "
            r"(GitHub does not say what the escape in '\d.\d' means; here it is the plain character)"
        ),
    ),
    (
        on("push", {"paths": ("src/**",)}),
        tag(),
        True,
        "the workflow has `on.push` without filters",
    ),
    (
        on("push", {"paths": ("src/**",)}),
        push(paths=("README.md", "src/a.py")),
        True,
        "`on.push.paths` lets the changed path 'src/a.py' pass",
    ),
    (
        on("push", {**BRANCHES, "paths": ("src/**",)}),
        push(paths=("README.md",)),
        False,
        "`on.push.paths` lets none of the changed paths pass",
    ),
    (
        on("push", IGNORE),
        push(paths=("docs/a.md",)),
        False,
        "`on.push.paths-ignore` lets none of the changed paths pass",
    ),
    (
        on("push", IGNORE),
        push(paths=("docs/a.md", "a")),
        True,
        "`on.push.branches-ignore` has '!main', which takes back the branch 'main'",
    ),
    (on("push"), push(paths=("x",)), True, "the workflow has `on.push` without filters"),
    (on("push", {"paths": ("x",)}), push(), True, "the workflow has `on.push` without filters"),
    (
        on("release", types=("created",)),
        other("release", "published", "refs/tags/v1"),
        False,
        "`on.release.types` is [created], and this event is published",
    ),
    (
        on("release", types=("created", "published")),
        other("release", "published", "refs/tags/v1"),
        True,
        "`on.release.types` is [created, published], and this event is published",
    ),
    (
        on("release"),
        other("release", "published", "refs/tags/v1"),
        True,
        "`on.release` names no types, so it takes all, and this event is published",
    ),
    (
        on("workflow_dispatch"),
        other("workflow_dispatch"),
        True,
        "the workflow has `on.workflow_dispatch` without filters",
    ),
    (on("schedule"), other("schedule"), True, "the workflow has `on.schedule` without filters"),
    (
        on("workflow_run", BRANCHES, ("completed",)),
        other("workflow_run", "requested"),
        False,
        "`on.workflow_run.types` is [completed], and this event is requested",
    ),
    (
        on("workflow_run", {"branches": ("x",)}),
        other("workflow_run"),
        False,
        "`on.workflow_run.branches` has no pattern that matches the branch 'main': 'x'",
    ),
    (
        on("pull_request"),
        other("pull_request", "labeled", "refs/pull/1/merge"),
        False,
        "`on.pull_request` names no types, so it takes [opened, synchronize, reopened], and this event is labeled",
    ),
    (
        on("pull_request", BRANCHES),
        other("pull_request", "", "refs/pull/1/merge"),
        True,
        "`on.pull_request.branches` has 'main', and the branch 'main' matches it",
    ),
]


@pytest.mark.parametrize(("workflow", "event", "begins", "rule"), CASES)
def test_the_deciding_rule_is_named(
    workflow: Workflow, event: Event, rule: str, *, begins: bool
) -> None:
    """A workflow starts or not, and one sentence says which rule decides."""
    trigger = None if "has no `on." in rule else workflow.triggers[0]

    assert starts(workflow, event) == Start(starts=begins, rule=rule, trigger=trigger)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"tags": ("v*",), "tags-ignore": ("x",)}, "has both `tags` and `tags-ignore`"),
        ({"tags": ("v[",)}, "`on.push.tags`: Invalid filter pattern 'v['"),
        ({"tags": ("!v*",)}, "at least one pattern must be without `!`"),
    ],
)
def test_a_filter_that_github_rejects_is_an_error_at_its_trigger(
    filters: Filters, message: str
) -> None:
    """A wrong pattern never counts as one that does not match."""
    with pytest.raises(InvalidInput) as caught:
        starts(on("push", filters), tag())

    (fault,) = caught.value.faults
    assert fault.location == HERE
    assert message in fault.message
