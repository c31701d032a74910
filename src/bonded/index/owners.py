"""An index's book and store in its owners' hands: what the desks of administration stand on."""

from collections.abc import Callable
from contextlib import closing
from functools import partial

from bonded.index.administration import Administration, Publishers
from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records
from bonded.index.settings import Settings
from bonded.index.stores import open_folder
from bonded.minting.ports import Keys

__all__ = ["administration_over"]


def administration_over(
    settings: Settings,
    records: Records,
    ledger: BookLedger,
    *,
    keys: Keys,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
) -> Administration:
    """Return the desks over an open book; see `app.open_index` for `clock` and `entropy`."""

    def remove(blake2b_256: str) -> None:
        with closing(open_folder(settings)) as store:
            store.remove(blake2b_256)

    return Administration(
        shelves=records,
        publishers=partial(
            Publishers,
            policy=settings.mint,
            keys=keys,
            registry=ledger,
            reading=records.reading,
            clock=clock,
            max_pending=settings.max_pending,
        ),
        remove=remove,
        limits={"file_size": settings.file_size, "project_size": settings.project_size},
        clock=clock,
        entropy=entropy,
    )
