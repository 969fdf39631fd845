"""Pictures by the words that they are described with."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.search.fusion import bm25_surprise
from lookalike.search.results import Via
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.text_query import TextQuery

_FEW = 3_000
MOST_MATCHES = 30_000
"""Words that more pictures are described by are looked up where they are needed only."""
WRITTEN = np.float32(0.95)
"""How likely a picture is what words mean that are written about it."""


class WordScorer:
    """BM25 over all that is written about a picture (Robertson et al., 1994).

    Args:
        store: the library's store.
        words: what to look for.
        condition: the filter as SQL, or None.
    """

    via: Via = "words"
    exact = True

    def __init__(self, store: LanceStore, words: str | TextQuery, condition: str | None) -> None:
        self._store, self._words, self._condition = store, words, condition
        self._best = 0.0

    @cached_property
    def every(self) -> tuple[Int64Array, Float32Array] | None:
        """All pictures that match, ascending, and their surprise; None where they are too many.

        One question to the index answers all that is asked here, and without the filter, which
        would cost more than the pictures that it keeps out.
        """
        found, scores = self._store.text_search(self._words, MOST_MATCHES)
        if len(found) >= MOST_MATCHES:
            return None
        order = np.argsort(found)
        return found[order], bm25_surprise(scores[order])

    def occurs(self, keys: Int64Array | None) -> bool:
        """Whether any picture, or any of these, matches; they ascend."""
        if self.every is None:
            return True
        found, _ = self.every
        return len(found) > 0 if keys is None else bool(is_among(found, keys).any())

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """The pictures with the best matching words."""
        del rough
        if self.every is None:
            return self._store.text_search(self._words, count, self._condition)[0]
        found, surprise = self.every
        if keys is not None:
            there = is_among(found, keys)
            found, surprise = found[there], surprise[there]
        return found[best_at(surprise, count)]

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the BM25 scores; 0 where no word matches."""
        found, known = self._matches(keys)
        surprise = np.zeros(len(keys), dtype=np.float32)
        there = is_among(found, keys)
        surprise[np.searchsorted(keys, found[there])] = known[there]
        self._best = max(self._best, float(surprise.max(initial=0)))
        return surprise

    def chance(self, keys: Int64Array) -> Float32Array:
        """Near 1 where a single word is written; of several, the more of the best match's."""
        surprise = self.surprise(keys)
        best = max(self._best, float(surprise.max(initial=0)))
        if not best:
            return surprise
        lacking = 2 * (1 - 1 / max(1, _count(self._words)))
        share = np.asarray((surprise / best).clip(1e-6) ** lacking, np.float32)
        return np.asarray(np.where(surprise > 0, WRITTEN * share, 0), np.float32)

    def _matches(self, keys: Int64Array) -> tuple[Int64Array, Float32Array]:
        """Pictures that match, at least those of ``keys``, and their surprise."""
        if self.every is not None:
            return self.every
        condition, limit = self._condition, len(self._store)
        if len(keys) <= _FEW:
            listed = ", ".join(str(key) for key in keys.tolist())
            condition, limit = f"key IN ({listed})" if listed else "false", max(len(keys), 1)
        found, scores = self._store.text_search(self._words, limit, condition)
        return found, bm25_surprise(scores)


def is_among(keys: Int64Array, others: Int64Array) -> npt.NDArray[np.bool_]:
    """Which of the keys are among the others, which ascend."""
    if not len(others):
        return np.zeros(len(keys), dtype=bool)
    at = np.searchsorted(others, keys).clip(max=len(others) - 1)
    return np.asarray(others[at] == keys)


def best_at(values: Float32Array, count: int) -> npt.NDArray[np.intp]:
    """Where the ``count`` largest values are, in no order."""
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(-values, count - 1)[:count]


def _count(words: str | TextQuery) -> int:
    """How many words there are."""
    if isinstance(words, str):
        return len(words.split())
    return len(words.words.split()) + len(words.required) or 1
