"""Rules on what maintainers really write, found in the files that projects publish."""

import pytest

from bonded.dists.endpoints import pypi
from bonded.workflows.case import Facts
from rule_world import PUBLISH, bare, found, job, workflow

UPLOAD = "      - uses: actions/upload-artifact@v7\n        with:\n          path: dist\n"
TOKEN = "permissions:\n  contents: read\n  id-token: write\n"


def test_an_action_may_end_with_a_line_break() -> None:
    """A block around the name of an action brings one, and GitHub takes it."""
    text = workflow(bare("      - uses: |  # a comment\n          actions/checkout@v7\n"))

    assert not found(text, "syntax")


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("nox --list --json | jq '.[]'", 1),
        ("echo >>x name=$(\n            nox --list --json | jq '.[]'\n          )", 0),
        ("A=$(date)\n          pytest | tee log", 1),
    ],
)
def test_a_pipeline_inside_another_command(script: str, count: int) -> None:
    """What fails inside `$( )` need not fail the step with `pipefail` either, so there is nothing to gain."""
    text = workflow(bare(f"      - run: |\n          {script}\n"))

    assert len(found(text, "no-pipefail")) == count


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("uv build", 1),
        ("uv --quiet publish", 1),
        ("uv run mkdocs build", 0),
        ("uv run --no-sync mike publish", 0),
    ],
)
def test_uv_may_build_something_else(command: str, count: int) -> None:
    """Only the uv that makes distributions is asked for its version."""
    steps = f"      - uses: astral-sh/setup-uv@v7\n      - run: {command}\n{PUBLISH}"
    facts = Facts(pyproject={"project": {}})

    assert len(found(workflow(bare(steps)), "uv-version", facts=facts)) == count


GATE = '      - run: |\n          [ "v$(uv version --short)" = "$GITHUB_REF_NAME" ]\n'
ACTION_GATE = "      - uses: samuelcolvin/check-python-version@v5\n"
ENV_GATE = '      - run: test "v1" = "$TAG"\n        env:\n          TAG: ${{ github.ref_name }}\n'
ELSEWHERE = PUBLISH.rstrip("\n") + "\n        with:\n          repository-url: testpypi\n"


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        (PUBLISH, 1),
        (f'      - run: echo "$GITHUB_REF"\n{PUBLISH}', 1),
        (GATE + PUBLISH, 0),
        (ACTION_GATE + PUBLISH, 0),
        (ENV_GATE + PUBLISH, 0),
        (ELSEWHERE, 0),
    ],
)
def test_a_wide_pattern_may_do_no_harm(steps: str, count: int) -> None:
    """An odd tag that a step stops, or that only goes to TestPyPI, is no accident on PyPI."""
    text = workflow(bare(steps), on="  push:\n    tags: ['*']\n")

    assert len(found(text, "tag-pattern")) == count


def test_an_action_compares_the_tag() -> None:
    """An action that is made for it counts as a comparison."""
    text = workflow(bare(ACTION_GATE + PUBLISH))

    assert not found(text, "version-gate", facts=Facts(version="1.0"))


@pytest.mark.parametrize(
    ("given", "count"), [("", 1), ("attest-build-provenance-github: 'true'", 0)]
)
def test_building_and_inspecting_needs_no_token(given: str, count: int) -> None:
    """The action that builds and inspects asks for an ID token only where it shall attest."""
    step = "      - uses: hynek/build-and-inspect-python-package@v2\n"
    step += f"        with:\n          {given}\n" if given else ""
    text = workflow(bare(step, name="build"), job(PUBLISH, more="    needs: build\n"), top=TOKEN)

    assert len(found(text, "wide-id-token")) == count


@pytest.mark.parametrize(
    ("env", "count"),
    [
        ("TWINE_PASSWORD: ${{ secrets.PYPI_TOKEN }}", 1),
        ("TWINE_PASSWORD: ${{ steps.mint.outputs.token }}", 0),
        ("{TWINE_PASSWORD: '${{ secrets.X }}', TWINE_REPOSITORY_URL: 'https://own.example/'}", 0),
        ("GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}", 0),
    ],
)
def test_a_secret_is_handed_to_a_script(env: str, count: int) -> None:
    """An upload inside a session of tox is not seen, and its secret is."""
    text = workflow(bare(f"      - run: tox -e release\n        env:\n          {env}\n"))

    assert len(found(text, "leftover-secret")) == count


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("uv publish -u x -p ${{ env.WORD }}", 1),
        ('uv publish --token "$WORD"', 1),
        ("twine upload --password ${{ secrets.OTHER }} dist/*", 1),
        ("uv publish --token ${{ steps.mint.outputs.token }}", 0),
        ("uv publish", 0),
    ],
)
def test_a_secret_is_an_option(command: str, count: int) -> None:
    """A password on the command line is a stored secret, by whatever way it gets there."""
    step = f"      - run: {command}\n        env:\n          WORD: ${{{{ secrets.WORD }}}}\n"

    assert len(found(workflow(bare(step)), "leftover-secret")) == count


def test_the_permission_itself_is_marked() -> None:
    """The mark is under the scope that is too much, wherever the block begins."""
    text = workflow(
        bare(PUBLISH, more="    permissions:\n      id-token: write\n      contents: write\n")
    )
    (finding,) = found(text, "publish-job-writes")

    assert text.splitlines()[finding.place.line - 1].strip() == "contents: write"


@pytest.mark.parametrize(
    "command",
    [
        "uv run --with build -m build",
        "pipx run build --sdist",
        "uvx hatchling build",
        "python3.12 -m build",
    ],
)
def test_ways_to_build(command: str) -> None:
    """Whatever starts it, a build beside publishing is one."""
    more = "    permissions:\n      id-token: write\n"
    (finding,) = found(
        workflow(bare(f"      - run: {command}\n{PUBLISH}", more=more)), "build-in-publish-job"
    )

    assert "builds" in finding.message


def test_printing_builds_nothing() -> None:
    """A job that asks cibuildwheel for the names of its builds needs no history."""
    names = "      - run: uvx cibuildwheel --print-build-identifiers --platform linux\n"
    text = workflow(
        bare(f"      - uses: actions/checkout@v7\n{names}"),
        job(more="    needs: build\n"),
        on="  workflow_dispatch:\n",
    )
    facts = Facts(
        pyproject={
            "project": {"name": "tool", "dynamic": ["version"]},
            "build-system": {"requires": ["hatchling", "hatch-vcs"]},
        }
    )

    assert not found(text, "shallow-checkout", facts=facts)


@pytest.mark.parametrize(
    ("script", "count"), [("make", 1), ("sed -i s/tool/other/ pyproject.toml", 0)]
)
def test_a_project_may_be_renamed_before_its_build(script: str, count: int) -> None:
    """Where a script edits the metadata, the name that is published is not known."""
    more = f"    environment:\n      name: pypi\n      url: {pypi().web_url}p/other\n"
    text = workflow(bare(f"      - run: {script}\n"), job(more=more))
    facts = Facts(name="tool", names=frozenset({"tool"}))

    assert len(found(text, "project-name", facts=facts)) == count


def test_a_called_workflow_may_look_at_the_tag() -> None:
    """What nobody sees is not judged."""
    called = "  check:\n    uses: octo/shared/.github/workflows/check.yml@v1\n"
    text = workflow(called, job(more="    needs: check\n"), on="  push:\n    tags: ['*']\n")

    assert not found(text, "tag-pattern")


@pytest.mark.parametrize(("wanted", "count"), [("", 1), ("\n          artifact-ids: '1'", 0)])
def test_another_artifact_is_downloaded(wanted: str, count: int) -> None:
    """An artifact that is named by its number is not the one that has a name."""
    keep = f"{UPLOAD}          name: notes\n          retention-days: 1\n"
    take = (
        f"      - uses: actions/download-artifact@v8\n        with:\n          path: dist{wanted}\n"
    )
    text = workflow(
        bare(keep), job(take + PUBLISH, more="    needs: build\n    environment: pypi\n")
    )

    assert len(found(text, "short-retention")) == count


def test_listing_sessions_tests_nothing() -> None:
    """A job that only asks for the names of sessions is no test."""
    text = workflow(
        bare("      - run: uvx nox --list-sessions --json\n", name="names"),
        bare(PUBLISH, name="publish"),
    )

    assert not found(text, "untested-files")


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("tox run -f py$(echo 3.12 | tr -d .)", 0),
        ("tox run -e `cat envs | head -1`", 0),
        ("out=$(tox run | tail -1)", 0),
        ("tox run -f py$(echo 3.12) | tee log", 1),
        ("tox run -f py$(echo 3.12 | tr -d .)\ntox run | tee log", 1),
    ],
)
def test_a_pipe_inside_of_a_substitution_is_no_pipeline(command: str, count: int) -> None:
    """What only makes an argument does not hide how the command ended."""
    script = command.replace("\n", "\n          ")
    steps = f"      - run: |\n          {script}\n"

    assert len(found(workflow(bare(steps)), "no-pipefail")) == count


@pytest.mark.parametrize(("ref", "count"), [("v1", 0), ("v3.1.2", 0), ("v4", 1), ("main", 1)])
def test_old_artifacts_of_one_name_were_put_together(ref: str, count: int) -> None:
    """Only since version 4 a second upload under one name fails."""
    matrix = "    strategy:\n      matrix:\n        os: [a, b]\n"
    steps = f"      - uses: actions/upload-artifact@{ref}\n        with:\n          path: dist\n"

    assert len(found(workflow(bare(steps, more=matrix)), "artifact-names")) == count
