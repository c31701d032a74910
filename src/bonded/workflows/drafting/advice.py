"""What the owner should know beside the files: habits of the project that the new workflow will not bear."""

import re
from collections.abc import Mapping

from packaging.version import InvalidVersion, Version

from bonded.workflows.drafting.subject import Package, Subject, Wishes
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import handed_secrets

__all__ = ["advice", "second_uploads"]

_RUST = (
    "cibuildwheel's Linux images have no Rust: add to pyproject.toml [tool.cibuildwheel.linux] "
    'before-all = "curl -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal" and '
    'environment = { PATH = "$HOME/.cargo/bin:$PATH" }'
)


def advice(subject: Subject, wishes: Wishes) -> list[str]:
    """Return sentences, none where there is nothing to say."""
    found = []
    for package in subject.packages:
        odd = _odd_tag(package, subject.tags)
        if odd:
            version = Version(odd.removeprefix(package.tag_prefix))
            found.append(
                f"the tag {odd} does not spell its version as the built files do; from now on a tag "
                f"is let through only as in {package.tag_prefix}{version}"
            )
        if package.compiled and package.needs_rust and wishes.provider == "github":
            found.append(_RUST)
    if wishes.trigger == "release":
        found.append(
            "a release that another workflow makes with GITHUB_TOKEN starts no workflow; make releases by hand "
            "or with a token of an app"
        )
    return list(dict.fromkeys(found))


def second_uploads(workflows: Mapping[str, Workflow]) -> list[str]:
    """Return a sentence for each job that may publish by a script of its own, beside the new workflow."""
    return [
        f"{path}: the job {job.id} hands `{name}` to a script, which may publish too; take it out, or "
        "each release is uploaded twice"
        for path, workflow in workflows.items()
        for job, name, _ in handed_secrets(workflow)
    ]


def _odd_tag(package: Package, tags: tuple[str, ...]) -> str:
    """Return the last tag of a package whose version is not in the one spelling of PEP 440, or empty."""
    odd = ""
    for tag in tags:
        text = tag.removeprefix(package.tag_prefix)
        if not tag.startswith(package.tag_prefix) or not re.match(r"\d", text):
            continue
        try:
            odd = tag if str(Version(text)) != text else odd
        except InvalidVersion:
            continue
    return odd
