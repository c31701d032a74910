"""One release examined: what is wanted, what the index shows of it, what that proves, and what is wrong with it.

    Source       page and provenance, from an index, from a kept bundle, or from files
    examine      a release in, its outcome out

Nothing raises for what is expected to fail. An index that cannot be asked leaves the outcome `unreachable`, which is
neither good nor an alarm: whoever calls decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from packaging.version import InvalidVersion, Version

from bonded.attestations.locks import Wanted
from bonded.attestations.pages import ListedFile, ProjectPage, previously_attested, same_form
from bonded.attestations.policy import Alarm, Kind, Policy, Reviewed, changed, judge_publisher
from bonded.attestations.provenance import read_provenance
from bonded.attestations.refusal import Malformed, Refusal
from bonded.attestations.trust_file import Pin
from bonded.attestations.verify import Artifact, Attributed, verify_provenance
from bonded.dists.names import ProjectName, WheelName, parse_filename
from bonded.errors import RemoteError

if TYPE_CHECKING:
    from sigstore.verify import Verifier

__all__ = ["Examined", "Outcome", "Source", "Status", "Terms", "examine"]

_SILENT = "this index shows no provenance of anything, its pages are of a form that cannot"


class Source(Protocol):
    """Where pages and provenance come from."""

    def page(self, project: ProjectName) -> ProjectPage | None:
        """Return a project's page, None where there is no such project; raises RemoteError or Malformed."""
        ...

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:
        """Return a file's provenance as it came, None where there is none; raises RemoteError or Malformed."""
        ...


class Status(StrEnum):
    """What is known of one file; the words appear in reports and do not change."""

    VERIFIED = "verified"
    UNATTESTED = "unattested"
    REFUSED = "refused"
    UNLISTED = "unlisted"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One file: its status, what was proved, or what was refused."""

    artifact: Artifact
    status: Status
    found: tuple[Attributed, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One release: its files, what is wrong, what was wrong but reviewed, and what is worth knowing.

    `silent` says that the index's page is of a form that cannot speak of provenance: what is not there is not known.
    """

    wanted: Wanted
    version: str
    files: tuple[Examined, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    excused: tuple[tuple[Alarm, Reviewed], ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    silent: bool = False

    @property
    def reached(self) -> bool:
        """Whether everything could be asked."""
        return not self.trouble and all(
            file.status is not Status.UNREACHABLE for file in self.files
        )

    @property
    def publisher(self) -> Attributed | None:
        """The first verified publisher, None without any."""
        return next((one for file in self.files for one in file.found), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what releases are judged."""

    verifier: "Verifier" = field(repr=False)
    policy: Policy = field(default_factory=Policy)
    pins: Mapping[ProjectName, Pin] = field(default_factory=dict)


def examine(wanted: Wanted, source: Source, terms: Terms) -> Outcome:
    """Examine one release."""
    try:
        page = source.page(wanted.project)
    except (RemoteError, Malformed) as error:
        return Outcome(wanted=wanted, version=wanted.version, trouble=error.message)
    if page is None:
        page = ProjectPage(project=wanted.project, files=())
    try:
        version = Version(wanted.version) if wanted.version else page.latest
    except InvalidVersion:
        version = None
    if version is None:
        alarm = Alarm(kind=Kind.NOT_LISTED, message="the index lists no such release")
        return Outcome(wanted=wanted, version=wanted.version, alarms=(alarm,))
    return _Release(wanted, version, page, source, terms).outcome()


@dataclass(slots=True)
class _Release:
    """What the steps of one examination share."""

    wanted: Wanted
    version: Version
    page: ProjectPage
    source: Source
    terms: Terms

    def outcome(self) -> Outcome:
        """Choose the files, prove them, judge what was proved."""
        artifacts = chosen(self.wanted, self.version, self.page)
        if not artifacts:
            alarm = Alarm(
                kind=Kind.NOT_LISTED,
                message=f"the index lists no file of {self.wanted.project} {self.version}"
                + (" with a digest that is asked for" if self.wanted.hashes else ""),
            )
            return self._sorted((), [alarm], [])
        files = tuple(self._examined(artifact) for artifact in artifacts)
        notes = [f"{file.artifact.filename}: {file.trouble}" for file in files if file.trouble]
        alarms = [alarm for file in files for alarm in self._alarms(file, files)]
        alarms += self._downgrades(files, notes)
        return self._sorted(files, alarms, notes)

    def _sorted(
        self, files: tuple[Examined, ...], alarms: Sequence[Alarm], notes: Sequence[str]
    ) -> Outcome:
        """Part the alarms that were reviewed from those that were not."""
        project, policy = self.wanted.project, self.terms.policy
        reviewed = [(one, policy.exception(project, self.version, one.kind)) for one in alarms]
        return Outcome(
            wanted=self.wanted,
            version=str(self.version),
            files=files,
            alarms=tuple(alarm for alarm, by in reviewed if by is None),
            excused=tuple((alarm, by) for alarm, by in reviewed if by is not None),
            notes=tuple(notes),
            silent=self.page.silent,
        )

    def _examined(self, artifact: Artifact) -> Examined:
        listed = next(
            (file for file in self.page.files if file.filename == artifact.filename), None
        )
        if listed is None:
            return Examined(artifact=artifact, status=Status.UNLISTED)
        return self._proved(listed, artifact)

    def _proved(self, listed: ListedFile, artifact: Artifact) -> Examined:
        """Fetch and verify; the digest is the wanted one, whatever the page says."""
        unknown = Examined(artifact=artifact, status=Status.UNATTESTED)
        try:
            raw = self.source.provenance(self.page, listed)
            if raw is None:
                return unknown
            found = verify_provenance(read_provenance(raw), artifact, self.terms.verifier)
        except RemoteError as error:
            return replace(unknown, status=Status.UNREACHABLE, trouble=error.message)
        except Malformed as error:
            found = (error.refusal,)
        refusals = tuple(one for one in found if isinstance(one, Refusal))
        if refusals:
            return replace(unknown, status=Status.REFUSED, refusals=refusals)
        proved = tuple(one for one in found if isinstance(one, Attributed))
        return replace(unknown, status=Status.VERIFIED, found=proved)

    def _alarms(self, file: Examined, files: Sequence[Examined]) -> Sequence[Alarm]:
        filename, project = file.artifact.filename, self.wanted.project
        listed = next((one for one in self.page.files if one.filename == filename), None)
        if listed is not None and listed.sha256 != file.artifact.sha256:
            message = "the index shows another digest than the file that is installed"
            got = listed.sha256
            return [
                Alarm(
                    kind=Kind.DIGEST,
                    message=message,
                    filename=filename,
                    expected=file.artifact.sha256,
                    got=got,
                )
            ]
        if file.status is Status.REFUSED:
            return [
                Alarm(
                    kind=Kind.INVALID,
                    message=one.message,
                    filename=filename,
                    expected=one.expected,
                    got=one.got,
                )
                for one in file.refusals
            ]
        if file.status is Status.UNLISTED and not self.terms.policy.requires(project):
            return [
                Alarm(
                    kind=Kind.NOT_LISTED, message="the index lists no such file", filename=filename
                )
            ]
        if file.status in {Status.UNATTESTED, Status.UNLISTED}:
            return self._without(file.artifact, files)
        return [
            alarm
            for one in file.found
            for alarm in judge_publisher(
                one,
                filename,
                fields=self.terms.policy.projects.get(project, {}),
                pin=self.terms.pins.get(project),
                locked=self.wanted.identities,
            )
        ]

    def _without(self, artifact: Artifact, files: Sequence[Examined]) -> Sequence[Alarm]:
        """Return the alarms of a file without provenance that should have some."""
        filename, pin = artifact.filename, self.terms.pins.get(self.wanted.project)
        none = _SILENT if self.page.silent else "it has no provenance"
        if pin is not None and not self._never_had(artifact, pin.since):
            message = f"{none}, and its publisher is pinned"
            return [Alarm(kind=Kind.VANISHED, message=message, filename=filename)]
        if self.wanted.identities and not any(file.found for file in files):
            message = f"{none}, and the lock file recorded its publisher"
            return [Alarm(kind=Kind.VANISHED, message=message, filename=filename)]
        if self.terms.policy.requires(self.wanted.project):
            message = f"{none}, and the policy wants some"
            return [Alarm(kind=Kind.MISSING, message=message, filename=filename)]
        return []

    def _never_had(self, artifact: Artifact, since: str) -> bool:
        """Whether files of this form had none when the publisher was pinned: some projects attest wheels only."""
        try:
            then = self.page.of(Version(since))
        except InvalidVersion:
            return False
        alike = [file for file in then if same_form(_listed(artifact), file)]
        return bool(alike) and not any(file.provenance for file in alike)

    def _downgrades(self, files: Sequence[Examined], notes: list[str]) -> Sequence[Alarm]:
        """Compare with the version before: provenance that vanished, a publisher that changed."""
        project, policy = self.wanted.project, self.terms.policy
        named = project in self.terms.pins or project in policy.projects or self.wanted.identities
        if not policy.no_downgrade or named:
            return []
        before = previously_attested(self.page, self.version)
        if not before:
            return []
        alarms = []
        for file in files:
            listed = _listed(file.artifact)
            if file.status is Status.UNATTESTED and any(same_form(listed, one) for one in before):
                message = f"it has no provenance, and {before[0].version} has"
                alarm = Alarm(kind=Kind.VANISHED, message=message, filename=file.artifact.filename)
                alarms.append(alarm)
        now = next((one for file in files for one in file.found), None)
        return alarms if now is None else [*alarms, *self._changed(before[0], now, notes)]

    def _changed(self, before: ListedFile, now: Attributed, notes: list[str]) -> Sequence[Alarm]:
        earlier = self._proved(before, Artifact(filename=before.filename, sha256=before.sha256))
        if not earlier.found:
            notes.append(f"the provenance of {before.filename} cannot be compared")
            return []
        if not changed(earlier.found[0], now):
            return []
        return [
            Alarm(
                kind=Kind.PUBLISHER_CHANGED,
                message=f"another publisher than that of {before.version}",
                expected=earlier.found[0].publisher.title,
                got=now.publisher.title,
            )
        ]


def _listed(artifact: Artifact) -> ListedFile:
    return ListedFile(name=parse_filename(artifact.filename), sha256=artifact.sha256)


def chosen(wanted: Wanted, version: Version, page: ProjectPage) -> tuple[Artifact, ...]:
    """Return the files that are meant; see `Wanted`."""
    if wanted.files:
        return wanted.files
    listed = page.of(version)
    if wanted.hashes:
        listed = tuple(file for file in listed if file.sha256 in wanted.hashes)
    elif wanted.tags:
        listed = _installed(listed, wanted.tags)
    return tuple(Artifact(filename=file.filename, sha256=file.sha256) for file in listed)


def _installed(listed: Sequence[ListedFile], tags: frozenset[str]) -> tuple[ListedFile, ...]:
    """Return the wheel with the tags of what is installed; else it was built from the source distribution."""
    wheels = tuple(
        file
        for file in listed
        if isinstance(file.name, WheelName) and {str(tag) for tag in file.name.tags} == tags
    )
    return wheels or tuple(file for file in listed if not isinstance(file.name, WheelName))
