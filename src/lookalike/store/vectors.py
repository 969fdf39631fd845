"""The vectors of one space as a search sees them: one version, every row findable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.ann import AnnIndex, KeptRows
from lookalike.store.known import Int64Array, ascending
from lookalike.store.metric import Metric, nearness
from lookalike.store.segments import BoolArray, Segment

EXACT_ROWS = 2_000
"""A filter that leaves at most so many rows is answered exactly, whatever index there is.

Measured on 200,000 x 512: 2,000 rows take 0.5 ms either way, 10,000 take 1.3 to 2.4 ms exactly
and 0.3 to 0.4 ms through the index, at a recall of 1.
"""
BACKGROUND_ROWS = 1024
_MANY = 10
"""A scan of ten rows takes less than reading one by itself: 0.2 against 5.5 us at 1,280 dims."""


@dataclass(frozen=True)
class Neighbours:
    """The best pictures for one vector.

    Attributes:
        keys: shape (n,), best first.
        scores: shape (n,), inner products.
        exact: whether every picture that counts was scored.
        probes: clusters that were looked into; 0 if ``exact``.
    """

    keys: Int64Array
    scores: Float32Array
    exact: bool
    probes: int = 0


class VectorView:
    """All vectors of a space at one version of the library, compared by inner products.

    Args:
        dims: length of a vector.
        segments: in the order of their rows.
        live: shape (pictures,), ascending: the keys that the library holds.
        index: over the first rows, or None.
    """

    metric: Metric = "cosine"

    def __init__(
        self, dims: int, segments: Sequence[Segment], live: Int64Array, index: AnnIndex | None
    ) -> None:
        self.dims = dims
        self.segments = tuple(segments)
        self.index = index
        self.live = live
        parts = [segment.keys for segment in self.segments] or [np.empty(0, dtype=np.int64)]
        self._keys = np.concatenate(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self._first = int(self._keys[0]) if len(self._keys) else 0
        self._last_kept: tuple[Int64Array, KeptRows] | None = None
        self._gapless = bool(np.all(np.diff(self._keys) == 1))

    def __len__(self) -> int:
        return len(self.live)

    @cached_property
    def _alive(self) -> KeptRows | None:
        """Which rows count; None if all do."""
        return None if len(self.live) == len(self._keys) else self._kept(self.live)

    @cached_property
    def _sorted(self) -> tuple[Int64Array, Int64Array | None]:
        """The keys in ascending order, and the rows in that order (None: as they lie)."""
        if ascending(self._keys):
            return self._keys, None
        order = np.argsort(self._keys, kind="stable")
        return self._keys[order], order

    def offsets(self, keys: Int64Array) -> Int64Array:
        """The rows of these keys; keys without a vector are left out."""
        if self._gapless:
            rows: Int64Array = keys - self._first if self._first else keys
            if len(rows) and (rows.min() < 0 or rows.max() >= len(self._keys)):
                return rows[(rows >= 0) & (rows < len(self._keys))]
            return rows
        ascending, order = self._sorted
        at = np.searchsorted(ascending, keys)
        at[at == len(ascending)] = 0
        found: Int64Array = at[ascending[at] == keys]
        return found if order is None else order[found]

    def top(
        self,
        query: Float32Array,
        k: int,
        keys: Int64Array | None = None,
        *,
        exact: bool = False,
    ) -> Neighbours:
        """The k pictures with the largest inner products.

        Args:
            query: shape (dims,), float32.
            k: how many.
            keys: only these pictures; None for all.
            exact: score every row, whatever index there is.
        """
        query = np.ascontiguousarray(query, dtype=np.float32)
        kept = self._alive if keys is None else self._kept(keys)
        few = keys is not None and len(keys) <= EXACT_ROWS
        if exact or few or self.index is None:
            scores, rows = self._scan(query, k, kept, 0)
            return Neighbours(self._keys[rows], scores, exact=True)
        covered = self.index.name.rows
        found = self.index.candidates(query, k, kept)
        scores = self._scores_of_rows(query[None], found.offsets)[0]
        rows = found.offsets
        if covered < len(self._keys):
            fresh_scores, fresh = self._scan(query, k, kept, covered)
            scores, rows = np.concatenate([scores, fresh_scores]), np.concatenate([rows, fresh])
        best = np.argsort(-scores, kind="stable")[:k]
        return Neighbours(self._keys[rows[best]], scores[best], exact=False, probes=found.probes)

    def near(
        self, query: Float32Array, count: int, keys: Int64Array | None = None
    ) -> tuple[Int64Array, bool]:
        """Pictures that seem nearest, for whoever scores them again; and whether they surely are.

        The index names them by its codes alone: reading their vectors would cost more.

        Args:
            query: shape (dims,), float32.
            count: how many, about.
            keys: only these pictures; None for all.

        Returns:
            Keys in no order, and whether every picture that counts was scored.
        """
        if self.index is None or (keys is not None and len(keys) <= EXACT_ROWS):
            return self.top(query, count, keys).keys, True
        query = np.ascontiguousarray(query, dtype=np.float32)
        kept = self._alive if keys is None else self._kept(keys)
        rows = self.index.candidates(query, self.index.asked(count), kept).offsets[:count]
        covered = self.index.name.rows
        if covered < len(self._keys):
            rows = np.concatenate([rows, self._scan(query, count, kept, covered)[1]])
        return self._keys[rows], False

    def holds(self, keys: Int64Array) -> BoolArray | None:
        """Which of these pictures of the library have a vector, shape (n,); None if all have.

        Pictures without one are those that came in while an added space was not filled yet.
        """
        if len(self.offsets(keys)) == len(keys):
            return None
        return np.isin(keys, self.live)

    def scores(self, queries: Float32Array, keys: Int64Array) -> Float32Array:
        """Inner products with these pictures, shape (queries, keys), exact; all must exist."""
        offsets = self.offsets(keys)
        if len(offsets) * _MANY < len(self._keys):
            return self._scores_of_rows(queries, offsets)
        return self._scores_of_all_rows(queries)[:, offsets]

    def all_scores(self, queries: Float32Array) -> Float32Array:
        """Inner products with every picture, shape (queries, pictures), in ascending keys."""
        rows = self._scores_of_all_rows(queries)
        plain = len(self.live) == len(self._keys) and self._sorted[1] is None
        return rows if plain else rows[:, self.offsets(self.live)]

    def _segment_scores(self, segment: Segment, queries: Float32Array) -> Float32Array:
        return segment.all_scores(queries)

    @property
    def products(self) -> VectorView:
        """The same vectors, compared by their inner products."""
        return self

    def scores_of(self, query: Float32Array, vectors: Float32Array) -> Float32Array:
        """How near vectors (n, dims) are to a query, shape (n,), in the metric of the space."""
        found: Float32Array = nearness(self.metric, query[None], vectors)[0]
        return found

    @cached_property
    def background(self) -> Float32Array:
        """Vectors of up to 1024 random pictures, shape (n, dims); the same ones every time."""
        if len(self.live) <= BACKGROUND_ROWS:
            return self.vectors(self.live)
        choice = np.random.default_rng(0).choice(self.live, BACKGROUND_ROWS, replace=False)
        return self.vectors(np.sort(choice))

    def vectors(self, keys: Int64Array) -> Float32Array:
        """The vectors of these pictures, shape (n, dims), in their order; all must exist."""
        offsets = self.offsets(keys)
        found = np.empty((len(offsets), self.dims), dtype=np.float32)
        for segment, start, inside in self._split(offsets):
            found[inside] = segment.reconstruct(offsets[inside] - start)
        return found

    def _scores_of_all_rows(self, queries: Float32Array) -> Float32Array:
        parts = [self._segment_scores(segment, queries) for segment in self.segments]
        return np.concatenate(parts, axis=1) if parts else np.empty((len(queries), 0), np.float32)

    def _scores_of_rows(self, queries: Float32Array, offsets: Int64Array) -> Float32Array:
        scores = np.empty((len(queries), len(offsets)), dtype=np.float32)
        for segment, start, inside in self._split(offsets):
            scores[:, inside] = queries @ segment.reconstruct(offsets[inside] - start).T
        return scores

    def _scan(
        self, query: Float32Array, k: int, kept: KeptRows | None, first: int
    ) -> tuple[Float32Array, Int64Array]:
        """The best k rows from row ``first`` on: scores and rows."""
        all_scores, all_rows = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
        for segment, start in zip(self.segments, self._starts, strict=False):
            stop = start + len(segment)
            if stop <= first:
                continue
            inside = None if kept is None else kept.mask[start:stop]
            if first > start:
                inside = np.ones(len(segment), dtype=bool) if inside is None else inside.copy()
                inside[: first - start] = False
            if inside is not None and not inside.any():
                continue
            scores, rows = segment.top(query, k, inside)
            all_scores.append(scores)
            all_rows.append(rows + start)
        scores, rows = np.concatenate(all_scores), np.concatenate(all_rows)
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], rows[best]

    def _split(self, offsets: Int64Array) -> Iterator[tuple[Segment, int, BoolArray]]:
        if len(self.segments) == 1:
            yield self.segments[0], 0, np.ones(len(offsets), dtype=bool)
            return
        owner = np.searchsorted(self._starts, offsets, side="right") - 1
        for position in np.unique(owner):
            yield self.segments[position], int(self._starts[position]), owner == position

    def _kept(self, keys: Int64Array) -> KeptRows:
        """The rows of these keys; one query asks for the same ones again and again."""
        last = self._last_kept
        if last is None or last[0] is not keys:
            last = self._last_kept = keys, KeptRows(self.offsets(keys), len(self._keys))
        return last[1]
