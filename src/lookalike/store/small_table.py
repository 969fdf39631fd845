"""A small table beside the pictures, which many processes may change at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
from filelock import FileLock

from lookalike.store.disk import disk_errors, is_table

_MAX_FRAGMENTS = 50
"""Every batch that is appended is a file of its own; so many are merged into one."""


class SmallTable:
    """A Lance table of its own, so that what people say need not wait for a run that indexes.

    A lock is held for the moment of a write; the system frees it when the process dies. Each
    write is one new version: a kill leaves the version before.

    Args:
        library: the library's directory.
        name: of the table.
        schema: of its rows.
    """

    def __init__(self, library: Path, name: str, schema: pa.Schema) -> None:
        self._library, self._schema = library, schema
        self._path = library / f"{name}.lance"
        self._lock = FileLock(library / f"{name}.lock")

    @property
    def marker(self) -> tuple[str, ...]:
        """Changes with every write, of whatever process; cheap to read."""
        try:
            return tuple(sorted(entry.name for entry in os.scandir(self._path / "_versions")))
        except FileNotFoundError:
            return ()

    def table(self) -> pa.Table:
        """Every row, in the order of their writing."""
        if not is_table(self._path):
            return self._schema.empty_table()
        with disk_errors(self._library, "reading"):
            rows: pa.Table = lance.dataset(self._uri).to_table()
        return rows

    def rows(self) -> list[dict[str, Any]]:
        """Every row as a dictionary."""
        return list(self.table().to_pylist())

    def append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, all of them or none."""
        if rows:
            with self._writing():
                self._append(pa.Table.from_pylist(list(rows), schema=self._schema))

    def delete(self, column: str, values: Sequence[str]) -> None:
        """Remove the rows whose column has one of these values."""
        if values and is_table(self._path):
            listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
            with self._writing():
                lance.dataset(self._uri).delete(f"`{column}` IN ({listed})")
                self._tidy(forget=True)

    def put(self, column: str, row: dict[str, Any]) -> None:
        """Add a row in place of those with the same value in a column."""
        table = pa.Table.from_pylist([row], schema=self._schema)
        with self._writing():
            if is_table(self._path):
                merge = lance.dataset(self._uri).merge_insert(column)
                merge.when_matched_update_all().when_not_matched_insert_all().execute(table)
                self._tidy()
            else:
                lance.write_dataset(table, self._uri)

    def replace(self, table: pa.Table) -> None:
        """Write all rows anew; columns that earlier versions did not have are empty."""
        for field in self._schema:
            if field.name not in table.schema.names:
                table = table.append_column(field, pa.nulls(len(table), field.type))
        table = table.select(self._schema.names).cast(self._schema)
        with self._writing():
            mode = "overwrite" if is_table(self._path) else "create"
            lance.write_dataset(table, self._uri, mode=mode)

    @property
    def _uri(self) -> str:
        return str(self._path)

    def _append(self, table: pa.Table) -> None:
        mode = "append" if is_table(self._path) else "create"
        lance.write_dataset(table, self._uri, mode=mode)
        self._tidy()

    def _tidy(self, *, forget: bool = False) -> None:
        """Merge many small files; ``forget`` removes the versions that hold what was deleted."""
        table = lance.dataset(self._uri)
        many = len(table.get_fragments()) > _MAX_FRAGMENTS
        if many or forget:
            table.optimize.compact_files(materialize_deletions_threshold=0.0)
            lance.dataset(self._uri).cleanup_old_versions(retain_versions=1)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with disk_errors(self._library, "writing to"), self._lock:
            yield
