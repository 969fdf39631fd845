"""Changes to a library: one writer at a time, every change one atomic version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import lance

from lookalike.encoders.base import Float32Array
from lookalike.store.disk import disk_errors
from lookalike.store.lance_store import PICTURES, LanceStore
from lookalike.store.lock import writer_lock
from lookalike.store.rows import PictureRecord, to_table

NEXT_KEY_FILE = "next_key"


class StoreWriter:
    """Adds, changes and removes pictures of ``store``; get one from :func:`writing`."""

    def __init__(self, store: LanceStore) -> None:
        self.store = store
        store.refresh()
        self._next_key = next_key(store)

    def append(
        self, records: Sequence[PictureRecord], vectors: Mapping[str, Float32Array]
    ) -> list[PictureRecord]:
        """Store new pictures in one atomic version.

        Args:
            records: n pictures that the library does not hold.
            vectors: per space name an array of shape (n, dims).

        Returns:
            The records with their keys.
        """
        if not records:
            return []
        first, self._next_key = self._next_key, self._next_key + len(records)
        numbered = [replace(record, key=first + i) for i, record in enumerate(records)]
        with disk_errors(self.store.path, "writing to"):
            # A key must never name two pictures, not even after a deletion: caches go by it.
            note_key(self.store.path, self._next_key)
            table = to_table(numbered, vectors, self.store.description.made_with)
            lance.write_dataset(table, self._uri, mode="append")
        self.store.refresh()
        return numbered

    def update(self, records: Sequence[PictureRecord]) -> None:
        """Replace everything but the vectors of pictures that the library holds."""
        if not records:
            return
        table = to_table(records, {}, ())
        with disk_errors(self.store.path, "writing to"):
            merge = lance.dataset(self._uri).merge_insert("key")
            merge.when_matched_update_all().execute(table)
        self.store.refresh()

    def delete(self, keys: Sequence[int]) -> None:
        """Remove pictures."""
        with disk_errors(self.store.path, "writing to"):
            for start in range(0, len(keys), 10_000):
                listed = ", ".join(str(int(key)) for key in keys[start : start + 10_000])
                lance.dataset(self._uri).delete(f"key IN ({listed})")
        self.store.refresh()

    @property
    def _uri(self) -> str:
        return str(self.store.path / PICTURES)


def next_key(store: LanceStore) -> int:
    """The number of the next picture that comes in."""
    keys, noted = store.keys(), 0
    with suppress(OSError, ValueError):  # absent or cut off: the table itself tells
        noted = int((store.path / NEXT_KEY_FILE).read_text(encoding="ascii"))
    return max(noted, int(keys[-1]) + 1 if len(keys) else 0)


def note_key(library: Path, key: int) -> None:
    """Note the number of the next picture that comes in."""
    temporary = library / f"{NEXT_KEY_FILE}.tmp"
    temporary.write_text(str(key), encoding="ascii")
    temporary.replace(library / NEXT_KEY_FILE)


@contextmanager
def writing(store: LanceStore, timeout_s: float = 0.0) -> Iterator[StoreWriter]:
    """Hold the writing place of a library.

    Raises:
        LibraryLockedError: another process holds it.
    """
    with writer_lock(Path(store.path), timeout_s):
        yield StoreWriter(store)
