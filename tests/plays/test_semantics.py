"""What GitHub's runner does with a workflow, done here with real shells: one workflow that tries it all."""

from pathlib import Path

import pytest

from bonded.dists import endpoints
from plays.conftest import Play, Played

pytestmark = pytest.mark.play

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"

[project]
name = "every-rule"
version = "2.0.0"
"""

ACTION = """\
name: Say
inputs:
  word: {default: hello}
  missing: {}
outputs:
  said: {value: "${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      run: echo "said=${{ inputs.word }} from $GITHUB_ACTION_PATH" >> "$GITHUB_OUTPUT"
    - if: failure()
      shell: bash
      run: echo never
"""

WORKFLOW = r"""
name: Every rule
on:
  push: {tags: ['v*']}
  workflow_dispatch:
    inputs:
      dry: {type: boolean, default: true}
      level: {type: choice, options: [low, high]}
env:
  WHERE: workflow
  BASE: ${{ github.repository }}
defaults:
  run: {shell: bash}
jobs:
  first:
    runs-on: ubuntu-latest
    env: {WHERE: job, BOTH: "${{ github.event_name }}"}
    outputs:
      word: ${{ steps.out.outputs.word }}
      hidden: ${{ steps.out.outputs.hidden }}
    steps:
      - name: environment
        env: {WHERE: step, BOTH: "${{ env.WHERE }}-${{ env.BASE }}-${{ env.BOTH }}"}
        run: |
          echo "where=$WHERE both=$BOTH ref=$GITHUB_REF name=$GITHUB_REF_NAME type=$GITHUB_REF_TYPE ci=$CI"
          test "$GITHUB_SHA" = "${{ github.sha }}"
          test -f "$GITHUB_EVENT_PATH" && test -d "$RUNNER_TEMP" && test "$PWD" = "$GITHUB_WORKSPACE"
          test -z "$ACTIONS_ID_TOKEN_REQUEST_URL"
      - name: outputs
        id: out
        run: |
          echo "word=spoken" >> "$GITHUB_OUTPUT"
          printf 'many<<END\na\nb\nEND\n' >> "$GITHUB_OUTPUT"
          echo "::add-mask::s3cret-thing"
          echo "the s3cret-thing is hidden"
          echo "hidden=s3cret-thing" >> "$GITHUB_OUTPUT"
          echo "LATER=from a file" >> "$GITHUB_ENV"
          mkdir -p "$RUNNER_TEMP/bin"; printf '#!/bin/sh\necho tool-on-path\n' > "$RUNNER_TEMP/bin/mytool"
          chmod +x "$RUNNER_TEMP/bin/mytool"; echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
          echo "### Summary" >> "$GITHUB_STEP_SUMMARY"
          echo "::warning file=a.py,line=3::careful%0Aplease"
      - name: after
        run: |
          echo "later=$LATER many=${{ join(fromJSON(toJSON(steps.out.outputs.many)), '') }}"
          mytool
      - name: pipefail by name
        id: pipe
        continue-on-error: true
        run: exit 3 | cat
      - name: no pipefail by default
        shell: sh
        run: "false | cat; echo survived"
      - name: outcomes
        run: echo "outcome=${{ steps.pipe.outcome }} conclusion=${{ steps.pipe.conclusion }} status=${{ job.status }}"
      - name: python shell
        shell: python
        run: print("python", 1 + 1)
      - name: no checkout yet
        continue-on-error: true
        uses: ./action
      - uses: actions/checkout@v7
      - name: composite
        id: said
        uses: ./action
        with: {word: hi}
      - name: composite output
        run: echo "${{ steps.said.outputs.said }}"
      - name: hash
        run: echo "hash=${{ hashFiles('pyproject.toml') }} none=[${{ hashFiles('nothing') }}]"
      - name: skipped
        if: github.ref_type == 'branch'
        run: exit 1
      - name: time is up
        id: slow
        timeout-minutes: 0.02
        continue-on-error: true
        run: sleep 60
      - name: cache
        uses: actions/cache@v6
        id: cache
        with: {path: cached, key: k-1}
      - name: fill
        if: steps.cache.outputs.cache-hit != 'true'
        run: mkdir cached; echo kept > cached/file
      - name: pip
        run: python -m pip --version
      - uses: actions/upload-artifact@v7
        with: {name: one, path: pyproject.toml}
      - uses: actions/upload-artifact@v7
        with: {name: two, path: "cached\n!cached/nothing"}
  matrix:
    needs: first
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest]
        n: [1, 2]
        include: [{n: 2, extra: more}, {n: 3, os: ubuntu-latest}]
        exclude: [{n: 1}]
    runs-on: ${{ matrix.os }}
    name: Leg ${{ matrix.n }}
    outputs: {last: "${{ matrix.n }}"}
    steps:
      - name: leg ${{ matrix.n }}
        run: echo "n=${{ matrix.n }} extra=${{ matrix.extra }} total=${{ strategy.job-total }} word=$WORD"
        env: {WORD: "${{ needs.first.outputs.word }}"}
  breaks:
    runs-on: ubuntu-latest
    steps:
      - name: fails
        run: exit 7
      - name: not run
        run: echo no
      - name: cleans up
        if: always()
        run: echo cleaned
      - name: mourns
        if: failure()
        run: echo mourned
  depends:
    needs: [first, breaks]
    runs-on: ubuntu-latest
    steps: [{run: echo no}]
  regardless:
    needs: [matrix, breaks]
    if: ${{ !cancelled() }}
    runs-on: ubuntu-latest
    steps:
      - name: sees results
        run: echo "${{ needs.breaks.result }} ${{ needs.matrix.result }} ${{ needs.matrix.outputs.last }}"
      - name: cache again
        id: cache
        uses: actions/cache@v6
        with: {path: cached, key: k-2, restore-keys: "k-"}
      - name: restored
        run: cat cached/file; echo "hit=${{ steps.cache.outputs.cache-hit }}"
      - uses: actions/download-artifact@v8
        with: {path: all}
      - uses: actions/download-artifact@v8
        with: {pattern: '*', path: merged, merge-multiple: true}
      - name: artifacts
        run: find all merged -type f | sort | xargs echo
  after-skip:
    needs: depends
    runs-on: ubuntu-latest
    steps: [{run: echo no}]
  foreign:
    runs-on: windows-latest
    steps: [{run: echo no}]
  publish:
    needs: regardless
    if: "!failure() || true"
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - name: token
        run: |
          curl -sS -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
            "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=me" > token.json
          python -c "import json,base64; t=json.load(open('token.json'))['value'].split('.')[1]; \
            c=json.loads(base64.urlsafe_b64decode(t+'=='));print(c['aud'],c['iss'],c['sub'],c['exp']-c['iat'])"
      - name: publishes nothing
        run: true || uv publish
"""


@pytest.fixture(scope="module")
def every_rule(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the workflow above."""
    folder = tmp_path_factory.mktemp("every") / "every-rule"
    for name, text in {
        "pyproject.toml": PYPROJECT,
        ".github/workflows/release.yml": WORKFLOW,
        "action/action.yml": ACTION,
        "src/every_rule/__init__.py": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def logged(played: Played, step: str) -> str:
    """Return what a step printed."""
    return "\n".join(played.step(step)["log"])


def test_every_rule_of_the_runner(play: Play, every_rule: Path) -> None:
    """Environment, outputs, conditions, matrix, composite actions, artifacts and caches behave as on GitHub."""
    played = play(every_rule, "--repository", "octo/every-rule")

    assert logged(played, "environment") == (
        "where=step both=job-octo/every-rule-push ref=refs/tags/v2.0.0 name=v2.0.0 type=tag ci=true"
    )
    assert "the *** is hidden" in logged(played, "outputs")
    assert played.step("outputs")["summary"] == "### Summary\n"
    assert played.step("outputs")["annotations"] == [
        {"level": "warning", "message": "careful\nplease", "file": "a.py", "line": "3"}
    ]
    assert logged(played, "after") == "later=from a file many=a\nb\ntool-on-path"
    assert played.step("pipefail by name")["result"] == "failure"
    assert logged(played, "no pipefail by default") == "survived"
    assert logged(played, "outcomes") == "outcome=failure conclusion=success status=success"
    assert logged(played, "python shell") == "python 2"
    assert "run actions/checkout" in played.step("no checkout yet")["hint"]
    assert logged(played, "composite output").startswith("hi from /")
    assert "none=[]" in logged(played, "hash")
    assert played.step("skipped")["result"] == "skipped"
    assert played.step("time is up")["error"] == "The action has timed out."
    assert played.step("fill")["result"] == "success"
    assert logged(played, "pip").startswith("pip ")
    assert played.job("first")["outputs"] == {"word": "spoken"}
    assert played.job("first")["result"] == "success"


def test_matrix_and_needs(play: Play, every_rule: Path) -> None:
    """Legs are those of GitHub's rules, and what follows a failed or skipped job depends on its `if`."""
    played = play(every_rule)

    assert [job["name"] for job in played.data["jobs"] if job["id"] == "matrix"] == [
        "Leg 2",
        "Leg 3",
    ]
    assert logged(played, "leg 2") == "n=2 extra=more total=2 word=spoken"
    assert logged(played, "leg 3") == "n=3 extra= total=2 word=spoken"
    assert [played.step(name)["result"] for name in ("fails", "not run", "cleans up", "mourns")] == [
        "failure", "skipped", "success", "success",
    ]  # fmt: skip
    assert played.job("depends")["result"] == "skipped"
    assert played.job("after-skip")["result"] == "skipped"
    assert logged(played, "sees results") == "failure success 3"
    assert logged(played, "restored") == "kept\nhit=false"
    assert logged(played, "artifacts") == (
        "all/one/pyproject.toml all/two/file merged/file merged/pyproject.toml"
    )
    assert played.job("foreign")["result"] == "not rehearsed"
    assert logged(played, "token").endswith("repo:octocat/every-rule:ref:refs/tags/v2.0.0 300")
    assert played.data["verdict"] == "NOT READY"


def test_dispatch_inputs(play: Play, every_rule: Path) -> None:
    """A dispatch has its inputs typed, its defaults filled in and its choices checked."""
    played = play(every_rule, "--event", "workflow_dispatch", "--input", "level=high")

    assert played.data["event"]["ref"] == "refs/heads/main"
    assert played.step("skipped")["result"] == "failure"  # a branch, so its `if` holds


BACKGROUND = """
on: {push: {tags: ['v*']}}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: |
          sleep 300 &
          (env -i setsid sleep 301 >/dev/null 2>&1 &)
          echo "$!" > "$RUNNER_TEMP/pid"
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - name: looks around
        run: ps -eo args | grep '[s]leep 30' || echo nobody
      - run: true || uv publish
"""


@pytest.mark.parametrize("options", [(), ("--no-isolation",)], ids=["namespaces", "proxy only"])
def test_a_job_leaves_no_process_behind(
    play: Play, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """What a step leaves in the background ends with its job, even without its environment and session."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/release.yml").write_text(BACKGROUND)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    played = play(tmp_path, *options)

    assert logged(played, "looks around") == "nobody"


LEAVING = """
on: {push: {tags: ['v*']}}
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {folder: "${{ steps.here.outputs.folder }}"}
    steps:
      - id: here
        run: |
          touch ~/left /tmp/left "$TMPDIR/left" "$RUNNER_TEMP/left" left
          python -m pip config set global.left here
          echo "folder=$PWD" >> "$GITHUB_OUTPUT"
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - name: finds
        run: |
          ls -d ~/left /tmp/left "$TMPDIR/left" "$RUNNER_TEMP/left" left \
            "${{ needs.one.outputs.folder }}" 2>/dev/null || true
      - name: configured
        run: python -m pip config list
      - run: true || uv publish
"""


def test_jobs_share_nothing_but_what_they_hand_on(play: Play, tmp_path: Path) -> None:
    """What one job leaves in its home, its temporary folders or its workspace is not there for the next."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/release.yml").write_text(LEAVING)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    played = play(tmp_path)

    assert logged(played, "finds") == ""
    assert "left" not in logged(played, "configured")


EXCUSED = """
on:
  release: {types: [created]}
jobs:
  flaky:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps: [{run: exit 1}]
  publish:
    needs: flaky
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: read}
    steps:
      - uses: actions/checkout@v7
      - uses: astral-sh/setup-uv@v10
      - run: exit 3
        continue-on-error: true
      - run: uv build
      - run: uv publish --publish-url ${{ startsWith(github.ref, 'refs/tags/') && 'URL' || 'testpypi' }}
"""


def test_what_is_excused_stops_no_release(play: Play, tmp_path: Path) -> None:
    """A job and a step with `continue-on-error` may fail; a release that is `created` starts its workflow."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    url = endpoints.pypi().upload_url
    (tmp_path / ".github/workflows/release.yml").write_text(EXCUSED.replace("URL", url))
    (tmp_path / "src" / "every_rule").mkdir(parents=True)
    (tmp_path / "src" / "every_rule" / "__init__.py").write_text("RULE = 1\n")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    played = play(tmp_path)

    assert played.causes == ""
    assert played.data["verdict"] == "READY"
    assert played.data["event"]["action"] == "created"
    assert [job["excused"] for job in played.data["jobs"]] == [True, False]
    assert any("draft" in note for note in played.data["notes"])


PUSHING = """
on: {push: {tags: ['v*']}}
jobs:
  tag:
    runs-on: ubuntu-latest
    permissions: {contents: write}
    steps:
      - uses: actions/checkout@v7
      - name: pushes
        run: |
          git tag moved && git push --quiet origin moved
          git push --quiet origin HEAD:refs/heads/next
          git ls-remote --tags origin | wc -l
      - run: true || uv publish
"""


def test_a_push_goes_to_a_copy(play: Play, tmp_path: Path) -> None:
    """A step may push; the stage's repository and the user's stay as they are, and the report says so."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/release.yml").write_text(PUSHING)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    played = play(tmp_path)

    assert logged(played, "pushes").strip() == "1"
    assert any("`git push` went to a copy" in line for line in played.data["differences"])
