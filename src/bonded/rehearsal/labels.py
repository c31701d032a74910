"""Runner labels: which of them GitHub offers, no longer offers, or has never heard of.

A job with a label that no runner has does not fail on GitHub: it waits for a day and is cancelled then. A rehearsal
says so at once where the label was retired or looks misspelt; any other may be that of a runner of one's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bonded.workflows.expressions import to_text

# The Linux labels of GitHub's own runners, in 2026.
HOSTED = (
    "ubuntu-latest",
    "ubuntu-26.04",
    "ubuntu-24.04",
    "ubuntu-22.04",
    "ubuntu-slim",
    "ubuntu-26.04-arm",
    "ubuntu-24.04-arm",
    "ubuntu-22.04-arm",
)
RETIRED = ("ubuntu-20.04", "ubuntu-18.04", "ubuntu-16.04")
_OWN = "self-hosted"
_FOREIGN = ("windows", "macos")
# So near that one slip of the fingers explains it (`ubuntu-latets`), and farther than `ubuntu-large`.
_NEAR = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `runs-on` asks for once it is evaluated: labels as written, and a group or empty."""

    labels: tuple[str, ...]
    group: str = ""


def wanted(value: Any) -> Wanted:
    """Return what an evaluated `runs-on` asks for: a text, a list, or a mapping of `group` and `labels`."""
    group = ""
    if isinstance(value, Mapping):
        group = to_text(value.get("group", "")).strip()
        value = value.get("labels", "")
    texts = [to_text(item) for item in value] if isinstance(value, list) else [to_text(value)]
    return Wanted(labels=tuple(text.strip() for text in texts if text.strip()), group=group)


def foreign(labels: Sequence[str]) -> str:
    """Return the first label of another system than Linux, or empty."""
    return next((label for label in labels if label.lower().startswith(_FOREIGN)), "")


def fault(labels: Sequence[str]) -> str:
    """Return why no runner will ever take a job with these labels, or empty.

    A job that asks for `self-hosted` is left alone: its labels are its owner's.
    """
    if _OWN in map(str.lower, labels):
        return ""
    for label in map(str.lower, labels):
        if label in RETIRED:
            return (
                f"no runner has the label '{label}' any more: GitHub retired it; use ubuntu-latest"
            )
        if label not in HOSTED and not label.startswith(tuple(f"{name}-" for name in HOSTED)):
            near = get_close_matches(label, HOSTED, n=1, cutoff=_NEAR)
            if near:
                return f"no runner has the label '{label}'; did you mean {near[0]}?"
    return ""


def custom(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that GitHub does not offer, so that only a runner of one's own can have them."""
    return tuple(label for label in labels if label.lower() not in HOSTED)


def other_machine(labels: Sequence[str], machine: str) -> str:
    """Return the first label of GitHub's Arm runners where this machine (`uname -m`) is none, or empty."""
    if machine.lower() in {"aarch64", "arm64"}:
        return ""
    hosted = (label for label in labels if label.lower() in HOSTED)
    return next((label for label in hosted if label.lower().endswith("-arm")), "")


PROGRAMS = frozenset(
    {
        "ansible", "aws", "az", "bazel", "brew", "buildah", "cargo", "clang", "cmake", "conda",
        "curl", "docker", "dotnet", "gh", "git-lfs", "go", "gradle", "helm", "java", "jq",
        "kubectl", "mvn", "ninja", "node", "npm", "npx", "php", "pipx", "podman", "psql", "pwsh",
        "rpm", "rsync", "ruby", "rustc", "shellcheck", "skopeo", "sudo", "swift", "terraform",
        "tree", "unzip", "wget", "xvfb-run", "yarn", "yq", "zip", "zstd",
    }
)  # fmt: skip
"""Programs that GitHub's Ubuntu image has (its list of installed software), and that another machine may lack."""
