"""The composition root: the one place that knows which database, folder and network stand behind the roles.

Importing it loads the database and the web; whoever only wants an index's values imports their modules.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bonded.dists.names import ProjectName
from bonded.index.access import for_readers
from bonded.index.administration import Administration
from bonded.index.book.databases import telling, troubles
from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records
from bonded.index.book.serials import BookSerials, FileSerials
from bonded.index.book.sizes import sizes
from bonded.index.configuration import Configuration
from bonded.index.exchanges import REMEMBERED, Exchanges
from bonded.index.model import ApiToken, File, RefusedUpload, Scope
from bonded.index.owners import administration_over
from bonded.index.pages.site import site_of
from bonded.index.policies import is_ours
from bonded.index.public_root import PublicRoot
from bonded.index.readmes import Readmes
from bonded.index.running.counting import CountingClient, CountingLibrary, counting_exchanges
from bonded.index.running.data_folder import BOOK
from bonded.index.running.meter import Meter
from bonded.index.settings import Settings
from bonded.index.stores import open_book, open_folder, place_of_book
from bonded.index.trust import Registered, TrustedKeys
from bonded.index.upstream.mirror import Upstream
from bonded.index.web.admin import Admin
from bonded.index.web.discovery import Discovery
from bonded.index.web.errors import HANDLERS, unavailable
from bonded.index.web.files import Files
from bonded.index.web.front import Front
from bonded.index.web.integrity import Integrity
from bonded.index.web.mint import Mint
from bonded.index.web.pages import Pages
from bonded.index.web.prepared import PreparedPages
from bonded.index.web.project_json import ProjectJson
from bonded.index.web.simple import SimplePages
from bonded.index.web.upload import Uploads
from bonded.minting.exchange import Granted, Refused
from bonded.minting.ports import Keys
from bonded.minting.upload_token import MIN_SECRET, hash_token, make_token
from bonded.oidc.discovery import Fetch
from bonded.outside.client import GuardedClient
from bonded.publishers import Publisher

if TYPE_CHECKING:
    from bonded.attestations.trust_root import TrustRoot

__all__ = ["BOOK", "Index", "open_administration", "open_index", "open_keys"]

_ID_BYTES = 16


class Index:
    """An open index: `app` answers the web (ASGI), at `routes`; `administration` and the methods answer its owner."""

    def __init__(
        self,
        *,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        records: Records,
        ledger: BookLedger,
        exchanges: Exchanges,
        administration: Administration,
        meter: Meter,
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
        upstream: Upstream | None,
        closing: ExitStack,
    ) -> None:
        self.app = app
        self.routes = tuple(routes)
        self.administration = administration
        self.meter = meter
        self._records = records
        self._ledger = ledger
        self._exchanges = exchanges
        self._clock = clock
        self._entropy = entropy
        self._upstream = upstream
        self._closing = closing

    def register(self, publisher: Publisher, project: ProjectName) -> str:
        """Let a publisher publish a project, which is made if it is new; return the publisher's id."""
        return self._ledger.register(publisher, project, self._clock())

    def unregister(self, publisher_id: str, project: ProjectName) -> None:
        """Take a project from a publisher; its living tokens lose it at once."""
        self._ledger.unregister(publisher_id, project, self._clock())

    def issue_token(self, projects: Sequence[ProjectName], *, lifetime: float) -> str:
        """Return a token that belongs to no publisher, like an owner's API token, for projects made if new.

        `lifetime` is in seconds.
        """
        token, now = make_token(self._entropy(MIN_SECRET)), self._clock()
        with self._records.writing() as book:
            for name in projects:
                book.create_project(name, name, now)
            token_hash = hash_token(token)
            given = ApiToken(
                name=f"of this process {token_hash[:16]}",
                scope=Scope.UPLOAD,
                projects=tuple(projects),
                created=now,
                expires=now + lifetime,
            )
            book.add_api_token(token_hash, given, by="whoever opened the index")
        return token

    def files(self) -> Sequence[File]:
        """Return every published file, with its project, version, digests and publisher, in the order of upload."""
        with self._records.reading() as book:
            return book.files()

    def provenance(self, filename: str) -> bytes | None:
        """Return the provenance that is served for a file (PEP 740); None where it was not verified here."""
        with self._records.reading() as book:
            return book.provenance(filename)

    def exchanges(self) -> Sequence[Granted | Refused]:
        """Return every answer of the mint since the start with its judgements, the oldest first, without tokens."""
        return self._exchanges.kept()

    def uploads_refused(self) -> Sequence[RefusedUpload]:
        """Return every refused upload in the order of arrival."""
        with self._records.reading() as book:
            return book.refused_uploads()

    def sizes(self) -> Mapping[str, float]:
        """Return how many projects, files and bytes there are; raises what the database raises."""
        cached = self._upstream.sizes() if self._upstream is not None else {}
        with self._records.reading() as book:
            return {**sizes(book.connection), **cached}

    def close(self) -> None:
        """Let go of the network and of the book; the app must not be serving any more."""
        self._closing.close()


def open_index(
    settings: Settings,
    *,
    keys: Keys,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
    sweep: bool = True,
    remember: int = REMEMBERED,
    trust_root: "Callable[[], TrustRoot] | None" = None,
) -> Index:
    """Open the index that `settings` describe, making its folder if it is new.

    `clock` tells seconds since 1970, `entropy(n)` gives n unguessable bytes. `sweep` removes uploads that a crash left
    half-way; not while another process serves the folder. `remember` is how many exchanges `Index.exchanges` goes back.
    `trust_root` gives the Sigstore that is believed where the settings say that attestations are verified; it is asked
    whenever one comes. Without it that is the public one, as it came with sigstore.
    """
    with ExitStack() as closing:
        records, meter = _records(settings, closing), Meter()
        upstream = _upstream(settings, meter, clock, closing)
        ledger = BookLedger(records, new_id=lambda: entropy(_ID_BYTES).hex())
        desks = partial(administration_over, keys=keys, clock=clock, entropy=entropy)
        administration = desks(settings, records, ledger)
        trusted = Registered(keys, lambda issuer: ledger.has_issuer(issuer, now=clock()))
        minting = partial(_exchanges, clock=clock, entropy=entropy, kept=remember)
        exchanges = minting(settings, ledger, trusted)
        prepared = _prepared_pages(settings, records, closing)
        readmes = closing.enter_context(Readmes())
        web = partial(_web, prepared=prepared, meter=meter, readmes=readmes, clock=clock)
        given = (settings, records, upstream, exchanges, administration)
        site = web(*given, sweep=sweep, trust=trust_root or _bundled_root())
        front, last_commit = Front(site, prepared, troubles()), prepared.generation
        return Index(
            app=for_readers(front, records, settings, generation=last_commit, clock=clock),
            routes=site.routes,
            records=records,
            ledger=ledger,
            exchanges=exchanges,
            administration=administration,
            meter=meter,
            clock=clock,
            entropy=entropy,
            upstream=upstream,
            closing=closing.pop_all(),
        )


@contextmanager
def open_administration(
    settings: Settings,
    *,
    keys: Keys,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
) -> Iterator[Administration]:
    """Open an index for its owner alone: nothing is served or swept, so it may be served elsewhere meanwhile."""
    with ExitStack() as closing:
        records = _records(settings, closing)
        ledger = BookLedger(records, new_id=lambda: entropy(_ID_BYTES).hex())
        closing.enter_context(telling(place_of_book(settings)))
        yield administration_over(
            settings, records, ledger, keys=keys, clock=clock, entropy=entropy
        )


@contextmanager
def open_keys(
    configuration: Configuration, clock: Callable[[], float], *, ca_bundle: Path | None = None
) -> Iterator[TrustedKeys]:
    """Give the keys of the issuers that a configuration trusts; `clock` gives seconds and never goes back.

    `ca_bundle` is a PEM file of the authorities that are believed where the configuration names none; without it they
    are the machine's.
    """
    with ExitStack() as closing:

        def way_out(bundle: Path | None) -> Fetch:
            return closing.enter_context(GuardedClient(clock=clock, ca_bundle=bundle)).body

        own = configuration.ca_bundles
        by_bundle = {bundle: way_out(bundle) for bundle in set(own.values())}
        yield TrustedKeys(
            configuration.issuers,
            way_out(configuration.ca_bundle or ca_bundle),
            clock,
            organisations=configuration.organisations,
            fetches={url: by_bundle[bundle] for url, bundle in own.items()},
        )


def _bundled_root() -> PublicRoot:
    """Return the public Sigstore as it came with the library, which is asked for nowhere."""
    return PublicRoot(clock=time.monotonic, refreshed=None)


def _records(settings: Settings, closing: ExitStack) -> Records:
    records = open_book(settings)
    closing.callback(records.close)
    return records


def _exchanges(
    settings: Settings,
    ledger: BookLedger,
    keys: Keys,
    *,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
    kept: int,
) -> Exchanges:
    return Exchanges(
        policy=settings.mint,
        keys=keys,
        publishers=ledger,
        ledger=ledger,
        clock=clock,
        entropy=entropy,
        kept=kept,
    )


def _upstream(
    settings: Settings, meter: Meter, clock: Callable[[], float], closing: ExitStack
) -> Upstream | None:
    """Open the index behind this one, where there is one."""
    behind = settings.upstream
    if behind is None:
        return None
    client = CountingClient(
        meter,
        clock=time.monotonic,
        ca_bundle=behind.ca_bundle,
        proxies=behind.proxies,
        plain_http=behind.plain_http,
    )
    closing.enter_context(client)
    count = partial(meter.count, "cache")
    return Upstream(
        behind, cache=settings.data / "upstream", client=client, clock=clock, count=count
    )


def _prepared_pages(settings: Settings, records: Records, closing: ExitStack) -> PreparedPages:
    """Make the place of prepared pages, over whatever tells up to where the book has changed."""
    place = place_of_book(settings)
    serials = FileSerials(place) if isinstance(place, Path) else BookSerials(records.reading)
    closing.callback(serials.close)
    return PreparedPages(
        serials, max_bytes=settings.page_memory, trusted_proxies=settings.trusted_proxies
    )


def _revoke(records: Records, token_hash: str) -> None:
    """End an upload token, which the web knows by its hash."""
    with records.writing() as book:
        book.revoke(token_hash)


def _web(
    settings: Settings,
    records: Records,
    upstream: Upstream | None,
    exchanges: Exchanges,
    administration: Administration,
    *,
    prepared: PreparedPages,
    meter: Meter,
    clock: Callable[[], float],
    sweep: bool,
    trust: "Callable[[], TrustRoot]",
    readmes: Readmes,
) -> Starlette:
    """Put every family of addresses together."""

    def owns(name: ProjectName) -> bool:
        """Tell whether a name is answered from here and never looked up elsewhere."""
        with records.reading() as book:
            return is_ours(name, settings.names, book, clock())

    blobs = open_folder(settings)
    if sweep:
        blobs.sweep()
    library = CountingLibrary(meter, records, blobs, settings, trust=trust)
    proxies = settings.trusted_proxies
    families = (
        SimplePages(records, prepared=prepared, owns=owns, elsewhere=upstream),
        Files(records, blobs, prepared=prepared, owns=owns, elsewhere=upstream),
        ProjectJson(records, prepared=prepared, owns=owns, elsewhere=upstream),
        Integrity(records),
        Uploads(library, settings, clock),
        Mint(
            audience=settings.mint.audience if settings.mint.enabled else "",
            exchange=counting_exchanges(exchanges.answer, meter),
            revoke=partial(_revoke, records),
        ),
        Discovery(enabled=settings.mint.enabled, trusted_proxies=proxies),
        Admin(administration),
        Pages(records, prepared=prepared, site=site_of(settings), readmes=readmes),
    )
    return _answering([one for family in families for one in family.routes()], settings)


def _answering(routes: Sequence[BaseRoute], settings: Settings) -> Starlette:
    """Return the app that answers at these addresses, and tells what went wrong."""
    handlers = {**HANDLERS, **dict.fromkeys((*troubles(), OSError), unavailable)}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.site = site_of(settings)
    app.router.redirect_slashes = False
    return app
