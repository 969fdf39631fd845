"""What people said about pictures under a query: relevant, or not."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookalike.store.small_table import SmallTable

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("query", pa.string()),
        ("picture", pa.string()),
        ("relevant", pa.bool_()),
        ("user", pa.string()),
        ("when", pa.timestamp("us", tz="UTC")),
    ]
)


@dataclass(frozen=True)
class Judgment:
    """One verdict.

    Attributes:
        query: under which query, in the form of :func:`lookalike.search.feedback.canonical.key`.
        picture: the picture's id, 32 hex digits.
        relevant: whether it fits.
        user: who said so; empty if nobody was named.
        when: UTC.
        id: 16 hex digits; names the judgment.
    """

    query: str
    picture: str
    relevant: bool
    user: str
    when: datetime
    id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The judgment as JSON's types."""
        return {**vars(self), "when": self.when.isoformat()}


class JudgmentTable:
    """The judgments of the library at ``library``; nothing is changed, only added or forgotten."""

    def __init__(self, library: Path) -> None:
        self._table = SmallTable(library, "judgments", SCHEMA)

    @property
    def marker(self) -> tuple[str, ...]:
        """Changes with every write."""
        return self._table.marker

    def add(self, judgments: Sequence[Judgment]) -> list[Judgment]:
        """Keep judgments, all or none; returns them with their ids."""
        named = [
            Judgment(**{**vars(judgment), "id": uuid.uuid4().hex[:16]}) for judgment in judgments
        ]
        self._table.append([vars(judgment) for judgment in named])
        return named

    def all(self) -> list[Judgment]:
        """Every judgment, oldest first."""
        found = [Judgment(**row) for row in self._table.rows()]
        return sorted(found, key=lambda judgment: (judgment.when, judgment.id))

    def forget(self, ids: Iterable[str]) -> None:
        """Remove judgments, from the disk as well."""
        self._table.delete("id", list(ids))

    def table(self) -> pa.Table:
        """Every row."""
        return self._table.table()

    def replace(self, table: pa.Table) -> None:
        """Write all rows anew."""
        self._table.replace(table)
