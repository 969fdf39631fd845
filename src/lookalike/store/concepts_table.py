"""Learned queries that people gave a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookalike.store.small_table import SmallTable

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("clauses", pa.list_(pa.string())),
        ("query", pa.string()),
        ("user", pa.string()),
        ("when", pa.timestamp("us", tz="UTC")),
    ]
)


@dataclass(frozen=True)
class ConceptRecord:
    """A named query.

    Attributes:
        name: lower case words joined by hyphens.
        clauses: what it was made from, as one would write them; may be empty.
        query: the canonical key of those clauses, whose judgments belong to the concept, too.
        user: who made it; empty if nobody was named.
        when: UTC.
    """

    name: str
    clauses: tuple[str, ...]
    query: str
    user: str
    when: datetime

    def as_dict(self) -> dict[str, Any]:
        """The concept as JSON's types."""
        return {**vars(self), "clauses": list(self.clauses), "when": self.when.isoformat()}


class ConceptTable:
    """The concepts of the library at ``library``."""

    def __init__(self, library: Path) -> None:
        self._table = SmallTable(library, "concepts", SCHEMA)

    @property
    def marker(self) -> tuple[str, ...]:
        """Changes with every write."""
        return self._table.marker

    def all(self) -> list[ConceptRecord]:
        """Every concept, by name."""
        found = [_record(row) for row in self._table.rows()]
        return sorted(found, key=lambda concept: concept.name)

    def put(self, concept: ConceptRecord) -> None:
        """Keep a concept; one of the same name is replaced."""
        self._table.put("name", {**vars(concept), "clauses": list(concept.clauses)})

    def remove(self, name: str) -> None:
        """Remove a concept."""
        self._table.delete("name", [name])

    def table(self) -> pa.Table:
        """Every row."""
        return self._table.table()

    def replace(self, table: pa.Table) -> None:
        """Write all rows anew."""
        self._table.replace(table)


def _record(row: dict[str, Any]) -> ConceptRecord:
    return ConceptRecord(**{**row, "clauses": tuple(row["clauses"])})
