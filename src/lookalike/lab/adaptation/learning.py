"""Learns a space from one part of what has labels, and measures it on the other part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform
from lookalike.lab.adaptation.examples import Examples, HoldOut, part
from lookalike.lab.adaptation.methods import Tried, choose_way, ways_of
from lookalike.lab.datasets.labels import between
from lookalike.lab.evaluation import report_of
from lookalike.lab.ranking import excluded_keys, rank_matrix
from lookalike.lab.report import Report
from lookalike.lab.significance import Difference, compare
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views

MEASURES = ("AP", "AP_cap@100", "P@1", "P@10")
MOST = 20_000
"""Pictures that are learned from; more teach hardly more."""
MOST_MEASURED = 5_000
"""Pictures that are held out and measured with: a mean is sure to two digits then."""

OnCount = Callable[[str, int, int], None]
VectorsOf = Callable[[Examples], Float32Array]


@dataclass(frozen=True, eq=False)
class Adaptation:
    """A learned space, and how good it is where it was not learned.

    Attributes:
        transform: of the vectors of the spaces that it is based on, one after the other.
        tried: the ways that were tried, best first; the first was taken.
        learned: pictures that it was learned from.
        measured: pictures that it was measured on.
        before: how the space that searches use did on them.
        after: how the learned one does.
    """

    transform: Transform
    tried: tuple[Tried, ...]
    learned: Examples
    measured: Examples
    before: Report
    after: Report

    @property
    def difference(self) -> Difference:
        """Average precision of the learned space less that of the other, query by query."""
        return compare(self.after.values[:, 0], self.before.values[:, 0])

    @property
    def better(self) -> bool:
        """Whether it is surely better: the whole confidence interval lies above 0."""
        return self.difference.interval.low > 0

    def as_dict(self) -> dict[str, Any]:
        """What people want to know of it, as JSON's types."""
        return {
            "method": self.tried[0].way.method,
            "settings": self.tried[0].way.settings,
            "tried": [
                {"method": t.way.method, "settings": t.way.settings, "AP": t.precision}
                for t in self.tried
            ],
            "dims": self.transform.dims,
            "learned_from": {"pictures": len(self.learned), "classes": _classes(self.learned)},
            "measured_on": {"pictures": len(self.measured), "classes": _classes(self.measured)},
            "before": _means(self.before),
            "after": _means(self.after),
            "difference": self.difference.as_dict(),
            "better": self.better,
        }


def learn_space(
    examples: Examples,
    hold_out: HoldOut,
    method: str,
    views: Views,
    vectors_of: VectorsOf,
    on_count: OnCount = lambda *_: None,
) -> Adaptation:
    """Learn from one part, measure on the other.

    Args:
        examples: pictures with their classes.
        hold_out: which of them are not learned from.
        method: one of :data:`lookalike.lab.adaptation.methods.METHODS`.
        views: the library, in the space that the new one is compared with.
        vectors_of: the vectors that it is based on, shape (n, dims), of some examples.
        on_count: told what is being done, and how far it is.

    Raises:
        UsageError: there is no such method, or too little to learn from or to measure with.
    """
    ways = ways_of(method)
    learned, measured = part(examples, hold_out)
    learned, measured = _few(learned, MOST), _few(measured, MOST_MEASURED)
    rows = vectors_of(learned)
    tried = choose_way(
        ways,
        rows,
        learned.classes,
        whole=hold_out.classes,
        on_done=lambda done, total: on_count("trying", done, total),
    )
    on_count("learning", 0, 1)
    transform = tried[0].way.learn(rows, learned.classes)
    collection = _asked(views, measured)
    keys = measured.keys
    adapted = transform(vectors_of(measured))
    before = _report(collection, views, views.as_joined_queries(keys), views.look.vectors(keys))
    after = _report(collection, views, adapted, adapted)
    return Adaptation(transform, tuple(tried), learned, measured, before, after)


def _asked(views: Views, measured: Examples) -> TestCollection:
    """Each picture that is held out asks for the others of its class, among those held out."""
    pairs = zip(measured.keys.tolist(), measured.classes.tolist(), strict=True)
    labels = {key: (measured.names[number],) for key, number in pairs}
    return between(views, labels, labels, name="held out", measures=MEASURES)


def _report(
    collection: TestCollection, views: Views, queries: Float32Array, vectors: Float32Array
) -> Report:
    assert collection.searched is not None
    keys = collection.searched
    asked = np.array([topic.key for topic in collection.topics], np.int64)
    rows = np.searchsorted(keys, asked)
    ranking = rank_matrix(
        queries[rows],
        vectors,
        keys,
        [excluded_keys(t, keep_query=False) for t in collection.topics],
    )
    return report_of(collection, ranking, MEASURES, views=views, system="", seconds=0.0, depth=None)


def _few(examples: Examples, most: int) -> Examples:
    if len(examples) <= most:
        return examples
    chosen = np.random.default_rng(0).permutation(len(examples)) < most
    return examples.part(chosen)


def _classes(examples: Examples) -> int:
    return len(np.unique(examples.classes))


def _means(report: Report) -> dict[str, Any]:
    return {
        name: {"mean": report.means[name], "interval": [interval.low, interval.high]}
        for name, interval in report.intervals().items()
    }
