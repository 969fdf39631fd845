"""The tables that lie beside the pictures and travel with an export: what people told the library,
and what it found out about duplicates."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa

from lookalike.store import fingerprints, pairs
from lookalike.store.archives import ARCHIVES
from lookalike.store.concepts_table import ConceptTable
from lookalike.store.judgments import JudgmentTable
from lookalike.store.manifest import CONCEPTS_FILE, JUDGMENTS_FILE
from lookalike.store.small_table import SmallTable
from lookalike.store.sources import SOURCES

NOTES = (SOURCES, ARCHIVES)
"""JSON files that travel as they are: how sources are read, which archives were gone through."""


class TableBeside(Protocol):
    """A table that can be read and written whole."""

    def table(self) -> pa.Table:
        """Every row."""

    def replace(self, table: pa.Table) -> None:
        """Write all rows anew."""


def tables_beside(library: Path) -> dict[str, TableBeside]:
    """The tables of the library, by the name of their file in an export.

    Exports of earlier versions lack some of these files.
    """
    return {
        JUDGMENTS_FILE: JudgmentTable(library),
        CONCEPTS_FILE: ConceptTable(library),
        "verdicts.parquet": SmallTable(library, "verdicts", pairs.VERDICTS),
        "pairs.parquet": SmallTable(library, "pairs", pairs.PAIRS),
        "fingerprints.parquet": SmallTable(library, "fingerprints", fingerprints.SCHEMA),
    }
