"""What Prometheus may ask."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one app, in a registry of its own.

    Args:
        pictures: tells how many pictures the library holds, when asked.
    """

    def __init__(self, pictures: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lookalike_http_requests",
            "HTTP requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.search_seconds = Histogram(
            "lookalike_search_seconds",
            "Seconds from a query to its hits",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.uploads = Counter(
            "lookalike_uploads", "Pictures sent to be searched for", registry=self._registry
        )
        gauge = Gauge("lookalike_pictures", "Pictures in the library", registry=self._registry)
        gauge.set_function(lambda: float(pictures()))

    def count(self, method: str, route: str, status: int) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()

    def render(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
