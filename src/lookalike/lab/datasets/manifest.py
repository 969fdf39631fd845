"""Folders with a metadata table: its labels, groups and captions are what is asked."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import UsageError
from lookalike.lab.datasets.captions import by_captions
from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.datasets.places import below
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views
from lookalike.sources.naming import TABLE_NAMES

FIELDS = ("label", "group")


def labelled(views: Views, folder: Path, *, where: str | None = None) -> list[TestCollection]:
    """Leave-one-out over each column of labels that says something.

    Args:
        views: the library.
        folder: its pictures are the queries.
        where: which pictures are searched; by default those below the folder.
    """
    inside, found = below(folder), []
    for field in FIELDS:
        try:
            one = by_labels(views, field, where=inside, name=f"{folder.name}: {field}")
        except UsageError as error:
            if error.code not in ("no-labels", "one-class"):
                raise
            continue
        found += [one] if len(one) else []
    return found


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    captions = by_captions(views, where=below(folder), name=f"{folder.name}: captions")
    return [*labelled(views, folder), *([captions] if len(captions) else [])]


KIND = Kind(
    name="table",
    what="a folder with a metadata table: its labels, groups and captions",
    matches=lambda folder: any((folder / name).is_file() for name in TABLE_NAMES),
    collections=_collections,
)
