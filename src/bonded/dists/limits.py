"""How much an archive may cost, and which unusual things it may hold."""

from dataclasses import dataclass

__all__ = ["STRICT", "ArchiveRefused", "Limits", "inflation_fault"]

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is let in; sizes in bytes. An archive is a bomb over `inflated` and over `ratio` at once.

    `metadata` bounds each file that is read whole (METADATA, RECORD, `entry_points.txt`), `directory` the names of all
    members together. The last three are what PyPI lets pass and an index of one's own need not:

    `links` lets a source distribution hold links that stay inside its folder (PEP 721 unpacks them; monorepos ship a
    link to their licence). `twins` lets two members land on one place somewhere: names that differ only in letter case,
    in how an accent is written or in what Windows leaves out, and files of a wheel that installers put into one folder
    from several; one of them is kept, and not everywhere the same. `loose_record` lets RECORD disagree with what is in
    the wheel: PyPI only writes a mail about it, and installers go by either.
    """

    inflated: int = 64 * _MEBIBYTE
    ratio: int = 50
    members: int = 200_000
    metadata: int = 10 * _MEBIBYTE
    directory: int = 32 * _MEBIBYTE
    links: bool = True
    twins: bool = True
    loose_record: bool = True


STRICT = Limits(links=False, twins=False, loose_record=False)
"""The limits of an index of one's own: nothing gets in that two programs could unpack in two ways."""


class ArchiveRefused(Exception):
    """Why an archive is refused, on its way up to `archives`; it never leaves this room."""


def inflation_fault(inflated: int, size: int, limits: Limits) -> str | None:
    """Return why so many bytes out of an archive of `size` bytes are too many, or None (PyPI's rule)."""
    if inflated > limits.inflated and inflated > limits.ratio * size:
        return (
            f"it unpacks to {inflated} bytes or more from {size}, expected at most {limits.ratio} times its size:"
            " a decompression bomb"
        )
    return None
