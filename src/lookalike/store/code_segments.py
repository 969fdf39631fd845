"""Immutable files of binary codes, as :mod:`lookalike.store.segments` has them of float16 vectors.

The file is an index of FAISS by product quantization, whose parts of eight numbers have all 256
patterns of signs as their centroids: so a byte of it is eight bits of a code, and FAISS compares a
query with all codes by tables of inner products. Searches for few look at Hamming distances first,
which takes a thirtieth of the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.binary_codes import UInt8Array, pack, unpack
from lookalike.store.known import Int64Array
from lookalike.store.segments import BoolArray, Segment, SegmentName

CANDIDATES = 50
"""So many times what is asked for is looked at again after Hamming distances, and no fewer than
``_LEAST``: see docs/benchmarks.md."""
_LEAST = 500


class CodeSegment(Segment):
    """Codes of shape (rows, dims / 8) with one key a row; read only."""

    @classmethod
    def open(cls, folder: Path, name: SegmentName) -> CodeSegment:
        """Map a written segment into memory.

        Raises:
            ValueError: its files do not fit each other.
        """
        return cls(*cls._mapped(folder, name))

    @staticmethod
    def row_bytes(dims: int) -> int:
        """What a row takes in a file."""
        return dims // 8

    @staticmethod
    def new_index(dims: int) -> Any:
        """An empty index of FAISS."""
        import faiss

        index = faiss.IndexPQ(dims, dims // 8, 8, faiss.METRIC_INNER_PRODUCT)
        patterns = unpack(np.arange(256, dtype=np.uint8)[:, None]) * np.float32(np.sqrt(8 / dims))
        centroids = np.tile(patterns.ravel(), dims // 8)
        faiss.copy_array_to_vector(centroids, index.pq.centroids)
        index.is_trained = True
        return index

    @staticmethod
    def add(index: Any, vectors: Any) -> None:
        """Take rows of shape (n, dims) into an index."""
        index.add_sa_codes(pack(vectors))

    @property
    def codes(self) -> UInt8Array:
        """The codes, shape (rows, dims / 8), off the mapped file."""
        import faiss

        flat = faiss.rev_swig_ptr(self._index.codes.data(), len(self) * self._index.code_size)
        found: UInt8Array = flat.reshape(len(self), self._index.code_size)
        return found

    def reconstruct(self, offsets: Int64Array) -> Float32Array:
        """The vectors that the codes at these offsets stand for, shape (n, dims), float32."""
        return unpack(self.codes[offsets])

    def reconstruct_all(self) -> Float32Array:
        """All of them, shape (rows, dims), float32."""
        return unpack(self.codes)

    def reconstruct_range(self, start: int, stop: int) -> Float32Array:
        """Those from ``start`` to ``stop``, shape (n, dims), float32."""
        return unpack(self.codes[start:stop])

    def top(
        self, query: Float32Array, k: int, keep: BoolArray | None
    ) -> tuple[Float32Array, Int64Array]:
        """The best rows among those that ``keep`` marks: scores and offsets, each (<= k,).

        The nearest by Hamming distance are compared with the query itself.
        """
        import faiss

        rows = None if keep is None else np.flatnonzero(keep)
        count = len(self) if rows is None else len(rows)
        wanted = max(CANDIDATES * k, _LEAST)
        if count > wanted:
            codes = self.codes if rows is None else self.codes[rows]
            _, near = faiss.knn_hamming(pack(query[None]), np.ascontiguousarray(codes), wanted)
            rows = near[0] if rows is None else rows[near[0]]
        elif rows is None:
            rows = np.arange(count)
        scores = self.reconstruct(rows) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], rows[best]
