"""Files of vectors in an export: NumPy arrays that are written and read a stretch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from lookalike.store.manifest import damaged

Rows = np.ndarray[Any, Any]


class ArrayWriter:
    """Writes an array whose length is known at its end only.

    Args:
        path: of the ``.npy`` file.
        kind: of the numbers, such as ``<f2``.
        row: shape of a row.
    """

    def __init__(self, path: Path, kind: str, row: Sequence[int] = ()) -> None:
        self._kind, self._row, self._rows = kind, tuple(row), 0
        self._file = path.open("wb")
        self._write_header()

    def write(self, rows: Rows) -> None:
        """Add rows, shape (n, *row)."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._kind).tobytes())
        self._rows += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        # NumPy leaves room for the first axis to grow, so that the header keeps its length.
        shape = (self._rows, *self._row)
        header = {"descr": self._kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


class ArrayReader:
    """Reads an array a stretch at a time.

    Args:
        path: of the ``.npy`` file.
        kind: of the numbers that it has to hold.
        row: shape that its rows have to have.

    Raises:
        LibraryError: it holds something else (``export-damaged``).
    """

    def __init__(self, path: Path, kind: str, row: Sequence[int] = ()) -> None:
        self._path, self._kind, self._row = path, np.dtype(kind), tuple(row)
        with path.open("rb") as file:
            try:
                version = np.lib.format.read_magic(file)
                shape, fortran, found = np.lib.format.read_array_header_1_0(file)
            except ValueError as error:
                raise damaged(path, "it is no NumPy file") from error
            self._start = file.tell()
        fits = shape[1:] == self._row and len(shape) == 1 + len(self._row)
        if version != (1, 0) or not fits or found != self._kind or (fortran and self._row):
            raise damaged(path, f"it holds {found} of shape {shape}")
        self._rows = int(shape[0])

    def __len__(self) -> int:
        return self._rows

    def read(self, first: int, count: int) -> Rows:
        """``count`` rows from row ``first`` on.

        Raises:
            LibraryError: there are not so many (``export-damaged``).
        """
        width = int(np.prod(self._row, dtype=np.int64))
        start = self._start + first * width * self._kind.itemsize
        flat = np.fromfile(self._path, self._kind, count * width, offset=start)
        if len(flat) < count * width:
            raise damaged(self._path, "it ends early")
        return flat.reshape(count, *self._row)
