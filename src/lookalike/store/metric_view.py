"""Vectors that are compared by their distance: always exactly, as no index here knows it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array
from lookalike.store.metric import Metric, nearness
from lookalike.store.segments import Segment
from lookalike.store.vectors import Neighbours, VectorView

_BLOCK = 8_192


class DistanceView(VectorView):
    """As :class:`lookalike.store.vectors.VectorView`, whose scores are less the distance.

    Args:
        dims: length of a vector.
        segments: in the order of their rows.
        live: shape (pictures,), ascending: the keys that the library holds.
        metric: ``euclidean`` or ``manhattan``.
    """

    def __init__(
        self, dims: int, segments: Sequence[Segment], live: Int64Array, metric: Metric
    ) -> None:
        super().__init__(dims, segments, live, None)
        self.metric = metric

    @cached_property
    def products(self) -> VectorView:
        """The same vectors, compared by their inner products."""
        return VectorView(self.dims, self.segments, self.live, None)

    def top(
        self,
        query: Float32Array,
        k: int,
        keys: Int64Array | None = None,
        *,
        exact: bool = False,
    ) -> Neighbours:
        """The k nearest pictures; see :meth:`VectorView.top`."""
        del exact  # it always is
        if keys is None:
            keys, scores = self.live, self.all_scores(query[None])[0]
        else:
            keys = np.sort(keys[np.isin(keys, self.live)])
            scores = self.scores(query[None], keys)[0]
        best = np.argsort(-scores, kind="stable")[:k]
        return Neighbours(keys[best], scores[best], exact=True)

    def scores(self, queries: Float32Array, keys: Int64Array) -> Float32Array:
        """Less the distances to these pictures, shape (queries, keys)."""
        blocks = range(0, len(keys), _BLOCK)
        parts = [nearness(self.metric, queries, self.vectors(keys[at : at + _BLOCK]))
                 for at in blocks]  # fmt: skip
        return np.concatenate([np.empty((len(queries), 0), np.float32), *parts], axis=1)

    def _segment_scores(self, segment: Segment, queries: Float32Array) -> Float32Array:
        found = np.empty((len(queries), len(segment)), np.float32)
        for start in range(0, len(segment), _BLOCK):
            rows = segment.reconstruct_range(start, min(start + _BLOCK, len(segment)))
            found[:, start : start + len(rows)] = nearness(self.metric, queries, rows)
        return found
