"""A release from the first question to the last look: the order in which everything happens.

1. What the index has is held against the files and the journal; a contradiction ends it here.
2. The mint is found, an ID token shown, an upload token taken. A refusal ends it here.
3. Every file is attested, and each attestation verified. Nothing has gone out so far.
4. The files go out, see `delivery`.
5. Whatever happened since 2, the tokens are burned.
6. What the index serves is held against what was sent.

Only 4 changes anything that others see, and everything in 4 may be done again by the next attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bonded.attestations.pages import ListedFile
from bonded.attestations.provenance import Attestation
from bonded.attestations.verify import Artifact
from bonded.client.attesting import Attested
from bonded.client.delivery import Delivery
from bonded.client.desk import Desk, Wish
from bonded.client.flows import Doors, Minted, audience, burn, discover, exchange
from bonded.client.keyring import Declined, Given, Keyring, Tokens
from bonded.client.messages import Refused
from bonded.client.report import FileReport, Report, State
from bonded.client.sending import Confirmed, Parcel, Shelf, confirm, look
from bonded.dists.names import ProjectName
from bonded.errors import Interrupted
from bonded.oidc.ambient import asserted_claims

__all__ = ["publish"]

_BURNING = 8.0
"""Seconds that the end of the tokens may take; they end by themselves in a quarter of an hour."""


class _Ended(Exception):
    """Leaves the steps at the first that cannot be done; nothing has gone out."""

    def __init__(self, refused: Refused, claims: Mapping[str, object] | None = None) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.claims = claims or {}


def publish(wish: Wish, desk: Desk) -> Report:
    """Publish, and return what became of it; what the index or the network says is in the report.

    Raises InvalidInput where the files contradict the journal, and before anything went out also NoIdentity, UsageError
    and RemoteError (Sigstore).
    """
    desk.journal.check(wish.parcels)
    return _Publication(wish, desk).run()


class _Publication:
    """One release on its way."""

    def __init__(self, wish: Wish, desk: Desk) -> None:
        self._wish = wish
        self._desk = desk
        self._states: dict[str, State] = {}
        self._attested = Attested()
        self._bare: dict[str, str] = {}
        self._confirmed: dict[str, Confirmed] = {}
        self._burned = (0, 0)
        self._new: set[ProjectName] = set()

    def run(self) -> Report:
        """Do everything in order."""
        signal, refused, claims = 0, None, {}
        try:
            left = self._outstanding()
            if self._wish.dry_run:
                self._plan(left)
            else:
                refused = self._deliver(left) if left else None
            if refused is None and not self._wish.dry_run:
                self._desk.journal.close(self._wish.parcels)
                self._look_back()
        except _Ended as ended:
            refused, claims = ended.refused, dict(ended.claims)
        except Interrupted as interrupted:
            signal = interrupted.signal
        return self._report(refused, claims, signal)

    def _outstanding(self) -> list[Parcel]:
        """Return what has to be sent; ends where the index serves other bytes under one of the names."""
        wish = self._wish
        shelf = self._shelf()
        # The index knows better than the journal, which speaks where nothing else does.
        out = self._desk.journal.published() if shelf is None else {}
        shelf = shelf or {}
        there = {one.project for one in wish.parcels if one.filename in out}
        there |= {file.name.project for file in shelf.values()}
        self._new = {one.project for one in wish.parcels} - there
        for parcel in wish.parcels:
            listed = shelf.get(parcel.filename)
            if listed is not None and listed.sha256 not in {parcel.sha256, ""}:
                raise _Ended(_conflict(parcel, listed.sha256))
            if listed is not None and listed.sha256:
                self._states[parcel.filename] = "existed"
            elif parcel.filename in out:
                self._states[parcel.filename] = "earlier"
        for filename, state in self._states.items():
            self._desk.watcher.settled(filename, state)
        return [one for one in wish.parcels if one.filename not in self._states]

    def _shelf(self) -> Shelf | None:
        """Return what the index has of the projects, None where that cannot be seen; the uploads will find out."""
        target = self._wish.target
        if not target.simple_url:
            return None
        shelf: dict[str, ListedFile] = {}
        for project in _projects(self._wish.parcels):
            self._desk.watcher.say(f"looking at what {target.title} has of {project}")
            outcome = self._desk.ask(look(target, project, replace(self._desk.patience, tries=2)))
            if isinstance(outcome, Refused):
                return None
            shelf |= outcome
        return shelf

    def _plan(self, left: Sequence[Parcel]) -> None:
        """Ask what can be asked without a trace: no ID token is shown, nothing is signed."""
        if not self._wish.token:
            _, name = self._mint()
            self._desk.crew.call(lambda: self._desk.identify(name))
        for parcel in left:
            self._states[parcel.filename] = "planned"

    def _mint(self) -> tuple[Doors, str]:
        """Return where the mint is and which audience it wants."""
        wish, desk = self._wish, self._desk
        desk.watcher.say(f"asking {wish.target.title} about trusted publishing")
        doors = desk.ask(discover(wish.target, desk.patience))
        if isinstance(doors, Refused):
            raise _Ended(doors)
        name = wish.audience or desk.ask(audience(doors, wish.target, desk.patience))
        if isinstance(name, Refused):
            raise _Ended(name)
        return doors, name

    def _deliver(self, left: Sequence[Parcel]) -> Refused | None:
        """Send what is outstanding; return the first thing that went wrong."""
        if self._wish.token:
            return self._sent(left, Given(self._wish.token))
        doors, name = self._mint()
        desk, target = self._desk, self._wish.target
        shown: list[str] = []

        def identify(wanted: str) -> str:
            shown.append(desk.identify(wanted))
            return shown[-1]

        def mint() -> Minted | Refused:
            found = replace(desk, identify=identify).play(
                exchange(doors, target, name, desk.patience)
            )
            if not isinstance(found, Refused):
                desk.mask(found.token)
            return found

        def end(token: str) -> bool:
            try:
                return desk.play(burn(doors, token))
            except Interrupted:
                return False  # there is no time for another try

        keyring = Keyring(doors, mint=mint, end=end, clock=desk.clock)
        try:
            desk.watcher.say(f"showing {target.title} the identity of this job")
            desk.crew.call(keyring.token)
            return self._sent(left, keyring)
        except Declined as declined:
            claims = asserted_claims(shown[-1]) if shown else {}
            raise _Ended(declined.refused, claims) from None
        finally:
            self._burned = desk.crew.finish(keyring.burn, seconds=_BURNING) or (0, keyring.count)

    def _sent(self, left: Sequence[Parcel], tokens: Tokens) -> Refused | None:
        delivery = Delivery(self._wish, self._desk, tokens)
        parcels = self._with_attestations(left)
        try:
            self._desk.journal.begin()
            delivery.send(parcels, new=self._new)
        finally:
            self._desk.journal.close()
            self._states |= delivery.states
            self._bare = delivery.bare
        return delivery.refused

    def _with_attestations(self, left: Sequence[Parcel]) -> list[Parcel]:
        wish, desk = self._wish, self._desk
        if wish.attestations == "off":
            return list(left)
        desk.watcher.say("signing" if len(left) == 1 else f"signing {len(left)} files")
        artifacts = [Artifact(filename=one.filename, sha256=one.sha256) for one in left]
        self._attested = desk.crew.call(
            lambda: desk.attester.attest(artifacts, policy=wish.attestations, slsa=wish.slsa)
        )
        return [_attested(one, self._attested.of.get(one.filename, ())) for one in left]

    def _look_back(self) -> None:
        """Hold what is served against what was sent."""
        wish, desk = self._wish, self._desk
        if not wish.confirm_seconds or not wish.target.simple_url:
            return
        desk.watcher.say(f"looking at what {wish.target.title} serves")
        for project in _projects(wish.parcels):
            parcels = [self._as_sent(one) for one in wish.parcels if one.project == project]
            little = replace(desk.patience, tries=2)
            looking = confirm(parcels, wish.target, seconds=wish.confirm_seconds, patience=little)
            found = desk.ask(looking)
            self._confirmed |= {one.filename: one for one in found}

    def _as_sent(self, parcel: Parcel) -> Parcel:
        held = () if parcel.filename in self._bare else self._attested.of.get(parcel.filename, ())
        return replace(parcel, attestations=held)

    def _report(self, refused: Refused | None, claims: Mapping[str, object], signal: int) -> Report:
        wish, journal = self._wish, self._desk.journal
        files = tuple(self._file(parcel) for parcel in wish.parcels)
        warnings = self._attested.warnings + tuple(
            f"{name} went without attestations: {said}" for name, said in self._bare.items()
        )
        releases = dict.fromkeys((one.project, one.version) for one in wish.parcels)
        urls = [wish.target.release_url(*release) for release in releases]
        return Report(
            target=wish.target,
            files=files,
            refused=refused,
            claims=claims,
            warnings=warnings,
            urls=tuple(url for url in urls if url),
            burned=self._burned,
            signal=signal,
            dry_run=wish.dry_run,
            journal=str(journal.path) if journal.published() else "",
        )

    def _file(self, parcel: Parcel) -> FileReport:
        held = self._as_sent(parcel).attestations
        kinds = ("publish", "slsa")[: len(held)]
        return FileReport(
            filename=parcel.filename,
            project=parcel.project,
            version=parcel.version,
            size=parcel.part.size,
            sha256=parcel.sha256,
            state=self._states.get(parcel.filename, "not sent"),
            attestations=kinds,
            confirmed=self._confirmed.get(parcel.filename),
        )


def _projects(parcels: Sequence[Parcel]) -> tuple[ProjectName, ...]:
    return tuple(dict.fromkeys(parcel.project for parcel in parcels))


def _attested(parcel: Parcel, attestations: tuple[Attestation, ...]) -> Parcel:
    return replace(parcel, attestations=attestations)


def _conflict(parcel: Parcel, served: str) -> Refused:
    return Refused(
        what=f"{parcel.filename} is on the index already, with other bytes",
        status=409,
        said=f"here: sha256 {parcel.sha256}\nthere: sha256 {served}",
        hint="files never change: publish the very files of the first attempt, or a new version",
    )
