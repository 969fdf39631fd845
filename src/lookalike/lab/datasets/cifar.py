"""Sets in two parts: the pictures of the test part ask for those of the training part.

CIFAR-10 and CIFAR-100 (Krizhevsky, 2009) in any form that lookalike indexes, and folders with
``train`` and ``test`` in them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.labels import between, labels_of
from lookalike.lab.datasets.places import Places, below
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views

MEASURES = ("AP@100", "AP_cap@100", "P@1", "P@5", "P@10", "P@20")
_TEST = re.compile(r"(?:^|/)(?:test|test_batch|test_batch\.bin|test\.bin)(?:!?/|$)", re.I)
_BATCHES = re.compile(r"cifar-10+-(?:python|binary).*|data_batch_\d+(?:\.bin)?", re.I)


def _matches(folder: Path) -> bool:
    names = {child.name for child in folder.iterdir()}
    parts = {"train", "test"} <= names and (folder / "train").is_dir()
    return parts or any(_BATCHES.fullmatch(name) for name in names)


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    places = Places(views, folder)
    asked = {
        key
        for key, paths in places.paths.items()
        if all(_TEST.search(Path(path).relative_to(folder).as_posix()) for path in paths)
    }
    labels = labels_of(views, "label", below(folder))
    train = np.array(sorted(labels.keys() - asked), np.int64)
    return [
        between(
            views,
            {key: labels[key] for key in sorted(asked) if key in labels},
            {key: labels[key] for key in train.tolist()},
            name=folder.name,
            measures=MEASURES,
        )
    ]


KIND = Kind(
    name="train and test",
    what="a set in two parts: test pictures ask for training pictures of their class",
    matches=_matches,
    collections=_collections,
    label_folders=True,
)
