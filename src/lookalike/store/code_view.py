"""Binary codes as a search sees them: few are scored all, of many those with few bits apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.code_segments import CodeSegment
from lookalike.store.known import Int64Array
from lookalike.store.segments import Segment
from lookalike.store.vectors import EXACT_ROWS, Neighbours, VectorView


class CodeView(VectorView):
    """As :class:`lookalike.store.vectors.VectorView`, of vectors that are signs only.

    Args:
        dims: length of a vector.
        segments: of codes, in the order of their rows.
        live: shape (pictures,), ascending: the keys that the library holds.
    """

    def __init__(self, dims: int, segments: Sequence[Segment], live: Int64Array) -> None:
        assert all(isinstance(segment, CodeSegment) for segment in segments)
        super().__init__(dims, segments, live, None)

    def top(
        self,
        query: Float32Array,
        k: int,
        keys: Int64Array | None = None,
        *,
        exact: bool = False,
    ) -> Neighbours:
        """The k pictures with the largest inner products; see :meth:`VectorView.top`."""
        query = np.ascontiguousarray(query, dtype=np.float32)
        counted = self.live if keys is None else np.sort(keys[np.isin(keys, self.live)])
        if exact or len(counted) <= EXACT_ROWS:
            scores = self.scores(query[None], counted)[0]
            best = np.argsort(-scores, kind="stable")[:k]
            return Neighbours(counted[best], scores[best], exact=True)
        found = super().top(query, k, keys)
        return Neighbours(found.keys, found.scores, exact=False)

    def near(
        self, query: Float32Array, count: int, keys: Int64Array | None = None
    ) -> tuple[Int64Array, bool]:
        """Pictures that seem nearest; see :meth:`VectorView.near`."""
        found = self.top(query, count, keys)
        return found.keys, found.exact
