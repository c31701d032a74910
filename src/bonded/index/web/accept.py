"""What a client wants to read: the `Accept` header against what there is (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

__all__ = ["preferred"]

_Range = tuple[str, float]


def preferred(accept: str, offers: Sequence[str]) -> str:
    """Return the offer that the header wants most; on a tie, or where it wants none, the earliest.

    An index never answers 406: whoever asks for something else gets the first offer, as on PyPI.
    """
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best, weight = offers[0], 0.0
    for offer in offers:
        wanted = _weight(offer, ranges)
        if wanted > weight:
            best, weight = offer, wanted
    return best


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
        weights = [weight for media, weight in ranges if media == wanted]
        if weights:
            return max(weights)
    return 0.0
