"""Measuring: test collections, measures, comparisons, reports.

>>> import lookalike
>>> from lookalike.lab import evaluate
>>> evaluate(lookalike.open("pictures/.lookalike"), "label").means    # doctest: +SKIP
{'AP': 0.412, 'P@1': 0.731, 'P@10': 0.544}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "Comparison",
    "Grid",
    "Report",
    "TestCollection",
    "Topic",
    "by_captions",
    "by_judgments",
    "by_labels",
    "by_words",
    "collections_in",
    "compare",
    "evaluate",
    "evaluate_run",
    "from_trec",
    "read_run",
    "write_qrels",
    "write_run",
]

if TYPE_CHECKING:
    from lookalike.lab.comparison.grid import Grid
    from lookalike.lab.comparison.result import Comparison
    from lookalike.lab.comparison.run import compare
    from lookalike.lab.datasets.captions import by_captions
    from lookalike.lab.datasets.judged import by_judgments
    from lookalike.lab.datasets.kinds import collections_in
    from lookalike.lab.datasets.labels import by_labels
    from lookalike.lab.datasets.trec import from_trec
    from lookalike.lab.datasets.words import by_words
    from lookalike.lab.evaluation import evaluate, evaluate_run
    from lookalike.lab.qrels import read_run, write_qrels, write_run
    from lookalike.lab.report import Report
    from lookalike.lab.topics import TestCollection, Topic

_WHERE = {
    "Comparison": "comparison.result",
    "Grid": "comparison.grid",
    "Report": "report",
    "TestCollection": "topics",
    "Topic": "topics",
    "by_captions": "datasets.captions",
    "by_judgments": "datasets.judged",
    "by_labels": "datasets.labels",
    "by_words": "datasets.words",
    "collections_in": "datasets.kinds",
    "compare": "comparison.run",
    "evaluate": "evaluation",
    "evaluate_run": "evaluation",
    "from_trec": "datasets.trec",
    "read_run": "qrels",
    "write_qrels": "qrels",
    "write_run": "qrels",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'lookalike.lab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"lookalike.lab.{_WHERE[name]}"), name)
