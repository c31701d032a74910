"""actions/checkout: the files of the commit, fetched as GitHub's own action fetches them.

Depth and tags are the real thing: with the default `fetch-depth: 1` there is no history and no other tag, so a version
that is computed from git fails here as it fails there.
"""

import re
from pathlib import Path

from bonded.rehearsal.actions.role import Call, Input, NotRehearsed, StandIn, StepFailed
from bonded.workflows.events import HEADS, TAGS

_BEFORE_6 = re.compile(r"@v[1-5](?:\.\d+)*$")
_SHA = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def _play(call: Call) -> None:
    _refuse_what_is_elsewhere(call)
    target = (call.workspace / call.inputs["path"]).resolve()
    if not target.is_relative_to(call.workspace.resolve()):
        raise StepFailed(f"Repository path '{target}' is not under '{call.workspace}'")
    target = call.theatre.inside.make(target)
    depth = call.number("fetch-depth")
    ref, wanted = _ref(call)
    _git(call, target, "init", "--quiet", "--initial-branch=main")
    if "origin" not in _git(call, target, "remote").split():
        _git(call, target, "remote", "add", "origin", f"https://github.com/{call.repository}")
    _fetch(call, target, ref, wanted, depth)
    _switch(call, target, ref, wanted)
    if call.flag("lfs"):
        call.run(["git", "lfs", "pull"], cwd=target)
    call.outputs["ref"] = ref
    call.outputs["commit"] = _git(call, target, "rev-parse", "HEAD")


def _refuse_what_is_elsewhere(call: Call) -> None:
    repository = call.inputs["repository"] or call.repository
    if repository.lower() != call.repository.lower():
        raise NotRehearsed(
            f"the checkout of another repository, {repository}",
            hint="the stage has only the project's own repository",
        )
    if call.inputs["submodules"] not in {"", "false"}:
        raise NotRehearsed(
            "a checkout with submodules", hint="the stage has only the project's own repository"
        )


def _ref(call: Call) -> tuple[str, str]:
    """Return the ref to show, and the commit or ref to fetch."""
    given = call.inputs["ref"]
    if not given:
        return call.ref, call.sha
    whole = given.startswith("refs/") or _SHA.fullmatch(given)
    # A short name is a branch before it is a tag, as in GitHub's own action.
    for full in (given,) if whole else (f"{HEADS}{given}", f"{TAGS}{given}"):
        if commit := call.theatre.origin.commit_of(full):
            return full, commit
    raise StepFailed(
        f"A branch or tag with the name '{given}' could not be found",
        hint="the stage's repository has the branches and tags of the local one, and the rehearsed tag",
    )


def _fetch(call: Call, target: Path, ref: str, sha: str, depth: int) -> None:
    command = ["fetch", "--quiet", "--no-recurse-submodules"]
    if depth > 0:
        all_tags = call.flag("fetch-tags")
        command += [f"--depth={depth}", "--tags" if all_tags else "--no-tags"]
        refspecs = [f"+{sha}:{_local(ref)}"] if ref.startswith("refs/") else [sha]
        if all_tags and ref.startswith(TAGS):
            refspecs = [_beside_all_tags(call, ref)]
    else:
        command += ["--prune", "--tags"]
        refspecs = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    _git(call, target, *command, "origin", *refspecs)


def _beside_all_tags(call: Call, ref: str) -> str:
    """Return what fetches a tag among all tags; git refuses the way in which older versions ask for it twice."""
    if _BEFORE_6.search(call.uses):
        raise StepFailed(
            f"fatal: Cannot fetch both {call.sha} and {ref} to {ref}",
            hint="actions/checkout before 6.0.2 cannot take `fetch-tags: true` on a tag; take a newer one, "
            "or `fetch-depth: 0`",
        )
    return f"+{ref}:{ref}"


def _local(ref: str) -> str:
    return ref.replace(HEADS, "refs/remotes/origin/", 1) if ref.startswith(HEADS) else ref


def _switch(call: Call, target: Path, ref: str, sha: str) -> None:
    if ref.startswith(HEADS):
        branch = ref.removeprefix(HEADS)
        _git(call, target, "checkout", "--quiet", "--force", "-B", branch, sha)
        _git(call, target, "branch", "--quiet", f"--set-upstream-to=origin/{branch}", branch)
    else:
        _git(call, target, "checkout", "--quiet", "--force", "--detach", sha)
    call.log(f"HEAD is now at {sha[:7]} ({ref})")


def _git(call: Call, target: Path, *arguments: str) -> str:
    return call.run(["git", *arguments], cwd=target, quiet=True)


ACTION = StandIn(
    names=("actions/checkout",),
    inputs={
        "repository": Input(),
        "ref": Input(),
        "token": Input(),
        "ssh-key": Input(),
        "ssh-known-hosts": Input(),
        "ssh-strict": Input("true"),
        "ssh-user": Input("git"),
        "persist-credentials": Input("true"),
        "path": Input("."),
        "clean": Input("true"),
        "filter": Input(),
        "sparse-checkout": Input(unplayed=True),
        "sparse-checkout-cone-mode": Input("true"),
        "fetch-depth": Input("1"),
        "fetch-tags": Input("false"),
        "show-progress": Input("true"),
        "reference": Input(),
        "lfs": Input("false"),
        "submodules": Input("false"),
        "set-safe-directory": Input("true"),
        "github-server-url": Input(),
    },
    act=_play,
)
