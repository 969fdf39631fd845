"""Rankings after the judges: what stood at each rank, and how much there was to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.lab.topics import Topic
from lookalike.store.known import Int64Array

Int32Array = npt.NDArray[np.int32]
Float64Array = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ranking:
    """What was found for some queries, best first.

    Attributes:
        keys: shape (queries, depth); -1 beyond a query's last hit and for unknown pictures.
        scores: shape (queries, depth), larger is better.
        found: shape (queries,): how many hits each query has.
    """

    keys: Int64Array
    scores: Float32Array
    found: Int64Array

    def hits(self, query: int) -> list[tuple[int, float]]:
        """Keys and scores of one query, best first."""
        stop = int(self.found[query])
        keys, scores = self.keys[query, :stop].tolist(), self.scores[query, :stop].tolist()
        return list(zip(keys, scores, strict=True))


@dataclass(frozen=True, eq=False)
class Judged:
    """Rankings as measures see them.

    Attributes:
        gains: shape (queries, depth): the grade of what stands at each rank; 0 is wrong.
        relevant: shape (queries,): how many relevant pictures there are, found or not.
        grades: per query the grades of all of them, best first; None where all are 1.
    """

    gains: Int32Array
    relevant: Int64Array
    grades: Sequence[Int64Array] | None = None

    def __len__(self) -> int:
        return len(self.relevant)

    def part(self, start: int, stop: int) -> Judged:
        """The queries from ``start`` up to ``stop``."""
        grades = None if self.grades is None else self.grades[start:stop]
        return Judged(self.gains[start:stop], self.relevant[start:stop], grades)

    def ideal(self, depth: int) -> Int32Array:
        """The gains of the best ranking there could be, shape (queries, depth)."""
        if self.grades is None:
            return (np.arange(depth) < self.relevant[:, None]).astype(np.int32)
        best = np.zeros((len(self), depth), np.int32)
        for row, grades in zip(best, self.grades, strict=True):
            row[: min(depth, len(grades))] = grades[:depth]
        return best


def judge(ranking: Ranking, topics: Sequence[Topic], *, keep_query: bool = False) -> Judged:
    """Compare rankings with what their queries should find.

    Args:
        ranking: one row a topic; holds neither the query nor junk.
        topics: in the same order.
        keep_query: whether the query itself counts as relevant, where it is among them.
    """
    gains = np.zeros(ranking.keys.shape, np.int32)
    counts = np.zeros(len(topics), np.int64)
    grades: list[Int64Array] = []
    graded = any(t.grades is not None or any(g != 1 for g in t.absent.values()) for t in topics)
    for row, topic in enumerate(topics):
        wanted, worth = wanted_of(topic, keep_query=keep_query)
        if len(wanted):
            at = np.minimum(np.searchsorted(wanted, ranking.keys[row]), len(wanted) - 1)
            gains[row] = np.where(wanted[at] == ranking.keys[row], worth[at], 0)
        counts[row] = len(wanted) + len(topic.absent)
        if graded:
            every = np.concatenate([worth, np.array([*topic.absent.values()], np.int64)])
            grades.append(np.sort(every)[::-1])
    return Judged(gains, counts, grades if graded else None)


def wanted_of(topic: Topic, *, keep_query: bool = False) -> tuple[Int64Array, Int64Array]:
    """Keys of what a query should find, ascending, and their grades; each shape (n,)."""
    worth = np.ones(len(topic.relevant), np.int64) if topic.grades is None else topic.grades
    if topic.key is None or keep_query:
        return topic.relevant, worth
    other = topic.relevant != topic.key
    return topic.relevant[other], worth[other]
