"""An action is given an input that it does not have."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from bonded.workflows import edits
from bonded.workflows.case import Case
from bonded.workflows.document import Mapping
from bonded.workflows.edits import Edit
from bonded.workflows.findings import Finding, Fix, Severity
from bonded.workflows.model import Job, Step
from bonded.workflows.publishing import action, action_ref
from bonded.workflows.rule import Example, Rule

# The inputs of the actions that most releases use, of all their versions.
INPUTS: dict[str, str] = {
    "actions/checkout": "repository ref token ssh-key ssh-known-hosts ssh-strict ssh-user persist-credentials path "
    "clean filter sparse-checkout sparse-checkout-cone-mode fetch-depth fetch-tags show-progress lfs submodules "
    "set-safe-directory github-server-url allow-unsafe-pr-checkout",
    "actions/setup-python": "python-version python-version-file cache architecture check-latest token "
    "cache-dependency-path update-environment allow-prereleases freethreaded pip-version pip-install",
    "actions/upload-artifact": "name path if-no-files-found retention-days compression-level overwrite "
    "include-hidden-files archive",
    "actions/download-artifact": "name artifact-ids path pattern merge-multiple github-token repository run-id "
    "skip-decompress digest-mismatch",
    "pypa/gh-action-pypi-publish": "user password repository-url repository_url packages-dir packages_dir "
    "verify-metadata verify_metadata skip-existing skip_existing verbose print-hash print_hash attestations",
}
# Inputs that an action had once: since which major version they are gone, and what took their place.
GONE: dict[str, dict[str, tuple[int, str]]] = {
    "astral-sh/setup-uv": {"pyproject-file": (6, "version-file"), "uv-file": (6, "version-file")},
}
MAJOR = re.compile(r"v?(\d+)(?:\.\d+)*")
COMMENT = re.compile(r"[^\n]*?#\s*v?(\d+)(?:\.\d+)*\b")


def find(rule: Rule, case: Case) -> Iterable[Finding]:
    """Compare the inputs of well-known actions with what they take."""
    for job in case.workflow.jobs:
        for step in job.steps:
            name = action(step)
            for key, _ in step.inputs or ():
                gone = GONE.get(name, {}).get(key)
                known = INPUTS.get(name, "").split()
                if gone is not None and _major(case, step) >= gone[0]:
                    message = (
                        f"{name} has no input `{key}` since v{gone[0]}, and ignores it; now it "
                        f"is `{gone[1]}`"
                    )
                    yield _finding(rule, case, (job, step, key), message, gone[1])
                elif known and key.lower() not in known:
                    near = get_close_matches(key.lower(), known, 1, cutoff=0.8)
                    if near or name == "pypa/gh-action-pypi-publish":
                        meant = f"; did you mean `{near[0]}`?" if near else ""
                        message = f"{name} has no input `{key}`, and ignores it{meant}"
                        yield _finding(
                            rule, case, (job, step, key), message, near[0] if near else ""
                        )


def _finding(
    rule: Rule, case: Case, where: tuple[Job, Step, str], message: str, instead: str
) -> Finding:
    job, step, key = where
    inputs = case.step_node(job, step).get("with")
    assert isinstance(inputs, Mapping)
    scalar = next(name for name, _ in inputs.entries if name.text == key)
    fix = None
    if instead and inputs.get(instead) is None:
        edit: Edit = edits.replace_scalar(case.source, scalar, instead)
        fix = Fix(title=f"write `{instead}`", edits=(edit,), safe=False)
    return rule.finding(case.at(scalar), message, fix=fix)


def _major(case: Case, step: Step) -> int:
    """Return the major version that the ref, or the comment behind a commit, names; 0 where neither does."""
    named = MAJOR.fullmatch(action_ref(step))
    if named is None and step.uses is not None:
        named = COMMENT.match(case.source, step.uses.span[1])
    return int(named[1]) if named and len(named[1]) < 4 else 0  # noqa: PLR2004 - years are no majors


WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: astral-sh/setup-uv@v10
        with:
          {name}: pyproject.toml
"""

RULE = Rule(
    id="unknown-input",
    alias="T18",
    severity=Severity.WARNING,
    title="An action is given an input that it does not have.",
    reason="GitHub only warns, in a log that nobody reads, and the action does what it would do "
    "without the input.",
    remedy="Look into the action's `action.yml` for the name of the input.",
    bad=Example(workflow=WORKFLOW.format(name="pyproject-file")),
    good=Example(workflow=WORKFLOW.format(name="version-file")),
    find=find,
)
