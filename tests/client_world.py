"""An index that only exists in memory, a CI job and a desk, for releases that are played without any network."""

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bonded.attestations.pages import JSON
from bonded.client.attesting import Attester
from bonded.client.crew import Stop
from bonded.client.desk import Desk, Wish
from bonded.client.flows import Patience
from bonded.client.journal import Journal
from bonded.client.messages import (
    Answer,
    Ask,
    Conversation,
    FilePart,
    Identify,
    Identity,
    Outcome,
    Reply,
)
from bonded.client.report import State
from bonded.client.secrets import Secrets
from bonded.client.sending import Parcel
from bonded.client.target import Target, parse_target
from bonded.dists.names import ProjectName
from bonded.errors import BondedError
from bonded.oidc.issue import issue
from claims_builder import claims, key

UPLOADS = "https://index.example/legacy/"
TARGET: Target = parse_target(UPLOADS)
GREETER = ProjectName("greeter")
_digits = itertools.count()


def parcel(filename: str = "greeter-1.0-py3-none-any.whl", sha256: str = "a" * 64) -> Parcel:
    """Return a file that is on no disk."""
    return Parcel(
        part=FilePart(path=Path(filename), filename=filename, size=3),
        project=GREETER,
        version="1.0",
        sha256=sha256,
        form=((":action", "file_upload"), ("name", "greeter")),
    )


def wheels(count: int) -> tuple[Parcel, ...]:
    """Return so many files of one release, all different."""
    return tuple(
        parcel(f"greeter-1.0-{number}-py3-none-any.whl", f"{number:064x}")
        for number in range(count)
    )


def answer(status: int, body: object = None, **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    kind = {"content-type": "application/json"}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    raw = b"" if body is None else json.dumps(body).encode()
    return Answer(status=status, headers=kind | named, body=raw)


@dataclass
class PlayedIndex:
    """Takes files as PyPI does. `faults` are what is answered instead; None is the right answer.

    `lost` faults are those after which the file is there all the same.
    """

    faults: Iterator[Outcome | None] = field(default_factory=lambda: itertools.repeat(None))
    lost: frozenset[int] = frozenset()
    files: dict[str, str] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)
    uploaded: list[tuple[str, str]] = field(default_factory=list)
    """Each upload that was answered 200: its name, and the token it came with."""
    minted: list[str] = field(default_factory=list)
    burned: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    expires: float = 0.0
    single_use: bool = False
    sha_of: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, ask: Ask) -> Outcome:
        """Answer."""
        with self.lock:
            self.asked.append(ask)
            path = ask.url.removeprefix("https://index.example")
            if path == "/_/oidc/burn-token":
                assert ask.body is not None
                self.burned.append(str(ask.body["token"]))
                return answer(202, {})
            fault = next(self.faults, None)
            if path == "/legacy/":
                return self._upload(ask, fault)
            return fault or self._read(path, ask)

    def _read(self, path: str, ask: Ask) -> Outcome:
        if path == "/_/oidc/audience":
            return answer(200, {"audience": "index.example"})
        if path == "/_/oidc/mint-token":
            return self._mint(ask)
        if path == "/simple/greeter/":
            return self._page()
        if path.startswith("/.well-known/pytp") and self.single_use:
            return self._features()
        return answer(404)

    def _features(self) -> Outcome:
        base = "https://index.example/_/oidc"
        said = {
            "audience-endpoint": f"{base}/audience",
            "token-mint-endpoint": f"{base}/mint-token",
            "features": ["single-use-token"],
            "default-features": ["single-use-token"],
        }
        return answer(200, said, content_type="application/vnd.pypi.pytp.v1+json")

    def _mint(self, ask: Ask) -> Outcome:
        assert ask.body is not None
        token = str(ask.body["token"])
        if token in self.shown:
            error = {"code": "invalid-reuse-token", "description": "already used"}
            return answer(422, {"message": "no", "errors": [error]})
        self.shown.append(token)
        self.minted.append(f"minted-upload-token-{len(self.minted)}")
        return answer(200, {"token": self.minted[-1], "expires": self.expires})

    def _page(self) -> Outcome:
        if not self.files:
            return answer(404)
        files = [
            {"filename": name, "url": name, "hashes": {"sha256": sha}}
            for name, sha in self.files.items()
        ]
        page = {"meta": {"api-version": "1.3"}, "name": "greeter", "files": files, "versions": []}
        return answer(200, page, content_type=JSON)

    def _upload(self, ask: Ask, fault: Outcome | None) -> Outcome:
        assert ask.file is not None
        assert ask.secret in self.minted
        assert ask.secret not in self.burned
        name = ask.file.filename
        sha = self.sha_of.get(name, "")
        # A 2xx that is a lie cannot be told from one that is none; `confirm` is there for that.
        if fault is not None and not (isinstance(fault, Answer) and fault.is_success):
            if len(self.asked) in self.lost:
                self.files[name] = sha
            return fault
        if self.files.get(name, sha) != sha:
            return answer(400, {"message": "File already exists (other bytes)"})
        self.files[name] = sha
        self.uploaded.append((name, ask.secret))
        return answer(200)


class Quiet:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ends: list[tuple[str, State]] = []

    def say(self, sentence: str) -> None:
        """Remember a sentence."""
        self.said.append(sentence)

    def settled(self, filename: str, state: State) -> None:
        """Remember an end."""
        self.ends.append((filename, state))


def no_trust() -> BondedError:
    """Return what is raised where nobody signs."""
    raise AssertionError("nobody signs here")


def id_token(audience: str) -> str:
    """Return a new ID token of a job."""
    return issue(claims(aud=audience, jti=f"client-{next(_digits)}"), key())


def desk(
    index: Callable[[Ask], Outcome],
    folder: Path,
    *,
    stop: Stop | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    watcher: Quiet | None = None,
    identify: Callable[[str], str] = id_token,
) -> Desk:
    """Return a desk before an index; nothing on it waits."""
    secrets = Secrets()
    halt = stop or Stop()

    def identified(audience: str) -> str:
        return secrets.add(identify(audience))

    return Desk(
        transport=index,
        identify=identified,
        attester=Attester(
            identify=identified,
            trust=no_trust,  # type: ignore[arg-type]  # it never returns
            sleep=lambda _: None,
        ),
        journal=Journal.open(folder / "journal.json", UPLOADS),
        mask=secrets.add,
        clock=clock,
        jitter=lambda: 0.0,
        stop=halt,
        watcher=watcher or Quiet(),
        patience=Patience(tries=3, first=0.0, longest=0.0),
    )


def wish(parcels: Iterable[Parcel], **bent: object) -> Wish:
    """Return the wish to publish these without attestations."""
    good: dict[str, object] = {
        "target": TARGET,
        "parcels": tuple(parcels),
        "attestations": "off",
        "confirm_seconds": 0.0,
        "workers": 1,
    }
    return Wish(**(good | bent))  # type: ignore[arg-type]  # bent by name


def played(conversation: Conversation[Any], *answers: Outcome) -> tuple[Any, list[object]]:
    """Play a conversation and return what it found and everything that it wanted; every answer must be used."""
    left, wanted = list(answers), list[object]()
    reply: Reply = None
    numbers = iter(range(100))
    try:
        while True:
            effect = conversation.send(reply)
            wanted.append(effect)
            if isinstance(effect, Ask):
                reply = left.pop(0)
            elif isinstance(effect, Identify):
                reply = Identity(token=f"identity-{next(numbers)}")
            else:
                reply = None
    except StopIteration as stopped:
        assert left == []
        return stopped.value, wanted
