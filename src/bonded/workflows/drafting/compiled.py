"""The jobs that build and try a package whose wheels differ from platform to platform: cibuildwheel on a matrix.

Each job hands on an artifact of its own name; the jobs after them take all of them by the names' beginning.
"""

import shlex
from collections.abc import Mapping

from bonded.dists.names import parse_project_name
from bonded.workflows.drafting.pieces import (
    CHECKOUT,
    CHECKOUT_WHOLE,
    SETUP_UV,
    filled,
)
from bonded.workflows.drafting.subject import Package
from bonded.workflows.drafting.trials import python_option, trial

__all__ = ["PLATFORMS", "compiled_jobs", "downloads"]

PLATFORMS = ("ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025")

_DOWNLOADS = """\
- uses: <download-artifact>
  with:
    pattern: dist-*
    merge-multiple: true
    path: dist/
"""

_JOBS = """\
build:
  name: Build the source archive<own-tags>
  runs-on: <runner>
  timeout-minutes: 15
  permissions:
    contents: read # to check the source out
  steps:
    <checkout-step>
    <uv-step>
    - name: Build the source archive
      run: <command>
    <gate-step>
    - name: Keep the source archive for the next jobs
      uses: <upload-artifact>
      with:
        name: dist-source
        path: dist/*.tar.gz
        if-no-files-found: error

wheels:
  name: Build wheels on ${{ matrix.runner }}<own-tags>
  runs-on: ${{ matrix.runner }}
  timeout-minutes: 60
  permissions:
    contents: read # to check the source out
  strategy:
    matrix:
      runner:
        <platforms>
  steps:
    <checkout-step>
    <uv-step>
    - name: Build and test the wheels
      run: uvx cibuildwheel@<cibuildwheel> --output-dir dist<folder>
    - name: Keep the wheels for the next jobs
      uses: <upload-artifact>
      with:
        name: dist-wheels-${{ matrix.runner }}
        path: dist/*.whl
        if-no-files-found: error

inspect:
  name: Inspect and try the distributions
  needs: [build, wheels]
  runs-on: <runner>
  timeout-minutes: 15
  permissions: {}
  steps:
    <download-step>
    <uv-step>
    - name: Check metadata and README as PyPI will
      run: uvx twine@<twine> check dist/*
    - name: Try a wheel in a clean environment
      run: |
        set -- dist/*.tar.gz
        version="${1%.tar.gz}"
        version="${version##*-}"
        uv run --isolated --no-project<python> --find-links dist --no-build-package <name> \\
          --with "<name>==$version" python -c '<try>'
"""


def compiled_jobs(
    package: Package, values: Mapping[str, str], *, command: str, gate: str, condition: str
) -> str:
    """Return the jobs `build`, `wheels` and `inspect`.

    `gate` is the step that compares tag and version; `condition` goes behind the name of the jobs that begin.
    """
    checkout = CHECKOUT_WHOLE if package.version_from == "git" else CHECKOUT
    return filled(
        _JOBS,
        own_tags=condition,
        checkout_step=filled(checkout, **values).rstrip(),
        uv_step=filled(SETUP_UV, **values).rstrip(),
        download_step=downloads(values).rstrip(),
        gate_step=gate.rstrip(),
        command=f"{command} --sdist",
        platforms="\n".join(f"- {platform}" for platform in PLATFORMS),
        folder=f" {shlex.quote(package.folder)}" if package.folder else "",
        name=parse_project_name(package.name),
        python=python_option(package),
        **{"try": trial(package)},
        **{name: values[name] for name in ("runner", "twine", "cibuildwheel", "upload_artifact")},
    )


def downloads(values: Mapping[str, str]) -> str:
    """Return the step that takes the artifacts of all jobs."""
    return filled(_DOWNLOADS, **values)
