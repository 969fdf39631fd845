"""The vectors of a space that was added to a library later: a table of its own beside the pictures.

The pictures' table is not touched while a space is filled, so that searches go on; the space
counts once ``library.json`` says that it is ready.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform
from lookalike.encoders.region_grid import MOST_REGIONS, region_keys
from lookalike.store.binary_codes import Rows, form_of, pack, unpack
from lookalike.store.description import SpaceDescription
from lookalike.store.disk import disk_errors, is_table
from lookalike.store.known import Int64Array
from lookalike.store.matrix import vector_batches, vectors_of

SPACES = "spaces"
CACHES = "caches"
TRANSFORM_FILE = "transform.npz"
LEARNED_FILE = "learned.npz"
TAUGHT_FILE = "taught.txt"
KEEP_VERSIONS = timedelta(minutes=15)
"""Older versions go: by then no reader needs them."""
_MAX_FILES = 8


class SpaceTable:
    """Keys and vectors of one space of the library at ``library``."""

    def __init__(
        self, library: Path, space: SpaceDescription, *, version: int | None = None
    ) -> None:
        self._library, self.space, self._version = library, space, version
        self.folder = library / SPACES / space.column
        self._path = self.folder / "vectors.lance"
        self.form = form_of(space)

    def pinned(self) -> SpaceTable:
        """The same as it is now, whatever is written to it later."""
        return SpaceTable(self._library, self.space, version=self.version or None)

    def __len__(self) -> int:
        return int(self._table().count_rows()) if is_table(self._path) else 0

    @property
    def version(self) -> int:
        """Grows with every change; 0 before the first."""
        return int(self._table().version) if is_table(self._path) else 0

    def keys(self) -> Int64Array:
        """The keys of the rows, ascending: of pictures, or of their regions."""
        if not is_table(self._path):
            return np.empty(0, dtype=np.int64)
        with disk_errors(self._library, "reading"):
            keys = self._table().to_table(columns=["key"])["key"].to_numpy()
        return np.sort(keys.astype(np.int64, copy=False))

    def pictures(self) -> Int64Array:
        """The keys of the pictures that have vectors, ascending."""
        keys = self.keys()
        return np.unique(keys // MOST_REGIONS) if self._has_regions else keys

    def living(self, pictures: Int64Array) -> Int64Array:
        """The keys of the rows of those pictures that the library holds, ascending."""
        keys = self.keys()
        if self._has_regions:
            of_living: Int64Array = keys[self.are_of(keys, pictures)]
            return of_living
        return np.intersect1d(pictures, keys, assume_unique=True)

    def are_of(self, keys: Int64Array, pictures: Int64Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of these keys of rows are of these pictures, shape (n,)."""
        return np.isin(keys // MOST_REGIONS if self._has_regions else keys, pictures)

    @property
    def _has_regions(self) -> bool:
        return self.space.kind == "region"

    def batches(self, after: int = -1) -> Iterator[tuple[Int64Array, Rows]]:
        """Keys above ``after`` with their vectors (n, dims), float16, or float32 of codes."""
        for keys, rows in self.stored(after):
            yield keys, self._vectors(rows)

    def stored(self, after: int = -1) -> Iterator[tuple[Int64Array, Rows]]:
        """Keys above ``after`` with the rows as they are stored, shape (n, width)."""
        if is_table(self._path):
            yield from vector_batches(self._table(), "vector", self.form.width, after)

    def _vectors(self, rows: Rows) -> Rows:
        return unpack(rows) if self.space.codes == "binary" else rows

    def vectors(self, keys: Sequence[int] | Int64Array) -> Float32Array:
        """The vectors of these keys, shape (n, dims), float32, in their order; all must exist."""
        if len(keys) == 0:
            return np.empty((0, self.space.dims), np.float32)
        listed = ", ".join(str(int(key)) for key in keys)
        with disk_errors(self._library, "reading"):
            rows = self._table().to_table(columns=["key", "vector"], filter=f"key IN ({listed})")
        found = rows["key"].to_numpy()
        order = np.argsort(found)
        at = order[np.searchsorted(found, np.asarray(keys), sorter=order)]
        stored = vectors_of(rows["vector"].combine_chunks(), self.form.width)[at]
        return self._vectors(stored).astype(np.float32, copy=False)

    def append(self, keys: Int64Array, vectors: Float32Array) -> None:
        """Add pictures that are not there yet; vectors of shape (n, dims).

        Those of regions have the shape (n, regions * dims). A vector of zeros, which says that
        there is none, has no signs: as a code it is left out.
        """
        if self._has_regions:
            keys, vectors = region_keys(keys), vectors.reshape(-1, self.space.dims)
        if self.space.codes == "binary":
            there = vectors.any(axis=1)
            self.append_rows(keys[there], pack(vectors[there]))
        else:
            self.append_rows(keys, vectors)

    def append_rows(self, keys: Int64Array, rows: Rows) -> None:
        """Add rows as they are stored: keys (n,), and what their vectors are made of (n, width)."""
        if len(keys) == 0:
            return
        columns = [pa.array(keys, pa.int64()), self.form.column(rows)]
        kind = pa.list_(self.form.arrow, self.form.width)
        schema = pa.schema([("key", pa.int64()), ("vector", kind)])
        with disk_errors(self._library, "writing to"):
            self.folder.mkdir(parents=True, exist_ok=True)
            mode = "append" if is_table(self._path) else "create"
            table = pa.Table.from_arrays(columns, schema=schema)
            lance.write_dataset(table, str(self._path), mode=mode)

    def tidy(self, live: Int64Array) -> None:
        """Remove the rows of pictures that are gone, and merge small files.

        Args:
            live: the keys of the pictures that the library holds.
        """
        if not is_table(self._path):
            return
        gone = np.setdiff1d(self.keys(), self.living(live), assume_unique=True)
        with disk_errors(self._library, "optimizing"):
            for start in range(0, len(gone), 10_000):
                listed = ", ".join(str(key) for key in gone[start : start + 10_000].tolist())
                self._table().delete(f"key IN ({listed})")
            table = self._table()
            if len(table.get_fragments()) > _MAX_FILES:
                table.optimize.compact_files()
                table.cleanup_old_versions(older_than=KEEP_VERSIONS)

    def transform(self) -> Transform | None:
        """What is done to the vectors of the space that it is based on; None for nothing.

        Raises:
            LibraryError: its file is damaged.
        """
        if not self.space.base or self._has_regions:
            return None
        with disk_errors(self._library, "reading"):
            return Transform.from_bytes((self.folder / TRANSFORM_FILE).read_bytes())

    def learned(self) -> bytes:
        """What the encoder learned from the library's pictures.

        Raises:
            LibraryError: it cannot be read.
        """
        with disk_errors(self._library, "reading"):
            return (self.folder / LEARNED_FILE).read_bytes()

    def set_learned(self, learned: bytes) -> None:
        """Keep what the encoder learned from the library's pictures."""
        self.keep(LEARNED_FILE, learned)

    def set_transform(self, transform: Transform) -> None:
        """Keep what is done to the vectors of the space that it is based on."""
        self.keep(TRANSFORM_FILE, transform.to_bytes())

    def taught(self) -> frozenset[str]:
        """The ids of the pictures whose labels or judgments it was learned from.

        Raises:
            LibraryError: they cannot be read.
        """
        if not self.space.taught:
            return frozenset()
        with disk_errors(self._library, "reading"):
            return frozenset((self.folder / TAUGHT_FILE).read_text(encoding="ascii").split())

    def set_taught(self, ids: Iterable[str]) -> None:
        """Keep the ids of the pictures that it was learned from."""
        self.keep(TAUGHT_FILE, "".join(f"{picture}\n" for picture in sorted(ids)).encode())

    def keep(self, name: str, content: bytes) -> None:
        """Write a file beside the table; it is there whole or as it was."""
        with disk_errors(self._library, "writing to"):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f"{name}.tmp"
            temporary.write_bytes(content)
            temporary.replace(self.folder / name)

    def drop(self) -> None:
        """Delete the table and everything beside it."""
        with disk_errors(self._library, "deleting from"):
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self._library / CACHES / self.space.column, ignore_errors=True)

    def _table(self) -> Any:
        return lance.dataset(str(self._path), version=self._version)
