import re
from difflib import unified_diff

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.cli.init_world import shipped_pins
from bonded.dists import endpoints
from bonded.workflows.drafting.migration import Migrated, NotMigrated, migrate
from bonded.workflows.drafting.uploads import uploads
from bonded.workflows.reading import read_workflow

PINS = shipped_pins()
ACTION = PINS.uses("pypa/gh-action-pypi-publish")
HEAD = "on: {push: {tags: ['v*']}}\n"
JOB = "jobs:\n  go:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v7\n"
READY = (
    "jobs:\n  go:\n    runs-on: x\n    permissions: {id-token: write}\n    environment: pypi\n"
    "    steps:\n      - uses: actions/checkout@v7\n"
)


def done(text: str) -> Migrated | NotMigrated:
    """Migrate a text."""
    return migrate(
        text,
        ".github/workflows/release.yml",
        PINS,
        environments=("pypi", "testpypi"),
        test_index=endpoints.testpypi(),
    )


def changed(text: str) -> list[str]:
    """Return the lines that a migration takes out and puts in, without their indentation."""
    result = done(text)
    assert isinstance(result, Migrated), result
    lines = unified_diff(text.splitlines(), result.text.splitlines(), n=0, lineterm="")
    # The place of TestPyPI is twine's to know.
    shown = (line.replace(endpoints.testpypi().upload_url, "TEST") for line in list(lines)[2:])
    return [line[0] + line[1:].strip() for line in shown if not line.startswith("@@")]


OWN_LINES = """\
- run: |
    python -m twine upload \\
      --username __token__ \\
      --password "$T" \\
      dist/*
  env: {T: '${{ secrets.T_PYPI }}', A: b}
"""
STEPS: dict[str, tuple[str, list[str]]] = {
    "an input": (
        "- uses: pypa/gh-action-pypi-publish@release/v1\n  with:\n    password: ${{ secrets.T }}\n    verbose: true\n",
        ["-password: ${{ secrets.T }}"],
    ),
    "the only inputs": (
        "- uses: pypa/gh-action-pypi-publish@release/v1\n  with: {user: a, password: '${{ secrets.T }}'}\n",
        ["-with: {user: a, password: '${{ secrets.T }}'}"],
    ),
    "an action from before identities": (
        "- uses: pypa/gh-action-pypi-publish@v1.5.0 # old\n  with:\n    password: ${{ secrets.T }}\n",
        [
            "-- uses: pypa/gh-action-pypi-publish@v1.5.0 # old",
            "-with:",
            "-password: ${{ secrets.T }}",
            f"+- uses: {ACTION.split()[0]} # old",
        ],
    ),
    "the branch of an action that is no more": (
        "- uses: pypa/gh-action-pypi-publish@master\n  with:\n    password: ${{ secrets.T }}\n",
        [
            "-- uses: pypa/gh-action-pypi-publish@master",
            "-with:",
            "-password: ${{ secrets.T }}",
            f"+- uses: {ACTION}",
        ],
    ),
    "an old action by its commit": (
        f"- uses: pypa/gh-action-pypi-publish@{'a' * 40} # v1.4.2\n  with:\n    password: ${{{{ secrets.T }}}}\n",
        [
            f"-- uses: pypa/gh-action-pypi-publish@{'a' * 40} # v1.4.2",
            "-with:",
            "-password: ${{ secrets.T }}",
            f"+- uses: {ACTION}",
        ],
    ),
    "options": (
        "- run: twine upload -u __token__ --password=${{ secrets.T }} dist/* # up\n",
        [
            "-- run: twine upload -u __token__ --password=${{ secrets.T }} dist/* # up",
            "+- run: twine upload dist/* # up",
        ],
    ),
    "options on lines of their own": (
        OWN_LINES,
        [
            "---username __token__ \\",
            '---password "$T" \\',
            "-env: {T: '${{ secrets.T_PYPI }}', A: b}",
            "+env: {A: b}",
        ],
    ),
    "variables of the tool": (
        "- run: uv publish\n  env:\n    UV_PUBLISH_TOKEN: ${{ secrets.T }}\n    A: b\n",
        ["-UV_PUBLISH_TOKEN: ${{ secrets.T }}"],
    ),
    "a variable of one's own": (
        "- run: pdm publish --username a --password $MY_PYPI\n  env:\n    MY_PYPI: ${{ secrets.T }}\n",
        [
            "-- run: pdm publish --username a --password $MY_PYPI",
            "-env:",
            "-MY_PYPI: ${{ secrets.T }}",
            "+- run: pdm publish",
        ],
    ),
    "a tool without identities": (
        "- run: hatch publish\n  env: {HATCH_INDEX_AUTH: '${{ secrets.T }}'}\n",
        [
            "-- run: hatch publish",
            "-env: {HATCH_INDEX_AUTH: '${{ secrets.T }}'}",
            f"+- uses: {ACTION}",
        ],
    ),
    "one that builds too": (
        "- if: always()\n  run: |\n    uv run flit publish --setup-py\n",
        [
            "-run: |",
            "-uv run flit publish --setup-py",
            "+run: uv run flit build",
            "+- name: Publish",
            "+if: always()",
            f"+uses: {ACTION}",
        ],
    ),
    "one in a folder, for TestPyPI": (
        "- working-directory: pkg\n  run: poetry publish -r testpypi\n",
        [
            "-- working-directory: pkg",
            "-run: poetry publish -r testpypi",
            f"+- uses: {ACTION}",
            "+with:",
            "+packages-dir: pkg/dist",
            "+repository-url: TEST",
        ],
    ),
    "a stored token": (
        "- run: |\n    uvx poetry@2.5.1 config pypi-token.pypi $T\n    uvx poetry@2.5.1 -n publish --build\n",
        [
            "-run: |",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in STEPS if name != "a stored token"])
def test_only_what_holds_the_token_changes(name: str) -> None:
    """In a job with its rights and its environment, the difference is the token and nothing else."""
    step, difference = STEPS[name]
    lines = "".join(f"      {line}" for line in step.splitlines(keepends=True))

    assert changed(HEAD + READY + lines) == difference


def test_a_stored_token_goes_with_its_command() -> None:
    """The line that stores a token goes, the pinned tool still builds, and the action uploads."""
    text = HEAD + READY + "".join(f"      {x}\n" for x in STEPS["a stored token"][0].splitlines())
    result = done(text)

    assert isinstance(result, Migrated)
    assert "pypi-token" not in result.text
    assert "run: uvx poetry@2.5.1 -n build\n" in result.text
    assert f"uses: {ACTION}\n" in result.text


RIGHTS = {
    "none anywhere": ("", "", ["+permissions:", "+contents: read", "+id-token: write"]),
    "on top": (
        "permissions:\n  packages: read\n",
        "",
        ["+permissions:", "+packages: read", "+id-token: write"],
    ),
    "read-all on top": (
        "permissions: read-all\n",
        "",
        ["+permissions:", "+contents: read", "+id-token: write"],
    ),
    "write-all on top": ("permissions: write-all\n", "", []),
    "write-all of the job": ("", "permissions: write-all", []),
    "read-all of the job": (
        "",
        "permissions: read-all",
        ["-permissions: read-all", "+permissions:", "+contents: read", "+id-token: write"],
    ),
    "of the job": (
        "",
        "permissions: {contents: write}",
        ["-permissions: {contents: write}", "+permissions: {contents: write, id-token: write}"],
    ),
    "too few": (
        "",
        "permissions: {id-token: none}",
        ["-permissions: {id-token: none}", "+permissions: {id-token: write}"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHTS)
def test_the_job_keeps_its_rights_and_gets_one_more(name: str) -> None:
    """`id-token: write` joins what the job may do; nothing is added where it may do everything."""
    top, own, difference = RIGHTS[name]
    own = f"    {own}\n" if own else ""
    job = JOB.replace("    steps:", f"    environment: here\n{own}    steps:")
    found = changed(HEAD + top + job + "      - run: uv publish --token ${{ secrets.T }}\n")

    assert found == [
        *difference,
        "-- run: uv publish --token ${{ secrets.T }}",
        "+- run: uv publish",
    ]


def test_a_job_that_makes_a_release_may_still_write() -> None:
    """Where no rights are written down, and the job makes a release at GitHub, it gets `contents: write`."""
    steps = "      - run: twine upload -p ${{ secrets.T }} dist/*\n      - run: gh release create\n"

    assert "+contents: write" in changed(HEAD + JOB + steps)


def test_testpypi_has_an_environment_of_its_own() -> None:
    """A job that publishes to TestPyPI alone gets the other environment."""
    step = "      - run: twine upload -r testpypi -p ${{ secrets.T }} dist/*\n"

    assert "+environment: testpypi" in changed(HEAD + JOB + step)


@pytest.mark.parametrize(
    "step",
    [
        "uses: a/b@v1",
        "run: echo twine",
        "run: twine upload --repository-url https://example.org/ -p ${{ secrets.T }} dist/*",
        "run: uv publish",
        "uses: pypa/gh-action-pypi-publish@release/v1",
    ],
)
def test_what_has_no_token_for_pypi_stays(step: str) -> None:
    """Uploads elsewhere keep their tokens; uploads without one need no migration."""
    assert isinstance(done(f"{HEAD}{JOB}      - {step}\n"), NotMigrated)


@pytest.mark.parametrize(
    "script",
    ["if true; then poetry publish; fi", "poetry publish || true", "poetry publish; echo"],
)
def test_what_cannot_be_told_apart_stays(script: str) -> None:
    """An upload inside a larger command is left to a person."""
    result = done(f"{HEAD}{JOB}      - run: {script}\n")

    assert isinstance(result, NotMigrated)
    assert "larger command" in result.reason


def test_of_several_actions_the_last_attests() -> None:
    """Two publishing actions of one job would stumble over each other's attestations: only the last makes any."""
    action = "      - uses: pypa/gh-action-pypi-publish@release/v1\n        with:\n"
    steps = (
        f"{action}          repository-url: {endpoints.testpypi().upload_url}\n"
        f"          password: ${{{{ secrets.T }}}}\n{action}          password: ${{{{ secrets.P }}}}\n"
    )

    assert changed(HEAD + READY + steps) == [
        "-password: ${{ secrets.T }}",
        "+attestations: false",
        "-with:",
        "-password: ${{ secrets.P }}",
    ]


def test_of_actions_without_inputs_too() -> None:
    """An action that has no inputs left gets the one that it needs."""
    action = "      - uses: pypa/gh-action-pypi-publish@release/v1\n        with:\n"
    steps = f"{action}          password: ${{{{ secrets.T }}}}\n" * 2

    assert changed(HEAD + READY + steps).count("+attestations: false") == 1


def test_an_action_by_its_commit_is_told_of() -> None:
    """Where only a commit says how old the action is, a person has to look."""
    step = f"      - uses: pypa/gh-action-pypi-publish@{'a' * 40}\n        with: {{password: '${{{{ secrets.T }}}}'}}\n"
    result = done(HEAD + JOB + step)

    assert isinstance(result, Migrated)
    assert any("pinned to aaaaaaa" in note for note in result.notes)


def test_variables_that_only_the_upload_read_go() -> None:
    """A secret in a variable of one's own goes with the option that read it; one that scripts still read stays."""
    step = (
        "      - run: poetry publish -p $WORD\n"
        "        env: {WORD: '${{ secrets.T }}', OTHER: '${{ secrets.O }}'}\n"
    )
    result = done(HEAD + JOB + step)

    assert isinstance(result, Migrated)
    assert result.secrets == ("T",)


def test_maturin_is_left_to_a_person() -> None:
    """A tool whose ways are not known here keeps its token, and is named."""
    text = f"{HEAD}{JOB}      - run: maturin publish\n        env: {{MATURIN_PYPI_TOKEN: x}}\n"
    result = done(text)

    assert isinstance(result, NotMigrated)
    assert "by maturin" in result.reason


def test_a_command_in_a_comment_is_none() -> None:
    """What is commented out is neither an upload nor in the way of one."""
    script = "      - run: |\n          # poetry publish, one day\n          poetry publish\n"
    result = done(HEAD + JOB + script)

    assert isinstance(result, Migrated)
    assert "# poetry publish, one day" in result.text
    assert isinstance(done(f"{HEAD}{JOB}      - run: '# twine upload -p x'\n"), NotMigrated)


def test_secrets_that_are_read_elsewhere_are_kept() -> None:
    """Only a secret that the file no longer reads is named."""
    step = "      - run: twine upload -p ${{ secrets.GONE }} dist/*\n"
    other = "      - run: echo\n        env: {A: '${{ secrets.KEPT }}'}\n"
    result = done(HEAD + JOB + step + other)

    assert isinstance(result, Migrated)
    assert result.secrets == ("GONE",)


@pytest.mark.parametrize(
    ("pin", "said"),
    [("twine==5.1.1", "raise it to 6.1"), ("twine==6.1.0", "since 6.1"), ("twine", "since 6.1")],
)
def test_an_old_twine_is_named(pin: str, said: str) -> None:
    """A pinned twine that knows no identities is told of."""
    steps = f"      - run: pip install {pin}\n      - run: twine upload -p ${{{{ secrets.T }}}} dist/*\n"
    result = done(HEAD + JOB + steps)

    assert isinstance(result, Migrated)
    assert any(said in note for note in result.notes)


COMMENTS = st.sampled_from(["", " # why", "  # a: b"])


@given(
    st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=3),
    COMMENTS,
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=40, deadline=None)
def test_no_comment_is_lost_and_no_token_is_left(names: list[str], comment: str, end: str) -> None:
    """Whatever uploads stand side by side, comments about other things stay, and a second migration finds nothing."""
    steps = [f"- run: echo {number}{comment} {number}\n" for number in range(2)]
    steps[1:1] = [STEPS[name][0] for name in names]
    body = "".join(f"      {line}\n" for step in steps for line in step.splitlines())
    text = (HEAD + JOB + body).replace("\n", end)
    result = done(text)

    assert isinstance(result, Migrated)
    assert len(re.findall(r"echo \d", result.text)) == 2
    assert result.text.count(comment) >= text.count(comment) if comment else True
    assert ("\r\n" in result.text) is (end == "\r\n")
    left = uploads(read_workflow(result.text, "release.yml"))
    assert left
    assert not any(upload.token for upload in left)
