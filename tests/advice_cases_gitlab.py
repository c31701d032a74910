"""Refusals of GitLab's jobs, each with the first step that must be advised."""

from advice_case import Case
from bonded.publishers import STRICT, Rules
from claims_gitlab import CONFIG

__all__ = ["CASES"]

PARTS = '["project_path", "ref_type", "ref"]'
ALL = Rules(
    deny_risky_events=True,
    require_environment=True,
    require_protected_ref=True,
    require_hosted_runner=True,
)

CASES = (
    # GitLab
    Case(
        name="GitLab: environment registered, the job has none",
        kind="gitlab",
        first=("workflow", "environment", "Release/PyPI"),
        claims={"environment": ...},
        phrase="in the pipeline's file",
    ),
    Case(
        name="GitLab: letter case of the environment",
        kind="gitlab",
        first=("workflow", "environment", "Release/PyPI"),
        claims={"environment": "release/pypi"},
        phrase="only the letter case differs",
    ),
    Case(
        name="GitLab: no environment, where the index demands one",
        kind="gitlab",
        first=("workflow", "environment", "pypi"),
        fields={"environment": ""},
        claims={"environment": ...},
        rules=Rules(require_environment=True),
    ),
    Case(
        name="GitLab: the project was renamed",
        kind="gitlab",
        first=("publisher", "project", "widget"),
        fields={"project": "gadget"},
    ),
    Case(
        name="GitLab: the project was moved, or a fork",
        kind="gitlab",
        first=("publisher", "namespace", "acme/tasks"),
        fields={"namespace": "acme"},
        phrase="ran in a fork",
    ),
    Case(
        name="GitLab: letter case of the group",
        kind="gitlab",
        first=("publisher", "namespace", "acme/tasks"),
        fields={"namespace": "Acme/tasks"},
        phrase="letter for letter",
    ),
    Case(
        name="GitLab: letter case of the project",
        kind="gitlab",
        first=("publisher", "project", "widget"),
        fields={"project": "Widget"},
        phrase="letter for letter",
    ),
    Case(
        name="GitLab: the pipeline's file was renamed",
        kind="gitlab",
        first=("publisher", "workflow_filepath", ".gitlab-ci.yml"),
        fields={"workflow_filepath": "ci/release.yml"},
        phrase="the file was renamed",
    ),
    Case(
        name="GitLab: .yml against .yaml",
        kind="gitlab",
        first=("publisher", "workflow_filepath", ".gitlab-ci.yml"),
        fields={"workflow_filepath": ".gitlab-ci.yaml"},
        phrase="only the ending differs",
    ),
    Case(
        name="GitLab: the pipeline's file is not in the project",
        kind="gitlab",
        first=("project", "CI/CD configuration file", ".gitlab-ci.yml"),
        claims={"ci_config_ref_uri": ...},
    ),
    Case(
        name="GitLab: the pipeline's file of another project",
        kind="gitlab",
        first=("project", "CI/CD configuration file", ".gitlab-ci.yml"),
        claims={"ci_config_ref_uri": "gitlab.com/corp/ci//.gitlab-ci.yml@refs/heads/main"},
        phrase="not in the project itself",
    ),
    Case(
        name="GitLab: the pipeline's file at another ref",
        kind="gitlab",
        first=("project", "CI/CD configuration file", ".gitlab-ci.yml"),
        claims={"ci_config_ref_uri": f"{CONFIG}@refs/heads/main"},
        phrase="another ref",
    ),
    Case(
        name="GitLab: a subject of its own",
        kind="gitlab",
        first=("provider", "ci_id_token_sub_claim_components", PARTS),
        claims={"sub": "project_id:71:ref:v1.0"},
        phrase="ci_id_token_sub_claim_components",
    ),
    *(
        Case(
            name=f"GitLab: no {name}",
            kind="gitlab",
            first=("provider", name, ""),
            claims={name: ""},
        )
        for name in ("sub", "project_path", "jti", "sha", "ref_path")
    ),
    Case(
        name="GitLab: a file that is none",
        kind="gitlab",
        first=("provider", "ci_config_ref_uri", ""),
        claims={"ci_config_ref_uri": "nothing"},
    ),
    Case(
        name="GitLab: a merge request of a fork",
        kind="gitlab",
        first=("workflow", "rules", "$CI_COMMIT_TAG"),
        claims={"pipeline_source": "external_pull_request_event"},
        rules=STRICT,
    ),
    Case(
        name="GitLab: the job of another project",
        kind="gitlab",
        first=("workflow", "rules", "$CI_COMMIT_TAG"),
        claims={"job_project_id": "72"},
        rules=STRICT,
        phrase="as those of forks do",
    ),
    Case(
        name="GitLab: no source of the pipeline",
        kind="gitlab",
        first=("provider", "pipeline_source", ""),
        claims={"pipeline_source": ...},
        rules=STRICT,
    ),
    Case(
        name="GitLab: a ref that is not protected",
        kind="gitlab",
        first=("provider", "ref_protected", "true"),
        claims={"ref_protected": "false"},
        rules=ALL,
    ),
    Case(
        name="GitLab: a machine of one's own",
        kind="gitlab",
        first=("workflow", "runs-on", "gitlab-hosted"),
        claims={"runner_environment": "self-hosted"},
        rules=ALL,
    ),
)
