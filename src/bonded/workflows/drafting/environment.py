"""The settings that make an environment worth having, as a checklist and as commands (`gh api`, `glab api`).

A workflow file cannot protect its environment: whoever may push could change the file. The settings can.
"""

import json
import shlex
from dataclasses import dataclass

from bonded.workflows.drafting.subject import Package, Subject

__all__ = ["Setting", "gitlab_settings", "settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing to do at GitHub: what, why, and the command that does it (perhaps of several lines)."""

    what: str
    why: str
    command: str


def settings(
    subject: Subject, environments: tuple[str, ...], test_environments: tuple[str, ...] = ()
) -> tuple[Setting, ...]:
    """Return what to set at GitHub, in this order; commands name `OWNER/NAME` where the repository is unknown.

    `environments` are those from which PyPI is published to, `test_environments` those for TestPyPI alone.
    """
    slug = subject.slug or "OWNER/NAME"
    patterns = tuple(dict.fromkeys(_pattern(package) for package in subject.packages))
    found: list[Setting] = []
    for name in environments:
        found += [_environment(slug, name)]
        found += [_tag_policy(slug, name, pattern) for pattern in patterns]
    for name in test_environments:
        branch = subject.default_branch
        found += [_plain_environment(slug, name), _branch_policy(slug, name, branch)]
    return (*found, _tag_rule(slug, patterns), _default_rights(slug))


def _pattern(package: Package) -> str:
    """Return the tags of a package as environments write them, where `*` is all there is."""
    return f"{package.tag_prefix}*"


def _environment(slug: str, name: str) -> Setting:
    body = (
        '{"reviewers": [{"type": "User", "id": \'"$(gh api user --jq .id)"\'}],'
        ' "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}'
    )
    return Setting(
        what=f"environment `{name}`: required reviewer, and only chosen tags may deploy",
        why="nothing is published before a person said yes, and nothing from a branch",
        command=f"echo '{body}' |\n  gh api --method PUT repos/{slug}/environments/{name} --input -",
    )


def _plain_environment(slug: str, name: str) -> Setting:
    body = {
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}
    }
    return Setting(
        what=f"environment `{name}`: only chosen branches may deploy",
        why="TestPyPI gets an environment of its own, so that its rules can be laxer",
        command=f"echo {shlex.quote(json.dumps(body))} |\n"
        f"  gh api --method PUT repos/{slug}/environments/{name} --input -",
    )


def _tag_policy(slug: str, name: str, pattern: str) -> Setting:
    return _policy(slug, name, pattern, "tag", "a workflow on a branch cannot use the environment")


def _branch_policy(slug: str, name: str, branch: str) -> Setting:
    return _policy(slug, name, branch, "branch", "other branches cannot publish a trial")


def _policy(slug: str, name: str, pattern: str, kind: str, why: str) -> Setting:
    return Setting(
        what=f"environment `{name}`: {kind} rule `{pattern}`",
        why=why,
        command=f"gh api --method POST repos/{slug}/environments/{name}/deployment-branch-policies \\\n"
        f"  -f name={shlex.quote(pattern)} -f type={kind}",
    )


def _tag_rule(slug: str, patterns: tuple[str, ...]) -> Setting:
    body = {
        "name": "release tags",
        "target": "tag",
        "enforcement": "active",
        "conditions": {
            "ref_name": {"include": [f"refs/tags/{pattern}" for pattern in patterns], "exclude": []}
        },
        "rules": [{"type": "update"}, {"type": "deletion"}],
    }
    return Setting(
        what=f"ruleset for tags {', '.join(f'`{pattern}`' for pattern in patterns)}: no update, no deletion",
        why="a tag that was released keeps meaning the commit that was released",
        command=f"echo {shlex.quote(json.dumps(body))} |\n"
        f"  gh api --method POST repos/{slug}/rulesets --input -",
    )


def _default_rights(slug: str) -> Setting:
    return Setting(
        what="workflows get a read-only token where they say nothing",
        why="a workflow that forgets `permissions:` can then not write",
        command=f"gh api --method PUT repos/{slug}/actions/permissions/workflow \\\n"
        "  -f default_workflow_permissions=read -F can_approve_pull_request_reviews=false",
    )


def gitlab_settings(subject: Subject, environment: str) -> tuple[Setting, ...]:
    """Return what to set at GitLab, in this order."""
    slug = subject.slug.replace("/", "%2F") or "NAMESPACE%2FPROJECT"
    patterns = dict.fromkeys(_pattern(package) for package in subject.packages)
    tags = tuple(
        Setting(
            what=f"protected tags `{pattern}`, made by maintainers",
            why="whoever may make such a tag may publish",
            command=f"glab api --method POST projects/{slug}/protected_tags \\\n"
            f"  -f name={shlex.quote(pattern)} -f create_access_level=40",
        )
        for pattern in patterns
    )
    body = {"name": environment, "deploy_access_levels": [{"access_level": 40}]}
    protected = Setting(
        what=f"protected environment `{environment}`, deployed to by maintainers",
        why="a pipeline of somebody else cannot take its place",
        command=f"echo {shlex.quote(json.dumps(body))} |\n"
        f"  glab api --method POST projects/{slug}/protected_environments --input -",
    )
    return (*tags, protected)
