"""`ci.yml`: the tests on every Python that the project admits, and one job that branch rules can wait for."""

import json
import re

from bonded.workflows.drafting.pieces import CHECKOUT, CHECKOUT_WHOLE, filled, indented, values_of
from bonded.workflows.drafting.pins import Pins
from bonded.workflows.drafting.subject import Subject

__all__ = ["ci_workflow"]

_CI = """\
name: CI

on:
  push:
    branches: [<branch>]
  pull_request:

permissions: {}

# A newer commit of the same branch makes the run of an older one needless.
concurrency:
  group: ci-${{ github.ref }}
  cancel-in-progress: true

jobs:
  test:
    name: Test on Python ${{ matrix.python }}
    runs-on: <runner>
    timeout-minutes: 20
    permissions:
      contents: read # to check the source out
    strategy:
      fail-fast: false
      matrix:
        python: [<pythons>]
    steps:
      <checkout-step>
      - uses: <setup-uv>
        with:
          version: "<uv>"
          python-version: ${{ matrix.python }}
      - name: Test
        run: <command>

  build:
    name: Build the distributions
    runs-on: <runner>
    timeout-minutes: 15
    permissions:
      contents: read # to check the source out
    steps:
      <checkout-step>
      - uses: <setup-uv>
        with:
          version: "<uv>"
      - name: Build
        run: <build>
      - name: Check metadata and README as PyPI will
        run: uvx twine@<twine> check dist/*

  passed:
    name: All checks passed
    needs: [test, build]
    if: always()
    runs-on: <runner>
    timeout-minutes: 5
    permissions: {}
    steps:
      - name: Refuse unless every job succeeded
        run: test "$RESULTS" = "success success"
        env:
          RESULTS: ${{ join(needs.*.result, ' ') }}
"""


def ci_workflow(subject: Subject, pins: Pins) -> str:
    """Return the text of the workflow that tests and builds every commit."""
    whole = any(package.version_from == "git" for package in subject.packages)
    values = values_of(pins)
    command = subject.test_command
    if "\n" in command:
        command = f"|\n{indented(command, 2)}"
    return filled(
        _CI,
        branch=_plain(subject.default_branch),
        pythons=", ".join(f'"{python}"' for python in subject.pythons),
        checkout_step=filled(CHECKOUT_WHOLE if whole else CHECKOUT, **values).rstrip(),
        command=command,
        build="uv build --all-packages" if subject.workspace else "uv build",
        **{name: values[name] for name in ("runner", "uv", "twine", "setup_uv")},
    )


def _plain(branch: str) -> str:
    """Return a branch's name for a list in brackets: quoted where YAML would read it as something else."""
    return branch if re.fullmatch(r"[A-Za-z][\w./-]*", branch) else json.dumps(branch)
