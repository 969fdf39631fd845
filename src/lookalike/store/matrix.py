"""Vectors between NumPy, Arrow and Lance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array

Float16Array = np.ndarray[Any, np.dtype[np.float16]]


def vectors_of(column: Any, dims: int) -> Float16Array:
    """The rows of a column of vectors, shape (n, dims)."""
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False)).reshape(-1, dims)


def matrix_column(vectors: Float32Array) -> Any:
    """A column of n vectors, as float16."""
    flat = np.ascontiguousarray(vectors, dtype=np.float16).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), vectors.shape[1])


def vector_batches(
    table: Any, column: str, dims: int, after: int = -1
) -> Iterator[tuple[Int64Array, Float16Array]]:
    """Keys above ``after`` with their vectors (n, dims), in the order of the Lance table."""
    scanner = table.scanner(
        columns=["key", column],
        filter=f"key > {int(after)}" if after >= 0 else None,
        batch_size=4096,
        scan_in_order=True,
        batch_readahead=2,  # by default 16 batches a fragment wait in memory
        fragment_readahead=1,
    )
    for batch in scanner.to_batches():
        if batch.num_rows:
            yield batch["key"].to_numpy(), vectors_of(batch[column], dims)
