"""Something that happened to a repository: the value from which triggers, claims and contexts follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TAGS = "refs/tags/"
HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    `ref` is the full ref that `GITHUB_REF` shows (a tag for a tag push and for a release), `sha` the commit under it;
    `action` is the activity type (`published`), empty for events without; `inputs` are those of a dispatch;
    `changed_paths` is None where path filters are not evaluated (tags, releases, dispatches).
    """

    name: str
    ref: str
    sha: str
    action: str = ""
    prerelease: bool = False
    default_branch: str = "main"
    inputs: Mapping[str, str] = field(default_factory=dict)
    changed_paths: tuple[str, ...] | None = None

    @property
    def ref_type(self) -> str:
        """`tag` or `branch`, as `GITHUB_REF_TYPE` has it."""
        return "tag" if self.ref.startswith(TAGS) else "branch"

    @property
    def ref_name(self) -> str:
        """The short name of the ref, as `GITHUB_REF_NAME` has it."""
        for prefix in (TAGS, HEADS):
            if self.ref.startswith(prefix):
                return self.ref.removeprefix(prefix)
        return self.ref
