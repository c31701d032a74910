"""Rules about what jobs and steps do, beyond their own examples."""

import pytest

from bonded.workflows.audit import mend
from bonded.workflows.case import Facts
from rule_world import PUBLISH, bare, found, job, workflow

DOWNLOAD = "      - uses: actions/download-artifact@v8\n        with:\n          name: {name}\n"
UPLOAD = "      - uses: actions/upload-artifact@v7\n        with:\n          path: dist\n{more}"


@pytest.mark.parametrize(
    ("top", "permissions", "words"),
    [
        ("", "", "Neither the job"),
        ("permissions:\n  contents: read\n", "", "contents: read"),
        ("permissions:\n  id-token: write\n", "    permissions: {}\n", "replace"),
        ("", "    permissions:\n      id-token: none\n", "none"),
        ("", "    permissions: read-all\n", "read-all"),
        ("permissions: read-all\n", "", "read-all"),
    ],
)
def test_every_way_to_have_no_id_token(top: str, permissions: str, words: str) -> None:
    """The block that decides is named, and the fix gives the token, where a block can be mended."""
    text = workflow(bare(PUBLISH, more=permissions, name="publish"), top=top)
    (finding,) = found(text, "missing-id-token")
    fixed, made = mend(text, [finding])

    assert words in finding.message
    assert bool(found(fixed, "missing-id-token")) == ("read-all" in words)
    assert made == ("read-all" not in words)


def test_a_caller_decides_for_a_called_workflow() -> None:
    """Without a block of its own the job has what its caller gives."""
    text = workflow(bare(PUBLISH), on="  workflow_call:\n")

    assert not found(text, "missing-id-token")


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("twine upload dist/*", ["INFO"]),
        ("uv publish --token ${{ secrets.X }}", []),
        ("uv publish --dry-run", []),
        ("echo uv publish later", []),
        ("python -m twine upload dist/*", ["INFO"]),
        ("cd x && .venv/bin/twine upload dist/*", ["INFO"]),
        ("uvx --from build twine upload x", ["INFO"]),
        ("# twine upload dist/*", []),
        ("twine upload -r private dist/*", []),
    ],
)
def test_commands_may_have_other_credentials(command: str, severity: list[str]) -> None:
    """A command without a token may find one elsewhere, so this is only worth knowing."""
    findings = found(workflow(bare(f"      - run: {command}\n")), "missing-id-token")

    assert [one.severity.name for one in findings] == severity


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (bare("      - run: pytest\n"), "every job"),
        (job("      - run: pytest\n", name="test"), "nothing in it does"),
        (job("      - run: cosign sign\n", name="sign"), ""),
        (job("      - uses: aws-actions/configure-aws-credentials@v6\n", name="aws"), ""),
    ],
)
def test_id_tokens_that_nobody_needs(steps: str, words: str) -> None:
    """A job that could use one is left alone."""
    top = "permissions:\n  id-token: write\n" if words == "every job" else ""
    findings = found(workflow(steps, job(), top=top), "wide-id-token")

    assert [words in one.message for one in findings] == ([True] if words else [])


@pytest.mark.parametrize(
    ("permissions", "fixed"),
    [
        ("    permissions:\n      id-token: write\n", "contents: read\n      id-token: write"),
        ("    permissions:\n      contents: none\n", "contents: read"),
        ("    permissions: {}\n", "permissions: {contents: read}"),
        ("", "permissions:\n      contents: read\n      id-token: write"),
    ],
)
def test_contents_are_added_in_any_form(permissions: str, fixed: str) -> None:
    """A private repository is read only with `contents: read`."""
    steps = "      - uses: actions/checkout@v7\n      - run: twine upload dist/*\n"
    text = workflow(bare(steps, more=permissions), top="permissions:\n  id-token: write\n")
    findings = found(text, "missing-contents-read")

    assert fixed in mend(text, findings)[0]
    assert not found(text, "missing-contents-read", Facts(repository="octo/tool"))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("      - run: pip install -e .\n", "runs the project's code"),
        ("      - run: uv run pytest\n", "runs the project's code"),
        ("      - run: git config user.name 'pytest bot'\n", ""),
        ("      - uses: hynek/build-and-inspect-python-package@v3\n", "builds"),
        ("      - uses: actions/checkout@v7\n", "checks the repository out"),
        ("      - run: pip install twine\n", ""),
    ],
)
def test_what_a_publishing_job_does_besides(step: str, words: str) -> None:
    """Words in a text are no commands."""
    findings = found(workflow(job(step + PUBLISH)), "build-in-publish-job")

    assert [words in one.message for one in findings] == ([True] if words else [])


def test_a_password_is_taken_away() -> None:
    """With nothing else in it, `with` goes too."""
    own = "        with:\n          user: __token__\n          password: ${{ secrets.X }}\n"
    text = workflow(job(PUBLISH + own))
    (finding,) = found(text, "leftover-secret")

    assert mend(text, [finding], unsafe=True)[0] == workflow()
    assert mend(text, [finding]) == (text, 0)


def test_secrets_of_commands_and_tokens_that_steps_made() -> None:
    """A stored secret in the environment is found, one that a step exchanged is not."""
    steps = "      - run: twine upload dist/*\n        env:\n          TWINE_PASSWORD: ${{ X }}\n"

    assert found(workflow(bare(steps.replace("X", "secrets.X"))), "leftover-secret")
    assert not found(workflow(bare(steps.replace("X", "steps.mint.outputs.t"))), "leftover-secret")


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (PUBLISH.replace("release/v1", "v1.8.14"), "version v1.8.14"),
        (PUBLISH.replace("release/v1", "v1.12.4"), ""),
        (PUBLISH + "        with: {attestations: true, password: x}\n", "need trusted"),
        ("      - run: uv publish\n", "uploads no attestations"),
        ("      - uses: astral-sh/attest-action@v0.0.6\n      - run: uv publish\n", ""),
        (PUBLISH + "        with:\n          attestations: false\n", "switched off"),
        ("      - run: bonded publish\n", ""),
        ("      - run: uvx bonded@0.1.0 publish --attestations off\n", "switched off"),
        ("      - run: bonded publish --attestations prefer\n", ""),
    ],
)
def test_attestations(steps: str, words: str) -> None:
    """Old versions, commands, and what cannot be."""
    findings = found(workflow(job(steps)), "no-attestations")

    assert [words in one.message for one in findings] == ([True] if words else [])


def test_publishing_that_others_call() -> None:
    """Attestations are the caller's, and a workflow of another repository is nobody's publisher here."""
    on = "  workflow_call:\n  push:\n    tags: ['v[0-9]*']\n"
    own = PUBLISH + "        with:\n          verbose: true\n"
    text = workflow(job(own), on=on)
    findings = found(text, "reusable-publisher")
    foreign = (
        "  call:\n    permissions:\n      id-token: write\n"
        "    uses: octo/shared/.github/workflows/pypi.yml@main\n"
    )

    by_command = found(workflow(job("      - run: bonded publish\n"), on=on), "reusable-publisher")
    without = "      - run: bonded publish --attestations=off\n"

    assert [(one.severity.name, one.fix) for one in by_command] == [("INFO", None)]
    assert not found(workflow(job(without), on=on), "reusable-publisher")
    assert [one.severity.name for one in findings] == ["INFO"]
    assert "attestations: false" in mend(text, findings, unsafe=True)[0]
    assert found(workflow(foreign), "reusable-publisher")


@pytest.mark.parametrize(
    ("build", "wanted", "words"),
    [
        (UPLOAD.format(more=""), "artifact", []),
        (UPLOAD.format(more="          name: d-${{ matrix.os }}\n"), "d-linux", []),
        (UPLOAD.format(more="          name: dist\n"), "dits", ["no job uploads"]),
        ("      - uses: hynek/build-and-inspect-python-package@v3\n", "Packages", []),
        ("      - uses: somebody/uploads@v1\n", "dist", []),
        ("      - run: make\n", "dist", ["there is none"]),
        ("      - uses: actions/upload-artifact/merge@v7\n", "merged-artifacts", []),
    ],
)
def test_downloads_find_what_was_uploaded(build: str, wanted: str, words: list[str]) -> None:
    """What an unknown action uploads is not guessed."""
    text = workflow(bare(build), job(DOWNLOAD.format(name=wanted), more="    needs: build\n"))
    findings = found(text, "artifact-names")

    assert [word in one.message for word, one in zip(words, findings, strict=True)] == [
        True for _ in words
    ]


@pytest.mark.parametrize(
    ("matrix", "more", "count"),
    [
        ("os: [a, b]", "", 1),
        ("os: [a]", "", 0),
        ("include: [{os: a}, {os: b}]", "", 1),
        ("os: ${{ fromJSON(needs.x.outputs.y) }}", "", 0),
        ("os: [a, b]", "          name: d-${{ matrix.os }}\n", 0),
        ("os: [a, b]", "          overwrite: true\n", 0),
        ("os: [a, b]", "        if: matrix.os == 'a'\n", 0),
    ],
)
def test_legs_of_a_matrix_upload_apart(matrix: str, more: str, count: int) -> None:
    """A name can be used once in a run."""
    strategy = f"    strategy:\n      matrix:\n        {matrix}\n"
    text = workflow(bare(UPLOAD.format(more=more), more=strategy), on="  push:\n")

    assert len(found(text, "artifact-names")) == count


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("      - run: python -m build | tee log\n        shell: sh\n", 1),
        ("      - run: |\n          set -o pipefail\n          python -m build | tee log\n", 0),
        ("      - run: python -m build || true\n", 0),
        ("      - run: ls | grep build\n", 0),
        ("      - run: |\n          tox | tee x\n          exit ${PIPESTATUS[0]}\n", 0),
    ],
)
def test_pipelines(step: str, count: int) -> None:
    """Only pipelines whose first command matters, in a shell that forgets it."""
    assert len(found(workflow(bare(step)), "no-pipefail")) == count


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("actions/checkout@v7\n        with: {fetch_depth: 0}\n", "did you mean `fetch-depth`"),
        ("actions/checkout@v7\n        with: {something-of-its-own: 0}\n", ""),
        ("pypa/gh-action-pypi-publish@v1\n        with: {index: x}\n", "has no input `index`"),
        ("astral-sh/setup-uv@v5\n        with: {pyproject-file: x}\n", ""),
        (f"astral-sh/setup-uv@{'a' * 40} # v10.0.1\n        with: {{uv-file: x}}\n", "since v6"),
    ],
)
def test_inputs_that_are_none(step: str, words: str) -> None:
    """Misspelt, gone since a version, or of an action whose inputs are all known."""
    findings = found(workflow(bare(f"      - uses: {step}"), on="  push:\n"), "unknown-input")

    assert [words in one.message for one in findings] == ([True] if words else [])


@pytest.mark.parametrize(
    ("more", "runner"),
    [("", "windows-latest"), ("", "macos-latest"), ("    container: x\n", "ubuntu-latest")],
)
def test_the_action_needs_docker(more: str, runner: str) -> None:
    """It starts a container, on Linux and outside of one."""
    text = workflow(job(more=more)).replace("ubuntu-latest", runner)

    assert found(text, "docker-in-container")


def test_an_option_that_skips_is_found_in_its_script() -> None:
    """The place is that of the option, in a script of several lines too."""
    script = "      - run: |\n          ls\n          twine upload --skip-existing dist/*\n"
    (finding,) = found(workflow(bare(script)), "skip-existing")

    assert (finding.place.line, finding.place.column) == (10, 24)


def test_a_lone_input_that_skips_goes_with_its_block() -> None:
    """Nothing is left of `with` when its only key goes."""
    text = workflow(job(PUBLISH + "        with:\n          skip_existing: true\n"))

    assert mend(text, found(text, "skip-existing"), unsafe=True)[0] == workflow()


def test_uv_is_said_nowhere() -> None:
    """A project that pins uv nowhere is told; one job that only tests is not."""
    steps = "      - uses: astral-sh/setup-uv@v10\n      - run: uv {command}\n"
    facts = Facts(pyproject={"tool": {}})
    after = job(more="    needs: build\n")

    assert found(workflow(bare(steps.format(command="build")), after), "uv-version", facts)
    assert not found(workflow(bare(steps.format(command="run pytest")), after), "uv-version", facts)


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("tox -e py", 1),
        ("tox -e lint", 0),
        ("nox -s docs", 0),
        ("nox -s tests", 1),
        ("echo tox", 0),
    ],
)
def test_what_a_test_is(command: str, count: int) -> None:
    """The tools that run tests run other things as well."""
    text = workflow(bare(f"      - run: {command}\n", name="one"), job())

    assert len(found(text, "untested-files")) == count


def test_a_second_build_is_published() -> None:
    """Tests of a checkout are no tests of another build."""
    both = job("      - run: python -m build\n" + PUBLISH, more="    needs: test\n")
    (finding,) = found(workflow(bare("      - run: pytest\n", name="test"), both), "untested-files")

    assert "a build of its own" in finding.message


@pytest.mark.parametrize(
    ("command", "tools"),
    [
        ("pip install -U pip hatch", ["hatch"]),
        ("python3.12 -m pip install --upgrade build twine", ["build", "twine"]),
        ('pip install "build[uv]"', ["build[uv]"]),
        ("uv pip install \\\n  setuptools_scm wheel", ["setuptools_scm", "wheel"]),
        ("pipx run build --sdist wheel", ["build"]),
        ("pipx run --spec cibuildwheel cibuildwheel", ["cibuildwheel"]),
        ("uvx --from build pyproject-build", ["build"]),
        ("uvx --with flit==3 hatch build", ["hatch"]),
        ("uv tool install -p 3.12 poetry", ["poetry"]),
        ("pip install Poetry_Core; pip install x", ["Poetry_Core"]),
        ("pip install hatch==1.16.5", []),
        ("pip install 'hatch>=1.16'", []),
        ("pip install -r build.txt build", []),
        ("pip install build -c constraints.txt", []),
        ("pip install --require-hashes build", []),
        ("pipx run --spec build==1.4.0 build", []),
        ("uvx build@1.4.0", []),
        ("pip install -t build requests", []),
        ("pip install . pytest", []),
        ("echo build", []),
        ("pip install # build", []),
    ],
)
def test_a_tool_without_a_version_is_found(command: str, tools: list[str]) -> None:
    """What builds or uploads is named where it is installed without a version, and only there."""
    step = f"      - run: |\n          {command.replace(chr(10), chr(10) + ' ' * 10)}\n"
    text = workflow(bare(step), job(more="    needs: build\n"))
    lines = text.split("\n")
    findings = found(text, "unpinned-tool")

    assert [
        lines[one.place.line - 1][one.place.column - 1 : one.place.end_column - 1]
        for one in findings
    ] == tools


@pytest.mark.parametrize("level", ["workflow", "job", "step"])
def test_constraints_in_the_environment_are_versions(level: str) -> None:
    """Both pip and uv read a file of versions from a variable, wherever it is set."""
    env = "env:\n{0}  PIP_CONSTRAINT: versions.txt\n"
    step = "      - run: pip install build\n"
    step += f"        {env.format(' ' * 8)}" if level == "step" else ""
    more = f"    {env.format('    ')}" if level == "job" else ""
    top = env.format("") if level == "workflow" else ""
    text = workflow(bare(step, more=more), job(more="    needs: build\n"), top=top)

    assert not found(text, "unpinned-tool")


def test_what_no_release_needs_may_be_open() -> None:
    """A job that is not on the way to publishing is not looked at."""
    text = workflow(bare("      - run: pip install build\n", name="lint"), job())

    assert not found(text, "unpinned-tool")
