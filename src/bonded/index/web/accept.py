"""What a client wants to read: the `Accept` headers against what there is (RFC 9110, sections 12.5.1 and 12.5.3)."""

from collections.abc import Mapping, Sequence

__all__ = [
    "CODINGS",
    "PROBLEM",
    "PYTP",
    "accepts",
    "preferred",
    "preferred_coding",
    "wants_problem",
    "weights",
]

CODINGS = ("zstd", "gzip", "identity")
"""In which forms a page can be sent, the shortest first; the last is the page as it is."""

PROBLEM = "application/problem+json"
PYTP = "application/vnd.pypi.pytp.v1+json"
"""What PEP 807 calls its answers."""

_Range = tuple[str, float]


def preferred(accept: str, offers: Sequence[str]) -> str:
    """Return the offer that the header wants most; on a tie, or where it wants none, the earliest.

    An index never answers 406: whoever asks for something else gets the first offer, as on PyPI.
    """
    ranges = _ranges(accept)
    best, weight = offers[0], 0.0
    for offer in offers:
        wanted = _weight(offer, ranges)
        if wanted > weight:
            best, weight = offer, wanted
    return best


def preferred_coding(accept_encoding: str) -> str:
    """Return the coding of `CODINGS` that the header wants most, on a tie the shortest.

    Nobody is answered 406 here either: whoever refuses them all gets the page as it is.
    """
    ranges = dict(_ranges(accept_encoding.replace("x-gzip", "gzip")))
    others = ranges.get("*", 0.0)
    best, weight = "identity", ranges.get("identity", 0.0)
    for coding in reversed(CODINGS[:-1]):
        wanted = ranges.get(coding, others)
        if wanted > 0 and wanted >= weight:
            best, weight = coding, wanted
    return best


def accepts(accept: str, offer: str) -> bool:
    """Whether an offer is welcome; an absent or empty header welcomes everything."""
    ranges = _ranges(accept)
    return not ranges or _weight(offer, ranges) > 0


def wants_problem(accept: str) -> bool:
    """Whether a client asks for refusals as RFC 9457 has them: by name, and not less than for plain JSON."""
    ranges = _ranges(accept)
    asked = max(_named(PROBLEM, ranges), _named(PYTP, ranges))
    return asked > 0 and asked >= _named("application/json", ranges)


def weights(accept: str) -> Mapping[str, float]:
    """Return what the header names, each media type or range with how much it is wanted, from 0 to 1."""
    ranges = _ranges(accept)
    return {media: _named(media, ranges) for media, _ in ranges}


def _ranges(accept: str) -> Sequence[_Range]:
    return [_range(part) for part in accept.split(",") if part.strip()]


def _named(media: str, ranges: Sequence[_Range]) -> float:
    return max((weight for name, weight in ranges if name == media), default=0.0)


def _range(part: str) -> _Range:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            weight = _number(value)
    return media, weight


def _number(text: str) -> float:
    """Return a weight between 0 and 1; what is none counts as 0."""
    digits = text.strip()
    if not digits.isascii() or not digits.replace(".", "", 1).isdigit():
        return 0.0
    return min(float(digits), 1.0)


def _weight(offer: str, ranges: Sequence[_Range]) -> float:
    """Return the weight of the most specific range that fits."""
    family = offer.partition("/")[0]
    for wanted in (offer, f"{family}/*", "*/*"):
        if any(media == wanted for media, _ in ranges):
            return _named(wanted, ranges)
    return 0.0
