"""SLSA provenance v1 of a GitHub Actions run, made from the claims of its ID token.

The shape is that of `actions/attest-build-provenance` (build type `workflow/v1`), so that whoever reads the one reads
the other. Everything in it comes from the token that Fulcio sees too, and nothing from the environment of the job,
which the job could change.
"""

from collections.abc import Mapping

from bonded.publishers import Claims

__all__ = ["BUILD_TYPE", "slsa_predicate"]

BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"
_SERVER = "https://github.com"
_NEEDED = (
    "repository",
    "repository_id",
    "repository_owner_id",
    "ref",
    "sha",
    "workflow_ref",
    "job_workflow_ref",
    "event_name",
    "run_id",
    "run_attempt",
    "runner_environment",
)


def slsa_predicate(claims: Claims) -> Mapping[str, object]:
    """Return the predicate of SLSA provenance; raises ValueError that names the claims which are missing."""
    texts = {name: str(claims[name]) for name in _NEEDED if claims.get(name)}
    if missing := [name for name in _NEEDED if name not in texts]:
        raise ValueError(f"SLSA provenance wants claims that are missing: {', '.join(missing)}")
    repository = f"{_SERVER}/{texts['repository']}"
    path = texts["workflow_ref"].removeprefix(f"{texts['repository']}/").partition("@")[0]
    run = f"{repository}/actions/runs/{texts['run_id']}/attempts/{texts['run_attempt']}"
    github = ("event_name", "repository_id", "repository_owner_id", "runner_environment")
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "workflow": {"ref": texts["ref"], "repository": repository, "path": path}
            },
            "internalParameters": {"github": {name: texts[name] for name in github}},
            "resolvedDependencies": [
                {
                    "uri": f"git+{repository}@{texts['ref']}",
                    "digest": {"gitCommit": texts["sha"]},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": f"{_SERVER}/{texts['job_workflow_ref']}"},
            "metadata": {"invocationId": run},
        },
    }
