"""Which URL comes next: every host in its turn, none with more than it shall bear."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping

from lookalike.sources.web.ledger import Ledger, Wanted


class Frontier:
    """Hands out pending URLs.

    Args:
        ledger: where they are.
        per_host: how many of one host may be out at once.
    """

    def __init__(self, ledger: Ledger, per_host: int) -> None:
        self._ledger, self._per_host = ledger, per_host
        self._out: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._left_alone: dict[str, float] = {}
        self._turns: deque[str] = deque(ledger.pending_hosts())
        self._known = set(self._turns)

    @property
    def out(self) -> int:
        """How many URLs are out."""
        return self._out.total()

    @property
    def waiting(self) -> bool:
        """Whether URLs are pending that are not out."""
        return bool(self._turns)

    def next(self, room: int, extra: Mapping[str, int]) -> Iterator[Wanted]:
        """Up to ``room`` URLs that may be asked for now.

        Args:
            room: how many at most.
            extra: how many more than usual of some hosts may be out.
        """
        for _ in range(len(self._turns)):
            if room <= 0:
                return
            host = self._turns.popleft()
            most = self._per_host + extra.get(host, 0)
            taken = self._of(host, min(room, most - self._out[host]))
            room -= len(taken)
            yield from taken

    def _of(self, host: str, limit: int) -> list[Wanted]:
        wait = max(self._not_before.get(host, 0), self._left_alone.get(host, 0))
        if limit <= 0 or wait > time.time():
            self._turns.append(host)
            return []
        taken = self._ledger.take(host, limit)
        self._out[host] += len(taken)
        if len(taken) < limit:
            due = self._ledger.next_due(host)
            if due is None:
                self._known.discard(host)
                return taken
            self._not_before[host] = due
        self._turns.append(host)
        return taken

    def came_back(self, wanted: Wanted) -> None:
        """A URL is not out any more, whatever became of it."""
        self._out[wanted.host] -= 1
        if not self._out[wanted.host]:
            del self._out[wanted.host]

    def added(self, host: str, due_in_s: float = 0.0) -> None:
        """A host has pending URLs (again), the first of them due in some seconds."""
        due = time.time() + due_in_s
        if host in self._known:
            # Its others are not kept waiting by one that is tried again.
            self._not_before[host] = min(due, self._not_before.get(host, 0.0))
            return
        self._not_before[host] = due
        self._known.add(host)
        self._turns.append(host)

    def leave_alone(self, host: str, seconds: float) -> None:
        """Ask nothing of a host for some seconds."""
        self._left_alone[host] = max(time.time() + seconds, self._left_alone.get(host, 0))
