"""`.gitlab-ci.yml`: the same release for GitLab CI/CD, whose jobs get an ID token by `id_tokens`.

uv and bonded take the token from the variable that is named after the index's audience (`PYPI_ID_TOKEN`); for what it
signs, bonded has one of Sigstore's.
"""

from bonded import __version__
from bonded.dists.endpoints import Endpoints
from bonded.dists.names import parse_project_name
from bonded.workflows.drafting.pieces import filled, indented
from bonded.workflows.drafting.pins import Pins
from bonded.workflows.drafting.pythons import IMAGE
from bonded.workflows.drafting.subject import Package, Subject, Wishes
from bonded.workflows.drafting.trials import trial

__all__ = ["gitlab_ci"]

_HEAD = """\
# <when>
# The tests run on every commit; the publishing job alone has an ID token, and runs no code of the project.
stages: [test, build, inspect, publish]

default:
  image: ghcr.io/astral-sh/uv:<uv>-python<python>-bookworm
  interruptible: true

variables:
  UV_LINK_MODE: copy
  GIT_DEPTH: "<depth>"

test:
  stage: test
  parallel:
    matrix:
      - UV_PYTHON: [<pythons>]
  rules:
    - if: $CI_COMMIT_TAG == null
  script:
    - <command>
"""

_RELEASE = """\

<prefix>build:
  stage: build
  interruptible: false
  rules: &<prefix>release
    - if: $CI_COMMIT_TAG =~ /^<pattern>/
  script:
    - <build>
    - |
      # Refuse a tag that is not the version that was built.
      set -- dist/*.tar.gz
      version="${1%.tar.gz}"
      version="${version##*-}"
      if [ "$CI_COMMIT_TAG" != "<tag-prefix>$version" ]; then
        echo "the tag is $CI_COMMIT_TAG, but version $version was built"
        exit 1
      fi
  artifacts:
    paths: [dist/]

<prefix>inspect:
  stage: inspect
  interruptible: false
  needs: ["<prefix>build"]
  rules: *<prefix>release
  variables:
    GIT_STRATEGY: none
  script:
    - uvx twine@<twine> check dist/*
    - uv run --isolated --no-project --with dist/*.whl python -c '<try>'
    - uv run --isolated --no-project --with dist/*.tar.gz python -c '<try>'

<prefix>publish:
  stage: publish
  interruptible: false
  needs: ["<prefix>build", "<prefix>inspect"]
  rules: *<prefix>release
  variables:
    GIT_STRATEGY: none
  environment:
    name: <environment>
    url: <url>
  id_tokens:
    <tokens>
  script:
    - <upload>
"""


def gitlab_ci(subject: Subject, wishes: Wishes, pins: Pins, *, index: Endpoints) -> str:
    """Return the text of the pipeline that tests every commit and releases every package on its tag."""
    several = len(subject.packages) > 1
    whole = any(package.version_from == "git" for package in subject.packages)
    tags = " or ".join(f"{package.tag_prefix}X.Y.Z" for package in subject.packages)
    head = filled(
        _HEAD,
        when=f"Pushing the tag {tags} publishes version X.Y.Z to PyPI, built once and tried.",
        uv=pins.tools["uv"],
        python=IMAGE if IMAGE in subject.pythons else subject.pythons[-1],
        depth="0" if whole else "20",
        pythons=", ".join(f'"{python}"' for python in subject.pythons),
        command=_script(subject.test_command),
    )
    return head + "".join(
        _release(package, subject, wishes, pins, index=index, several=several)
        for package in subject.packages
    )


def _script(command: str) -> str:
    """Return one item of a script; several lines become a literal block, a colon must not look like a key."""
    if "\n" in command or ": " in command or '"' in command:
        return f"|\n{indented(command, 2)}"
    return command


def _release(
    package: Package,
    subject: Subject,
    wishes: Wishes,
    pins: Pins,
    *,
    index: Endpoints,
    several: bool,
) -> str:
    name = parse_project_name(package.name)
    return filled(
        _RELEASE,
        prefix=f"{name}-" if several else "",
        pattern=_regex(package.tag_prefix) + "[0-9]",
        tag_prefix=package.tag_prefix,
        build=f"uv build --package {name}" if subject.workspace else "uv build",
        twine=pins.tools["twine"],
        environment=wishes.environment,
        url=index.project_url(name),
        tokens="\n".join(_tokens(index, wishes)),
        upload=f"uvx bonded@{__version__} publish"
        if wishes.uploader == "bonded"
        else "uv publish --trusted-publishing always",
        **{"try": trial(package)},
    )


def _tokens(index: Endpoints, wishes: Wishes) -> list[str]:
    """Return the ID tokens that the publishing job gets: one for the index, one for Sigstore where it signs."""
    audiences = [index.audience] + ["sigstore"] * (wishes.uploader == "bonded")
    return [
        line
        for audience in audiences
        for line in (f"{audience.upper()}_ID_TOKEN:", f"  aud: {audience}")
    ]


def _regex(prefix: str) -> str:
    """Return a regular expression (RE2, between slashes) for a literal beginning of a tag."""
    return "".join(c if c.isalnum() or c in "-_" else f"\\{c}" for c in prefix)
