"""The words that a library's pictures are described with, and how often each occurs.

A cache beside the vectors': derived from the table, named by its version, made anew when absent.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lookalike.store.lance_store import LanceStore

FILE = "vocabulary"
_BETWEEN = r"[^\p{L}\p{N}]+"
_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class Vocabulary:
    """Folded words, as the full-text index holds them before stemming.

    Attributes:
        words: in ascending order.
        counts: how often each occurs.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, store: LanceStore) -> Vocabulary:
        """The words of a library at the version in view; kept among its caches."""
        folder = store.path / "caches"
        file = folder / f"{FILE}-{store.version}.parquet"
        table = None
        with suppress(OSError, pa.ArrowInvalid):  # absent, or cut off by a full disk
            table = pq.read_table(file)
        if table is None:
            table = _counted(store)
            with suppress(OSError):  # a library that may only be read
                _keep(table, folder, file)
        words, counts = table["word"].to_pylist(), table["count"].to_pylist()
        return cls(tuple(words), tuple(counts))

    def __contains__(self, word: object) -> bool:
        return word in self._counts

    def __len__(self) -> int:
        return len(self.words)

    def count(self, word: str) -> int:
        """How often a folded word occurs."""
        return self._counts.get(word, 0)

    def beginning(self, prefix: str, most: int) -> tuple[str, ...]:
        """The commonest words that begin so, at most ``most``, the commonest first."""
        first = bisect_left(self.words, prefix)
        rest = (self.words[at] for at in range(first, len(self.words)))
        found = takewhile(lambda word: word.startswith(prefix), rest)
        return tuple(sorted(found, key=lambda word: (-self._counts[word], word))[:most])

    @cached_property
    def _counts(self) -> dict[str, int]:
        return dict(zip(self.words, self.counts, strict=True))


def _counted(store: LanceStore) -> pa.Table:
    parts = []
    for batch in store.table.scanner(columns=["text"], batch_size=_BATCH_ROWS).to_batches():
        words = pc.list_flatten(pc.split_pattern_regex(batch["text"], _BETWEEN))
        counted = pc.value_counts(words)
        parts.append(pa.table({"word": counted.field(0), "count": counted.field(1)}))
    if not parts:
        return pa.table({"word": pa.array([], pa.string()), "count": pa.array([], pa.int64())})
    summed = pa.concat_tables(parts).group_by("word").aggregate([("count", "sum")])
    table = pa.table({"word": summed["word"], "count": summed["count_sum"]})
    return table.filter(pc.not_equal(table["word"], "")).sort_by("word")


def _keep(table: pa.Table, folder: Path, file: Path) -> None:
    folder.mkdir(exist_ok=True)
    temporary = file.with_suffix(".tmp")
    pq.write_table(table, temporary)
    for old in folder.glob(f"{FILE}-*.parquet"):
        old.unlink(missing_ok=True)
    temporary.replace(file)
