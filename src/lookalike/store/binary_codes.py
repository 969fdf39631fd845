"""Vectors as binary codes: a bit a number, its sign. What is stored, and what is read of it.

A code stands for a vector of length 1, each number of which is plus or minus 1/sqrt(dims). Queries
stay as they are and are compared with these ("asymmetric distances", Gordo and Perronnin, 2011), so
that only one side of a comparison loses precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lookalike.encoders.base import Float32Array
from lookalike.store.description import Codes, SpaceDescription

UInt8Array = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]


@dataclass(frozen=True)
class RowForm:
    """How the vectors of a space are stored.

    Attributes:
        numpy: type of what a row is made of.
        arrow: the same for a table.
        width: how many of these a row has.
    """

    numpy: str
    arrow: Any
    width: int

    @property
    def bytes(self) -> int:
        """What a vector takes."""
        return self.width * np.dtype(self.numpy).itemsize

    def column(self, rows: Rows) -> Any:
        """Rows as they are stored, shape (n, width), as a column of a table."""
        flat = np.ascontiguousarray(rows, dtype=self.numpy).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, self.arrow), self.width)


def form_of(space: SpaceDescription) -> RowForm:
    """How the vectors of a space are stored."""
    return row_form(space.codes, space.dims)


def row_form(codes: Codes, dims: int) -> RowForm:
    """How vectors of so many numbers are stored."""
    if codes == "binary":
        return RowForm("|u1", pa.uint8(), dims // 8)
    return RowForm("<f2", pa.float16(), dims)


def pack(vectors: Rows) -> UInt8Array:
    """The codes, shape (n, dims / 8), of vectors of shape (n, dims): the bits of above zero."""
    return np.packbits(vectors > 0, axis=1, bitorder="little")


def unpack(codes: UInt8Array) -> Float32Array:
    """The vectors, shape (n, 8 * bytes), that codes of shape (n, bytes) stand for."""
    bits = np.unpackbits(codes, axis=1, bitorder="little")
    step = np.float32(1 / np.sqrt(max(bits.shape[1], 1)))
    return np.where(bits, step, -step)
