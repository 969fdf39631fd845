"""The store of record: one Lance table of pictures and one of failures."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.encoders.base import Float32Array
from lookalike.errors import NotFoundError
from lookalike.store.description import (
    DESCRIPTION_FILE,
    SpaceDescription,
    read_description,
)
from lookalike.store.disk import disk_errors
from lookalike.store.dismissed import DismissedTable
from lookalike.store.failures import FailureTable
from lookalike.store.folding import fold
from lookalike.store.known import (
    Int64Array,
    Known,
    UInt64Array,
    archives64,
    ascending,
    hash64,
    id64,
)
from lookalike.store.matrix import Float16Array, vector_batches, vectors_of
from lookalike.store.rows import COLUMNS, PictureRecord, from_row
from lookalike.store.space_table import SpaceTable
from lookalike.store.sql import literal
from lookalike.store.text_query import TextQuery

PICTURES = "pictures.lance"
_ROW_ID = "_rowid"
_KEPT_FILTERS = 8
_FEW = 2_000
"""Taking so many rows one by one costs as much as reading a column."""
INDICES = {
    "key": "BTREE",
    "id": "BTREE",
    "name": "BTREE",
    "taken": "BTREE",
    "added": "BTREE",
    "bytes": "BTREE",
    "width": "BTREE",
    "height": "BTREE",
    "format": "BITMAP",
    "camera": "BITMAP",
    "folders": "LABEL_LIST",
    "tag_words": "LABEL_LIST",
}
TEXT_INDEX: dict[str, Any] = {
    "with_position": True,  # phrases need it
    "base_tokenizer": "simple",
    "language": "English",
    "stem": True,
    "lower_case": True,
    "ascii_folding": True,
    "remove_stop_words": False,  # "the who" and titles in other languages
}


@dataclass(frozen=True)
class _Order:
    """Keys of one version, ascending, and their rows' offsets (None: the same order).

    Lance tells the rows that it finds by ids of its own for half the time that it takes to read
    their keys: ``row_ids`` ascend, and ``row_keys`` are the keys of these rows.
    """

    version: int
    keys: Int64Array
    offsets: Int64Array | None
    row_ids: UInt64Array
    row_keys: Int64Array

    def keys_of(self, row_ids: UInt64Array) -> Int64Array:
        """The keys of rows of this version, in their order."""
        if len(row_ids) and int(self.row_ids[-1] - self.row_ids[0]) + 1 == len(self.row_ids):
            at = (row_ids - self.row_ids[0]).astype(np.int64)  # one file without gaps
        else:
            at = np.searchsorted(self.row_ids, row_ids)
        found: Int64Array = self.row_keys[at]
        return found


class LanceStore:
    """Reads one consistent version of a library; :class:`~.writer.StoreWriter` changes it.

    Args:
        path: the library's directory.

    Raises:
        NotFoundError: there is no library.
        LibraryFormatError: it has a newer format.
        LibraryError: it is damaged.
    """

    def __init__(self, path: Path) -> None:
        with disk_errors(path, "opening"):
            there = (path / DESCRIPTION_FILE).exists()
        if not there:
            raise NotFoundError(
                f"There is no library at {path}.",
                "Make one with `lookalike index FOLDER`, or name another with -L.",
                code="no-library",
            )
        self.path = path
        self.description = read_description(path)
        with disk_errors(path, "opening"):
            self._table = lance.dataset(str(path / PICTURES))
        self._order: _Order | None = None
        self._names: tuple[int, frozenset[str]] | None = None
        self._filtered: dict[tuple[int, str], Int64Array] = {}
        self.failures = FailureTable(path)
        self.dismissed = DismissedTable(path)

    @classmethod
    def create(cls, path: Path, spaces: Sequence[SpaceDescription]) -> LanceStore:
        """Make a library, see :func:`lookalike.store.creation.create`, and open it."""
        from lookalike.store.creation import create

        create(path, spaces)
        return cls(path)

    @property
    def table(self) -> Any:
        """The Lance data set of pictures, at the version in view."""
        return self._table

    @property
    def version(self) -> int:
        """The version in view; it grows with every change."""
        return int(self._table.version)

    def refresh(self) -> bool:
        """Move on to the newest version; True if there was one."""
        before = self.state
        self.description = read_description(self.path)
        with disk_errors(self.path, "reading"):
            self._table = lance.dataset(str(self.path / PICTURES))
        return self.state != before

    @property
    def state(self) -> tuple[object, ...]:
        """Changes whenever what a search sees may have changed."""
        added = [self.space_table(s).version for s in self.description.ready if s.added]
        return (self.version, self.description.spaces, *added)

    def __len__(self) -> int:
        return int(self._table.count_rows())

    def keys(self) -> Int64Array:
        """All keys, ascending, shape (pictures,), int64; read once per version."""
        return self._ordered().keys

    def _ordered(self) -> _Order:
        if self._order is None or self._order.version != self.version:
            rows = self._read(["key"], with_row_id=True)
            keys = rows["key"].to_numpy().astype(np.int64, copy=False)
            ids = rows[_ROW_ID].to_numpy().astype(np.uint64, copy=False)
            offsets = None if ascending(keys) else np.argsort(keys, kind="stable")
            by_id = slice(None) if ascending(ids) else np.argsort(ids, kind="stable")
            self._order = _Order(
                self.version,
                keys if offsets is None else keys[offsets],
                offsets,
                ids[by_id],
                keys[by_id],
            )
        return self._order

    def known(self, ids: Collection[str] | None = None) -> Known:
        """What the library holds, for planning an index run.

        Args:
            ids: only of these whole ids; None for everything.
        """
        parts: dict[str, list[Any]] = {name: [] for name in ("keys", "ids", "owners")}
        hashes: dict[str, list[Any]] = {"path": [], "stamp": []}
        archives: list[UInt64Array] = []
        columns = ["key", "id", "locations"]
        chosen = None if ids is None else _with_ids(ids)
        scanner = self._table.scanner(columns=columns, batch_size=8192, filter=chosen)
        for batch in scanner.to_batches():
            places = batch["locations"]
            flat = pc.list_flatten(places)
            parts["keys"].append(batch["key"].to_numpy())
            short = [id64(picture_id) for picture_id in batch["id"].to_pylist()]
            parts["ids"].append(np.asarray(short, dtype=np.uint64))
            owners = batch["key"].take(pc.list_parent_indices(places))
            parts["owners"].append(owners.to_numpy())
            for name, column in hashes.items():
                texts = pc.struct_field(flat, name).to_pylist()
                column.append(np.asarray([hash64(text) for text in texts], dtype=np.uint64))
                if name == "path":
                    archives.append(archives64(texts))
        return Known(
            _join(parts["keys"], np.int64),
            _join(parts["ids"], np.uint64),
            _join(parts["owners"], np.int64),
            _join(hashes["path"], np.uint64),
            _join(hashes["stamp"], np.uint64),
            _join(archives, np.uint64) if any(map(np.any, archives)) else None,
        )

    def records(self, keys: Sequence[int] | Int64Array) -> list[PictureRecord]:
        """The records of these keys, in their order; keys that are gone are left out."""
        if len(keys) == 0:
            return []
        rows = self._take(np.asarray(keys, dtype=np.int64), list(COLUMNS))
        return [from_row(row) for row in rows.to_pylist()]

    def space_table(self, space: SpaceDescription) -> SpaceTable:
        """Where the vectors of an added space are."""
        return SpaceTable(self.path, space)

    def keys_in(self, space: SpaceDescription) -> Int64Array:
        """The keys of a space's rows, ascending: of the pictures that have a vector in it.

        A space of regions has rows of its own, see :mod:`lookalike.store.regions`.
        """
        return self.space_table(space).living(self.keys()) if space.added else self.keys()

    def state_of(self, space: SpaceDescription) -> tuple[int, int]:
        """Changes whenever the vectors of a space may have changed."""
        return self.version, self.space_table(space).version if space.added else 0

    def vectors(self, space: SpaceDescription, keys: Sequence[int] | Int64Array) -> Float32Array:
        """The stored vectors of these keys, shape (n, dims), float32; all must exist."""
        if space.added:
            return self.space_table(space).vectors(keys)
        rows = self._take(np.asarray(keys, dtype=np.int64), [space.column])
        return vectors_of(rows[space.column].combine_chunks(), space.dims).astype(np.float32)

    def vector_batches(
        self, space: SpaceDescription, after: int = -1
    ) -> Iterator[tuple[Int64Array, Float16Array]]:
        """Keys above ``after`` with their vectors (n, dims), float16, in the table's order."""
        if space.added:
            return self.space_table(space).batches(after)
        return vector_batches(self._table, space.column, space.dims, after)

    def key_of(self, id_or_prefix: str) -> int:
        """The key of the picture whose id begins so.

        Raises:
            NotFoundError: no picture's does, or several do.
        """
        wanted = id_or_prefix.strip().lower()
        if not wanted or not set(wanted) <= set("0123456789abcdef"):
            raise NotFoundError(
                f"{id_or_prefix!r} is no picture id.",
                "An id has 32 hex digits; its first few do as well.",
                code="no-such-picture",
            )
        if len(wanted) == 32:
            condition = f"id = '{wanted}'"
        else:
            condition = f"id >= '{wanted}' AND id < '{wanted}g'"
        found = self._read(["key", "id"], filter=condition, limit=2).to_pydict()
        if len(found["key"]) == 1:
            return int(found["key"][0])
        several = f"Several pictures' ids begin with {wanted}."
        raise NotFoundError(
            several if found["key"] else f"The library holds no picture {wanted}.",
            "Give more digits." if found["key"] else "Search again: it may have been removed.",
            code="no-such-picture",
        )

    def keys_where(self, condition: str) -> Int64Array:
        """Keys of the pictures that fulfil an SQL condition made by the filter compiler.

        They ascend. The last few answers are kept: people turn pages and change words more often
        than filters.
        """
        asked = (self.version, condition)
        if (known := self._filtered.get(asked)) is None:
            rows = self._read([], filter=condition, with_row_id=True)[_ROW_ID].to_numpy()
            known = np.sort(self._ordered().keys_of(rows), kind="stable")  # mostly sorted
            known.flags.writeable = False
            self._filtered = dict([*self._filtered.items(), (asked, known)][-_KEPT_FILTERS:])
        return known

    def count_where(self, condition: str) -> int:
        """How many pictures fulfil an SQL condition made by the filter compiler."""
        with disk_errors(self.path, "reading"):
            return int(self._table.count_rows(condition))

    def keys_of_ids(self, ids: Collection[str]) -> dict[str, int]:
        """The keys of those of these whole ids that the library holds."""
        if not ids:
            return {}
        found = self._read(["key", "id"], filter=_with_ids(ids)).to_pydict()
        return dict(zip(found["id"], found["key"], strict=True))

    def text_search(
        self, words: str | TextQuery, limit: int, condition: str | None = None
    ) -> tuple[Int64Array, Float32Array]:
        """BM25 over all words: keys (n,) and scores (n,), best first, at most ``limit``."""
        asked = TextQuery(fold(words)) if isinstance(words, str) else words
        if asked.empty:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        with disk_errors(self.path, "searching"):
            found = self._table.scanner(
                columns=["_score"],
                full_text_query=asked.to_lance(),
                filter=condition,
                prefilter=True,
                limit=limit,
                with_row_id=True,
            ).to_table()
        return self._ordered().keys_of(found[_ROW_ID].to_numpy()), found["_score"].to_numpy()

    def columns(self, keys: Int64Array, names: Sequence[str]) -> pa.Table:
        """Plain columns of these pictures, in their order; all must exist."""
        if len(keys) <= _FEW:
            return self._take(keys, list(names))
        rows = self._read(["key", *names])
        there = rows["key"].to_numpy()
        order = np.argsort(there, kind="stable")
        at = order[np.searchsorted(there, keys, sorter=order)]
        return rows.select(list(names)).take(at)

    def facets(self, columns: Sequence[str], condition: str | None = None) -> pa.Table:
        """Plain columns of the matching pictures, for statistics."""
        return self._read(list(columns), filter=condition)

    def extra_names(self) -> frozenset[str]:
        """The names of the further texts that pictures have, in lower case; read once a version."""
        if self._names is None or self._names[0] != self.version:
            distinct = pc.unique(self._read(["extra"])["extra"]).to_pylist()
            found = {name.lower() for text in distinct if text for name in json.loads(text)}
            self._names = (self.version, frozenset(found))
        return self._names[1]

    def _read(self, columns: list[str], **options: Any) -> pa.Table:
        with disk_errors(self.path, "reading"):
            rows: pa.Table = self._table.scanner(columns=columns, **options).to_table()
        return rows

    def _take(self, keys: Int64Array, columns: list[str]) -> pa.Table:
        order = self._ordered()
        position = np.searchsorted(order.keys, keys)
        present = position < len(order.keys)
        present[present] = order.keys[position[present]] == keys[present]
        offsets = position[present]
        if order.offsets is not None:
            offsets = order.offsets[offsets]
        with disk_errors(self.path, "reading"):
            rows: pa.Table = self._table.take(offsets.tolist(), columns=columns)
        return rows


def missing_indices(table: Any) -> list[str]:
    """Columns that should have an index and have none."""
    there = {index.field_names[0] for index in table.describe_indices()}
    return [column for column in (*INDICES, "text") if column not in there]


def create_indices(table: Any) -> None:
    """Make the scalar and full-text indices that are not there."""
    for column in missing_indices(table):
        if column == "text":
            table.create_scalar_index(column, "INVERTED", **TEXT_INDEX)
        else:
            table.create_scalar_index(column, INDICES[column])


def _join(parts: list[Any], kind: Any) -> Any:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.empty(0, dtype=kind)


def _with_ids(ids: Collection[str]) -> str:
    wanted = ", ".join(literal(picture_id) for picture_id in ids)
    return f"id IN ({wanted})" if wanted else "false"
