"""The conversations about files: send one, look at what the index has, compare it with what was sent. Pure.

Sending the same bytes again is safe: PyPI and bonded answer 200 to a file that they have. An index that answers "File
already exists" instead is not believed by the words: its list of files says which bytes it has, and only the same ones
are a success.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from bonded.attestations.pages import JSON, MAX_PAGE, ListedFile, read_page
from bonded.attestations.provenance import (
    MAX_PROVENANCE,
    Attestation,
    read_provenance,
    write_attestations,
)
from bonded.attestations.refusal import Malformed
from bonded.client.flows import Patience, patiently
from bonded.client.messages import (
    Answer,
    Ask,
    Conversation,
    FilePart,
    Outcome,
    Refused,
    Unreached,
    Wait,
    refusal_of,
)
from bonded.client.target import Target
from bonded.dists.names import ProjectName
from bonded.oidc.urls import InvalidUrl, parse_url

__all__ = ["Confirmed", "Parcel", "Sent", "Shelf", "confirm", "look", "send"]

INTEGRITY = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
_HEADERS = {"accept": "application/json, application/problem+json;q=0.9, text/plain;q=0.5"}
_LITTLE = Patience(tries=2)
_NO_UPLOADS = frozenset({404, 405, 501})
_SIMPLE = re.compile(r"(?P<base>.*/)simple/?")
_UPLOADS = re.compile(r".*/legacy/?")
_MISSING = frozenset({404, 410})
_TAKEN = frozenset({400, 403, 409})
"""With these statuses and "already exist", indexes refuse a name that is taken."""

Shelf = Mapping[str, ListedFile]
"""What an index lists of one project, by file name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One file as it is sent: its form without the file, and its attestations."""

    part: FilePart
    project: ProjectName
    version: str
    sha256: str
    form: tuple[tuple[str, str], ...] = field(repr=False)
    attestations: tuple[Attestation, ...] = field(default=(), repr=False)

    @property
    def filename(self) -> str:
        """The file's name."""
        return self.part.filename


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file that is on the index; `existed` says that it was there before, with the same bytes."""

    existed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the index serves of one file, held against what was sent."""

    filename: str
    state: Literal["same", "different", "not seen"]
    provenance: Literal["same", "different", "none", "not sent"] = "not sent"
    message: str = ""


def send(
    parcel: Parcel, target: Target, token: str, patience: Patience
) -> Conversation[Sent | Refused]:
    """Upload one file, again where that is safe; return that it is there, or who said no and why."""
    request = Ask(
        method="POST",
        url=target.upload_url,
        headers=_HEADERS,
        form=(*parcel.form, *_attested(parcel.attestations)),
        file=parcel.part,
        secret=token,
        seconds=120.0,
    )
    outcome = yield from patiently(request, patience)
    if isinstance(outcome, Answer) and outcome.is_success:
        return Sent()
    what = f"{target.title} does not take {parcel.filename}"
    if isinstance(outcome, Unreached):
        return refusal_of(outcome, f"{parcel.filename} cannot be sent to {target.title}")
    if not _is_taken(outcome):
        return refusal_of(outcome, what, hint=_elsewhere(outcome, target))
    return (yield from _judged(parcel, target, refusal_of(outcome, what), patience))


def _elsewhere(outcome: Outcome, target: Target) -> str:
    """Return the hint for uploads to an index's root, or to where it lists files, else nothing."""
    is_no = isinstance(outcome, Answer) and outcome.status in _NO_UPLOADS
    if not is_no or _UPLOADS.fullmatch(target.upload_url):
        return ""
    found = _SIMPLE.fullmatch(target.upload_url)
    if found is not None:
        what, base = "is where files are listed", found["base"]
    else:
        what, base = "takes no uploads", f"{target.upload_url.rstrip('/')}/"
    return f"{target.upload_url} {what}; an index of PyPI's kind takes uploads at {base}legacy/"


def _attested(attestations: tuple[Attestation, ...]) -> tuple[tuple[str, str], ...]:
    """Return the form's field for attestations (PEP 740), or nothing: an empty list is an error there."""
    return (("attestations", write_attestations(attestations).decode()),) if attestations else ()


def _is_taken(outcome: Outcome) -> bool:
    if not isinstance(outcome, Answer) or outcome.status not in _TAKEN:
        return False
    words = f"{outcome.phrase} {outcome.body.decode('utf-8', 'replace')}".lower()
    return "already exist" in words


def _judged(
    parcel: Parcel, target: Target, refused: Refused, patience: Patience
) -> Conversation[Sent | Refused]:
    """Hold a name that is taken against the bytes that are served under it."""
    shelf = yield from look(target, parcel.project, replace(patience, tries=2))
    listed = None if isinstance(shelf, Refused) else shelf.get(parcel.filename)
    if listed is not None and listed.sha256 == parcel.sha256:
        return Sent(existed=True)
    served = listed.sha256 if listed is not None else "nobody can see which"
    return Refused(
        what=refused.what,
        status=refused.status,
        said=f"{refused.said}\nsent: sha256 {parcel.sha256}\nserved: sha256 {served}",
        hint="files never change: publish the very files of the first attempt, or a new version",
    )


def look(target: Target, project: ProjectName, patience: Patience) -> Conversation[Shelf | Refused]:
    """Return what the index lists of a project; nothing where the project is not there."""
    request = Ask(
        method="GET",
        url=target.page_url(project),
        headers={"accept": f"{JSON}, text/html;q=0.1"},
        max_bytes=MAX_PAGE,
    )
    outcome = yield from patiently(request, patience)
    what = f"the list of files of {project} cannot be read"
    if isinstance(outcome, Answer) and outcome.status in _MISSING:
        return {}
    if not isinstance(outcome, Answer) or outcome.status != 200:  # noqa: PLR2004 - RFC 9110
        return refusal_of(outcome, what)
    try:
        page = read_page(outcome.body, outcome.headers.get("content-type", ""), project)
    except Malformed as error:
        return Refused(what=what, said=str(error))
    return {file.filename: file for file in page.files}


def confirm(
    parcels: Sequence[Parcel], target: Target, *, seconds: float, patience: Patience = _LITTLE
) -> Conversation[tuple[Confirmed, ...]]:
    """Look until all files of one project are listed, for about so many seconds, and compare digests and provenance."""
    waited, shelf = 0.0, {}
    for tried in count():
        found = yield from look(target, parcels[0].project, patience)
        shelf = {} if isinstance(found, Refused) else dict(found)
        left = seconds - waited
        if all(parcel.filename in shelf for parcel in parcels) or left <= 0:
            break
        pause = min(2.0**tried, 15.0, left)
        waited += pause
        yield Wait(seconds=pause, why="the index does not list everything yet", exact=True)
    confirmed: tuple[Confirmed, ...] = ()
    for parcel in parcels:
        one = yield from _compared(parcel, shelf.get(parcel.filename), target, patience)
        confirmed += (one,)
    return confirmed


def _compared(
    parcel: Parcel, listed: ListedFile | None, target: Target, patience: Patience
) -> Conversation[Confirmed]:
    if listed is None:
        return Confirmed(filename=parcel.filename, state="not seen")
    if listed.sha256 != parcel.sha256:
        message = f"sent sha256 {parcel.sha256}, served sha256 {listed.sha256 or '(none is named)'}"
        return Confirmed(filename=parcel.filename, state="different", message=message)
    if not parcel.attestations:
        return Confirmed(filename=parcel.filename, state="same")
    url = _link(listed.provenance, target)
    if not url:
        message = (
            "the index shows no provenance" if not listed.provenance else "its link leads elsewhere"
        )
        return Confirmed(filename=parcel.filename, state="same", provenance="none", message=message)
    request = Ask(method="GET", url=url, headers={"accept": INTEGRITY}, max_bytes=MAX_PROVENANCE)
    outcome = yield from patiently(request, patience)
    if not isinstance(outcome, Answer) or outcome.status != 200:  # noqa: PLR2004 - RFC 9110
        message = str(refusal_of(outcome, "the provenance is linked, and not there"))
        return Confirmed(filename=parcel.filename, state="same", provenance="none", message=message)
    return _held_against(parcel, outcome.body)


def _held_against(parcel: Parcel, body: bytes) -> Confirmed:
    try:
        provenance = read_provenance(body)
    except Malformed as error:
        message = f"the provenance cannot be read: {error}"
        return Confirmed(
            filename=parcel.filename, state="same", provenance="different", message=message
        )
    # What was signed is what counts; the rest of an attestation may be written in other ways.
    served = {one.signature for bundle in provenance.bundles for one in bundle.attestations}
    if all(one.signature in served for one in parcel.attestations):
        return Confirmed(filename=parcel.filename, state="same", provenance="same")
    message = "the provenance that is served is not what was sent"
    return Confirmed(
        filename=parcel.filename, state="same", provenance="different", message=message
    )


def _link(text: str, target: Target) -> str:
    """Return the address of a file's provenance, empty where it is not at the index itself."""
    base = parse_url(target.simple_url)
    home = f"{base.scheme}://{base.authority}"
    address = f"{home}{text}" if text.startswith("/") and not text.startswith("//") else text
    try:
        url = parse_url(address)
    except InvalidUrl:
        return ""
    return address if f"{url.scheme}://{url.authority}" == home else ""
