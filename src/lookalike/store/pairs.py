"""Which pictures were compared for duplicates, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from lookalike.store.disk import disk_errors, is_table
from lookalike.store.known import Int64Array
from lookalike.store.sql import literal

PAIRS = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.int64()),
        ("same", pa.bool_()),
        ("similarity", pa.float32()),
        ("orientation", pa.int8()),
        ("cover_a", pa.float32()),
        ("cover_b", pa.float32()),
        ("differing", pa.float32()),
        ("grey", pa.bool_()),
        ("recipe", pa.int16()),
    ]
)
VERDICTS = pa.schema([("a", pa.string()), ("b", pa.string()), ("when", pa.timestamp("ms", "UTC"))])
_NOTHING = -1


@dataclass(frozen=True)
class Pair:
    """Two pictures that were compared and are the same, or similar.

    Attributes:
        a: key of one; of the two that which came first.
        b: key of the other.
        same: whether they are the same picture.
        similarity: cosine of their vectors; 0 where that was not asked.
        orientation: how a has to be turned to lie like b, 0 to 7; see
            :func:`lookalike.imaging.fingerprints.oriented`.
        cover_a: the share of a that b shows as well.
        cover_b: the share of b that a shows as well.
        differing: the share of what both show that was painted over or changed.
        grey: whether one is without colour and the other is not.
    """

    a: int
    b: int
    same: bool
    similarity: float
    orientation: int = 0
    cover_a: float = 1.0
    cover_b: float = 1.0
    differing: float = 0.0
    grey: bool = False


_COLUMNS = [field.name for field in fields(Pair)]


class PairTable:
    """The compared pairs of the library at ``library``; derived, so they may be made again."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / "pairs.lance"

    def _rows(self, condition: str, columns: list[str] | None = None) -> pa.Table:
        if not is_table(self._path):
            return PAIRS.empty_table()
        with disk_errors(self._library, "reading"):
            rows: pa.Table = lance.dataset(str(self._path)).to_table(columns, filter=condition)
        return rows

    def all(self) -> list[Pair]:
        """Every pair, however it was found; pictures that are gone may be among them."""
        return [Pair(**row) for row in self._rows(f"b <> {_NOTHING}", _COLUMNS).to_pylist()]

    def examined(self, recipe: int) -> Int64Array:
        """Keys of the pictures that were compared with all that came before them, ascending.

        Args:
            recipe: of the comparison; who was compared by another one does not count.
        """
        if not self._knows_recipes():
            return np.zeros(0, np.int64)
        rows = self._rows(f"b = {_NOTHING} AND recipe = {recipe}", ["a"])
        return np.unique(rows["a"].to_numpy()).astype(np.int64)

    def _knows_recipes(self) -> bool:
        """Whether rows say by which recipe they were made; those of earlier versions do not."""
        if not is_table(self._path):
            return False
        return "recipe" in lance.dataset(str(self._path)).schema.names

    def forget_others(self, recipe: int) -> None:
        """Remove what other recipes found."""
        with disk_errors(self._library, "writing to"):
            if self._knows_recipes():
                table = lance.dataset(str(self._path))
                others = f"recipe IS NULL OR recipe <> {recipe}"
                if table.count_rows(others):
                    table.delete(others)
            elif is_table(self._path):
                lance.write_dataset(PAIRS.empty_table(), str(self._path), mode="overwrite")

    def append(self, pairs: Sequence[Pair], examined: Sequence[int], recipe: int) -> None:
        """Add pairs, and note for whom none are lacking now; one version."""
        marks = [Pair(int(key), _NOTHING, same=False, similarity=0) for key in examined]
        rows = [vars(row) | {"recipe": recipe} for row in (*pairs, *marks)]
        with disk_errors(self._library, "writing to"):
            mode = "append" if is_table(self._path) else "create"
            table = pa.Table.from_pylist(rows, schema=PAIRS)
            lance.write_dataset(table, str(self._path), mode=mode)


class VerdictTable:
    """Pairs of pictures, by id, that people said are different; kept until they are forgotten."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / "verdicts.lance"

    def distinct(self) -> frozenset[tuple[str, str]]:
        """The pairs, each with the smaller id first."""
        if not is_table(self._path):
            return frozenset()
        with disk_errors(self._library, "reading"):
            rows = lance.dataset(str(self._path)).to_table()
        return frozenset(zip(rows["a"].to_pylist(), rows["b"].to_pylist(), strict=True))

    def put(self, a: str, b: str) -> None:
        """Note that two pictures are different."""
        low, high = sorted((a, b))
        if (low, high) in self.distinct():
            return
        rows = [{"a": low, "b": high, "when": datetime.now(UTC)}]
        with disk_errors(self._library, "writing to"):
            mode = "append" if is_table(self._path) else "create"
            table = pa.Table.from_pylist(rows, schema=VERDICTS)
            lance.write_dataset(table, str(self._path), mode=mode)

    def remove(self, a: str, b: str) -> None:
        """Forget what was said of two pictures."""
        low, high = sorted((a, b))
        if (low, high) in self.distinct():
            with disk_errors(self._library, "writing to"):
                condition = f"a = {literal(low)} AND b = {literal(high)}"
                lance.dataset(str(self._path)).delete(condition)
