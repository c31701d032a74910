"""`release.yml`: built once, tried as strangers will meet it, and published as it was tried.

The shape, and why: nothing has a right that it does not use (`permissions: {}` on top). The build hands its files on by
the number of their artifact, so what is published is what was tried. The publishing job alone may ask for an ID token;
it runs no code of the project: it has no checkout and no build. No release can be cancelled by another.
"""

from collections.abc import Sequence

from bonded import __version__
from bonded.dists.endpoints import Endpoints
from bonded.dists.names import parse_project_name
from bonded.workflows.drafting.compiled import compiled_jobs, downloads
from bonded.workflows.drafting.pieces import (
    CHECKOUT,
    CHECKOUT_WHOLE,
    DOWNLOAD,
    KEEP,
    SETUP_UV,
    filled,
    indented,
    values_of,
)
from bonded.workflows.drafting.pins import Pins
from bonded.workflows.drafting.subject import Package, Wishes
from bonded.workflows.drafting.tag_conditions import own_tags
from bonded.workflows.drafting.trials import python_option, trial

__all__ = ["release_workflow"]

_HEAD = """\
# <when> publishes version X.Y.Z of <name> to PyPI:
# built once, tried in clean environments, and uploaded as it was tried.
name: <title>

on:
  <triggers>

permissions: {}

# Two runs of one tag wait for each other; no release is ever cancelled half-way.
concurrency:
  group: <group>-${{ github.ref }}
  cancel-in-progress: false

jobs:
"""

_BUILD = """\
build:
  name: Build the distributions<own-tags>
  runs-on: <runner>
  timeout-minutes: 15
  permissions:
    contents: read # to check the source out
  outputs:
    artifact-id: ${{ steps.keep.outputs.artifact-id }}
  steps:
    <checkout-step>
    <uv-step>
    <build-step>
    <gate-step>
    <keep-step>
"""

_BUILD_STEP = """\
- name: Build the wheel and the source archive
  run: |
    # The time of the commit: the same commit makes the same files.
    SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
    export SOURCE_DATE_EPOCH
    <command>
"""

_GATE = """\
- name: Refuse a tag that is not the version that was built<condition>
  run: |
    set -- dist/*.tar.gz
    version="${1%.tar.gz}"
    version="${version##*-}"
    if [ "$GITHUB_REF_NAME" != "<prefix>$version" ]; then
      echo "::error::the tag is $GITHUB_REF_NAME, but version $version was built"
      exit 1
    fi
"""

_INSPECT = """\

inspect:
  name: Inspect and try the distributions
  needs: build
  runs-on: <runner>
  timeout-minutes: 15
  permissions: {}
  steps:
    <download-step>
    <uv-step>
    - name: Check metadata and README as PyPI will
      run: uvx twine@<twine> check dist/*
    - name: Try the wheel in a clean environment
      run: uv run --isolated --no-project<python> --with dist/*.whl python -c '<try>'
    - name: Try the source archive in a clean environment
      run: uv run --isolated --no-project<python> --with dist/*.tar.gz python -c '<try>'
"""

_PUBLISH = """\

<job>:
  name: Publish to <index><condition>
  needs: [build, inspect]
  runs-on: <runner>
  timeout-minutes: 15
  environment:
    name: <environment>
    url: <url>
  permissions:
    id-token: write # to prove to <index> which workflow this is
  steps:
    <download-step>
    <publish-step>
"""

_WITH_UV = """\
<uv-step>
- name: Publish
  run: uv publish --trusted-publishing always<place>
"""

_WITH_ACTION = """\
- name: Publish, with an attestation of each file
  uses: <gh-action-pypi-publish><place>
"""

_WITH_BONDED = """\
<uv-step>
- name: Publish, with an attestation of each file
  run: uvx bonded@<version> publish<place>
"""

_ON_TAG = "if: github.ref_type == 'tag'"
_BY_ITSELF = "if: github.event_name != 'workflow_dispatch'"
_BY_HAND = "if: github.event_name == 'workflow_dispatch'"


def release_workflow(
    package: Package,
    wishes: Wishes,
    pins: Pins,
    *,
    index: Endpoints,
    test_index: Endpoints,
    in_workspace: bool = False,
    siblings: Sequence[Package] = (),
) -> str:
    """Return the text of the workflow that releases one package.

    `in_workspace` builds it as a member of a uv workspace; `siblings` are the other packages of the repository,
    which have files of their own: then names tell them apart, and at a published release the tag.
    """
    name = parse_project_name(package.name)
    values = values_of(pins)
    head = filled(
        _HEAD,
        when=_when(package, wishes),
        name=package.name,
        title=f"Release {package.name}" if siblings else "Release",
        triggers=_triggers(package, wishes),
        group=f"release-{name}" if siblings else "release",
    )
    command = f"uv build --package {name}" if in_workspace else "uv build"
    gate = _gate(package, wishes)
    condition = own_tags(package, siblings, wishes)
    condition = f"\n{condition}" if condition else ""
    if package.compiled:
        jobs = compiled_jobs(package, values, command=command, gate=gate, condition=condition)
    else:
        jobs = _build(package, values, command=command, gate=gate, condition=condition)
        jobs += _inspect(package, values)
    jobs += _publish(package, wishes, values, index=index, environment=wishes.environment)
    if wishes.testpypi:
        jobs += _publish(
            package, wishes, values, index=test_index, environment=wishes.test_environment
        )
    return head + indented(jobs, 2)


def _when(package: Package, wishes: Wishes) -> str:
    tag = f"{package.tag_prefix}X.Y.Z"
    if wishes.trigger == "release":
        return f"Publishing a release of the tag {tag} at GitHub"
    return f"Pushing the tag {tag}"


def _triggers(package: Package, wishes: Wishes) -> str:
    if wishes.trigger == "release":
        # A draft that is published fires no `created`.
        text = "release:\n  types: [published]"
    else:
        text = f'push:\n  tags: ["{package.tag_pattern}"]'
    by_hand = "\nworkflow_dispatch: # publishes to TestPyPI"
    return text + (by_hand if wishes.testpypi else "")


def _gate(package: Package, wishes: Wishes) -> str:
    condition = f"\n  {_ON_TAG}" if wishes.testpypi else ""
    return filled(_GATE, prefix=package.tag_prefix, condition=condition)


def _build(
    package: Package, values: dict[str, str], *, command: str, gate: str, condition: str
) -> str:
    whole = package.version_from == "git"
    return filled(
        _BUILD,
        own_tags=condition,
        checkout_step=filled(CHECKOUT_WHOLE if whole else CHECKOUT, **values).rstrip(),
        uv_step=filled(SETUP_UV, **values).rstrip(),
        build_step=filled(_BUILD_STEP, command=command).rstrip(),
        gate_step=gate.rstrip(),
        keep_step=filled(KEEP, **values).rstrip(),
        runner=values["runner"],
    )


def _inspect(package: Package, values: dict[str, str]) -> str:
    return filled(
        _INSPECT,
        download_step=filled(DOWNLOAD, **values).rstrip(),
        uv_step=filled(SETUP_UV, **values).rstrip(),
        runner=values["runner"],
        twine=values["twine"],
        python=python_option(package),
        **{"try": trial(package)},
    )


def _publish(
    package: Package,
    wishes: Wishes,
    values: dict[str, str],
    *,
    index: Endpoints,
    environment: str,
) -> str:
    is_test = index.name == "testpypi"
    condition = f"\n{_BY_HAND if is_test else _BY_ITSELF}" if wishes.testpypi else ""
    download = downloads(values) if package.compiled else filled(DOWNLOAD, **values)
    if wishes.uploader == "uv":
        place = f" --publish-url {index.upload_url}" if is_test else ""
        step = filled(_WITH_UV, uv_step=filled(SETUP_UV, **values).rstrip(), place=place)
    elif wishes.uploader == "bonded":
        uv_step = filled(SETUP_UV, **values).rstrip()
        place = f" --to {index.name}" if is_test else ""
        step = filled(_WITH_BONDED, uv_step=uv_step, version=__version__, place=place)
    else:
        place = f"\nwith:\n  repository-url: {index.upload_url}" if is_test else ""
        step = filled(_WITH_ACTION, place=place, **values)
    return filled(
        _PUBLISH,
        job="publish-test" if is_test else "publish",
        index=index.title,
        condition=condition,
        environment=environment,
        url=index.project_url(parse_project_name(package.name)),
        download_step=download.rstrip(),
        publish_step=step.rstrip(),
        runner=values["runner"],
    )
