"""Folders with ``queries.csv`` and ``qrels.txt``, in them or beside them.

One pair of files may serve several folders: the column ``dataset`` of the queries says whose they
are, and judged paths begin with that folder's name.
"""

from __future__ import annotations

from pathlib import Path

from lookalike.lab.datasets import manifest
from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.places import below
from lookalike.lab.datasets.trec import from_trec, read_queries
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views

QUERIES, QRELS = "queries.csv", "qrels.txt"
WORD_MEASURES = ("R@1", "R@10", "RR", "AP")
PICTURE_MEASURES = ("AP", "P@1", "R@10")


def files_of(folder: Path) -> tuple[Path, Path, str | None] | None:
    """Queries, judgments and the name by which they call this folder; None if there are none."""
    for place, name in ((folder, None), (folder.parent, folder.name)):
        queries, qrels = place / QUERIES, place / QRELS
        if queries.is_file() and qrels.is_file() and (name is None or _asks(queries, name)):
            return queries, qrels, name
    return None


def asked_of(views: Views, folder: Path, *, where: str | None = None) -> list[TestCollection]:
    """The words and the pictures that a folder's queries ask for; words match by concept.

    Args:
        views: the library.
        folder: with its files in it or beside it.
        where: which pictures are searched; by default those below the folder.
    """
    files = files_of(folder)
    if files is None:
        return []
    queries, qrels, name = files
    found = []
    for kind, measures in (("text", WORD_MEASURES), ("image", PICTURE_MEASURES)):
        one = from_trec(
            views, qrels, queries, dataset=name, kind=kind, folder=folder,  # type: ignore[arg-type]
            where=below(folder) if where is None else where, match="concept",
            name=f"{folder.name}: {'words' if kind == 'text' else 'pictures'}", measures=measures,
        )  # fmt: skip
        found += [one] if len(one) else []
    return found


def _asks(queries: Path, name: str) -> bool:
    return any(one.id.startswith(f"{name}__") for one in read_queries(queries))


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    own = manifest.KIND.collections(views, folder) if manifest.KIND.matches(folder) else []
    return [*asked_of(views, folder), *own]


KIND = Kind(
    name="queries and judgments",
    what="a folder with queries.csv and qrels.txt",
    matches=lambda folder: files_of(folder) is not None,
    collections=_collections,
)
