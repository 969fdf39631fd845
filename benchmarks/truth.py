"""Exact answers, and the recall of other answers against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vectors import Filter, Floats, Ints, K, VectorSet

_TIES = 1e-6
"""Answers whose score is this near to the tenth best count as well."""


@dataclass(frozen=True)
class Truth:
    """For each filter the score of the tenth best row (or of the last) for each query."""

    least: dict[str, Floats]
    counts: dict[str, int]

    def recall(self, vectors: VectorSet, asked: Filter, answers: Sequence[Ints]) -> float:
        """Recall@10: the share of the ten best rows that the answers hold."""
        rows, queries = vectors.rows, vectors.queries
        least, count = self.least[asked.name], self.counts[asked.name]
        hits = 0
        for number, query, answer in zip(range(len(answers)), asked.queries, answers, strict=True):
            ids = np.unique(np.asarray(answer)[:K])
            hits += int((rows[ids] @ queries[query] >= least[number] - _TIES).sum())
        return min(1.0, hits / (count * len(answers)))


def exact(vectors: VectorSet, filters: Sequence[Filter], name: str = "truth") -> Truth:
    """Compute the exact answers by matrix products, or read those computed before as ``name``."""
    file = vectors.folder / f"{name}.npz"
    if not file.exists():
        best = {f.name: np.full((len(f.queries), K), -np.inf, np.float32) for f in filters}
        queries = vectors.queries
        for start, block in vectors.blocks():
            for asked in filters:
                rows = _inside(asked.rows, start, len(block))
                scores = queries[asked.queries] @ (block if rows is None else block[rows]).T
                both = np.concatenate([best[asked.name], scores], axis=1)
                best[asked.name] = -np.partition(-both, K - 1, axis=1)[:, :K]
        np.savez(file, **{name: found.min(axis=1) for name, found in best.items()})
    counts = {f.name: min(K, len(vectors.rows) if f.rows is None else len(f.rows)) for f in filters}
    with np.load(file) as found:
        least = {name: np.nan_to_num(found[name], neginf=-2.0) for name in found.files}
    return Truth(least, counts)


def _inside(rows: Ints | None, start: int, count: int) -> Ints | None:
    if rows is None:
        return None
    low, high = np.searchsorted(rows, [start, start + count])
    return rows[low:high] - start
