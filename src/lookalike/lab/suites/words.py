"""Words find pictures by what the encoder sees alone: captions, titles and tags are withheld."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lookalike.lab.datasets.places import below
from lookalike.lab.datasets.trec_folder import asked_of
from lookalike.lab.datasets.words import by_words
from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.suites.retrieval import both
from lookalike.lab.topics import TestCollection

ASKED = ("flickr8k", "tuxpaint_stamps", "seed0_flickr", "grocery")
CLASSES = ("imagenet_sample", "caltech101", "cifar10")
MEASURES = ("R@1", "R@10", "RR", "AP")
_QUICK = 100


def _rows(bench: Bench) -> Iterator[Row]:
    bench = replace(bench, space="")  # words are compared with concepts
    for name, collection in _collections(bench):
        if bench.quick:
            collection = _some(collection)
        yield from both(bench, NAME, name, collection, MEASURES)


def _collections(bench: Bench) -> Iterator[tuple[str, TestCollection]]:
    views = bench.library.views()
    for name in ASKED:
        if (bench.data / name).is_dir():
            for asked in asked_of(views, bench.data / name):
                if asked.name.endswith("words"):
                    yield name, asked
    for name in CLASSES:
        if (bench.data / name).is_dir():
            yield f"{name}, names of classes", by_words(views, "label", below(bench.data / name))


def _some(collection: TestCollection) -> TestCollection:
    """Pairs of queries, evenly spread, so that both halves are there."""
    pairs, topics = _QUICK // 2, collection.topics
    if len(topics) <= _QUICK:
        return collection
    starts = [2 * (number * (len(topics) // 2) // pairs) for number in range(pairs)]
    return replace(collection, topics=tuple(t for at in starts for t in topics[at : at + 2]))


NAME = "words"
SUITE = Suite(NAME, "words find pictures by what is seen in them", _rows, (*ASKED, *CLASSES))
