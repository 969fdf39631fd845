"""The approximate index: clusters with 4-bit codes, then exact scores of the best candidates.

IVF (Sivic and Zisserman, 2003) with extended RaBitQ codes (Gao et al., 2024), as FAISS has
them. Vectors are turned by a fixed orthogonal map first (the leading principal directions of
the data, then a random rotation), since RaBitQ wants its error spread over all dimensions.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.store.cache_state import IndexName
from lookalike.store.known import Int64Array
from lookalike.store.segments import BoolArray, write_array, write_faiss

CODE_BITS = 4
MAX_CODE_DIMS = 512
"""Vectors are coded in at most so many dimensions; the exact scores use all of them."""
_TRAINING_ROWS_PER_CLUSTER = 48


@dataclass(frozen=True)
class Candidates:
    """Rows that may be among the best, not in order, and how many clusters were looked into."""

    offsets: Int64Array
    probes: int


class AnnIndex:
    """Finds candidates among the first ``name.rows`` rows of a cache.

    Args:
        index: FAISS IVF index over turned vectors; its ids are the rows' offsets.
        turn: shape (dims, code_dims), float32, with orthonormal columns.
        name: what ``cache.json`` says of it.
    """

    def __init__(self, index: Any, turn: Float32Array, name: IndexName) -> None:
        self._index, self._turn = index, turn
        self._lists: npt.NDArray[np.int32] | None = None
        self.name = name
        self._centroids: Float32Array = index.quantizer.reconstruct_n(0, index.nlist)

    @classmethod
    def open(cls, folder: Path, name: IndexName) -> AnnIndex:
        """Read a written index into memory.

        Raises:
            ValueError: its files do not fit each other.
        """
        import faiss

        index = faiss.read_index(str(folder / f"{name.stem}.faiss"))
        turn = np.load(folder / f"{name.stem}.turn.npy")
        if index.ntotal != name.rows:
            raise ValueError(f"{folder / name.stem} holds {index.ntotal} rows, not {name.rows}")
        return cls(index, turn, name)

    @classmethod
    def train(cls, sample: Float32Array, rows: int) -> AnnIndex:
        """Learn the clusters from a sample, shape (n, dims), for a cache of ``rows`` rows."""
        import faiss

        turn = _turn_of(sample)
        dims = turn.shape[1]
        quantizer = faiss.IndexFlatIP(dims)
        clusters = min(cluster_count(rows), max(1, len(sample) // 8))
        index = faiss.IndexIVFRaBitQ(
            quantizer, dims, clusters, faiss.METRIC_INNER_PRODUCT, True, CODE_BITS
        )
        quantizer.this.disown()
        index.own_fields = True
        index.cp.spherical = True
        index.cp.niter = 8
        index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_CLUSTER
        index.train(sample @ turn)
        name = IndexName("", 0, rows, probes=min(16, clusters), recall=0.0)
        return cls(index, turn, name)

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(self._centroids)

    def add(self, batches: Iterable[Float32Array]) -> None:
        """Take in the rows that follow, in batches of shape (n, dims)."""
        for batch in batches:
            self._index.add(np.ascontiguousarray(batch @ self._turn))
        self._lists = None
        self.name = replace(self.name, rows=int(self._index.ntotal))

    def write(self, folder: Path) -> IndexName:
        """Write the index under a new name, synced to the disk."""
        self.name = replace(self.name, stem=f"index-{uuid.uuid4().hex}")
        write_faiss(self._index, folder / f"{self.name.stem}.faiss")
        write_array(self._turn, folder / f"{self.name.stem}.turn.npy")
        return self.name

    def candidates(
        self, query: Float32Array, count: int, keep: BoolArray | None, probes: int | None = None
    ) -> Candidates:
        """The ``count`` rows that seem best by their codes.

        With ``keep``, only clusters that hold kept rows are looked into, and so many of them
        that they hold twice the share of the kept rows that ``probes`` clusters hold of all
        rows, and many more kept rows than are asked for: so the recall is kept, too, where a
        filter follows the clusters, or leaves few rows in each.

        Args:
            query: shape (dims,).
            count: how many.
            keep: shape (rows,), which rows count; None for all.
            probes: clusters to look into; by default as many as keep the recall.
        """
        import faiss

        probes = min(probes or self.name.probes, self.clusters)
        turned = np.ascontiguousarray(query @ self._turn, dtype=np.float32)[None]
        if keep is None:
            params = faiss.SearchParametersIVF(nprobe=probes)
            _, rows = self._index.search(turned, count, params=params)
            return Candidates(rows[0][rows[0] >= 0], probes)
        order = self._clusters_for(turned[0], keep, probes, 20 * count)
        if len(order) == 0:
            return Candidates(np.empty(0, dtype=np.int64), 0)
        near = np.ascontiguousarray(self._centroids[order] @ turned[0], dtype=np.float32)
        bits = np.packbits(keep, bitorder="little")
        params = faiss.SearchParametersIVF(sel=faiss.IDSelectorBitmap(bits), nprobe=len(order))
        scores = np.empty(count, dtype=np.float32)
        rows = np.empty(count, dtype=np.int64)
        places = (faiss.swig_ptr(array) for array in (order, near, scores, rows))
        # The Python wrapper of this method takes no selector.
        self._index.search_preassigned_c(1, faiss.swig_ptr(turned), count, *places, False, params)
        return Candidates(rows[rows >= 0], len(order))

    def _clusters_for(
        self, turned: Float32Array, keep: BoolArray, probes: int, least_rows: int
    ) -> Int64Array:
        held = np.bincount(self._cluster_of_rows()[keep], minlength=self.clusters)
        order = np.argsort(-(self._centroids @ turned), kind="stable")
        order = order[held[order] > 0]
        enough = max(2 * probes / self.clusters * held.sum(), least_rows)
        least = int(np.searchsorted(np.cumsum(held[order]), enough)) + 1
        return np.ascontiguousarray(order[: max(2 * probes, least)])

    def _cluster_of_rows(self) -> npt.NDArray[np.int32]:
        if self._lists is None:
            import faiss

            lists = np.empty(self.name.rows, dtype=np.int32)
            held = self._index.invlists
            for cluster in range(self.clusters):
                size = held.list_size(cluster)
                if size:
                    lists[faiss.rev_swig_ptr(held.get_ids(cluster), size)] = cluster
            self._lists = lists
        return self._lists


def cluster_count(rows: int) -> int:
    """How many clusters suit so many rows: a power of two near 2 sqrt(rows)."""
    return max(1, int(2 ** np.round(np.log2(2 * np.sqrt(max(rows, 1))))))


def _turn_of(sample: Float32Array) -> Float32Array:
    dims = sample.shape[1]
    kept = min(dims, MAX_CODE_DIMS)
    few = sample[:: max(1, len(sample) // 20_000)]
    _, directions = np.linalg.eigh(few.T @ few)
    random = np.random.default_rng(0).standard_normal((kept, kept))
    rotation, _ = np.linalg.qr(random)
    return np.asarray(directions[:, ::-1][:, :kept] @ rotation, dtype=np.float32)
