"""Refusals of Google, ActiveState and the services that PyPI does not know, each with the first step to be advised."""

import claims_activestate
import claims_buildkite
import claims_circleci
import claims_forgejo
import claims_google
from advice_case import Case
from bonded.publishers import Rules

__all__ = ["CASES"]

HOSTED = Rules(require_hosted_runner=True)
OTHER_UUID = "a64b0a19-f221-4291-b000-0000000000ff"

CASES = (
    # Google
    Case(
        name="Google: another account",
        kind="google",
        first=("publisher", "email", claims_google.EMAIL),
        fields={"email": "other@acme.iam.gserviceaccount.com"},
    ),
    Case(
        name="Google: letter case of the address",
        kind="google",
        first=("publisher", "email", claims_google.EMAIL),
        fields={"email": "Robot@acme.iam.gserviceaccount.com"},
        phrase="only the letter case differs",
    ),
    Case(
        name="Google: an address that is not verified",
        kind="google",
        first=("provider", "email_verified", "true"),
        claims={"email_verified": False},
    ),
    Case(
        name="Google: the account was made anew",
        kind="google",
        first=("publisher", "sub", claims_google.SUBJECT),
        fields={"sub": "1"},
        phrase="deleted and made anew",
    ),
    Case(
        name="Google: no address",
        kind="google",
        first=("provider", "email", ""),
        claims={"email": ""},
    ),
    Case(
        name="Google: no subject", kind="google", first=("provider", "sub", ""), claims={"sub": ...}
    ),
    # ActiveState
    Case(
        name="ActiveState: another organisation",
        kind="activestate",
        first=("publisher", "organization", "Acme"),
        fields={"organization": "Other"},
    ),
    Case(
        name="ActiveState: letter case of the project",
        kind="activestate",
        first=("publisher", "project", "widget"),
        fields={"project": "Widget"},
        phrase="only the letter case differs",
    ),
    Case(
        name="ActiveState: another user",
        kind="activestate",
        first=("publisher", "actor_id", claims_activestate.ACTOR_ID),
        fields={"actor": "bob", "actor_id": "7"},
        phrase="started by 'ada'",
    ),
    Case(
        name="ActiveState: the user's account was made anew",
        kind="activestate",
        first=("publisher", "actor_id", claims_activestate.ACTOR_ID),
        fields={"actor_id": "7"},
        phrase="made anew",
    ),
    Case(
        name="ActiveState: another builder",
        kind="activestate",
        first=("workflow", "builder", "pypi-publisher"),
        claims={"builder": "wheel-builder"},
    ),
    *(
        Case(
            name=f"ActiveState: no {name}",
            kind="activestate",
            first=("provider", name, ""),
            claims={name: ""},
        )
        for name in ("sub", "organization", "actor_id")
    ),
    # Services that PyPI does not know
    Case(
        name="GitHub Enterprise: environment",
        kind="ghes",
        first=("workflow", "environment", "pypi"),
        claims={"environment": ...},
    ),
    Case(
        name="GitHub Enterprise: no owner",
        kind="ghes",
        first=("provider", "repository_owner", ""),
        claims={"repository_owner": ""},
    ),
    Case(
        name="CircleCI: another project",
        kind="circleci",
        first=("publisher", "project_id", claims_circleci.PROJECT),
        fields={"project_id": OTHER_UUID},
    ),
    Case(
        name="CircleCI: a fork's repository",
        kind="circleci",
        first=("publisher", "vcs_origin", "github.com/stranger/widget"),
        claims={"vcs-origin": "github.com/stranger/widget"},
    ),
    Case(
        name="CircleCI: another ref",
        kind="circleci",
        first=("publisher", "vcs_ref", "refs/heads/main"),
        claims={"vcs-ref": "refs/heads/main"},
    ),
    Case(
        name="CircleCI: a job that was run again with SSH",
        kind="circleci",
        first=("workflow", "oidc.circleci.com/ssh-rerun", "false"),
        claims={"ssh-rerun": True},
    ),
    Case(
        name="CircleCI: without the context",
        kind="circleci",
        first=("workflow", "oidc.circleci.com/context-ids", claims_circleci.CONTEXT),
        claims={"context-ids": ()},
    ),
    Case(
        name="CircleCI: no project",
        kind="circleci",
        first=("provider", "oidc.circleci.com/project-id", ""),
        claims={"project-id": ...},
    ),
    Case(
        name="Buildkite: the pipeline was renamed",
        kind="buildkite",
        first=("publisher", "pipeline_slug", "widget"),
        fields={"pipeline_slug": "gadget"},
    ),
    Case(
        name="Buildkite: the pipeline was made anew",
        kind="buildkite",
        first=("publisher", "pipeline_id", claims_buildkite.PIPELINE),
        fields={"pipeline_id": OTHER_UUID},
    ),
    Case(
        name="Buildkite: another step",
        kind="buildkite",
        first=("publisher", "step_key", "upload"),
        claims={"step_key": "upload"},
    ),
    Case(
        name="Buildkite: no tag",
        kind="buildkite",
        first=("workflow", "build_tag", "v*"),
        claims={"build_tag": ...},
    ),
    Case(
        name="Buildkite: a machine of one's own",
        kind="buildkite",
        first=("workflow", "runs-on", "buildkite-hosted"),
        claims={"runner_environment": "self-hosted"},
        rules=HOSTED,
    ),
    Case(
        name="Forgejo: the repository was renamed",
        kind="forgejo",
        first=("publisher", "repository_name", "widget"),
        fields={"repository_name": "gadget"},
    ),
    Case(
        name="Forgejo: another file",
        kind="forgejo",
        first=("publisher", "workflow_filepath", claims_forgejo.WORKFLOW),
        fields={"workflow_filepath": ".forgejo/workflows/publish.yaml"},
    ),
    Case(
        name="Forgejo: the owner's account was made anew",
        kind="forgejo",
        first=("publisher", "repository_owner_id", "31"),
        fields={"repository_owner_id": "7"},
    ),
    Case(
        name="generic: another project",
        kind="generic",
        first=("publisher", "claims", "project=acme/widget"),
        fields={"claims": "org_id=o-31\nproject=acme/gadget\nref=refs/tags/v*"},
        phrase="change the line 'project=acme/gadget' to 'project=acme/widget', and leave the others",
    ),
    Case(
        name="generic: no project",
        kind="generic",
        first=("workflow", "project", "acme/widget"),
        claims={"project": ...},
    ),
)
