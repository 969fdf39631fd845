"""Captions as queries: each asks for its picture, as with Flickr8k, Flickr30k and COCO."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.places import Places, below
from lookalike.lab.datasets.trec import Match
from lookalike.lab.topics import TestCollection, Topic, half_of, words_query
from lookalike.search.views import Views

MEASURES = ("R@1", "R@5", "R@10", "RR")


def by_captions(
    views: Views, *, where: str = "", match: Match = "concept", name: str = "captions"
) -> TestCollection:
    """Each line of the captions that the library knows asks for the picture that it belongs to.

    By default words are matched by concept only: the captions would find themselves otherwise.

    Args:
        views: the library.
        where: only these pictures are searched.
        match: how words are matched.
        name: for tables.
    """
    from lookalike.search.filter import compile_filter

    condition = compile_filter(where) if where else None
    table = views.store.facets(["key", "id", "caption"], condition)
    rows = zip(*(table[column].to_pylist() for column in ("key", "id", "caption")), strict=True)
    told = ((key, one, caption.splitlines()) for key, one, caption in rows)
    return _collection(told, where, match, name)


def from_captions(
    views: Views, places: Places, captions: Iterable[tuple[str, str]], *, where: str, name: str
) -> TestCollection:
    """Captions out of a file, as pairs of a picture's name and one caption."""
    told: dict[str, list[str]] = {}
    for picture, caption in captions:
        told.setdefault(picture, []).append(caption)
    keys = places.present(told)
    there = [(key, places.id_by_key[key], told[picture]) for picture, key in keys.items()]
    found = _collection(there, where, "concept", name)
    absent = len(told) - len(keys)
    note = {"captioned pictures are not in the library (not asked for)": absent}
    return replace(found, left_out={**found.left_out, **note})


def _collection(
    told: Iterable[tuple[int, str, list[str]]], where: str, match: Match, name: str
) -> TestCollection:
    topics, without = [], 0
    for number, (key, picture_id, captions) in enumerate(sorted(told)):
        relevant = np.array([key], np.int64)
        lines = [line.strip() for line in captions if line.strip()]
        without += not lines
        topics += [
            Topic(f"{picture_id}-{n}", words_query(line, match), relevant, half=half_of(number))
            for n, line in enumerate(lines)
        ]
    left_out = {"pictures have no caption (searched, but not asked for)": without}
    return TestCollection(name, tuple(topics), where, measures=MEASURES, left_out=left_out)


FILES = ("captions.txt", "Flickr8k.token.txt", "results_20130124.token", "results.csv")
"""Flickr8k and Flickr30k as they are handed round."""


def read_captions(path: Path) -> list[tuple[str, str]]:
    """Read Flickr's caption files: pairs of a picture's name and one caption.

    ``captions.txt`` is a CSV with a head, ``results.csv`` one parted by ``|``, and the token files
    have lines of ``NAME#NUMBER<tab>CAPTION``.

    Raises:
        UsageError: a line cannot be understood.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(_lines(path, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}.", code="bad-captions") from error
    return [(name, caption.strip()) for name, caption in found if caption.strip()]


def _lines(path: Path, file: Iterable[str]) -> Iterator[tuple[str, str]]:
    if path.suffix == ".csv":
        rows: Iterable[list[str]] = ([*line.rstrip("\r\n").split("|", 2)] for line in file)
    elif path.name == "captions.txt":
        rows = csv.reader(file)
    else:
        rows = (line.rstrip("\r\n").split("\t", 1) for line in file)
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0] in ("image", "image_name")):
            continue
        if len(cells) < 2:
            raise UsageError(f"{path}, line {number}, has no caption.", code="bad-captions")
        yield cells[0].partition("#")[0], cells[-1]


def _flickr(folder: Path) -> Path | None:
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def _coco(folder: Path) -> bool:
    return any((folder / "annotations").glob("captions_*.json"))


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    where, file = below(folder), _flickr(folder)
    if file is None:
        return [by_captions(views, where=where, name=folder.name)]
    places, pairs = Places(views, folder), read_captions(file)
    return [from_captions(views, places, pairs, where=where, name=folder.name)]


KIND = Kind(
    name="captions",
    what="captions (Flickr8k, Flickr30k, COCO): each asks for its picture",
    matches=lambda folder: _flickr(folder) is not None or _coco(folder),
    collections=_collections,
)
