"""Refusals of GitHub's jobs, each with the first step that must be advised."""

from advice_case import Case
from bonded.publishers import STRICT, Rules
from claims_builder import REF

__all__ = ["CASES"]

FILES = "octo/widget/.github/workflows"

CASES = (
    # The environments of GitHub
    Case(
        name="environment registered, the job has none",
        kind="github",
        first=("workflow", "environment", "pypi"),
        claims={"environment": ...},
        phrase="the job has no environment",
    ),
    Case(
        name="another environment",
        kind="github",
        first=("workflow", "environment", "pypi"),
        claims={"environment": "release"},
        phrase="runs in 'release'",
    ),
    Case(
        name="no environment, where the index demands one",
        kind="github",
        first=("workflow", "environment", "pypi"),
        fields={"environment": ""},
        claims={"environment": ..., "ref_protected": "true"},
        rules=Rules(require_environment=True),
        phrase="without an environment",
    ),
    # GitHub: the file
    Case(
        name="the file was renamed",
        kind="github",
        first=("publisher", "workflow_filename", "release.yml"),
        fields={"workflow_filename": "publish.yml"},
        phrase="the file was renamed",
    ),
    Case(
        name=".yml against .yaml",
        kind="github",
        first=("publisher", "workflow_filename", "release.yml"),
        fields={"workflow_filename": "release.yaml"},
        phrase="only the ending differs",
    ),
    Case(
        name="letter case of the file",
        kind="github",
        first=("publisher", "workflow_filename", "release.yml"),
        fields={"workflow_filename": "Release.yml"},
        phrase="only the letter case differs",
    ),
    Case(
        name="a reusable workflow of the repository, the calling one is registered",
        kind="github",
        first=("workflow", "jobs", "release.yml"),
        claims={"job_workflow_ref": f"{FILES}/upload.yml@{REF}"},
        phrase="attestations need that",
    ),
    Case(
        name="a reusable workflow of another repository",
        kind="github",
        first=("workflow", "jobs", "release.yml"),
        claims={"job_workflow_ref": "corp/ci/.github/workflows/release.yml@refs/heads/main"},
        phrase="which no publisher can match",
    ),
    Case(
        name="a reusable workflow at another ref",
        kind="github",
        first=("workflow", "uses", "./.github/workflows/release.yml"),
        claims={"job_workflow_ref": f"{FILES}/release.yml@refs/heads/main"},
    ),
    # GitHub: the repository and its owner
    Case(
        name="the repository was renamed",
        kind="github",
        first=("publisher", "repository_name", "widget"),
        fields={"repository_name": "gadget"},
        phrase="The job ran in 'octo/widget'",
    ),
    Case(
        name="letter case of the repository",
        kind="github",
        first=("publisher", "repository_name", "widget"),
        fields={"repository_name": "Widget"},
        phrase="letter for letter",
    ),
    Case(
        name="the owner was renamed, the id is the same",
        kind="github",
        first=("publisher", "repository_owner", "octo"),
        fields={"repository_owner": "cat"},
        phrase="is now called 'octo'",
    ),
    Case(
        name="letter case of the owner",
        kind="github",
        first=("publisher", "repository_owner", "octo"),
        fields={"repository_owner": "OCTO"},
        phrase="letter for letter",
    ),
    Case(
        name="the owner's account was deleted and made anew",
        kind="github",
        first=("publisher", "repository_owner_id", "5001"),
        fields={"repository_owner_id": "4"},
        phrase="deleted and made anew",
    ),
    Case(
        name="a fork: same name, another owner with another id",
        kind="github",
        first=("publisher", "repository_owner", "stranger"),
        claims={
            "repository": "stranger/widget",
            "repository_owner": "stranger",
            "repository_owner_id": "66",
            "job_workflow_ref": f"stranger/widget/.github/workflows/release.yml@{REF}",
        },
        phrase="ran in a fork",
        steps=2,
    ),
    # GitHub: events and what an index may demand beyond PyPI
    Case(
        name="pull_request_target",
        kind="github",
        first=("workflow", "on", "release"),
        claims={"event_name": "pull_request_target"},
        phrase="beside a stranger's changes",
    ),
    *(
        Case(
            name=f"{event}, which PyPI takes and a stricter index does not",
            kind="github",
            first=("workflow", "on", "release"),
            claims={"event_name": event},
            rules=STRICT,
            phrase="PyPI would",
        )
        for event in ("workflow_run", "issue_comment")
    ),
    Case(
        name="a ref that is not protected",
        kind="github",
        first=("GitHub", "ref_protected", "true"),
        rules=Rules(require_protected_ref=True),
        phrase="'refs/tags/v1.0'",
    ),
    Case(
        name="a machine of one's own",
        kind="github",
        first=("workflow", "runs-on", "github-hosted"),
        claims={"runner_environment": "self-hosted"},
        rules=Rules(require_hosted_runner=True),
    ),
    # GitHub: tokens that no job has
    *(
        Case(name=f"no {name}", kind="github", first=("GitHub", name, ""), claims={name: ""})
        for name in ("repository_owner_id", "job_workflow_ref", "jti")
    ),
    Case(name="no sha", kind="github", first=("GitHub", "token", ""), claims={"sha": ...}, steps=0),
)
