"""What a test collection is made of: a library, queries, and what each query should find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from lookalike.errors import UsageError
from lookalike.search.clause import Clause
from lookalike.search.query import Query
from lookalike.search.results import Results
from lookalike.search.views import ClauseVectors, Views
from lookalike.store.description import LibraryDescription
from lookalike.store.known import Int64Array

Half = Literal["tune", "test"]
Split = Literal["tune", "test", "all"]
SPLITS: tuple[Split, ...] = ("all", "tune", "test")
NO_KEYS: Int64Array = np.empty(0, dtype=np.int64)


class Searchable(Protocol):
    """What is measured; :class:`lookalike.Library` is one."""

    @property
    def description(self) -> LibraryDescription:
        """Its spaces."""
        ...

    def views(self, space: str = "") -> Views:
        """One version of it, ready to be searched in one space of pictures."""
        ...

    def encoded(self, query: Query) -> list[ClauseVectors]:
        """What the encoders make of each clause."""
        ...

    def search(self, *query: Query | str) -> Results:
        """Answer one query."""
        ...


@dataclass(frozen=True, eq=False)
class Topic:
    """One query of a test collection.

    Attributes:
        id: its name in qrels and runs.
        query: what is asked; its ``k`` does not matter.
        relevant: shape (r,), ascending: keys of the pictures that it should find.
        grades: shape (r,): how relevant each is, above 0; None where all are equally so.
        junk: shape (j,): keys that count neither as right nor as wrong.
        absent: relevant pictures that the library does not hold, with their grades. They count
            as not found, as trec_eval has it.
        key: the library's picture that is the query itself, or None.
        half: which half it belongs to: one to choose on, one to report.
    """

    id: str
    query: Query
    relevant: Int64Array
    grades: Int64Array | None = None
    junk: Int64Array = field(default_factory=lambda: NO_KEYS)
    absent: Mapping[str, int] = field(default_factory=dict)
    key: int | None = None
    half: Half = "tune"

    @property
    def is_whole_picture(self) -> bool:
        """Whether it asks for pictures like one of the library, and for nothing else."""
        clauses = self.query.clauses
        single = len(clauses) == 1 and clauses[0].kind == "picture" and clauses[0].weight > 0
        return single and self.key is not None and clauses[0].region is None


@dataclass(frozen=True, eq=False)
class TestCollection:
    """Queries with what they should find, over one library.

    Attributes:
        name: for tables.
        topics: the queries.
        where: a filter for the pictures that are searched; empty for all.
        searched: keys of the pictures that are searched, ascending; None for all.
        names: how qrels and runs call a picture, by key; those that are not named go by id.
        keep_query: whether the picture that is the query may be found (UKBench counts it).
        measures: what is usually measured here.
        left_out: what was not used, and how often, by reason.
    """

    __test__ = False  # no test, whatever pytest makes of its name

    name: str
    topics: tuple[Topic, ...]
    where: str = ""
    searched: Int64Array | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    keep_query: bool = False
    measures: tuple[str, ...] = ("AP", "P@1", "P@10")
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.topics)

    def half(self, split: Split) -> TestCollection:
        """The queries of one half.

        Raises:
            UsageError: there is no such split, or no query in it.
        """
        if split not in SPLITS:
            raise UsageError(f"There is no split {split!r}.", f"Choose {', '.join(SPLITS)}.")
        kept = tuple(t for t in self.topics if split in ("all", t.half))
        if not kept:
            raise UsageError(
                f"{self.name} has no query" + ("." if split == "all" else f" in the {split} half."),
                "; ".join(self.notes()) or "A query needs something relevant to be found.",
                code="nothing-to-evaluate",
            )
        return replace(self, topics=kept)

    def notes(self) -> list[str]:
        """What was left out, for people."""
        return [f"{count:,} {reason}" for reason, count in self.left_out.items() if count]

    def noted(self, notes: Mapping[str, int]) -> TestCollection:
        """The same, which tells more of what was not used; what did not occur is not told."""
        found = {reason: count for reason, count in notes.items() if count}
        return replace(self, left_out={**self.left_out, **found})

    @cached_property
    def keys_by_name(self) -> dict[str, int]:
        """The keys of the pictures that have a name here."""
        return {name: key for key, name in self.names.items()}


def picture_query(picture_id: str) -> Query:
    """The query that asks for pictures like one of the library."""
    return Query((Clause("picture", picture_id),))


def words_query(words: str, match: Literal["auto", "words", "concept"] = "auto") -> Query:
    """The query that asks for words, whatever they look like."""
    return Query((Clause("text", words),), match=match)


def half_of(number: int) -> Half:
    """Even numbers are for choosing, odd ones for reporting."""
    return "test" if number % 2 else "tune"


def keys_array(keys: Iterable[int]) -> Int64Array:
    """Keys, ascending, each once."""
    return np.unique(np.fromiter(keys, dtype=np.int64))
