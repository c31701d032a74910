"""The only writer of the index: what is published, is published here.

Who comes is looked up before the first byte is read. An upload is a form and bytes in a spool. It is judged without a
lock, its archive is opened and its attestations are verified; then its bytes are kept. In one transaction, it is judged
once more if token or shelf have changed meanwhile, and written down. The bytes have their final name, for good, before
the transaction begins: a crash between the two leaves bytes that nothing refers to, never a file without bytes. Others
who find in a transaction that nothing refers to bytes may remove them, so it is asked in ours whether they are there
still. Uploads that come at once share a commit. A project that somebody waits for begins in the transaction of its
first file, so there is never one without files.

Of whoever brings no token that lives, or one that is not for uploads, nothing is looked at but the form.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bonded.attestations.verify import Artifact
from bonded.dists.archives import ArchiveFault, Contents, read_sdist, read_wheel
from bonded.dists.digests import Hasher
from bonded.dists.metadata import CoreMetadata, read_declared, read_form
from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.checks.case import AlreadyThere, Case, Submission
from bonded.index.model import File, NewFile, Refusal, RefusedUpload, Scope, Shelf, Standing
from bonded.index.ports import Blobs, Book, Form, Reading, Spool, Writing
from bonded.index.provenance import Attested, prove
from bonded.index.settings import Settings
from bonded.index.uploads import AFTER_OPENING, AFTER_VERIFYING, BEFORE_OPENING, judge

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot

__all__ = ["Accepted", "Bearer", "Library"]

_log = logging.getLogger("bonded.upload")

_CHANGED = Refusal(
    check="attestations_are_genuine",
    status=400,
    message="The publisher that speaks for the project has changed since the attestations were verified; upload again.",
)

_LONGEST = 500
"""Characters of each text in a line of the log."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The upload is published."""

    file: File


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever uploads, as the book knew them when they came.

    `token_hash` is of the presented token, empty where there was none. `room` is how many bytes of a file are worth
    keeping, 0 for whoever uploads nothing.
    """

    token_hash: str = ""
    standing: Standing | None = None
    room: int = 0

    @property
    def uploads(self) -> bool:
        """Whether the token is one for uploads, though it may have ended."""
        return self.standing is not None and self.standing.scope is Scope.UPLOAD


class Library:
    """One index's shelves, over whatever book and blobs stand behind them."""

    def __init__(
        self, book: Book, blobs: Blobs, settings: Settings, *, trust: "Callable[[], TrustRoot]"
    ) -> None:
        """Write into `book` and `blobs`; `trust` is asked when there is something to verify, from any thread."""
        self._book = book
        self._blobs = blobs
        self._settings = settings
        self._trust = trust

    def spool(self) -> Spool:
        """Begin to take a file in; whoever begins discards it in the end."""
        return self._blobs.spool()

    @property
    def is_near(self) -> bool:
        """Whether `bearer` may be asked on an event loop."""
        return self._book.is_near

    def bearer(self, token_hash: str, now: float) -> Bearer:
        """Look up whoever comes with a token."""
        with self._book.reading() as book:
            bearer = Bearer(token_hash, _standing(book, token_hash))
            if bearer.standing is None or not bearer.uploads or bearer.standing.expires <= now:
                return bearer
            projects = [book.project(name) for name in bearer.standing.projects]
        limits = [project.file_limit for project in projects if project is not None]
        room = max(self._settings.file_size, *(limit or 0 for limit in limits), 0)
        return replace(bearer, room=room)

    def accept(
        self, form: Form, spool: Spool, *, bearer: Bearer, now: float
    ) -> Accepted | AlreadyThere | Refusal:
        """Publish an upload, or tell why not; a refusal is written down for the owner.

        The spool is still the caller's to discard, which does nothing to what was kept.
        """
        case = self._case(form, spool, bearer, now)
        verdict = judge(case, BEFORE_OPENING)
        if verdict is None:
            case = _opened(case, spool, self._settings)
            verdict = judge(case, AFTER_OPENING)
        if verdict is None:
            case = self._verified(case)
            verdict = judge(case, AFTER_VERIFYING)
        outcome = verdict or self._publish(case, spool, bearer.token_hash)
        if isinstance(outcome, Refusal):
            is_stranger = case.standing is None
            self.refuse(
                outcome,
                project=case.project or "",
                filename=form.filename or "",
                now=now,
                is_stranger=is_stranger,
            )
        return outcome

    def refuse(
        self,
        refusal: Refusal,
        *,
        filename: str,
        now: float,
        is_stranger: bool,
        project: str = "",
    ) -> None:
        """Write a refusal down for the owner; anybody can cause one, so the disk is not waited for."""
        refused = RefusedUpload(at=now, filename=filename, refusal=refusal, is_stranger=is_stranger)
        _log.info("%s", _told(refused, project))
        with self._book.noting() as book:
            book.refused_upload(refused)

    def _case(self, form: Form, spool: Spool, bearer: Bearer, now: float) -> Case:
        old = self._settings.old_forms
        submission = _read(form, spool, old_forms=old) if bearer.uploads else _unread(form)
        project = _project_name(submission)
        with self._book.reading() as book:
            shelf = _shelf(book, submission, project)
        return Case(
            submission=submission,
            project=project,
            standing=bearer.standing,
            shelf=shelf,
            now=now,
            file_size=self._settings.file_size,
            project_size=self._settings.project_size,
            closes_after_days=self._settings.closes_after_days,
            attestations=self._settings.attestations,
        )

    def _verified(self, case: Case) -> Case:
        """Return the case with what its attestations prove, where they are to be verified."""
        if not case.verifies:
            return case
        if case.speaker is None:
            return replace(case, attested="the token's publisher cannot be told")
        artifact = Artifact(filename=case.filename, sha256=case.submission.digests.sha256)
        attested = prove(
            case.submission.text("attestations"),
            artifact,
            case.speaker,
            case.bearer.claims,
            self._trust().verifier,
            environment_required=self._settings.attested_environment,
        )
        return replace(case, attested=attested)

    def _publish(
        self, case: Case, spool: Spool, token_hash: str
    ) -> Accepted | AlreadyThere | Refusal:
        """Write down what passed every check, unless token or shelf have changed and it does not pass any more."""
        digest = case.submission.digests.blake2b_256

        def write(book: Writing) -> Accepted | AlreadyThere | Refusal:
            now = replace(
                case,
                standing=_standing(book, token_hash),
                shelf=_shelf(book, case.submission, case.project),
            )
            verdict = None if now == case else _judged_again(now, case)
            if verdict is not None:
                if not any(file.digests.blake2b_256 == digest for file in now.shelf.same):
                    self._blobs.remove(digest)
                return verdict
            if not spool.stays():
                spool.keep()
            new = _new_file(now)
            if now.shelf.project is None:
                book.begin_project(token_hash, new.file.project, new.display, case.now)
            book.add_file(new)
            return Accepted(new.file)

        spool.keep()
        return self._book.together(write)


def _judged_again(now: Case, before: Case) -> Refusal | AlreadyThere | None:
    """Return the verdict on a case that has changed since it passed; attestations were verified for one speaker."""
    verdict = judge(now, BEFORE_OPENING)
    if verdict is None and now.verifies and now.speaker != before.speaker:
        return _CHANGED
    return verdict


def _standing(book: Reading, token_hash: str) -> Standing | None:
    """Return what a token may do, or could until it ended; None for no token, a wrong one and a revoked one."""
    standing = book.standing(token_hash) if token_hash else None
    return None if standing is None or standing.revoked else standing


def _unread(form: Form) -> Submission:
    """Return a stranger's upload: its form, and nothing of its file."""
    return Submission(
        pairs=form.pairs,
        filename=form.filename,
        content_type=form.content_type,
        size=0,
        digests=Hasher().digests(),
        strays=tuple(form.strays),
    )


def _read(form: Form, spool: Spool, *, old_forms: bool) -> Submission:
    """Return an upload with its digests and its metadata."""
    return replace(
        _unread(form),
        size=spool.size,
        digests=spool.finish(),
        metadata=read_form(form.pairs, old_forms=old_forms),
    )


def _project_name(submission: Submission) -> ProjectName | None:
    """Return the project that rights are asked for and that is written into: one name, however often the form has one.

    Where the metadata is valid it is the metadata's; before that nothing but a refusal bears it.
    """
    metadata = submission.metadata
    name = metadata.name if isinstance(metadata, CoreMetadata) else submission.text("name")
    try:
        return parse_project_name(name)
    except InvalidName:
        return None


def _shelf(book: Reading, submission: Submission, project: ProjectName | None) -> Shelf:
    metadata = submission.metadata
    if project is None or not isinstance(metadata, CoreMetadata):
        return Shelf()
    return book.shelf(
        project,
        str(metadata.version),
        submission.filename or "",
        submission.digests.blake2b_256,
    )


def _opened(case: Case, spool: Spool, settings: Settings) -> Case:
    """Return the case with what is inside the archive."""
    with spool.open() as stream:
        if case.filename.endswith(".whl"):
            contents = read_wheel(stream, dist_info=case.dist_info, limits=settings.archives)
        else:
            contents = read_sdist(stream, limits=settings.archives)
    if isinstance(contents, ArchiveFault):
        return replace(case, contents=contents)
    return replace(case, contents=contents, inside=read_declared(contents.metadata))


def _new_file(case: Case) -> NewFile:
    submission, metadata = case.submission, case.published
    contents = case.opened
    is_wheel = case.filename.endswith(".whl")
    attested = case.attested if isinstance(case.attested, Attested) else None
    assert case.project is not None
    file = File(
        project=case.project,
        version=str(metadata.version),
        filename=case.filename,
        packagetype=submission.text("filetype"),
        python_version=submission.text("pyversion") or "source",
        size=submission.size,
        digests=submission.digests,
        requires_python=metadata.requires_python,
        metadata_sha256=_sha256(contents) if is_wheel else None,
        uploaded=case.now,
        publisher=case.speaker.title if case.speaker else case.bearer.publisher,
        comment=submission.text("comment"),
        attestations=None if case.verifies else submission.text("attestations") or None,
        proof=attested.proof if attested else None,
    )
    return NewFile(
        file=file,
        metadata=metadata.fields,
        metadata_file=contents.metadata if is_wheel else None,
        display=metadata.name,
        by=file.publisher or case.bearer.name,
        provenance=attested.provenance if attested else None,
    )


def _told(refused: RefusedUpload, project: str) -> str:
    """Return one line for the log: which check refused what, and why.

    Strangers choose names and parts of the message, so every text is bounded and quoted as JSON in ASCII; whoever
    writes the log masks what looks like a secret.
    """
    refusal = refused.refusal
    parts = {"project": project, "file": refused.filename, "because": refusal.message}
    more = "".join(
        f", {name} {json.dumps(text[:_LONGEST])}" for name, text in parts.items() if text
    )
    return f"refused upload by {refusal.check} with {refusal.status}{more}"


def _sha256(contents: Contents) -> str:
    return hashlib.sha256(contents.metadata).hexdigest()
