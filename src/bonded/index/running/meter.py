"""What an index counts about itself, and how that is told to Prometheus.

Requests are counted on the event loop, one at a time, in plain numbers: an increment costs a tenth of a microsecond
where a metric with a lock costs ten times that, and the fastest answers take thirty. Everything else is rare and comes
from threads, so it has a lock. The text is made by prometheus-client, the reference of the format, when somebody asks.
"""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["BUCKETS", "FAMILIES", "Meter", "Tally", "exposition", "family_of"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram of answers, in seconds."""

FAMILIES = {
    "": "pages",
    "project": "pages",
    "search": "pages",
    "static": "pages",
    "simple": "simple",
    "packages": "files",
    "upstream": "files",
    "legacy": "upload",
    "_": "mint",
    ".well-known": "mint",
    "integrity": "integrity",
    "pypi": "json",
    "-": "admin",
    "health": "health",
    "ready": "health",
    "metrics": "health",
}
"""First segments of addresses, and what they are counted as. Strangers choose addresses; they do not choose labels."""

OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_TELLING = 6
_QUICKLY = {
    path[:_TELLING]: family
    for segment, family in FAMILIES.items()
    if len(path := f"/{segment}/") >= _TELLING
}
"""The same by the first characters of an address, which is found in a quarter of the time."""


def family_of(path: str) -> str:
    """Return the family of an address, by its first segment."""
    return FAMILIES.get(path.split("/", 2)[1] if path.startswith("/") else path, OTHER)


class Tally:
    """How often one kind of answer was given, how long that took in seconds, and how many bytes it had."""

    __slots__ = ("buckets", "bytes", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.bytes = 0

    def add(self, seconds: float, size: int) -> None:
        """Count one answer; on the event loop only."""
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds
        self.bytes += size


class Meter:
    """The counters of one index. `now` reads sizes that are looked up only when somebody asks: gauges by name."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, int], Tally] = {}
        self._events: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()
        self._gauges: Callable[[], Mapping[str, float]] = dict

    def answered(self, path: str, method: str, status: int, seconds: float, size: int) -> None:
        """Count one answer; on the event loop only."""
        self.tally(path, method, status).add(seconds, size)

    def tally(self, path: str, method: str, status: int) -> Tally:
        """Return where such answers are counted."""
        family = _QUICKLY.get(path[:_TELLING]) or family_of(path)
        return self.answers.get((family, method, status)) or self._begun(family, method, status)

    def _begun(self, family: str, method: str, status: int) -> Tally:
        """Return a new tally; methods that nobody knows have one together, for strangers choose them."""
        key = (family, method if method in _METHODS else OTHER, status)
        return self.answers.setdefault(key, Tally())

    def count(self, what: str, outcome: str, why: str = "") -> None:
        """Count what is rare, from any thread: an upload, an exchange, a question to the index behind this one."""
        with self._lock:
            self._events[what, outcome, why] += 1

    def watch(self, gauges: Callable[[], Mapping[str, float]]) -> None:
        """Tell sizes too; they are read when somebody asks."""
        self._gauges = gauges

    def events(self) -> Mapping[tuple[str, str, str], int]:
        """Return the counts of what is rare."""
        with self._lock:
            return dict(self._events)

    def gauges(self) -> Mapping[str, float]:
        """Return the sizes."""
        return self._gauges()


_RARE = {
    "uploads": (
        "bonded_uploads",
        "Uploads by outcome; `check` is the check that refused.",
        "check",
    ),
    "exchanges": ("bonded_mint_exchanges", "Exchanges of ID tokens; `code` is why not.", "code"),
    "upstream": ("bonded_upstream_fetches", "Questions to the index behind this one.", "kind"),
    "cache": (
        "bonded_upstream_cache",
        "Files of the index behind this one, by what became of them.",
        "why",
    ),
}

_GAUGES = {
    "projects": ("bonded_projects", "Projects on this index."),
    "files": ("bonded_files", "Files on this index."),
    "file_bytes": ("bonded_file_bytes", "Bytes of all files on this index."),
    "upstream_cache_files": (
        "bonded_upstream_cache_files",
        "Files of the index behind this one that are kept.",
    ),
    "upstream_cache_bytes": ("bonded_upstream_cache_bytes", "Bytes of those files."),
    "disk_free_bytes": ("bonded_disk_free_bytes", "Bytes that are free where the data folder is."),
    "ready": ("bonded_ready", "Whether every check of /ready holds."),
    "started": (
        "bonded_start_time_seconds",
        "When this process began to serve, in seconds since 1970.",
    ),
}


def exposition(meter: Meter, version: str) -> bytes:
    """Return everything in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Own(Collector):
        def collect(self) -> "Iterator[Metric]":
            yield from _requests(meter)
            yield from _rare(meter)
            yield from _sizes(meter, version)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Own())
    return generate_latest(registry)


def _requests(meter: Meter) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    labels = ("family", "method", "status")
    took = HistogramMetricFamily(
        "bonded_request_seconds", "Requests, and how long they took.", labels=labels
    )
    sent = CounterMetricFamily("bonded_sent_bytes", "Bytes of bodies of answers.", labels=labels)
    bounds = [*map(str, BUCKETS), "+Inf"]
    for (family, method, status), tally in sorted(meter.answers.items()):
        values, total = (family, method, str(status)), 0
        buckets = []
        for bound, number in zip(bounds, tally.buckets, strict=True):
            total += number
            buckets.append((bound, total))
        took.add_metric(values, buckets, tally.seconds)
        sent.add_metric(values, tally.bytes)
    yield took
    yield sent


def _rare(meter: Meter) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily

    found = meter.events()
    for what, (name, text, label) in _RARE.items():
        family = CounterMetricFamily(name, text, labels=("outcome", label))
        for (kind, outcome, why), number in sorted(found.items()):
            if kind == what:
                family.add_metric((outcome, why), number)
        yield family


def _sizes(meter: Meter, version: str) -> "Iterator[Metric]":
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

    for name, value in meter.gauges().items():
        title, text = _GAUGES[name]
        yield GaugeMetricFamily(title, text, value)
    yield InfoMetricFamily("bonded_build", "Which bonded this is.", {"version": version})
