"""The condition that keeps a release's first jobs to the tags of one package, where several share a repository.

A pushed tag is filtered by `on.push.tags`. A published release has no such filter: it starts every workflow that
listens, so the jobs themselves must look at the tag. The jobs after them need them, and are skipped with them.
"""

from collections.abc import Sequence

from bonded.workflows.drafting.subject import Package, Wishes

__all__ = ["own_tags"]


def own_tags(package: Package, siblings: Sequence[Package], wishes: Wishes) -> str:
    """Return the `if:` line of a job, or empty where no other package's release could start it.

    The functions and operators are those of GitHub's expressions; `startsWith` ignores the case.
    """
    if wishes.trigger != "release" or not siblings:
        return ""
    others = sorted(
        one.tag_prefix
        for one in siblings
        if one.tag_prefix != package.tag_prefix
        and one.tag_prefix.lower().startswith(package.tag_prefix.lower())
    )
    own = " && ".join([_begins(package.tag_prefix), *(f"!{_begins(one)}" for one in others)])
    if not wishes.testpypi:
        return f"if: {own}"
    return f"if: github.event_name == 'workflow_dispatch' || {f'({own})' if others else own}"


def _begins(prefix: str) -> str:
    quoted = prefix.replace("'", "''")
    return f"startsWith(github.ref_name, '{quoted}')"
