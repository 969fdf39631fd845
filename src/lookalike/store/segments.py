"""Immutable files of float16 vectors with their pictures' keys, mapped into memory.

Whoever scores every row reads the mapped file. Single rows are read by ``preadv`` instead: a
mapped page would count as this process's memory from then on, and the system maps fifteen
more around it, so that a few thousand searches would draw in the whole file.
"""

from __future__ import annotations

import os
import uuid
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array

SEGMENT_BYTES = 128 * 2**20

BoolArray = npt.NDArray[np.bool_]
Batches = Iterable[tuple[Int64Array, npt.NDArray[Any]]]


@dataclass(frozen=True)
class SegmentName:
    """A segment on disk: its files' stem and its number of rows."""

    stem: str
    rows: int


class RowFile:
    """Rows of float16 values at the end of a file, read one by one.

    Args:
        path: the file; it may be deleted while this is in use.
        start: byte at which the first row begins.
        dims: length of a row.
    """

    def __init__(self, path: Path, start: int, dims: int) -> None:
        self._start, self._dims = start, dims
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)

    @classmethod
    def open(cls, path: Path, rows: int, dims: int) -> RowFile | None:
        """The rows that end a FAISS file; None if it is laid out in another way."""
        size = rows * dims * 2
        start = path.stat().st_size - size
        with path.open("rb") as file:
            file.seek(start - 8)
            noted = int.from_bytes(file.read(8), "little")
        return cls(path, start, dims) if noted == size and hasattr(os, "preadv") else None

    def read(self, offsets: Int64Array) -> Float32Array:
        """The rows at these offsets, shape (n, dims), float32."""
        rows = np.empty((len(offsets), self._dims), dtype=np.float16)
        length = 2 * self._dims
        buffers: list[Any] = list(rows)
        for row, at in zip(buffers, offsets.tolist(), strict=True):
            if os.preadv(self._handle, [row], self._start + at * length) != length:
                raise OSError(f"a vector file ends before row {at}")
        return rows.astype(np.float32)


class Segment:
    """Vectors of shape (rows, dims) with one key a row; read only.

    Args:
        index: a FAISS scalar quantizer of float16 values, by inner product.
        keys: shape (rows,), int64.
        file: where single rows are read; None to take them from ``index``.
    """

    def __init__(self, index: Any, keys: Int64Array, file: RowFile | None = None) -> None:
        self._index = index
        self._file = file
        self.keys = keys

    @classmethod
    def open(cls, folder: Path, name: SegmentName) -> Segment:
        """Map a written segment into memory.

        Raises:
            ValueError: its files do not fit each other.
        """
        index, keys = cls._mapped(folder, name)
        file = RowFile.open(folder / f"{name.stem}.faiss", name.rows, index.d)
        return cls(index, keys, file)

    @staticmethod
    def _mapped(folder: Path, name: SegmentName) -> tuple[Any, Int64Array]:
        """The index and the keys of a written segment."""
        import faiss

        flags = faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY
        index = faiss.read_index(str(folder / f"{name.stem}.faiss"), flags)
        keys = np.load(folder / f"{name.stem}.keys.npy", mmap_mode="r")
        if not index.ntotal == len(keys) == name.rows:
            raise ValueError(f"{folder / name.stem} holds {index.ntotal} rows, not {name.rows}")
        return index, keys

    @classmethod
    def in_memory(cls, dims: int, batches: Batches) -> Segment:
        """Hold vectors in memory, before they are worth a file."""
        index, keys = cls.new_index(dims), [np.empty(0, dtype=np.int64)]
        for batch_keys, vectors in batches:
            cls.add(index, vectors)
            keys.append(np.asarray(batch_keys, dtype=np.int64))
        return cls(index, np.concatenate(keys))

    @staticmethod
    def row_bytes(dims: int) -> int:
        """What a row takes in a file."""
        return 2 * dims

    @staticmethod
    def new_index(dims: int) -> Any:
        """An empty index of FAISS."""
        import faiss

        kind = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexScalarQuantizer(dims, kind, faiss.METRIC_INNER_PRODUCT)

    @staticmethod
    def add(index: Any, vectors: Any) -> None:
        """Take rows of shape (n, dims) into an index."""
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.keys)

    def reconstruct(self, offsets: Int64Array) -> Float32Array:
        """The vectors at these offsets, shape (n, dims), float32."""
        if self._file is not None:
            return self._file.read(offsets)
        rows: Float32Array = self._index.reconstruct_batch(np.asarray(offsets, dtype=np.int64))
        return rows

    def reconstruct_all(self) -> Float32Array:
        """All vectors, shape (rows, dims), float32."""
        rows: Float32Array = self._index.reconstruct_n(0, len(self))
        return rows

    def reconstruct_range(self, start: int, stop: int) -> Float32Array:
        """The vectors from ``start`` to ``stop``, shape (n, dims), float32, off the mapped file."""
        rows: Float32Array = self._index.reconstruct_n(start, stop - start)
        return rows

    def all_scores(self, queries: Float32Array) -> Float32Array:
        """Inner products with every row, shape (queries, rows)."""
        scores = np.empty((len(queries), len(self)), dtype=np.float32)
        for i, query in enumerate(queries):
            found, rows = self._index.search(query[None], len(self))
            scores[i, rows[0]] = found[0]
        return scores

    def top(
        self, query: Float32Array, k: int, keep: BoolArray | None
    ) -> tuple[Float32Array, Int64Array]:
        """The best rows among those that ``keep`` marks: scores and offsets, each (<= k,)."""
        import faiss

        params = None
        if keep is not None:
            bits = np.packbits(keep, bitorder="little")
            params = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, rows = self._index.search(query[None], min(k, len(self)), params=params)
        found = rows[0] >= 0
        return scores[0][found], rows[0][found]


def write_segments(
    folder: Path, dims: int, batches: Batches, kind: type[Segment] = Segment
) -> list[SegmentName]:
    """Write vectors into new segment files, each synced to the disk before it is named.

    Args:
        folder: the cache.
        dims: length of a vector.
        batches: keys (n,) and vectors (n, dims).
        kind: of the segments.
    """
    names: list[SegmentName] = []
    limit = _most_rows(dims, kind)
    index, keys = kind.new_index(dims), []
    for batch_keys, vectors in batches:
        start = 0
        while start < len(batch_keys):
            stop = start + min(len(batch_keys) - start, limit - index.ntotal)
            kind.add(index, vectors[start:stop])
            keys.append(np.asarray(batch_keys[start:stop], dtype=np.int64))
            start = stop
            if index.ntotal == limit:
                names.append(_write_segment(folder, index, keys))
                index, keys = kind.new_index(dims), []
    if index.ntotal:
        names.append(_write_segment(folder, index, keys))
    return names


def is_full(name: SegmentName, dims: int, kind: type[Segment] = Segment) -> bool:
    """Whether no further row belongs into a segment."""
    return name.rows >= _most_rows(dims, kind)


def _most_rows(dims: int, kind: type[Segment]) -> int:
    return max(1, SEGMENT_BYTES // kind.row_bytes(dims))


def _write_segment(folder: Path, index: Any, keys: list[Int64Array]) -> SegmentName:
    stem = f"segment-{uuid.uuid4().hex}"
    write_faiss(index, folder / f"{stem}.faiss")
    write_array(np.concatenate(keys), folder / f"{stem}.keys.npy")
    return SegmentName(stem, index.ntotal)


def write_array(array: npt.NDArray[Any], path: Path) -> None:
    """Write a NumPy array and sync it to the disk."""
    with path.open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())


def write_faiss(index: Any, path: Path) -> None:
    """Write a FAISS index and sync it to the disk."""
    import faiss

    faiss.write_index(index, str(path))
    with path.open("rb") as file:
        os.fsync(file.fileno())
