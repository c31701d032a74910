"""What an installer demands: `[tool.bonded.verify]`, and its judgement over what was proved.

A signature alone proves only that somebody signed. Each alarm is one of few kinds, and an exception that somebody
reviewed silences one kind for one project, with its reason, and is reported as used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from bonded.attestations.identities import KINDS, Identity
from bonded.attestations.trust_file import Pin
from bonded.attestations.verify import Attributed
from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.errors import Fault, InvalidInput, Location

__all__ = ["FIELDS", "Alarm", "Kind", "Policy", "Reviewed", "judge_publisher", "read_policy"]


class Kind(StrEnum):
    """The kinds of alarm; their words are what exceptions name."""

    INVALID = "invalid"
    DIGEST = "digest"
    MISSING = "missing"
    VANISHED = "vanished"
    IDENTITY = "identity"
    PUBLISHER_CHANGED = "publisher-changed"
    OWNER_CHANGED = "owner-changed"
    NOT_LISTED = "not-listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One reason not to install; `filename` is empty where it is about the release."""

    kind: Kind
    message: str
    filename: str = ""
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An exception: this kind of alarm is known for these versions of a project, and why."""

    project: ProjectName
    alarm: Kind
    reason: str
    versions: SpecifierSet = field(default_factory=SpecifierSet)

    def covers(self, project: ProjectName, version: Version, kind: Kind) -> bool:
        """Whether it speaks of this alarm."""
        same = (self.project, self.alarm) == (project, kind)
        return same and self.versions.contains(version, prereleases=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is demanded: of `required` projects (None: of all) provenance at all, of `projects` these very fields."""

    required: frozenset[ProjectName] | None = frozenset()
    no_downgrade: bool = True
    projects: Mapping[ProjectName, Mapping[str, str]] = field(default_factory=dict)
    exceptions: tuple[Reviewed, ...] = ()

    def requires(self, project: ProjectName) -> bool:
        """Whether a project without provenance is an alarm; one whose publisher is named is."""
        return self.required is None or project in self.required or project in self.projects

    def exception(self, project: ProjectName, version: Version, kind: Kind) -> Reviewed | None:
        """Return the exception that covers an alarm, or None."""
        return next((one for one in self.exceptions if one.covers(project, version, kind)), None)


_KEYS = ("require", "no-downgrade", "projects", "exceptions")
FIELDS = ("kind", "ref", *dict.fromkeys(n for must, may in KINDS.values() for n in (*must, *may)))
"""What may be demanded of a publisher."""

_EXCEPTION_KEYS = ("project", "alarm", "reason", "versions")


def read_policy(name: str, table: Mapping[str, object]) -> Policy:
    """Read the table `[tool.bonded.verify]` of the file `name`; raises InvalidInput with every fault."""
    faults: list[str] = _unknown("", table, _KEYS)
    required = _required(table.get("require", []), faults)
    no_downgrade = table.get("no-downgrade", True)
    if not isinstance(no_downgrade, bool):
        faults.append("no-downgrade is true or false")
    projects = _projects(table.get("projects", {}), faults)
    exceptions = _exceptions(table.get("exceptions", []), faults)
    if faults:
        raise InvalidInput(
            tuple(Fault(Location(name), f"tool.bonded.verify: {fault}") for fault in faults)
        )
    return Policy(
        required=required,
        no_downgrade=bool(no_downgrade),
        projects=projects,
        exceptions=exceptions,
    )


def judge_publisher(
    found: Attributed,
    filename: str,
    *,
    fields: Mapping[str, str],
    pin: Pin | None,
    locked: Sequence[Identity],
) -> tuple[Alarm, ...]:
    """Hold one verified publisher against the policy's fields, the pin and the lock; return every alarm."""
    alarms = list(_against_fields(fields, found, filename))
    if pin is not None:
        alarms += _against_pin(pin, found, filename)
    if locked and not any(one.same_source(found.publisher) for one in locked):
        alarms.append(
            Alarm(
                kind=Kind.IDENTITY,
                message="the lock file recorded another publisher",
                filename=filename,
                expected=" or ".join(one.title for one in locked),
                got=found.publisher.title,
            )
        )
    return tuple(alarms)


def changed(before: Attributed, now: Attributed) -> bool:
    """Whether the publisher is another one than before; see `_is_renamed`."""
    if before.publisher.same_source(now.publisher):
        return False
    old = before.proof.signer
    ids = (old.repository_id, old.owner_id)
    return not _is_renamed(before.publisher, ids, now)


def _is_renamed(before: Identity, ids: tuple[str, str], now: Attributed) -> bool:
    """Whether it is the same workflow of the same repository under another name.

    The numbers of repository and owner must be known and equal: a repository that was handed over is not the same.
    """
    signer = now.proof.signer
    same = all(ids) and ids == (signer.repository_id, signer.owner_id)
    return same and _workflow(before) == _workflow(now.publisher)


def _workflow(identity: Identity) -> tuple[str, str]:
    return identity.kind, identity.get("workflow") or identity.get("workflow_filepath")


def _against_fields(fields: Mapping[str, str], found: Attributed, filename: str) -> Sequence[Alarm]:
    signer = found.proof.signer
    # Environment and ref are certified; what an index writes beside an identity proves nothing.
    said = {"kind": found.publisher.kind, "environment": signer.environment, "ref": signer.ref}
    said["vcs_ref"] = signer.ref
    loose = {"repository", "environment"}
    alarms = []
    for name, wanted in fields.items():
        got = said.get(name, found.publisher.get(name))
        if got != wanted and not (name in loose and got.lower() == wanted.lower()):
            alarms.append(
                Alarm(
                    kind=Kind.IDENTITY,
                    message=f"the policy wants another {name}",
                    filename=filename,
                    expected=wanted,
                    got=got,
                )
            )
    return alarms


def _against_pin(pin: Pin, found: Attributed, filename: str) -> Sequence[Alarm]:
    signer, alarms = found.proof.signer, []
    if pin.owner_id and signer.owner_id != pin.owner_id:
        alarms.append(
            Alarm(
                kind=Kind.OWNER_CHANGED,
                message="the account that owns the repository is another one than was pinned",
                filename=filename,
                expected=pin.owner_id,
                got=signer.owner_id,
            )
        )
    renamed = _is_renamed(pin.identity, (pin.repository_id, pin.owner_id), found)
    if not pin.identity.same_source(found.publisher) and not renamed:
        alarms.append(
            Alarm(
                kind=Kind.PUBLISHER_CHANGED,
                message=f"another publisher than was pinned at {pin.since or 'first use'}",
                filename=filename,
                expected=pin.identity.title,
                got=found.publisher.title,
            )
        )
    return alarms


def _unknown(where: str, table: Mapping[str, object], known: Sequence[str]) -> list[str]:
    faults = []
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f", do you mean {near[0]}?" if near else ""
            faults.append(f"{where}{key} is not known{hint}")
    return faults


def _required(value: object, faults: list[str]) -> frozenset[ProjectName] | None:
    if value == "all":
        return None
    if not isinstance(value, list):
        faults.append('require is "all" or a list of projects')
        return frozenset()
    return frozenset(one for text in value if (one := _project(text, "require", faults)))


def _project(value: object, where: str, faults: list[str]) -> ProjectName | None:
    try:
        return parse_project_name(str(value))
    except InvalidName as error:
        faults.append(f"{where}: {error.message}")
        return None


def _projects(value: object, faults: list[str]) -> Mapping[ProjectName, Mapping[str, str]]:
    found: dict[ProjectName, Mapping[str, str]] = {}
    for name, fields in _table(value, "projects", faults).items():
        where = f"projects.{name}"
        project, table = _project(name, where, faults), _table(fields, where, faults)
        faults += _unknown(f"{where}.", table, FIELDS)
        texts = {key: text for key, text in table.items() if isinstance(text, str) and text}
        faults += [f"{where}.{key} is a text" for key in table if key not in texts]
        if not table:
            faults.append(f"{where} says nothing")
        if project is not None:
            found[project] = texts
    return found


def _table(value: object, where: str, faults: list[str]) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    faults.append(f"{where} is a table")
    return {}


def _exceptions(value: object, faults: list[str]) -> tuple[Reviewed, ...]:
    if not isinstance(value, list):
        faults.append("exceptions are a list of tables")
        return ()
    read = (_exception(one, f"exceptions[{n}]", faults) for n, one in enumerate(value))
    return tuple(one for one in read if one is not None)


def _exception(value: object, where: str, faults: list[str]) -> Reviewed | None:
    before = len(faults)
    table = _table(value, where, faults)
    faults += _unknown(f"{where}.", table, _EXCEPTION_KEYS)
    project = _project(table.get("project", ""), f"{where}.project", faults)
    kind, reason = table.get("alarm"), table.get("reason")
    kinds = [one.value for one in Kind]
    if kind not in kinds:
        faults.append(f"{where}.alarm is one of {', '.join(kinds)}")
    if not isinstance(reason, str) or not reason.strip():
        faults.append(f"{where}.reason says why it was allowed")
    try:
        versions = SpecifierSet(str(table.get("versions", "")))
    except InvalidSpecifier as error:
        faults.append(f"{where}.versions: {error}")
    if len(faults) > before or project is None:
        return None
    return Reviewed(project=project, alarm=Kind(str(kind)), reason=str(reason), versions=versions)
