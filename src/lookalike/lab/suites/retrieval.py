"""Pictures find pictures: of their class, their object, their place, their copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.datasets.places import below
from lookalike.lab.datasets.trec_folder import asked_of
from lookalike.lab.evaluation import evaluate
from lookalike.lab.suites.base import Bench, Row, Suite, row_of
from lookalike.lab.topics import TestCollection

SETS = {
    "caltech101": "label",
    "clothing": "label",
    "grocery": "label",
    "coil20": "label",
    "cifar10": "label",
    "nearduplicates": "group",
    "multiview_scenes": "group",
}
MEASURES = ("AP", "P@1", "P@10")
OWN, ALL = "own folder", "all folders"


def _rows(bench: Bench) -> Iterator[Row]:
    for name in SETS:
        folder = bench.data / name
        if folder.is_dir():
            for label, collection in _collections(bench, folder):
                yield from both(bench, NAME, label, collection, MEASURES)


def _collections(bench: Bench, folder: Path) -> Iterator[tuple[str, TestCollection]]:
    views = bench.library.views()
    yield folder.name, by_labels(views, SETS[folder.name], where=below(folder), name=folder.name)
    if folder.name == "grocery":
        for asked in asked_of(views, folder):
            if asked.name.endswith("pictures"):
                yield f"{folder.name}, from product photos", asked


def both(
    bench: Bench, suite: str, label: str, collection: TestCollection, measures: tuple[str, ...]
) -> Iterator[Row]:
    """Searched within the data set's own folder, and, harder, within the whole library."""
    collection = collection.half(bench.split)
    for among, one in ((OWN, collection), (ALL, replace(collection, where=""))):
        report = evaluate(bench.library, one, measures=measures, space=bench.space)
        yield row_of(suite, label, among, report)


NAME = "retrieval"
SUITE = Suite(NAME, "pictures find pictures of their class, object, place", _rows, tuple(SETS))
