"""The k nearest rows of every row, block by block, at the speed of a product of matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array
from lookalike.store.metric import Metric, nearest_of

Int32Array = npt.NDArray[np.int32]
OnRows = Callable[[int, int], None]

NONE = -1
"""In place of a row, where there are fewer than k."""
_PANEL_BYTES = 256 * 2**20
_ASKED_ROWS = 8_192


class Rows(Protocol):
    """Vectors that are read in blocks."""

    dims: int

    def __len__(self) -> int: ...

    def block(self, start: int, stop: int) -> Float32Array:
        """Rows ``start`` to ``stop``, shape (stop - start, dims), float32."""
        ...


@dataclass(frozen=True)
class Lists:
    """The nearest rows of n vectors, best first.

    Attributes:
        rows: shape (n, k), int32; -1 where there are fewer than k.
        scores: shape (n, k), float32, larger is nearer; ``-inf`` where there are fewer.
    """

    rows: Int32Array
    scores: Float32Array

    @classmethod
    def empty(cls, count: int, k: int) -> Lists:
        """Lists of ``count`` vectors that hold nothing yet."""
        rows = np.full((count, k), NONE, np.int32)
        return cls(rows, np.full((count, k), -np.inf, np.float32))

    def put(self, at: slice, rows: Int64Array, scores: Float32Array) -> None:
        """Take in candidates of some vectors, each (m, any number); the best k stay."""
        k = self.rows.shape[1]
        all_rows = np.concatenate([self.rows[at], rows], axis=1)
        all_scores = np.concatenate([self.scores[at], scores], axis=1)
        best = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
        self.rows[at] = np.take_along_axis(all_rows, best, axis=1)
        self.scores[at] = np.take_along_axis(all_scores, best, axis=1)


def nearest(
    asked: Rows,
    rows: Rows,
    lists: Lists,
    own: Int64Array | None = None,
    numbers: Int64Array | None = None,
    metric: Metric = "cosine",
    on_rows: OnRows = lambda *_: None,
) -> None:
    """Offer rows to the lists of vectors.

    FAISS computes inner products, or distances, in blocks by BLAS and keeps the best of each block
    (Douze et al., "The Faiss library", 2024). A panel of 256 MB of the rows is in memory at a time.

    Args:
        asked: n vectors.
        rows: m vectors of the same length.
        lists: of the n vectors; what they hold stays if it is better.
        own: shape (n,): the number of the row that an asked vector is itself, which does not
            count; -1 for none.
        numbers: shape (m,): what the rows are called in the lists; by default 0 to m - 1.
        metric: how vectors are compared.
        on_rows: told now and then how many products of how many are done.
    """
    wanted = lists.rows.shape[1] + (own is not None)
    done, total = 0, len(asked) * len(rows)
    for start, panel in _blocks(rows, max(1, _PANEL_BYTES // (4 * rows.dims))):
        for low, part in _blocks(asked, _ASKED_ROWS):
            at = slice(low, low + len(part))
            count = min(wanted, len(panel))
            scores, found = nearest_of(metric, part, panel, count)
            found = found + start if numbers is None else numbers[start:][found]
            if own is not None:
                scores[found == own[at, None]] = -np.inf
                found[found == own[at, None]] = NONE
            lists.put(at, found, scores)
            done += len(part) * len(panel)
            on_rows(done, total)


def _blocks(rows: Rows, size: int) -> Iterator[tuple[int, Float32Array]]:
    for start in range(0, len(rows), size):
        yield start, np.ascontiguousarray(rows.block(start, min(start + size, len(rows))))
