"""Tutorials of the kind that people follow, rebuilt: every defect known of them is found."""

from pathlib import Path

import pytest

from bonded.cli.check_zizmor import Zizmor
from bonded.dists import endpoints
from bonded.publishers import from_fields
from bonded.workflows.audit import audit
from bonded.workflows.case import Facts, Registered
from bonded.workflows.findings import Finding

FOLDER = Path(__file__).parent / "tutorials"


def facts(workflow: str, environment: str = "") -> Facts:
    """Return a project with a static version and a publisher at PyPI."""
    fields = {
        "repository_owner": "octo",
        "repository_owner_id": "1",
        "repository_name": "tool",
        "workflow_filename": workflow,
        "environment": environment,
    }
    publisher = from_fields("github", fields)
    return Facts(
        pyproject={"project": {"name": "tool", "version": "1.0"}},
        name="tool",
        names=frozenset({"tool"}),
        version="1.0",
        version_file="pyproject.toml",
        registered=(Registered(index="pypi", project="tool", publisher=publisher),),
    )


def found(tutorial: str, known: Facts, name: str = "release.yml") -> tuple[Finding, ...]:
    """Return what is found in a tutorial's workflow, saved under a name."""
    host = endpoints.pypi().web_url.split("/")[2]
    text = (FOLDER / f"{tutorial}.yml").read_text("utf-8").replace("PYPI-HOST", host)
    return audit({f".github/workflows/{name}": text}, known)


@pytest.mark.parametrize(
    ("tutorial", "rules"),
    [
        ("one_job", {"smoke-command", "release-types", "unknown-input", "missing-contents-read"}),
        ("one_job", {"build-in-publish-job", "version-gate"}),
        ("handbook", {"build-in-publish-job", "uv-version", "version-gate"}),
        ("split_jobs", {"project-name", "short-retention", "version-gate", "unpinned-tool"}),
        ("semantic_release", {"publish-job-writes", "build-in-publish-job", "no-environment"}),
        ("test_then_publish", {"untested-files", "tag-pattern", "version-gate"}),
        ("test_then_publish", {"build-in-publish-job", "missing-contents-read"}),
    ],
)
def test_every_defect_is_found(tutorial: str, rules: set[str]) -> None:
    """A tutorial's defects are findings of the rules that are made for them."""
    assert rules <= {finding.rule for finding in found(tutorial, facts("release.yml"))}


def test_the_name_in_the_text_is_not_that_of_the_file() -> None:
    """Who registers `release.yaml` and keeps `release.yml` is told before the release."""
    told = found("split_jobs", facts("release.yaml"))

    assert "publisher-mismatch" in {finding.rule for finding in told}
    assert "publisher-mismatch" not in {
        finding.rule for finding in found("split_jobs", facts("release.yaml"), "release.yaml")
    }


def test_a_blank_environment_takes_any() -> None:
    """The handbook errs: a publisher without environment takes tokens of a job in one."""
    blank = {finding.rule for finding in found("handbook", facts("release.yml"))}
    other = {finding.rule for finding in found("handbook", facts("release.yml", "release"))}

    assert not blank & {"publisher-mismatch", "environment-mismatch"}
    assert "environment-mismatch" in other


def test_the_wrong_indentation_is_a_fault_of_syntax() -> None:
    """The sample of the third step is no YAML, and its place is named."""
    (finding,) = found("split_jobs_step_3", facts("release.yml"))

    assert (finding.rule, finding.place.line) == ("syntax", 12)


@pytest.mark.parametrize(
    ("tutorial", "audits"),
    [
        ("one_job", {"cache-poisoning", "unpinned-uses", "artipacked"}),
        ("semantic_release", {"unpinned-uses"}),
    ],
)
def test_what_zizmor_knows_is_left_to_it(tutorial: str, audits: set[str]) -> None:
    """A cache in a release job and branches as pins are its findings, in the same report."""
    heard = Zizmor([FOLDER / f"{tutorial}.yml"]).hear()

    assert not heard.trouble
    assert audits <= {finding.rule.removeprefix("zizmor/") for _, finding in heard.findings}
