"""Advice for GitLab, on gitlab.com and on servers of one's own: the claims of a pipeline's job."""

from collections.abc import Mapping

from bonded.minting.advice.wording import (
    Advice,
    Advisor,
    Miss,
    difference,
    not_from_a_job,
    to_publisher,
)
from bonded.publishers.ci_config_ref import config_filepath

__all__ = ["ADVISORS"]

SUBJECT = '["project_path", "ref_type", "ref"]'
"""The parts of `sub` as GitLab makes it unless a project says otherwise."""


def _subject(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    path = f"{miss.field('namespace')}/{miss.field('project')}"
    if miss.said("project_path").lower() != path.lower():
        return ()  # which has its own advice
    return (
        Advice(
            sentence=f"The project has a `sub` of its own ({miss.got!r}), and it must begin with {miss.expected!r}: "
            f"set the project's `ci_id_token_sub_claim_components` to {SUBJECT}, GitLab's default.",
            side="provider",
            field="ci_id_token_sub_claim_components",
            new_value=SUBJECT,
        ),
    )


def _project_path(miss: Miss) -> tuple[Advice, ...]:
    namespace, _, name = miss.got.rpartition("/")
    if not (namespace and name):
        return (not_from_a_job(miss),)
    why = f"The job ran in {miss.got!r}, the publisher is for {miss.expected!r}"
    steps = []
    if namespace.lower() != miss.field("namespace").lower():
        moved = f"{why} (it was moved, or the pipeline ran in a fork). If it is yours now"
        steps.append(to_publisher(moved, label="namespace", field="namespace", value=namespace))
    if name.lower() != miss.field("project").lower():
        steps.append(to_publisher(why, label="project name", field="project", value=name))
    return (*steps, _elsewhere(miss.expected))


def _config(miss: Miss) -> tuple[Advice, ...]:
    path, registered = config_filepath(miss.got), miss.field("workflow_filepath")
    if not miss.got:
        return (_config_of_elsewhere(registered),)
    if not path:
        return (not_from_a_job(miss),)
    if not (miss.said("ref_path") and miss.said("sha")):
        return (not_from_a_job(miss, "sha" if miss.said("ref_path") else "ref_path"),)
    home, _, _ = miss.got.partition(f"//{path}@")
    ours, _, _ = miss.expected.partition(f"//{registered}")
    if home.lower() != ours.lower():
        own = miss.said("project_path").lower() != ours.partition("/")[2].lower()
        return () if own else (_config_of_elsewhere(registered),)
    steps = _spelling(miss, home) if home != ours else ()
    if path != registered:
        return (*steps, *_renamed(path, registered))
    return steps or (_other_commit(registered),)


def _spelling(miss: Miss, home: str) -> tuple[Advice, ...]:
    """The same project in another letter case: found by PyPI, and refused in the text of the pipeline file."""
    namespace, _, name = home.partition("/")[2].rpartition("/")
    why = "GitLab writes {!r}, and the pipeline file is compared letter for letter"
    found = (("namespace", "namespace", namespace), ("project", "project name", name))
    return tuple(
        to_publisher(why.format(value), label=label, field=field, value=value)
        for field, label, value in found
        if value != miss.field(field)
    )


def _renamed(path: str, registered: str) -> tuple[Advice, ...]:
    why = difference(path, registered) or "the file was renamed, or another one publishes"
    return (
        to_publisher(
            f"The pipeline is in {path!r}, the publisher is for {registered!r} ({why})",
            label="top-level pipeline file path",
            field="workflow_filepath",
            value=path,
        ),
        Advice(
            sentence=f"Or rename the pipeline's file to {registered!r}, and say so in the project's CI/CD settings.",
            side="workflow",
            field="file name",
            new_value=registered,
        ),
    )


def _config_of_elsewhere(registered: str) -> Advice:
    return Advice(
        sentence="The pipeline's file is not in the project itself, and no publisher can match that: keep it in the "
        f"project as {registered!r}, and let only parts of it be included.",
        side="project",
        field="CI/CD configuration file",
        new_value=registered,
    )


def _other_commit(registered: str) -> Advice:
    return Advice(
        sentence="The pipeline's file was taken from another ref than the one that the pipeline runs for: set the "
        f"project's CI/CD configuration file to {registered!r} alone.",
        side="project",
        field="CI/CD configuration file",
        new_value=registered,
    )


def _environment(miss: Miss) -> tuple[Advice, ...]:
    registered = miss.field("environment")
    if not registered:  # a rule of the index asks for any environment at all
        return (_give("This index takes nothing from a job without an environment", "pypi"),)
    came = f"the job runs in {miss.got!r}" if miss.got else "the job has no environment"
    if miss.got and difference(miss.got, registered):
        came += " (only the letter case differs, and GitLab's environments keep it)"
    change = (
        f"change the environment name to {miss.got!r}"
        if miss.got
        else "clear the environment name, so that any job of the pipeline may publish"
    )
    return (
        _give(f"The publisher is for the environment {registered!r}, {came}", registered),
        Advice(
            sentence=f"Or, in the publisher, {change}.",
            side="publisher",
            field="environment",
            new_value=miss.got,
        ),
    )


def _give(why: str, environment: str) -> Advice:
    return Advice(
        sentence=f"{why}: in the pipeline's file, give the publishing job `environment: {environment}`.",
        side="workflow",
        field="environment",
        new_value=environment,
    )


def _other_project(_miss: Miss) -> tuple[Advice, ...]:
    return (
        _only_tags(
            "The pipeline ran in one project for the change of another, as those of forks do"
        ),
    )


def _source(miss: Miss) -> tuple[Advice, ...]:
    if not miss.got:
        return (not_from_a_job(miss),)
    return (
        _only_tags(
            f"This index takes nothing from {miss.got!r} pipelines, which a stranger can start; PyPI would"
        ),
    )


def _only_tags(why: str) -> Advice:
    return Advice(
        sentence=f"{why}: let the publishing job run for tags only, with `rules: - if: $CI_COMMIT_TAG`.",
        side="workflow",
        field="rules",
        new_value="$CI_COMMIT_TAG",
    )


def _elsewhere(path: str) -> Advice:
    condition = f'$CI_PROJECT_PATH == "{path}"'
    return Advice(
        sentence=f"Or run the job in {path!r} only: give it `rules: - if: '{condition}'`.",
        side="workflow",
        field="if",
        new_value=condition,
    )


def _token_id(miss: Miss) -> tuple[Advice, ...]:
    return (not_from_a_job(miss),)


ADVISORS: Mapping[str, Advisor] = {
    "sub": _subject,
    "project_path": _project_path,
    "ci_config_ref_uri": _config,
    "jti": _token_id,
    "environment": _environment,
    "job_project_id": _other_project,
    "pipeline_source": _source,
}
