"""`[uploads]`: what is taken in, and until when."""

from dataclasses import dataclass

from bonded.dists.archives import STRICT, Limits
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table

__all__ = ["SECTION", "UploadsTable", "read"]

SECTION = Section(
    name="uploads",
    title="What is taken in",
    keys=(
        Key(
            name="closes-after",
            kind=Kind.DAYS,
            default=0.0,
            zero_is_none=True,
            meaning="how many days after its first file a release takes no more files; 0 for never, 14 on PyPI",
        ),
        Key(
            name="links",
            kind=Kind.FLAG,
            default=STRICT.links,
            meaning="whether source distributions may hold links that stay inside, as PyPI lets them",
        ),
        Key(
            name="twins",
            kind=Kind.FLAG,
            default=STRICT.twins,
            meaning="whether two files in one archive may land on one place, as PyPI lets them: by letter case, by an "
            "accent, on Windows, or where installers put them; which of them is kept is then up to disk and installer",
        ),
        Key(
            name="loose-record",
            kind=Kind.FLAG,
            default=STRICT.loose_record,
            meaning="whether the RECORD of a wheel may disagree with what is in it; PyPI takes such a wheel, "
            "and writes a mail about it",
        ),
    ),
    notes="Whatever is set here, an archive of which two programs could read other members is refused.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsTable:
    """See `Settings`; stricter than PyPI unless the file says otherwise."""

    closes_after_days: float | None = None
    archives: Limits = STRICT


def read(table: Table) -> UploadsTable:
    """Read what is taken in."""
    days = table.number("closes-after")
    flags = {key: table.flag(key) for key in ("links", "twins", "loose-record")}
    table.close()
    archives = Limits(
        links=flags["links"], twins=flags["twins"], loose_record=flags["loose-record"]
    )
    return UploadsTable(closes_after_days=days or None, archives=archives)
