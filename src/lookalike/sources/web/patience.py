"""Lets requests past those that hang, so that a few bad URLs do not stop a good host's others."""

from __future__ import annotations

import time
from collections import Counter

from lookalike.sources.web.ledger import Wanted

_FIRST_S = 1.0
_LEAST_S = 0.08
_MOST = 8  # times the connections that a host has anyway
_MEMORY = 0.9
_GOOD = 0.5
# As TCP smooths the times of round trips (RFC 6298).
_OF_MEAN, _OF_DEVIATION, _DEVIATIONS = 1 / 8, 1 / 4, 4


class Patience:
    """Knows which requests hang: those that take longer than nearly all others of their host.

    A connection that waits for its first byte costs a server little. It does not count against
    the connections that its host may have, as long as the host answers most others quickly: one
    that is slow to everybody is not asked for more. How long is too long is told as TCP tells it
    of its packets: the mean time plus four mean deviations (RFC 6298).

    Args:
        per_host: connections that a host may have.
        most: how many may hang in all.
    """

    def __init__(self, per_host: int, most: int) -> None:
        self._per_host, self._most = per_host, most
        self._asked: dict[int, tuple[str, float]] = {}
        self._quick: dict[str, float] = {}
        self._mean_s: dict[str, float] = {}
        self._deviation_s: dict[str, float] = {}

    def asked(self, wanted: Wanted) -> None:
        """A request goes out."""
        self._asked[wanted.id] = (wanted.host, time.monotonic())

    def came_back(self, wanted: Wanted) -> float:
        """It was answered, or given up; returns how many seconds that took."""
        host, began = self._asked.pop(wanted.id)
        limit, took = self._limit_s(host), time.monotonic() - began
        self._quick[host] = _MEMORY * self._quick.get(host, 0.0) + (1 - _MEMORY) * (took < limit)
        self._learn(host, min(took, limit))
        return took

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

    def _learn(self, host: str, took_s: float) -> None:
        mean = self._mean_s.get(host)
        if mean is None:
            self._mean_s[host], self._deviation_s[host] = took_s, took_s / 2
            return
        self._deviation_s[host] += _OF_DEVIATION * (abs(took_s - mean) - self._deviation_s[host])
        self._mean_s[host] += _OF_MEAN * (took_s - mean)

    def _limit_s(self, host: str) -> float:
        mean = self._mean_s.get(host)
        if mean is None:
            return _FIRST_S
        return max(_LEAST_S, mean + _DEVIATIONS * self._deviation_s[host])
