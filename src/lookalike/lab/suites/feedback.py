"""Users who judge what they are shown: does the search learn what they mean?

Each class is searched for by a word that nobody knows; in the first round the user shows one
picture of it, in the others the ten best are judged that were not judged yet. What is judged is
kept beside the library, in a folder that goes with the suite.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.lab.datasets.places import below
from lookalike.lab.datasets.words import by_words
from lookalike.lab.simulated_users import Round, SimulatedUser
from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.topics import Searchable, Topic
from lookalike.search.clause import Clause
from lookalike.search.engine import search
from lookalike.search.feedback.apply import enrich
from lookalike.search.feedback.memory import Memory
from lookalike.search.feedback.teaching import Teaching
from lookalike.search.query import Query
from lookalike.search.views import ClauseVectors

SETS = ("caltech101", "grocery", "clothing")
SHOWN = (0, 1, 2, 3, 6)
"""Rounds that are told."""
_QUICK = 4


class ScratchSession:
    """A query that is searched and judged without a trace in the library.

    Args:
        library: what is searched.
        query: what for; its clauses are those that are judged under.
        memory: where judgments are kept.
    """

    def __init__(self, library: Searchable, query: Query, memory: Memory) -> None:
        self._library, self._query, self._memory = library, query, memory
        self._views = library.views()
        self._teaching = Teaching(memory, lambda: self._views.store)

    def ranking(self, count: int) -> Sequence[str]:
        """Ids of the best pictures, best first."""
        query = replace(self._query, k=count)
        found = enrich(query, self._memory, self._views, self._encoded)
        results = search(found.query, found.vectors, self._views, time.perf_counter())
        return [hit.id for hit in results]

    def judge(self, relevant: Collection[str], not_relevant: Collection[str]) -> None:
        """Keep verdicts."""
        self._teaching.judge(self._query.clauses, relevant, not_relevant)

    def suggested(self, count: int) -> Sequence[str]:
        """The top of the ranking: this suite's users judge nothing else."""
        return self.ranking(count)

    def _encoded(self, clause: Clause) -> ClauseVectors:
        (found,) = self._library.encoded(replace(self._query, clauses=(clause,)))
        return found


def _rows(bench: Bench) -> Iterator[Row]:
    for name in SETS:
        folder = bench.data / name
        if folder.is_dir():
            yield _row(bench, folder)


def _row(bench: Bench, folder: Path) -> Row:
    views = bench.library.views()
    where = below(folder)
    collection = by_words(views, "label", where).half(bench.split)
    topics = collection.topics[:_QUICK] if bench.quick else collection.topics
    rounds = 2 if bench.quick else SHOWN[-1]
    users = [_user(bench.library, topic, where, rounds) for topic in topics]
    seen = np.array([[r.seen for r in each] for each in users])
    values = {
        f"P@20 round {number}": round(float(np.median(seen[:, number])), 4)
        for number in SHOWN
        if number <= rounds
    }
    notes = ("medians; of relevant pictures, where a class has fewer than 20",)
    return Row(NAME, f"{folder.name}, unknown words", "own folder", len(users), values, notes)


def _user(library: Searchable, topic: Topic, where: str, rounds: int) -> list[Round]:
    pictures = library.views().store.records(topic.relevant)
    relevant = frozenset(picture.id for picture in pictures)
    random = np.random.default_rng([ord(letter) for letter in topic.id])
    word = "".join(random.choice(_SYLLABLES, 4))
    example = str(random.choice(sorted(relevant)))
    query = Query((Clause("text", word),), where, match="concept", cut=None)
    with tempfile.TemporaryDirectory(prefix="lookalike-") as scratch:
        session = ScratchSession(library, query, Memory(Path(scratch)))
        return SimulatedUser(relevant, example=example).rounds(session, rounds)


_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
NAME = "feedback"
SUITE = Suite(NAME, "searches learn from judgments", _rows, SETS)
