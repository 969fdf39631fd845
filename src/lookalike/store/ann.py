"""The approximate index: clusters with 4-bit codes, then exact scores of the best candidates.

IVF (Sivic and Zisserman, 2003) with extended RaBitQ codes (Gao et al., 2024), as FAISS has
them. Vectors are turned by a fixed orthogonal map first (the leading principal directions of
the data, then a random rotation), since RaBitQ wants its error spread over all dimensions.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.store.cache_state import IndexName
from lookalike.store.known import Int64Array
from lookalike.store.segments import write_array, write_faiss

CODE_BITS = 4
MAX_CODE_DIMS = 512
"""Vectors are coded in at most so many dimensions; the exact scores use all of them."""
VARIANCE = 0.95
"""The share of the variance that the coded dimensions hold, if so many are enough."""
_DIMS_STEP = 64
_LEAST_LENGTH = 1e-12
_LEAST_MORE = 5
_LEAST_PROBES = 4
_WIDER = 4
_ROWS_A_CANDIDATE = 20
TRAINING_ROWS_PER_CLUSTER = 48


@dataclass(frozen=True)
class Candidates:
    """Rows that may be among the best, not in order, and how many clusters were looked into."""

    offsets: Int64Array
    probes: int


class KeptRows:
    """The rows of a cache that count in a search; made once, used by any number of searches.

    Args:
        rows: their offsets, each once.
        count: rows of the cache.

    Attributes:
        mask: shape (count,): whether a row counts.
        bits: the same, packed for FAISS.
        held: how many of them each cluster of the index holds; None until it is asked for.
    """

    def __init__(self, rows: Int64Array, count: int) -> None:
        self.rows = rows
        self.mask = np.zeros(count, dtype=bool)
        self.mask[rows] = True
        self.held: Int64Array | None = None

    @cached_property
    def bits(self) -> npt.NDArray[np.uint8]:
        """A bit for each row, the first one lowest."""
        return np.packbits(self.mask, bitorder="little")


class AnnIndex:
    """Finds candidates among the first ``name.rows`` rows of a cache.

    Args:
        index: FAISS IVF index over turned vectors; its ids are the rows' offsets.
        turn: shape (dims, code_dims), float32, with orthonormal columns.
        name: what ``cache.json`` says of it.
        mapped: the file that ``index`` is mapped from and cannot grow in.
    """

    def __init__(
        self, index: Any, turn: Float32Array, name: IndexName, mapped: Path | None = None
    ) -> None:
        self._index, self._turn, self._mapped = index, turn, mapped
        self._lists: npt.NDArray[np.int32] | None = None
        self.name = name
        self._centroids: Float32Array = index.quantizer.reconstruct_n(0, index.nlist)

    @classmethod
    def open(cls, folder: Path, name: IndexName) -> AnnIndex:
        """Map a written index into memory.

        Raises:
            ValueError: its files do not fit each other.
        """
        import faiss

        path = folder / f"{name.stem}.faiss"
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
        turn = np.load(folder / f"{name.stem}.turn.npy")
        if index.ntotal != name.rows:
            raise ValueError(f"{folder / name.stem} holds {index.ntotal} rows, not {name.rows}")
        return cls(index, turn, name, mapped=path)

    @classmethod
    def train(
        cls,
        sample: Float32Array,
        batches: Iterable[Float32Array],
        rows: int,
        variance: float = VARIANCE,
    ) -> AnnIndex:
        """Learn the coded dimensions from a sample and the clusters from more rows.

        Args:
            sample: shape (n, dims).
            batches: rows to learn from, in batches of shape (m, dims): all of them at once
                would take a gigabyte in a large library.
            rows: rows of the cache.
            variance: the codes' dimensions hold at least this share of the rows' variance.
        """
        import faiss

        turn = _turn_of(sample, variance)
        turned = np.concatenate([batch @ turn for batch in batches])
        dims = turn.shape[1]
        quantizer = faiss.IndexFlatIP(dims)
        clusters = min(cluster_count(rows), max(1, len(turned) // 8))
        index = faiss.IndexIVFRaBitQ(
            quantizer, dims, clusters, faiss.METRIC_INNER_PRODUCT, True, CODE_BITS
        )
        quantizer.this.disown()
        index.own_fields = True
        index.cp.spherical = True
        index.cp.niter = 8
        index.cp.max_points_per_centroid = TRAINING_ROWS_PER_CLUSTER
        index.train(turned)
        name = IndexName("", 0, rows, probes=min(16, clusters), recall=0.0)
        return cls(index, turn, name)

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(self._centroids)

    def add(self, batches: Iterable[Float32Array]) -> None:
        """Take in the rows that follow, in batches of shape (n, dims)."""
        if self._mapped is not None:
            import faiss

            self._index, self._mapped = faiss.read_index(str(self._mapped)), None
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

    def asked(self, count: int) -> int:
        """The ``k`` for which :meth:`candidates` gives so many rows, or more."""
        return max(1, math.ceil(count / max(self.name.depth, 1.0)))

    def candidates(self, query: Float32Array, k: int, kept: KeptRows | None) -> Candidates:
        """The rows that seem best by their codes: more than ``k``, so as to hold the best ``k``.

        Without ``kept``, those clusters are looked into whose centroids are about as near as
        the nearest one: most queries need few, some need many, and no fixed number suits both.
        With ``kept``, only clusters that hold kept rows are looked into, and so many of them
        that they hold twice the share of the kept rows that ``probes`` clusters hold of all
        rows, and many more kept rows than are asked for: so the recall is kept, too, where a
        filter follows the clusters, or leaves few rows in each.

        Args:
            query: shape (dims,).
            k: how many are wanted in the end.
            kept: which rows count; None for all.
        """
        import faiss

        count = max(math.ceil(self.name.depth * k), k + _LEAST_MORE)
        # How far a margin reaches must not depend on the query's length.
        query = query / max(float(np.linalg.norm(query)), _LEAST_LENGTH)
        turned = np.ascontiguousarray(query @ self._turn, dtype=np.float32)
        if kept is None:
            near, order = self._clusters_near(turned, _ROWS_A_CANDIDATE * count)
            params = faiss.SearchParametersIVF(nprobe=len(order))
        else:
            count *= 2  # the effort was measured without a filter: some more, to be safe
            near, order = self._clusters_with(turned, self._held(kept), _ROWS_A_CANDIDATE * count)
            selector = faiss.IDSelectorBitmap(kept.bits)
            params = faiss.SearchParametersIVF(sel=selector, nprobe=len(order))
        if len(order) == 0:
            return Candidates(np.empty(0, dtype=np.int64), 0)
        scores = np.empty(count, dtype=np.float32)
        rows = np.empty(count, dtype=np.int64)
        places = (faiss.swig_ptr(array) for array in (order, near, scores, rows))
        # The Python wrapper of this method takes no selector.
        self._index.search_preassigned_c(1, faiss.swig_ptr(turned), count, *places, False, params)
        return Candidates(rows[rows >= 0], len(order))

    def _clusters_near(
        self, turned: Float32Array, least_rows: int
    ) -> tuple[Float32Array, Int64Array]:
        """The nearest clusters: inner products with their centroids, numbers."""
        least = math.ceil(least_rows * self.clusters / max(self.name.rows, 1))
        least = min(max(least, _LEAST_PROBES), self.clusters)
        if self.name.margin is None:
            most = max(self.name.probes, least)
        else:
            most = max(_WIDER * self.name.probes, least)
        near, order = self._index.quantizer.search(turned[None], min(most, self.clusters))
        near, order = near[0], order[0]
        if self.name.margin is None:
            return near, order
        within = max(least, int(np.searchsorted(-near, self.name.margin - near[0])))
        return near[:within], order[:within]

    def _clusters_with(
        self, turned: Float32Array, held: Int64Array, least_rows: int
    ) -> tuple[Float32Array, Int64Array]:
        """The nearest clusters with kept rows: inner products with their centroids, numbers."""
        probes = min(self.name.probes, self.clusters)
        near = np.where(held > 0, self._centroids @ turned, -np.inf).astype(np.float32)
        order = np.argsort(-near)[: np.count_nonzero(held)]
        enough = max(2 * probes / self.clusters * held.sum(), least_rows)
        least = int(np.searchsorted(np.cumsum(held[order]), enough)) + 1
        order = order[: max(2 * probes, least)]
        return np.ascontiguousarray(near[order]), np.ascontiguousarray(order)

    def _held(self, kept: KeptRows) -> Int64Array:
        """How many kept rows each cluster holds."""
        if kept.held is None:
            rows = kept.rows
            if self.name.rows < len(kept.mask):
                rows = rows[rows < self.name.rows]
            kept.held = np.bincount(self._cluster_of_rows()[rows], minlength=self.clusters)
        return kept.held

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


def _turn_of(sample: Float32Array, variance: float) -> Float32Array:
    spread, directions = np.linalg.eigh(sample.T @ sample)
    shares = np.cumsum(spread[::-1]) / spread.sum()
    wanted = -(-(int(np.searchsorted(shares, variance)) + 1) // _DIMS_STEP) * _DIMS_STEP
    kept = min(wanted, sample.shape[1], MAX_CODE_DIMS)
    random = np.random.default_rng(0).standard_normal((kept, kept))
    rotation, _ = np.linalg.qr(random)
    return np.asarray(directions[:, ::-1][:, :kept] @ rotation, dtype=np.float32)
