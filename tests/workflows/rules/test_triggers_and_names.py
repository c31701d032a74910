"""Rules about what starts a release, and about names, tags and versions, beyond their own examples."""

import pytest

from bonded.workflows.audit import mend
from bonded.workflows.case import Facts
from rule_world import PUBLISH, bare, found, job, workflow

RELEASE = "  release:\n"


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ("", "same time"),
        ("    types: [created, published]\n", "same time"),
        ("    types: [published, released]\n", "same time"),
        ("    types: prereleased\n", "pre-release"),
        ("    types: [published, edited]\n", "published again"),
        ("    types: [published]\n", ""),
        ("    types: published\n", ""),
        ("    types:\n      - published\n", ""),
        ("    types:\n      - created\n", "draft"),
        ("    types: created\n", "draft"),
        ("    types: [released]\n", ""),
    ],
)
def test_a_release_publishes_once(types: str, words: str) -> None:
    """Each activity type that publishes is counted; those of a draft are known."""
    findings = found(workflow(on=f"  release:\n{types}"), "release-types")

    assert [words in one.message for one in findings] == ([True] if words else [])


def test_types_are_added_where_there_are_none() -> None:
    """An empty block can be mended too."""
    (finding,) = found(workflow(on="  release: {}\n"), "release-types")

    assert finding.fix is not None


def test_a_condition_chooses_the_activity() -> None:
    """All types start the workflow, and `if` lets one through."""
    guarded = job(more="    if: github.event.action == 'published'\n")

    assert not found(workflow(guarded, on=RELEASE), "release-types")


def test_another_repository_is_no_release() -> None:
    """A condition that keeps forks out is taken to hold."""
    guarded = job(more="    if: github.repository_owner == 'octo'\n")

    assert found(workflow(guarded, on=RELEASE), "release-types")


@pytest.mark.parametrize(
    ("event", "condition", "severity"),
    [
        ("pull_request", "", ["WARNING"]),
        ("pull_request", "github.event_name == 'push'", []),
        ("pull_request", "startsWith(github.ref, 'refs/tags/')", []),
        ("pull_request", "secrets", []),
        ("pull_request_target", "", ["ERROR"]),
        ("pull_request_target", "github.event.pull_request.merged", ["INFO"]),
        ("workflow_run", "", ["WARNING"]),
        ("workflow_run", "github.event.workflow_run.conclusion == 'success'", []),
        ("workflow_dispatch", "", []),
    ],
)
def test_events_of_strangers(event: str, condition: str, severity: list[str]) -> None:
    """What reaches publishing is judged; what a condition keeps out is not."""
    text = "" if condition in {"", "secrets"} else f"    if: {condition}\n"
    steps = PUBLISH
    if condition == "secrets":
        steps += "        if: github.event_name == 'push' && vars.PUBLISH == 'yes'\n"
    on = f"  push:\n    tags: ['v[0-9]*']\n  {event}:\n"
    on += "    workflows: [ci]\n" if event == "workflow_run" else ""
    findings = found(workflow(job(steps, more=text), on=on), "rejected-event")

    assert [one.severity.name for one in findings] == severity


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("refs/tags/v*", "refs/"),
        ("v+([0-9])", "parentheses"),
        ("^v[0-9]*", "regular expression"),
        ("v\\d.\\d", "escapes"),
        ("v*", "no version"),
        ("v[0-9]+.[0-9]+.[0-9]+", "pre-releases"),
        ("v[0-9]*", ""),
        ("[0-9]*", ""),
    ],
)
def test_patterns_by_themselves(pattern: str, words: str) -> None:
    """Shapes that match nothing, too much, or only final releases."""
    findings = found(workflow(on=f"  push:\n    tags: ['{pattern}']\n"), "tag-pattern")

    assert [words in one.message for one in findings] == ([True] if words else [])


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (Facts(next_tag="1.0"), ["ERROR"]),
        (Facts(next_tag="v1.0"), []),
        (Facts(tags=("v1.9.0",)), []),
        (Facts(tags=("1.9.0",)), ["ERROR"]),
        (Facts(tags=("1.9.0",), names=frozenset({"a", "b"})), []),
        (Facts(tags=("latest",)), []),
    ],
)
def test_patterns_and_the_tags_of_the_project(facts: Facts, severity: list[str]) -> None:
    """Tags that are known, and those that come next, have to start something."""
    findings = found(workflow(), "tag-pattern", facts)

    assert [one.severity.name for one in findings] == severity


def test_a_pattern_that_ends_at_nine() -> None:
    """The next minor release is tried too, not only what was released."""
    text = workflow(on="  push:\n    tags: ['v1.[0-9].*']\n")
    (finding,) = found(text, "tag-pattern", Facts(tags=("v1.9.0",)))

    assert "`v1.10.0` would start nothing" in finding.message
    assert finding.severity.name == "WARNING"


def test_another_workflow_may_take_the_tag() -> None:
    """One project, two kinds of tags."""
    facts = Facts(tags=("1.9.0",))
    other = workflow(on="  push:\n    tags: ['[0-9]*']\n")

    assert not found(workflow(), "tag-pattern", facts, other=other)


def test_tags_that_publish_nothing_are_not_judged() -> None:
    """A pattern for builds may be as wide as it likes."""
    text = workflow(
        job(more="    if: github.event_name == 'release'\n"), on="  push:\n    tags: ['*']\n"
    )

    assert not found(text, "tag-pattern")


@pytest.mark.parametrize(
    ("group", "on", "words"),
    [
        ("release", "  push:\n    tags: ['v[0-9]*']\n", "second release"),
        ("${{ github.event.push.ref }}", "  push:\n    tags: ['v[0-9]*']\n", "second release"),
        ("${{ github.ref }}", "  push:\n    tags: ['v[0-9]*']\n", ""),
        ("${{ github.head_ref || github.run_id }}", "  push:\n    tags: ['v[0-9]*']\n", ""),
        ("${{ github.ref }}", "  push:\n  release:\n    types: [published]\n", "page"),
        ("${{ github.ref }}-${{ github.event_name }}", "  push:\n  release:\n", ""),
    ],
)
def test_groups_that_cancel(group: str, on: str, words: str) -> None:
    """The group is evaluated for two events that could meet."""
    top = f"concurrency:\n  group: {group}\n  cancel-in-progress: true\n"
    findings = found(workflow(on=on, top=top), "cancelled-release")

    assert [words in one.message for one in findings] == ([True] if words else [])


@pytest.mark.parametrize(
    ("flag", "count"),
    [
        ("false", 0),
        ("${{ github.event_name == 'pull_request' }}", 0),
        ("${{ github.ref_type == 'tag' }}", 1),
        ("${{ vars.CANCEL }}", 0),
    ],
)
def test_cancelling_may_depend_on_the_event(flag: str, count: int) -> None:
    """An expression is evaluated; what cannot be known is not judged."""
    top = f"concurrency:\n  group: x\n  cancel-in-progress: {flag}\n"

    assert len(found(workflow(top=top), "cancelled-release")) == count


def test_a_tag_and_its_release_in_two_files() -> None:
    """Two workflows of a project can publish the same version."""
    text = workflow(on="  release:\n    types: [published]\n")
    (finding,) = found(text, "double-trigger", other=workflow())

    assert "other.yml" in finding.message


GH = "      - run: gh release create v1 dist/*\n        env:\n          GH_TOKEN: {token}\n"


@pytest.mark.parametrize(
    ("steps", "on", "count"),
    [
        (GH.format(token="${{ github.token }}"), "  workflow_dispatch:\n", 1),
        (GH.format(token="${{ secrets.PAT }}"), "  workflow_dispatch:\n", 0),
        (
            GH.format(token="${{ github.token }}").replace("v1", "-d v1"),
            "  workflow_dispatch:\n",
            0,
        ),
        ("      - run: gh release create v1\n", "  workflow_dispatch:\n", 0),
        ("      - uses: softprops/action-gh-release@v3\n", "  push:\n    tags: ['*']\n", 1),
        (
            (
                "      - uses: softprops/action-gh-release@v1\n"
                "        env: {GITHUB_TOKEN: '${{ secrets.PAT }}'}\n"
            ),
            "  push:\n",
            0,
        ),
        ("      - uses: actions/create-release@v1\n        with: {draft: true}\n", "  push:\n", 0),
        (
            GH.format(token="${{ github.token }}") + "      - run: gh workflow run x\n",
            "  push:\n",
            0,
        ),
    ],
)
def test_releases_that_start_nothing(steps: str, on: str, count: int) -> None:
    """What the own token does, and does not, leave unheard."""
    publish = workflow(on="  release:\n    types: [published]\n")
    text = workflow(bare(steps), on=on)

    assert len(found(text, "silent-event", publish=publish)) == count


def test_a_tag_that_a_person_pushed_is_heard() -> None:
    """The release is made after the tag; a workflow that listens to tags has started already."""
    text = workflow(bare("      - uses: softprops/action-gh-release@v3\n"))

    assert not found(text, "silent-event", publish=workflow())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://PYPI-HOST/p/<NAME>", "never filled in"),
        ("https://PYPI-HOST/p/Other", "names the project"),
        ("https://PYPI-HOST/project/my_tool/1.0", ""),
        ("https://PYPI-HOST/p/${{ needs.build.outputs.name }}", ""),
        ("https://example.org/p/other", ""),
    ],
)
def test_addresses_of_environments(url: str, words: str) -> None:
    """Only an address of the index names a project, in any spelling of the name."""
    from bonded.dists import endpoints

    host = endpoints.pypi().web_url.split("/")[2]
    more = f"    environment:\n      name: pypi\n      url: {url.replace('PYPI-HOST', host)}\n"
    facts = Facts(name="My.Tool", names=frozenset({"my-tool"}))
    findings = found(workflow(job(more=more)), "project-name", facts)

    assert [words in one.message for one in findings] == ([True] if words else [])


FROM_GIT = {
    "project": {"name": "tool", "dynamic": ["version"]},
    "build-system": {"requires": ["hatchling", "hatch-vcs"]},
}
ON_MAIN = "  push:\n    branches: [main]\n"


@pytest.mark.parametrize(
    ("tool", "count"),
    [
        ({"hatch": {"version": {"source": "vcs"}}}, 1),
        ({"hatch": {"version": {"source": "vcs", "raw-options": {"local_scheme": "x"}}}}, 0),
        ({"setuptools_scm": {}}, 1),
        ({}, 0),
    ],
)
def test_local_parts(tool: dict[str, object], count: int) -> None:
    """A tool's default gives one; without its table nobody knows."""
    facts = Facts(pyproject={**FROM_GIT, "tool": tool})

    assert len(found(workflow(on=ON_MAIN), "local-version", facts)) == count


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ("      - uses: actions/checkout@v7\n      - run: uv build\n", 1),
        (
            "      - uses: actions/checkout@v7\n        with: {fetch-depth: 1}\n      - run: uv build\n",
            1,
        ),
        ("      - uses: actions/checkout@v7\n        with: {path: x}\n      - run: uv build\n", 1),
        (
            "      - uses: actions/checkout@v7\n      - run: |\n          git fetch --tags\n          uv build\n",
            0,
        ),
        ("      - uses: actions/checkout@v7\n", 0),
    ],
)
def test_histories(steps: str, count: int) -> None:
    """Whoever fetches the rest later has it; every form of the checkout can be mended."""
    text = workflow(bare(steps), job(more="    needs: build\n"), on=ON_MAIN)
    findings = found(text, "shallow-checkout", Facts(pyproject=FROM_GIT))

    assert len(findings) == count
    assert all("fetch-depth: 0" in mend(text, [one])[0] for one in findings)


@pytest.mark.parametrize(
    ("files", "count"),
    [(("tool-1.0.tar.gz",), 0), (("other-1.0.tar.gz",), 1), (("README.tar.gz",), 0)],
)
def test_files_that_lie_in_dist(files: tuple[str, ...], count: int) -> None:
    """A file of another project would be refused."""
    facts = Facts(name="tool", names=frozenset({"tool"}), dists=files)

    assert len(found(workflow(), "project-name", facts)) == count


@pytest.mark.parametrize(
    ("on", "keys", "meant"),
    [
        ("  push:\n    tag: v*\n", ["tag"], "`tags`"),
        (
            "  pull_request:\n    ignore-paths: [a]\n    types: [opened]\n",
            ["ignore-paths"],
            "`paths-ignore`",
        ),
        ("  release:\n    tags: v*\n", ["tags"], ""),
        ("  create:\n    branches: [a]\n    tags: [b]\n", ["branches", "tags"], ""),
        ("  workflow_dispatch:\n    paths: [a]\n", ["paths"], ""),
        ("  push:\n    branches: a\n    branch: b\n", ["branch"], "`branches`"),
        ("  push:\n    tags:\n    paths-ignore: [a]\n", [], ""),
        ("  schedule:\n    - cron: '0 0 * * *'\n", [], ""),
        ("  workflow_dispatch:\n  push: {}\n", [], ""),
    ],
)
def test_a_filter_that_an_event_does_not_have_is_found(
    on: str, keys: list[str], meant: str
) -> None:
    """GitHub passes over it, so it is said, with what was probably meant."""
    text = workflow(on=on)
    findings = found(text, "unknown-filter")
    lines = text.split("\n")

    assert [lines[one.place.line - 1].split(":")[0].strip() for one in findings] == keys
    assert all(meant in one.message for one in findings)


def test_a_filter_is_not_renamed_to_one_that_is_there() -> None:
    """Which of two keys counts is the maintainer's to say."""
    (alone,) = found(workflow(on="  push:\n    tag: b\n"), "unknown-filter")
    (beside,) = found(workflow(on="  push:\n    tags: a\n    tag: b\n"), "unknown-filter")

    assert alone.fix is not None
    assert beside.fix is None
