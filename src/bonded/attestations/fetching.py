"""Pages and provenance over the network, and from files beside a distribution.

The index is the user's word: it may lie in a private network, behind a proxy or a password, as for pip. Where its pages
lead on to another host, that is the index's word, and only the guarded client goes there.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import httpx2

from bonded.attestations.certificates import read_signer
from bonded.attestations.identities import Identity, identity_of_signer
from bonded.attestations.pages import JSON, MAX_PAGE, ListedFile, ProjectPage, read_page
from bonded.attestations.provenance import (
    MAX_ATTESTATION,
    MAX_PROVENANCE,
    Attestation,
    Bundle,
    read_attestation,
    write_provenance,
)
from bonded.attestations.refusal import Malformed, Reason
from bonded.dists.names import FileName, ProjectName
from bonded.errors import RemoteError, UsageError
from bonded.outside.client import GuardedClient

__all__ = ["Beside", "IndexSource", "beside"]

_ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_INTEGRITY = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
_FOUND, _NOT_FOUND, _BROKEN = 200, (404, 410), 500
_SECONDS, _ATTEMPTS = 30.0, 2
_PIECE = 64 * 1024


class IndexSource:
    """An index with PEP 740's API; may be used from many threads, and must be closed.

    `clock` gives seconds and never goes back.
    """

    def __init__(
        self, simple_url: str, *, clock: Callable[[], float], connections: int = 16
    ) -> None:
        try:
            self._base = httpx2.URL(simple_url if simple_url.endswith("/") else f"{simple_url}/")
        except httpx2.InvalidURL:
            raise UsageError(
                "the index is not an address", hint="such as https://…/simple/"
            ) from None
        if self._base.scheme not in {"https", "http"} or not self._base.host:
            raise UsageError("an index is asked over https or http")
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        headers = {"user-agent": "bonded"}
        self._client = httpx2.Client(
            limits=limits, timeout=_SECONDS, follow_redirects=True, headers=headers
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._elsewhere: GuardedClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._elsewhere is not None:
            self._elsewhere.close()

    @property
    def shown(self) -> str:
        """Its address without user and password."""
        return str(self._base.copy_with(username=None, password=None))

    def page(self, project: ProjectName) -> ProjectPage | None:
        """See `Source.page`."""
        answer = self._asked(self._base.join(f"{project}/"), _ACCEPT, MAX_PAGE)
        if answer is None:
            return None
        body, content_type = answer
        return read_page(body, content_type, project)

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:
        """See `Source.provenance`; where pages cannot speak of it, PyPI's own address is asked."""
        if not file.provenance and not page.silent:
            return None
        here = self._base.join(f"{page.project}/")
        link = file.provenance or (
            f"../../integrity/{page.project}/{file.version}/{file.filename}/provenance"
        )
        try:
            target = here.join(link)
        except httpx2.InvalidURL:
            raise Malformed(
                f"the link to the provenance of {file.filename} is no address"
            ) from None
        if (target.scheme, target.host, target.port) == (here.scheme, here.host, here.port):
            answer = self._asked(target, _INTEGRITY, MAX_PROVENANCE)
            if answer is None and file.provenance:
                what = f"the provenance of {file.filename}"
                raise RemoteError(f"{here.host}: {what} is linked but not there")
            return answer[0] if answer is not None else None
        return self._guarded(target)

    def _guarded(self, target: httpx2.URL) -> bytes:
        with self._lock:
            if self._elsewhere is None:
                self._elsewhere = GuardedClient(clock=self._clock)
        return self._elsewhere.body(str(target), max_bytes=MAX_PROVENANCE, seconds=_SECONDS)

    def _asked(self, url: httpx2.URL, accept: str, limit: int) -> tuple[bytes, str] | None:
        """Return body and content type, None for what is not there; asks again once where the server stumbles."""
        trouble = ""
        for _ in range(_ATTEMPTS):
            try:
                with self._client.stream("GET", url, headers={"accept": accept}) as answer:
                    if answer.status_code in _NOT_FOUND:
                        return None
                    if answer.status_code == _FOUND:
                        return _bounded(answer, limit), answer.headers.get("content-type", "")
                    trouble = f"it answered {answer.status_code}"
                    if answer.status_code < _BROKEN:
                        break
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                trouble = " ".join(str(error).split()) or type(error).__name__
        raise RemoteError(f"{url.host}: {trouble}", hint="is the index right? see --index")


def _bounded(answer: httpx2.Response, limit: int) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes(_PIECE):
        body += piece
        if len(body) > limit:
            message = f"an answer of the index has more than {limit} bytes"
            raise Malformed(message, reason=Reason.OVERSIZED)
    return bytes(body)


class Beside:
    """Distributions on this machine with their provenance beside them; nothing else is known."""

    def __init__(self, files: Mapping[str, tuple[FileName, str, bytes | Malformed]]) -> None:
        """Hold each file's name, digest and provenance, or why it cannot be read."""
        self._files = files

    def page(self, project: ProjectName) -> ProjectPage | None:
        """Return the files of a project that lie here."""
        listed = tuple(
            ListedFile(name=name, sha256=digest, provenance="beside")
            for name, digest, _ in self._files.values()
            if name.project == project
        )
        return ProjectPage(project=project, files=listed)

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:  # noqa: ARG002 - the role's signature
        """Return what lies beside a file; raises Malformed where it cannot be read."""
        held = self._files[file.filename][2]
        if isinstance(held, Malformed):
            raise held
        return held


def beside(path: Path) -> bytes | None:
    """Return the provenance that lies beside a distribution, None where there is none; raises Malformed.

    `NAME.provenance` is taken as it is. Of `NAME.publish.attestation` and other `NAME.*.attestation` (as the publish
    action and `pypi-attestations sign` write them) provenance is made that ascribes them to whoever signed.
    """
    whole = path.with_name(f"{path.name}.provenance")
    if whole.is_file():
        return _read(whole, MAX_PROVENANCE)
    found = sorted(path.parent.glob(f"{_literal(path.name)}.*.attestation"))
    attestations = [read_attestation(_read(one, MAX_ATTESTATION)) for one in found]
    if not attestations:
        return None
    by_signer: dict[Identity, list[Attestation]] = {}
    for one in attestations:
        by_signer.setdefault(_signer(one), []).append(one)
    return write_provenance(
        [Bundle(publisher=signer, attestations=tuple(held)) for signer, held in by_signer.items()]
    )


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limit + 1)


def _signer(attestation: Attestation) -> Identity:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(attestation.certificate)
    except ValueError:
        raise Malformed("the certificate cannot be read", reason=Reason.CERTIFICATE) from None
    identity = identity_of_signer(read_signer(certificate))
    if identity is None:
        raise Malformed(
            "the certificate names no publisher of a known kind", reason=Reason.PUBLISHER
        )
    return identity
