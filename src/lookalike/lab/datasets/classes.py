"""Class folders: the folder of a picture is its class (Caltech-101 and many more)."""

from __future__ import annotations

from pathlib import Path

from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.datasets.places import below
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    return [by_labels(views, "label", where=below(folder), name=folder.name)]


KIND = Kind(
    name="classes",
    what="class folders: each picture asks for the others of its folder",
    matches=lambda folder: True,
    collections=_collections,
    label_folders=True,
)
