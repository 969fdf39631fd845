"""The ledger: what could not be taken in, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import lance
import pyarrow as pa

from lookalike.sources.entry import Failure
from lookalike.store.disk import disk_errors, is_table

SCHEMA = pa.schema(
    [
        ("location", pa.string()),
        ("stage", pa.string()),
        ("code", pa.string()),
        ("message", pa.string()),
        ("stamp", pa.string()),
        ("root", pa.string()),
        ("when", pa.timestamp("ms", tz="UTC")),
    ]
)


@dataclass(frozen=True)
class FailureRecord:
    """A failure as the ledger keeps it: with the root of its source and the time (UTC)."""

    failure: Failure
    root: str
    when: datetime


class FailureTable:
    """The failures of the library at ``library``, one entry a location."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / "failures.lance"

    def table(self) -> pa.Table:
        """Every entry, ordered by location."""
        if not is_table(self._path):
            return SCHEMA.empty_table()
        with disk_errors(self._library, "reading"):
            rows: pa.Table = lance.dataset(str(self._path)).to_table().sort_by("location")
        return rows

    def replace(self, table: pa.Table) -> None:
        """Write all entries anew."""
        with disk_errors(self._library, "writing to"):
            mode = "overwrite" if is_table(self._path) else "create"
            lance.write_dataset(table.cast(SCHEMA), str(self._path), mode=mode)

    def all(self) -> list[FailureRecord]:
        """Every entry, ordered by location."""
        rows = self.table().to_pylist()
        fields = ("location", "stage", "code", "message", "stamp")
        return [
            FailureRecord(Failure(**{f: row[f] for f in fields}), row["root"], row["when"])
            for row in rows
        ]

    def put(self, failures: Sequence[tuple[Failure, str]]) -> None:
        """Add failures with the roots they came from; an older entry of a location goes."""
        latest = {failure.location: (failure, root) for failure, root in failures}
        if not latest:
            return
        now = datetime.now(UTC)
        rows = [vars(failure) | {"root": root, "when": now} for failure, root in latest.values()]
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        with disk_errors(self._library, "writing to"):
            if is_table(self._path):
                merge = lance.dataset(str(self._path)).merge_insert("location")
                merge.when_matched_update_all().when_not_matched_insert_all().execute(table)
            else:
                lance.write_dataset(table, str(self._path))

    def remove(self, locations: Iterable[str]) -> None:
        """Drop the entries of these locations."""
        gone = ", ".join("'" + location.replace("'", "''") + "'" for location in locations)
        if gone and is_table(self._path):
            with disk_errors(self._library, "writing to"):
                lance.dataset(str(self._path)).delete(f"location IN ({gone})")
