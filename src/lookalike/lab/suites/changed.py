"""Changed copies as queries: is the picture that was changed the first one found?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.errors import DecodeError
from lookalike.imaging.decode import open_oriented
from lookalike.imaging.picture import Limits
from lookalike.lab.datasets.places import Places
from lookalike.lab.evaluation import evaluate
from lookalike.lab.suites.base import Bench, Row, row_of
from lookalike.lab.topics import TestCollection, Topic, half_of
from lookalike.search.clause import Clause
from lookalike.search.query import Query
from lookalike.store.rows import PictureRecord

Save = Callable[[Image.Image, Path], Path]
"""Changes a picture (RGB, upright), writes it below the path without suffix; returns the file."""

SETS = ("caltech101", "clothing", "flickr8k", "grocery", "seed0_flickr", "imagenet_sample")
MEASURES = ("P@1", "Success@10", "RR")
_EACH, _QUICK_EACH = 25, 5


def rows_of_changes(bench: Bench, suite: str, changes: Mapping[str, Save]) -> Iterator[Row]:
    """One row a change, over the same pictures, searched among all of the library."""
    pictures = sample(bench)
    with tempfile.TemporaryDirectory() as folder:
        for name, save in changes.items():
            collection = changed(pictures, save, Path(folder), name).half(bench.split)
            report = evaluate(bench.library, collection, measures=MEASURES, space=bench.space)
            yield row_of(suite, name, "library", report)


def sample(bench: Bench) -> list[PictureRecord]:
    """Pictures of several data sets, the same ones every time."""
    views, each = bench.library.views(), _QUICK_EACH if bench.quick else _EACH
    keys: list[int] = []
    for name in SETS:
        if (bench.data / name).is_dir():
            there = np.array(list(Places(views, bench.data / name)), np.int64)
            keys += np.random.default_rng(0).permutation(there)[:each].tolist()
    return views.store.records(sorted(keys))


def changed(pictures: list[PictureRecord], save: Save, folder: Path, name: str) -> TestCollection:
    """Each picture's changed copy asks for the picture."""
    topics, unreadable = [], 0
    for number, picture in enumerate(pictures):
        try:
            image, _ = open_oriented(Path(picture.locations[0].path), Limits())
        except DecodeError:
            unreadable += 1
            continue
        file = save(image.convert("RGB"), folder / f"{name.replace(' ', '-')}-{number}")
        query = Query((Clause("file", str(file)),))
        relevant = np.array([picture.key], np.int64)
        topics.append(Topic(picture.id, query, relevant, half=half_of(number)))
    left_out = {"pictures cannot be read any more (not asked for)": unreadable}
    return TestCollection(name, tuple(topics), measures=MEASURES, left_out=left_out)
