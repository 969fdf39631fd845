"""Whether one more attempt is worth its while, told from those that were made."""

from __future__ import annotations

from collections import Counter

from lookalike.sources.web.ledger import Wanted
from lookalike.sources.web.outcome import Fault

_ENOUGH = 20
_PROBE_EVERY = 10


class Retries:
    """Counts, for each host, how many further attempts in a row were in vain.

    Where twenty further attempts in a row did not help, URLs are tried once less than otherwise,
    but for every tenth, so that it is noticed when the host recovers. A fifth of bad URLs would
    otherwise cost a host's others a third of their speed. (After the retry budgets of Beyer et
    al., Site Reliability Engineering, 2016, chapter 21.)

    Args:
        attempts: how often a URL is tried at most.
    """

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self._in_vain: Counter[str] = Counter()
        self._given_up: Counter[str] = Counter()

    def helped(self, wanted: Wanted) -> None:
        """A URL was had."""
        if wanted.attempts:
            self._in_vain[wanted.host] = 0

    def again(self, wanted: Wanted, fault: Fault) -> bool:
        """Whether a URL that failed is tried once more."""
        if not fault.again:
            return False
        self._in_vain[wanted.host] += wanted.attempts > 0
        most, made = min(self._attempts, fault.tries), wanted.attempts + 1
        if made == most - 1 and self._in_vain[wanted.host] >= _ENOUGH:
            self._given_up[wanted.host] += 1
            return self._given_up[wanted.host] % _PROBE_EVERY == 0
        return made < most
