"""The audit: the only list of rules, and their run over the workflows of one project.

The run is pure: texts and facts in, findings out. What GitHub's reader refuses is a finding of `syntax`, and no other
rule looks at such a file; the other files of the project are judged all the same.
"""

from collections.abc import Iterable, Mapping, Sequence

from bonded.errors import Fault, InvalidInput
from bonded.workflows import document, ignores
from bonded.workflows.case import Case, Facts, line_starts
from bonded.workflows.edits import Edit, apply
from bonded.workflows.findings import Finding, Place, Severity
from bonded.workflows.model import Workflow
from bonded.workflows.publishing import publishings
from bonded.workflows.reading import read_with_tree
from bonded.workflows.rule import Rule
from bonded.workflows.rules import (
    artifact_names,
    build_in_publish_job,
    cancelled_release,
    docker_in_container,
    double_trigger,
    environment_mismatch,
    leftover_secret,
    local_version,
    missing_contents_read,
    missing_id_token,
    no_attestations,
    no_environment,
    no_pipefail,
    project_name,
    publish_job_writes,
    publisher_mismatch,
    python_versions,
    rejected_event,
    release_types,
    reusable_publisher,
    shallow_checkout,
    shared_environment,
    short_retention,
    silent_event,
    skip_existing,
    smoke_command,
    stale_lock,
    tag_pattern,
    unknown_filter,
    unknown_input,
    unpinned_tool,
    untested_files,
    uv_version,
    version_gate,
    wide_id_token,
)

RULES: tuple[Rule, ...] = (
    publisher_mismatch.RULE,
    environment_mismatch.RULE,
    no_environment.RULE,
    reusable_publisher.RULE,
    rejected_event.RULE,
    build_in_publish_job.RULE,
    publish_job_writes.RULE,
    untested_files.RULE,
    release_types.RULE,
    double_trigger.RULE,
    tag_pattern.RULE,
    version_gate.RULE,
    shallow_checkout.RULE,
    local_version.RULE,
    project_name.RULE,
    silent_event.RULE,
    cancelled_release.RULE,
    missing_id_token.RULE,
    wide_id_token.RULE,
    missing_contents_read.RULE,
    leftover_secret.RULE,
    no_attestations.RULE,
    uv_version.RULE,
    unpinned_tool.RULE,
    stale_lock.RULE,
    python_versions.RULE,
    unknown_input.RULE,
    unknown_filter.RULE,
    shared_environment.RULE,
    skip_existing.RULE,
    no_pipefail.RULE,
    smoke_command.RULE,
    artifact_names.RULE,
    short_retention.RULE,
    docker_in_container.RULE,
)
SYNTAX = "syntax"
NOT_READ = "not-read"
# What the reader says of what GitHub takes and it does not.
OUR_LIMIT = "bonded does not read"
SPECIAL = (SYNTAX, NOT_READ, ignores.UNUSED)


def ids() -> tuple[str, ...]:
    """Return the id of everything that a finding of ours can be of."""
    return (*(rule.id for rule in RULES), *SPECIAL)


def audit(
    sources: Mapping[str, str], facts: Facts, *, rules: Sequence[Rule] = RULES
) -> tuple[Finding, ...]:
    """Return what the rules find in the workflows of a project, in the order of files and places.

    `sources` are texts by their paths in the repository. Comments that ignore are not looked at; see `ignores`.
    """
    found: list[Finding] = []
    read: dict[str, tuple[Workflow, document.Mapping]] = {}
    for path, source in sources.items():
        try:
            read[path] = read_with_tree(source, path)
        except InvalidInput as error:
            found += [syntax(fault) for fault in error.faults]
    for path, (workflow, root) in read.items():
        case = Case(
            workflow=workflow,
            source=sources[path],
            root=root,
            publishings=publishings(workflow),
            facts=facts,
            others=tuple(other for other, _ in read.values() if other is not workflow),
            starts=line_starts(sources[path]),
        )
        for rule in rules:
            found += rule.find(rule, case)
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once, in the order of files and places, the worst first at the same place."""
    unique = {(f.place, f.rule, f.message): f for f in findings}
    return tuple(sorted(unique.values(), key=lambda f: (f.place, -f.severity, f.rule, f.message)))


def mend(source: str, findings: Iterable[Finding], *, unsafe: bool = False) -> tuple[str, int]:
    """Return the source with the fixes of its findings made, and how many were; which ones `mendable` says."""
    made = mendable(findings, unsafe=unsafe)
    edits = [edit for finding in made if finding.fix for edit in finding.fix.edits]
    return apply(source, edits), len(made)


def mendable(findings: Iterable[Finding], *, unsafe: bool = False) -> tuple[Finding, ...]:
    """Return the findings of one file whose fixes can be made at once: only safe ones unless `unsafe`.

    Of fixes that overlap the first is made; the others have to be found again.
    """
    chosen: list[Edit] = []
    made = []
    for finding in findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        if all(_apart(edit, other) for edit in fix.edits for other in chosen):
            chosen += fix.edits
            made.append(finding)
    return tuple(made)


def _apart(one: Edit, other: Edit) -> bool:
    """Say whether two edits touch different places; two insertions at one place may be meant for the same hole."""
    return one.end < other.start or other.end < one.start


def syntax(fault: Fault) -> Finding:
    """Return a fault of the reader as a finding."""
    ours = OUR_LIMIT in fault.message
    return Finding(
        rule=NOT_READ if ours else SYNTAX,
        severity=Severity.INFO if ours else Severity.ERROR,
        message=fault.message,
        place=Place.of(fault.location),
        hint=fault.hint,
    )
