"""Which pictures a query may find: those of its filter, less those that it names itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lookalike.search.query import Query
from lookalike.search.views import ClauseVectors, Views
from lookalike.store.known import Int64Array


@dataclass(frozen=True)
class Scope:
    """Where a query looks.

    Attributes:
        pictures: how many the library holds.
        condition: the filter as SQL; None without one.
        matching: keys of the pictures that fulfil it, ascending; None without one.
        excluded: keys of pictures that are no hits whatever their score, ascending.
    """

    pictures: int
    condition: str | None
    matching: Int64Array | None
    excluded: Int64Array

    @classmethod
    def of(cls, query: Query, vectors: Iterable[ClauseVectors], views: Views) -> Scope:
        """Resolve the filter of a query.

        Raises:
            FilterError: it cannot be understood.
        """
        condition, matching = None, None
        if query.where.strip():
            from lookalike.search.filter import compile_filter

            condition = compile_filter(query.where, named=views.store.extra_names)
            matching = views.store.keys_where(condition)
        excluded = sorted({key for found in vectors for key in found.excluded})
        return cls(len(views.store), condition, matching, np.asarray(excluded, dtype=np.int64))

    @property
    def size(self) -> int:
        """How many pictures fulfil the filter."""
        return self.pictures if self.matching is None else len(self.matching)

    @property
    def eligible(self) -> int:
        """How many pictures may be hits."""
        if self.matching is None:
            return self.size - len(self.excluded)
        return self.size - len(np.intersect1d(self.excluded, self.matching))

    def holding(self, keys: Int64Array, live: Int64Array) -> Int64Array:
        """Of these keys, ascending, those that the library holds and the filter lets through."""
        within = np.intersect1d(keys, live if self.matching is None else self.matching)
        return self.less_excluded(within)

    def less_excluded(self, keys: Int64Array) -> Int64Array:
        """Of these keys those that may be hits; they ascend, and so does what is left."""
        if not len(self.excluded):
            return keys
        return np.setdiff1d(keys, self.excluded, assume_unique=True)
