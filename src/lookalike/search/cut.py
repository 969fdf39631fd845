"""Where results end: as far as they are expected to be right rather than wrong.

Each hit has a chance to be right (:mod:`lookalike.search.likeness`). The list ends where the
expected F measure of all hits so far (van Rijsbergen, 1979) is largest, given these chances
(Lewis, "Evaluating and optimizing autonomous text classification systems", SIGIR 1995): a long
list of good hits bears some doubtful ones at its end, a short one does not. Where even the best
hit is more than five times as likely wrong as right, there is no result, and none where the
neighbours of the best hits say that it is only kin of what is looked for
(:mod:`lookalike.search.presence`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.search.presence import LEAST_LOG_ODDS, LEAST_OF_WORDS
from lookalike.search.scored import Scored
from lookalike.search.scorers import ScoredClause, VectorScorer
from lookalike.store.known import Int64Array

_FIRST = 2_000
"""So many hits are weighed at first, and more if the list does not end among them."""
_WIDER = 4
_LEAST_ODDS = 0.2
_FLOOR = 0.02
"""No clause alone speaks against a picture more strongly than at odds of one to fifty."""


def cut(found: Scored, level: float | None) -> Scored:
    """The hits that are worth showing.

    Args:
        found: best first.
        level: how much a picture that is missed counts against one that is wrong; None for all.
    """
    if level is None or not found.clauses or not len(found):
        return found
    if absent(found, level):
        return found.first(0)
    best = found.first(_FIRST)
    count = length(chances(best.clauses, best.keys), level)
    while count == len(best) < len(found):
        best = found.first(_WIDER * len(best))
        count = length(chances(best.clauses, best.keys), level)
    return best.first(count)


def absent(found: Scored, level: float) -> bool:
    """Whether the library seems to hold nothing of the kind.

    It is only asked where pictures alone are looked for, or words alone that nothing is described
    by.

    Args:
        found: best first, at least one.
        level: as for :func:`length`.
    """
    wanted = [clause for clause in found.clauses if clause.weight > 0]
    if len({clause.scorers[-1].via for clause in wanted}) > 1:
        return False
    told = [_presence(clause, found.keys) for clause in wanted]
    known = [log_odds for log_odds in told if log_odds is not None]
    if len(known) < len(wanted):
        return False
    pooled = np.average(known, weights=[clause.weight for clause in wanted])
    of_pictures = wanted[0].scorers[-1].via == "look"
    least = LEAST_LOG_ODDS if of_pictures else LEAST_OF_WORDS
    return bool(pooled < least - 2 * np.log(level))


def _presence(clause: ScoredClause, keys: Int64Array) -> float | None:
    """Of a clause that is a whole picture (a part of one may lie in any other) or words."""
    *written, seen = clause.scorers
    if not isinstance(seen, VectorScorer):
        return None
    log_odds = seen.presence(keys)
    if log_odds is None or any(scorer.surprise(np.sort(keys)).any() for scorer in written):
        return None
    return log_odds


def length(chance: Float32Array, level: float) -> int:
    """How many hits to show.

    Args:
        chance: shape (n,), of each to be right, in the order of the hits.
        level: the beta of the F measure.
    """
    top = float(np.max(chance, initial=0))
    if top < _LEAST_ODDS / (_LEAST_ODDS + level**2):
        return 0
    missed = level**2 * float(np.sum(chance, dtype=np.float64))
    expected = np.cumsum(chance, dtype=np.float64) / (np.arange(1, len(chance) + 1) + missed)
    return int(np.argmax(expected)) + 1


def chances(clauses: Sequence[ScoredClause], keys: Int64Array) -> Float32Array:
    """How likely these pictures are what is wanted, shape (n,).

    The clauses' log odds are averaged by their weights (a logarithmic opinion pool: Genest and
    Zidek, "Combining probability distributions", Statistical Science 1986); what is not wanted
    takes its share off.

    Args:
        clauses: at least one of positive weight.
        keys: in any order.
    """
    order = np.argsort(keys)
    wanted = sum(c.weight for c in clauses if c.weight > 0)
    log_odds, log_left = np.zeros(len(keys)), np.zeros(len(keys))
    for clause in clauses:
        share = clause.weight / wanted
        chance = clause.chance(keys[order]).astype(np.float64).clip(max=1 - _FLOOR)
        if share > 0:
            log_odds += share * np.log(chance.clip(_FLOOR) / (1 - chance.clip(_FLOOR)))
        else:
            log_left -= share * np.log1p(-chance)
    found = np.empty(len(keys), np.float32)
    pooled = 1 / (1 + np.exp(-log_odds))
    found[order] = np.exp(log_left) * (pooled - _FLOOR).clip(0) / (1 - _FLOOR)
    return found
