"""Test collections of TREC: a table of queries and a file of relevance judgments."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.datasets.places import Places
from lookalike.lab.qrels import name_from_file, read_qrels
from lookalike.lab.topics import (
    TestCollection,
    Topic,
    half_of,
    picture_query,
    words_query,
)
from lookalike.search.query import parse_query
from lookalike.search.views import Views

Match = Literal["auto", "words", "concept"]
_ID_COLUMNS = ("qid", "query_id", "id", "topic")
_TEXT_COLUMNS = ("query", "text", "title", "words", "path", "picture")

ABSENT = "relevant pictures are not in the library (they count as not found)"
SAME = "judged names share a picture with another one (same bytes)"
NO_QUERY = "judged queries are not in the queries' file"
NO_JUDGMENT = "queries have no judgment"
NO_RELEVANT = "queries have nothing relevant to find (not measured)"
NOT_THERE = "query pictures are not in the library (not asked)"


@dataclass(frozen=True)
class Asked:
    """One line of a queries' file.

    Attributes:
        id: as the qrels call it.
        text: words, or the name of a picture.
        kind: ``text`` or ``image`` where the file says so.
    """

    id: str
    text: str
    kind: str = ""


def read_queries(path: Path, dataset: str | None = None) -> list[Asked]:
    """Read queries: CSV or TSV with a head (``qid``, ``query``), or lines of ``ID<tab>QUERY``.

    A column ``dataset`` goes before the id, as ``DATASET__ID``; a column ``type`` that begins
    with ``image`` says that the query is a picture's path.

    Args:
        path: the file.
        dataset: only the queries of this one.

    Raises:
        UsageError: it cannot be read, holds no query, or one twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter="," if path.suffix.lower() == ".csv" else "\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _bad(f"{path} cannot be read: {error}.") from error
    found = _with_head(path, rows) if rows and _has_head(rows[0]) else _without_head(path, rows)
    repeated = [name for name, count in Counter(one.id for one, _ in found).items() if count > 1]
    if repeated:
        raise _bad(f"{path} asks the query {repeated[0]} twice.")
    kept = [one for one, of in found if dataset is None or of == dataset]
    if not kept:
        of = f" of {dataset}" if dataset else ""
        raise _bad(f"{path} holds no query{of}.")
    return kept


def from_trec(
    views: Views,
    qrels: Path,
    queries: Path,
    *,
    dataset: str | None = None,
    kind: Literal["text", "image"] | None = None,
    folder: Path | None = None,
    where: str = "",
    match: Match = "auto",
    name: str = "",
    measures: tuple[str, ...] = ("AP", "P@10", "nDCG@10", "R@10", "RR"),
) -> TestCollection:
    """Queries and judgments out of files.

    Pictures are named by id, by path, or by the last parts of one.

    Args:
        views: the library.
        qrels: who should find what.
        queries: words, names of pictures of the library, or clauses such as ``id:3f2a``.
        dataset: only queries of this data set, where the file tells them apart.
        kind: only queries that are words, or pictures.
        folder: only pictures below this folder are meant.
        where: only these pictures are searched.
        match: how words are matched.
        name: for tables.
        measures: what is usually measured.

    Raises:
        UsageError: a file cannot be understood, or a name fits several pictures.
    """
    asked, judged = read_queries(queries, dataset), read_qrels(qrels)
    places = Places(views, folder)
    build = _Builder(places, match)
    for number, one in enumerate(asked):
        if kind is None or build.kind_of(one) == kind:
            build.add(one, judged.get(one.id), number)
    if dataset is None and kind is None:
        build.left_out[NO_QUERY] = len(judged.keys() - {one.id for one in asked})
    return TestCollection(
        name or dataset or qrels.stem, tuple(build.topics), where, names=build.names,
        measures=measures, left_out=build.left_out,
    )  # fmt: skip


class _Builder:
    def __init__(self, places: Places, match: Match) -> None:
        self._places, self._match = places, match
        self.topics: list[Topic] = []
        self.names: dict[int, str] = {}
        self.left_out: Counter[str] = Counter()

    def kind_of(self, asked: Asked) -> Literal["text", "image"]:
        if asked.kind:
            return "image" if asked.kind.startswith("image") else "text"
        return "image" if self._places.find(asked.text) is not None else "text"

    def add(self, asked: Asked, judged: Mapping[str, int] | None, number: int) -> None:
        if judged is None:
            self.left_out[NO_JUDGMENT] += 1
            return
        keys, absent = self._relevant(judged)
        if not keys and not absent:
            self.left_out[NO_RELEVANT] += 1
            return
        query, key = words_query(asked.text, self._match), None
        if self.kind_of(asked) == "image":
            key = self._places.find(asked.text)
            if key is None:
                self.left_out[NOT_THERE] += 1
                return
            query = picture_query(self._places.id_by_key[key])
        elif asked.text.startswith("id:"):
            query = parse_query([asked.text])
        if key is not None and set(keys) <= {key} and not absent:
            self.left_out[NO_RELEVANT] += 1
            return
        self.left_out[ABSENT] += len(absent)
        relevant = np.array(sorted(keys), np.int64)
        grades = np.array([keys[one] for one in relevant.tolist()], np.int64)
        self.topics.append(
            Topic(
                asked.id, query, relevant, None if np.all(grades == 1) else grades,
                absent=absent, key=key, half=half_of(number),
            )
        )  # fmt: skip

    def _relevant(self, judged: Mapping[str, int]) -> tuple[dict[int, int], dict[str, int]]:
        """Grades of the relevant pictures by key, and of those that are not there by name."""
        keys: dict[int, int] = {}
        absent: dict[str, int] = {}
        for written, grade in judged.items():
            key = self._places.find(name_from_file(written))
            if key is not None:
                self.left_out[SAME] += key in keys
                self.names.setdefault(key, written)
            if grade > 0 and key is not None:
                keys[key] = max(grade, keys.get(key, 0))
            elif grade > 0:
                absent[written] = grade
        return keys, absent


def _has_head(row: list[str]) -> bool:
    return bool({cell.strip().lower() for cell in row} & set(_ID_COLUMNS))


def _with_head(path: Path, rows: list[list[str]]) -> list[tuple[Asked, str]]:
    head = [cell.strip().lower() for cell in rows[0]]
    key = next(name for name in _ID_COLUMNS if name in head)
    text = next((name for name in _TEXT_COLUMNS if name in head), None)
    if text is None:
        raise _bad(f"{path} has no column for the query; it has {', '.join(head)}.")
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        cells = dict(zip(head, row, strict=False))
        if not cells.get(key) or not cells.get(text):
            raise _bad(f"{path}, row {number}, lacks its {text if cells.get(key) else key}.")
        of = cells.get("dataset", "")
        name = f"{of}__{cells[key]}" if of else cells[key]
        found.append((Asked(name, cells[text], cells.get("type", "")), of))
    return found


def _without_head(path: Path, rows: list[list[str]]) -> list[tuple[Asked, str]]:
    found = []
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        if len(row) != 2 or not row[0].strip() or not row[1].strip():
            raise _bad(f"{path}, row {number}, is no pair of an id and a query.")
        found.append((Asked(row[0].strip(), row[1].strip()), ""))
    return found


def _bad(what: str) -> UsageError:
    return UsageError(what, "Queries are a CSV with the columns qid and query.", code="bad-queries")
