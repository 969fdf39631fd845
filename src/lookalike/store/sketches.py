"""The sketches of a library's pictures: a cache, made when pictures are first compared."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from lookalike.imaging.sketches import RECIPE, Sketch
from lookalike.store.disk import disk_errors, is_table
from lookalike.store.known import Int64Array
from lookalike.store.space_table import CACHES

SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("flatness", pa.float32()),
        ("picture", pa.binary()),
        ("points", pa.binary()),
        ("descriptors", pa.binary()),
    ]
)
_FIELDS = SCHEMA.names[1:]
_MOST_FILES = 50
_ROWS_A_FILE = 20_000
_MOST_GONE = 0.1
"""Sketches of pictures that are gone stay until they are so large a share of all."""


class SketchTable:
    """The sketches of the library at ``library``, in the form that this version makes.

    Those of other versions are never read, and deleted by :meth:`tidy`. A picture that cannot be
    read has an empty sketch, and is looked for no more. Each write is one version: a kill leaves
    the one before.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / CACHES / f"sketches-{RECIPE}.lance"
        self._table: lance.LanceDataset | None = None
        self._keys: Int64Array = np.zeros(0, np.int64)
        self._order: Int64Array = np.zeros(0, np.int64)
        self._open()

    def _open(self) -> None:
        if not is_table(self._path):
            return
        with disk_errors(self._library, "reading"):
            self._table = lance.dataset(str(self._path))
            keys = self._table.to_table(["key"])["key"].to_numpy().astype(np.int64)
        self._order = np.argsort(keys, kind="stable").astype(np.int64)
        self._keys = keys[self._order]

    @property
    def keys(self) -> Int64Array:
        """Keys of the pictures that have one, ascending."""
        return self._keys

    def of(self, keys: Sequence[int]) -> dict[int, Sketch]:
        """The sketches of these pictures; without those that have none or cannot be read."""
        asked = np.intersect1d(np.asarray(keys, np.int64), self._keys)
        if self._table is None or not len(asked):
            return {}
        rows = self._order[np.searchsorted(self._keys, asked)]
        with disk_errors(self._library, "reading"):
            found = self._table.take(np.sort(rows).tolist(), columns=SCHEMA.names)
        return {
            row["key"]: Sketch(**{name: row[name] for name in _FIELDS})
            for row in found.to_pylist()
            if row["picture"]
        }

    def append(self, made: dict[int, Sketch | None]) -> None:
        """Add sketches of pictures that have none, as one version; None for who has no pixels."""
        empty = Sketch(b"", 1.0, b"", b"")
        rows = [{"key": key} | vars(sketch or empty) for key, sketch in made.items()]
        self._path.parent.mkdir(exist_ok=True)
        with disk_errors(self._library, "writing to"):
            mode = "append" if is_table(self._path) else "create"
            lance.write_dataset(
                pa.Table.from_pylist(rows, schema=SCHEMA), str(self._path), mode=mode
            )
        self._open()

    def tidy(self, present: Int64Array) -> None:
        """Merge small files; remove sketches of other versions and of pictures that are gone.

        Args:
            present: keys of the library's pictures, ascending.
        """
        for other in self._path.parent.glob("sketches-*.lance"):
            if other != self._path:
                shutil.rmtree(other)
        if self._table is None:
            return
        gone = np.setdiff1d(self._keys, present)
        many = len(gone) > _MOST_GONE * len(self._keys)
        if not many and len(self._table.get_fragments()) <= _MOST_FILES:
            return
        with disk_errors(self._library, "writing to"):
            if many:
                self._table.delete(f"key IN ({', '.join(map(str, gone.tolist()))})")
            self._table.optimize.compact_files(
                target_rows_per_fragment=_ROWS_A_FILE, materialize_deletions_threshold=0.0
            )
            lance.dataset(str(self._path)).cleanup_old_versions(retain_versions=1)
        self._open()
