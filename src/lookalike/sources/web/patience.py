"""Lets requests past those that hang, so that a few bad URLs do not stop a good host's others."""

from __future__ import annotations

import time
from collections import Counter

from lookalike.sources.web.ledger import Wanted

_FIRST_S = 1.0
_LEAST_S = 0.25
_TIMES = 3  # the mean time that a host's answers take: whatever takes longer hangs
_MOST = 8  # times the connections that a host has anyway
_MEMORY = 0.9
_GOOD = 0.5


class Patience:
    """Knows which requests hang.

    A connection that waits for its first byte costs a server little. It does not count against
    the connections that its host may have, as long as the host answers most others quickly: one
    that is slow to everybody is not asked for more.

    Args:
        per_host: connections that a host may have.
        most: how many may hang in all.
    """

    def __init__(self, per_host: int, most: int) -> None:
        self._per_host, self._most = per_host, most
        self._asked: dict[int, tuple[str, float]] = {}
        self._quick: dict[str, float] = {}
        self._mean_s: dict[str, float] = {}

    def asked(self, wanted: Wanted) -> None:
        """A request goes out."""
        self._asked[wanted.id] = (wanted.host, time.monotonic())

    def came_back(self, wanted: Wanted) -> None:
        """It was answered, or given up."""
        host, began = self._asked.pop(wanted.id)
        limit, took = self._limit_s(host), time.monotonic() - began
        quick, took = took < limit, min(took, limit)
        self._mean_s[host] = _MEMORY * self._mean_s.get(host, took) + (1 - _MEMORY) * took
        self._quick[host] = _MEMORY * self._quick.get(host, 0.0) + (1 - _MEMORY) * quick

    def hanging(self) -> Counter[str]:
        """How many further connections each host may have because of some that hang."""
        now = time.monotonic()
        found = Counter(
            host
            for host, began in self._asked.values()
            if now - began > self._limit_s(host) and self._quick.get(host, 0.0) > _GOOD
        )
        left = self._most
        for host, count in found.items():
            found[host] = min(count, _MOST * self._per_host, left)
            left -= found[host]
        return found

    def _limit_s(self, host: str) -> float:
        mean = self._mean_s.get(host)
        return _FIRST_S if mean is None else max(_LEAST_S, _TIMES * mean)
