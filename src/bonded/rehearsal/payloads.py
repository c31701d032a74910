"""The webhook payload that GitHub would send for an event: `github.event`, and the file at `GITHUB_EVENT_PATH`.

Only facts that a rehearsal has are filled in; the shape is GitHub's, so that `github.event.release.tag_name` and its
like are found where workflows look for them.
"""

from collections.abc import Mapping
from typing import Any

from bonded.workflows.claims import Run

NO_COMMIT = "0" * 40


def payload(run: Run, *, message: str, timestamp: str) -> dict[str, Any]:
    """Return the payload of the run's event; `timestamp` is ISO 8601 of the commit, `message` its message."""
    common = {"repository": _repository(run), "sender": _user(run.actor, run.actor_id)}
    makers: Mapping[str, Any] = {
        "push": _push,
        "release": _release,
        "workflow_dispatch": _dispatch,
    }
    make = makers.get(run.event.name)
    return {**common, **(make(run, message, timestamp) if make else {})}


def _user(login: str, identifier: str) -> dict[str, Any]:
    return {
        "login": login,
        "id": int(identifier),
        "type": "User",
        "html_url": f"https://github.com/{login}",
    }


def _repository(run: Run) -> dict[str, Any]:
    owner, _, name = run.repository.partition("/")
    return {
        "id": int(run.repository_id),
        "name": name,
        "full_name": run.repository,
        "private": run.repository_visibility != "public",
        "visibility": run.repository_visibility,
        "fork": False,
        "owner": _user(owner, run.repository_owner_id),
        "html_url": f"https://github.com/{run.repository}",
        "clone_url": f"https://github.com/{run.repository}.git",
        "default_branch": run.event.default_branch,
    }


def _push(run: Run, message: str, timestamp: str) -> dict[str, Any]:
    commit = {"id": run.event.sha, "message": message, "timestamp": timestamp, "distinct": True}
    is_tag = run.event.ref_type == "tag"
    return {
        "ref": run.event.ref,
        "before": NO_COMMIT,
        "after": run.event.sha,
        "created": is_tag,
        "deleted": False,
        "forced": False,
        "base_ref": f"refs/heads/{run.event.default_branch}" if is_tag else None,
        "head_commit": commit,
        "commits": [] if is_tag else [commit],
        "pusher": {"name": run.actor},
    }


def _release(run: Run, message: str, timestamp: str) -> dict[str, Any]:
    tag = run.event.ref_name
    return {
        "action": run.event.action,
        "release": {
            "id": 1,
            "tag_name": tag,
            "target_commitish": run.event.default_branch,
            "name": tag,
            "body": message,
            "draft": False,
            "prerelease": run.event.prerelease,
            "created_at": timestamp,
            "published_at": timestamp,
            "html_url": f"https://github.com/{run.repository}/releases/tag/{tag}",
            "author": _user(run.actor, run.actor_id),
            "assets": [],
        },
    }


def _dispatch(run: Run, _message: str, _timestamp: str) -> dict[str, Any]:
    return {
        "ref": run.event.ref,
        "workflow": run.workflow_path,
        "inputs": dict(run.event.inputs) or None,
    }
