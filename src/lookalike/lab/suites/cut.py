"""Knowing when to stop: how right is what is shown, and is nothing shown where there is nothing?

F1 of the list as it ends is compared with that of the one threshold on the chance to be right that
would have been best for all queries of the row, which only hindsight knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.datasets.places import below
from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.suites.retrieval import ALL, OWN, SETS
from lookalike.lab.topics import Topic, words_query
from lookalike.search.cut import chances, cut
from lookalike.search.engine import ranked
from lookalike.search.query import Query
from lookalike.search.scored import Scored
from lookalike.store.segments import BoolArray

NONSENSE = (
    "xqzzy brablu", "florp", "qwertzuiop", "blorgal snee", "zzxxyyqq", "asdf ghjk", "wumbo jimble",
    "trelk", "vashnoq", "plindo grek", "oofta lirm", "skrrt mibble", "grawlix ptoo", "hnnng",
    "jibberwock tansu", "quuxly", "mrrp florb", "lorem ipsum dolor", "kxjv", "bleem snorf",
)  # fmt: skip
_LEVEL = 1.0
_EACH, _QUICK_EACH = 60, 12
_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Answer:
    """What a query found.

    Attributes:
        shown: how many hits.
        chance: shape (n,), of everything that was ranked, best first.
        relevant: shape (n,), which of it is right.
    """

    shown: int
    chance: Float32Array
    relevant: BoolArray

    @property
    def f1(self) -> float:
        """F1 of what is shown."""
        return _f1(int(self.relevant[: self.shown].sum()), self.shown, self.relevant)

    def f1_above(self, least: float) -> float:
        """F1 of what has at least this chance."""
        kept = self.chance >= least
        return _f1(int((self.relevant & kept).sum()), int(kept.sum()), self.relevant)


def _f1(right: int, shown: int, relevant: BoolArray) -> float:
    return 2 * right / max(shown + int(relevant.sum()), 1)


def _rows(bench: Bench) -> Iterator[Row]:
    topics = {name: _topics(bench, bench.data / name) for name in SETS
              if (bench.data / name).is_dir()}  # fmt: skip
    for name, asked in topics.items():
        for among in (OWN,) if bench.quick else (OWN, ALL):
            where = below(bench.data / name) if among == OWN else ""
            answers = [_answer(topic, _found(bench, topic.query, where)) for topic in asked]
            yield _quality(name, among, answers)
    yield _empty("class taken out", _taken_out(bench, topics))
    yield _empty("picture of another set", _of_others(bench, topics))
    yield _empty("nonsense words", _nonsense(bench, topics))


def _topics(bench: Bench, folder: Path) -> Sequence[Topic]:
    """Evenly spread over the set's pictures."""
    views = bench.library.views(bench.space)
    collection = by_labels(views, SETS[folder.name], where=below(folder), name=folder.name)
    topics = collection.half(bench.split).topics
    count = min(_QUICK_EACH if bench.quick else _EACH, len(topics))
    return [topics[at] for at in np.linspace(0, len(topics) - 1, count).astype(int)]


def _found(bench: Bench, query: Query, where: str) -> Scored:
    query = replace(query, where=where, space=bench.space)
    return ranked(query, bench.library.encoded(query), bench.library.views(bench.space))


def _answer(topic: Topic, found: Scored) -> Answer:
    relevant = np.isin(found.keys, topic.relevant)
    shown = len(cut(found, _LEVEL))
    return Answer(shown, chances(found.clauses, found.keys), relevant)


def _quality(name: str, among: str, answers: Sequence[Answer]) -> Row:
    reached = float(np.mean([answer.f1 for answer in answers]))
    best = max(float(np.mean([a.f1_above(least) for a in answers])) for least in _THRESHOLDS)
    empty = float(np.mean([answer.shown == 0 for answer in answers]))
    values = {"F1": reached, "best F1": best, "ratio": reached / best, "empty": empty}
    return Row(NAME, name, among, len(answers), {k: round(v, 4) for k, v in values.items()})


def _empty(name: str, shown: Sequence[int]) -> Row:
    share = round(float(np.mean([count == 0 for count in shown])), 4)
    return Row(NAME, f"absent: {name}", OWN, len(shown), {"empty": share})


def _taken_out(bench: Bench, topics: dict[str, Sequence[Topic]]) -> list[int]:
    """The pictures of the query's class are no candidates."""
    shown = []
    for name, asked in topics.items():
        for topic in asked:
            found = _found(bench, topic.query, below(bench.data / name))
            others = found.take(np.flatnonzero(~np.isin(found.keys, topic.relevant)))
            shown.append(len(cut(others, _LEVEL)))
    return shown


def _of_others(bench: Bench, topics: dict[str, Sequence[Topic]]) -> list[int]:
    """Each set's pictures ask for their like in the next set."""
    names = [*topics]
    return [
        len(cut(_found(bench, topic.query, below(bench.data / there)), _LEVEL))
        for here, there in zip(names, names[1:] + names[:1], strict=True)
        if here != there
        for topic in topics[here]
    ]


def _nonsense(bench: Bench, topics: dict[str, Sequence[Topic]]) -> list[int]:
    folders = [below(bench.data / name) for name in topics]
    return [
        len(cut(_found(bench, words_query(text), folders[n % len(folders)]), _LEVEL))
        for n, text in enumerate(NONSENSE)
    ]


NAME = "cut"
SUITE = Suite(NAME, "results end where they should, also before the first", _rows, tuple(SETS))
