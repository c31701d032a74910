"""Which versions of a well-known action GitHub still runs, and which are known at all.

Only a ref that is plainly a version tag (`v4`, `v3.1.2`) is judged. A commit or a branch is taken as new: which version
it is, nobody can tell without asking GitHub.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bonded.rehearsal.actions.role import NotRehearsed, StepFailed

_TAG = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){0,2})")
# A rehearsal may be older than the workflow: so many majors may have come out since.
_GRACE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The newest known major of an action, and why older versions fail.

    `oldest` is the first version that works; `repaired` holds the first working version of an older major that was
    mended; `branches` are those that no longer exist.
    """

    newest: int
    oldest: tuple[int, ...] = ()
    repaired: tuple[int, ...] = ()
    branches: frozenset[str] = field(default_factory=frozenset)
    why: str = ""
    use: str = ""


_DEPRECATED = (
    "This request has been automatically failed because it uses a deprecated version of `{uses}`"
)

# As of 2026, by GitHub's changelog and the actions' own releases.
VERSIONS: Mapping[str, Versions] = {
    "actions/attest": Versions(newest=4),
    "actions/attest-build-provenance": Versions(newest=4),
    "astral-sh/attest-action": Versions(newest=1),
    "actions/cache": Versions(
        newest=6, oldest=(4,), repaired=(3, 4), why=_DEPRECATED, use="v4 or newer"
    ),
    "actions/checkout": Versions(newest=7),
    "actions/download-artifact": Versions(
        newest=8, oldest=(4,), why=_DEPRECATED, use="v4 or newer"
    ),
    "actions/setup-python": Versions(newest=7),
    "actions/upload-artifact": Versions(newest=7, oldest=(4,), why=_DEPRECATED, use="v4 or newer"),
    "astral-sh/setup-uv": Versions(newest=10),
    # Its version 1 uploads the artifact with a version of actions/upload-artifact that GitHub fails.
    "hynek/build-and-inspect-python-package": Versions(
        newest=3,
        oldest=(2,),
        why="`{uses}` uses a deprecated version of `actions/upload-artifact`, which GitHub fails",
        use="v2 or newer",
    ),
    "pypa/gh-action-pypi-publish": Versions(
        newest=1,
        oldest=(1, 8),
        branches=frozenset({"master"}),
        why="`{uses}` is too old: trusted publishing came with v1.8, and the branch `master` was retired",
        use="release/v1",
    ),
}


def check(uses: str) -> None:
    """Pass a version that GitHub runs.

    Raises StepFailed for a version that no longer works, NotRehearsed for one far above all that are known.
    """
    name, _, ref = uses.partition("@")
    action = "/".join(name.strip().lower().split("/")[:2])
    known = VERSIONS.get(action)
    if known is None:
        return
    if ref in known.branches:
        raise _too_old(known, action, ref)
    found = _TAG.fullmatch(ref.strip())
    if found is None:
        return
    version = tuple(map(int, found[1].split(".")))
    if version[0] > known.newest + _GRACE:
        raise NotRehearsed(
            f"no such version is known here: {action}@{ref}; the newest known is v{known.newest}",
            hint="does the tag exist? If it does, a newer bonded may know it",
        )
    if not _works(known, version):
        raise _too_old(known, action, ref)


def _works(known: Versions, version: tuple[int, ...]) -> bool:
    """Whether a version is new enough; a short tag (`v1`, `v3`) is the newest of its kind."""
    repaired = known.repaired
    return version >= known.oldest[: len(version)] or (
        version[:1] == repaired[:1] and version >= repaired[: len(version)]
    )


def _too_old(known: Versions, action: str, ref: str) -> StepFailed:
    return StepFailed(
        known.why.format(uses=f"{action}: {ref}"), hint=f"use {known.use} of {action}"
    )
