"""Pictures that people took out of a library although their files are still there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import lance
import pyarrow as pa

from lookalike.store.disk import disk_errors, is_table

DISMISSED = "dismissed"
"""The code of the ledger's entries about their files."""

SCHEMA = pa.schema([("id", pa.string()), ("when", pa.timestamp("ms", tz="UTC"))])


class DismissedTable:
    """The ids that the library at ``library`` does not take in again."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / "dismissed.lance"

    def table(self) -> pa.Table:
        """Every entry."""
        if not is_table(self._path):
            return SCHEMA.empty_table()
        with disk_errors(self._library, "reading"):
            rows: pa.Table = lance.dataset(str(self._path)).to_table()
        return rows

    def ids(self) -> frozenset[str]:
        """All ids."""
        return frozenset(self.table()["id"].to_pylist())

    def put(self, ids: Iterable[str]) -> None:
        """Add pictures; those that are there already stay once."""
        now = datetime.now(UTC)
        rows = [{"id": picture_id, "when": now} for picture_id in sorted(set(ids) - self.ids())]
        if rows:
            with disk_errors(self._library, "writing to"):
                table = pa.Table.from_pylist(rows, schema=SCHEMA)
                mode = "append" if is_table(self._path) else "create"
                lance.write_dataset(table, str(self._path), mode=mode)

    def remove(self, ids: Iterable[str]) -> None:
        """Take pictures off the list."""
        gone = ", ".join(f"'{picture_id}'" for picture_id in sorted(set(ids) & self.ids()))
        if gone:
            with disk_errors(self._library, "writing to"):
                lance.dataset(str(self._path)).delete(f"id IN ({gone})")

    def replace(self, table: pa.Table) -> None:
        """Write all entries anew."""
        with disk_errors(self._library, "writing to"):
            mode = "overwrite" if is_table(self._path) else "create"
            lance.write_dataset(table.cast(SCHEMA), str(self._path), mode=mode)
