"""Measures every combination of a grid over the same queries."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.models import ModelInfo, UnknownModelError
from lookalike.encoders.registry import model_info
from lookalike.errors import ModelError, UsageError
from lookalike.lab.comparison.approximate import DEPTH, Approximate, Search, rank_by_index
from lookalike.lab.comparison.cost import cost_of
from lookalike.lab.comparison.grid import Grid
from lookalike.lab.comparison.posts import Processed, parse_post, process
from lookalike.lab.comparison.result import Answers, Comparison, Row
from lookalike.lab.comparison.vectors import PictureVectors
from lookalike.lab.evaluation import measured_values
from lookalike.lab.judged import judge
from lookalike.lab.measures import measure_names
from lookalike.lab.nearness import Metric, Nearness
from lookalike.lab.ranking import excluded_keys, pool_of, rank_matrix
from lookalike.lab.topics import Searchable, Split, TestCollection
from lookalike.search.views import Views
from lookalike.settings import Settings
from lookalike.store.known import Int64Array

FIRST = 10
_TIMED = 20
_FORMAT = 3

OnCount = Callable[[str, int, int], None]
_Way = tuple[Metric, Search]
"""A metric, and how the nearest in it are found."""


def compare(
    library: Searchable,
    collections: Sequence[TestCollection],
    grid: Grid,
    *,
    settings: Settings,
    split: Split = "all",
    depth: int | None = None,
    whole: bool = False,
    again: bool = False,
    on_count: OnCount = lambda *_: None,
) -> Comparison:
    """Measure every combination of a grid, each over the same queries.

    Vectors and finished combinations are kept in the cache folder: interrupted, the same call
    goes on where it was. What is done to vectors is fitted to all pictures of the library.

    Args:
        library: holds the pictures.
        collections: queries that are pictures of the library; others are left out, and counted.
        grid: what is compared.
        settings: where the cache is, and what runs the encoders.
        split: the half of the queries.
        depth: as for :func:`lookalike.lab.ranking.rank_by_vectors`.
        whole: search among the whole library, not only the data set's own pictures.
        again: measure anew what is in the cache, but for vectors.
        on_count: told what is being done, how much of it is done, and of how much.

    Raises:
        UsageError: no query is a picture (``nothing-to-evaluate``), or a measure is unknown.
        UnknownModelError: there is none of the encoders. One among others that is unknown, or
            that cannot be loaded, is a row that says why.
    """
    began, views = time.perf_counter(), library.views()
    models = _resolved(grid.encoders, settings)
    asked, left_out = _pictures_only(collections)
    halves = tuple(one.half(split) for one in asked)
    halves = tuple(replace(one, where="") for one in halves) if whole else halves
    measures = tuple(measure_names(grid.measures or _shared(halves)))
    ready = [_Asked.of(one, views, measures, depth) for one in halves]
    live = np.sort(views.look.live)
    fitted = any(parse_post(post) for post in grid.posts)
    bench = _Bench(ready, live if fitted else _used(ready), settings, again)
    rows: list[Row] = []
    for encoder, model in models.items():
        rows += bench.rows(PictureVectors(library, settings), encoder, model, grid, on_count)
        on_count("comparing", len(rows), len(grid))
    return Comparison(
        grid=grid,
        collections=halves,
        measures=measures,
        rows=tuple(rows),
        pictures=len(live),
        left_out=left_out,
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """A collection, made ready once for all combinations.

    Attributes:
        collection: the queries.
        pool: keys of what is searched, ascending.
        queries: keys of the pictures that are the queries.
        excluded: per query the keys that do not count.
        measures: their names.
        depth: hits that count.
        digest: changes with anything above.
    """

    collection: TestCollection
    pool: Int64Array
    queries: Int64Array
    excluded: list[Int64Array]
    measures: tuple[str, ...]
    depth: int | None
    digest: str

    @classmethod
    def of(
        cls, one: TestCollection, views: Views, measures: tuple[str, ...], depth: int | None
    ) -> _Asked:
        pool = pool_of(one, views)
        excluded = [excluded_keys(topic, keep_query=one.keep_query) for topic in one.topics]
        queries = np.array([topic.key for topic in one.topics], np.int64)
        table = views.store.facets(["key", "id"])
        names = dict(zip(table["key"].to_pylist(), table["id"].to_pylist(), strict=True))
        digest = hashlib.sha256(json.dumps([measures, depth, one.keep_query]).encode())
        digest.update("".join(names[key] for key in sorted(names)).encode())
        for part in (pool, queries, *excluded, *(t.relevant for t in one.topics)):
            digest.update(part.tobytes() + b"|")
        for topic in one.topics:
            grades = [] if topic.grades is None else topic.grades.tolist()
            digest.update(json.dumps([grades, dict(topic.absent)]).encode())
        return cls(one, pool, queries, excluded, measures, depth, digest.hexdigest())


class _Bench:
    """Measures the combinations of one library."""

    def __init__(
        self, asked: Sequence[_Asked], keys: Int64Array, settings: Settings, again: bool
    ) -> None:
        self._asked, self._settings, self._again = asked, settings, again
        self.keys = keys

    def rows(
        self,
        vectors: PictureVectors,
        encoder: str,
        model: ModelInfo | ModelError,
        grid: Grid,
        on_count: OnCount,
    ) -> Iterator[Row]:
        """The rows of one encoder; where it cannot be had, they say why."""
        try:
            if isinstance(model, ModelError):
                raise model
            made = vectors.of(model, self.keys, on_count)
        except (ModelError, UsageError) as error:
            for post in grid.posts:
                for way in _ways(grid):
                    yield Row(encoder, post, *way, problem=str(error))
            return
        cost = cost_of(model.name, model.recipe, self._settings, again=self._again)
        lacking = int((~made.any(axis=1)).sum())
        taught = self.keys.tolist() if model.learns else []
        named: list[object] = [model.name, [model.recipe, taught]]
        for post in grid.posts:
            yield from self._posted(
                named, _ways(grid), made, Row(encoder, post, "", cost=cost, lacking=lacking)
            )

    def _posted(
        self, named: list[object], ways: Sequence[_Way], vectors: Float32Array, blank: Row
    ) -> Iterator[Row]:
        processed: Processed | None = None
        for metric, search in ways:
            blank = replace(blank, metric=metric, search=search)
            way = [*named, blank.post, metric, search]
            kept = [self._place(one, way) for one in self._asked]
            if self._again or not all(path.exists() for path in kept):
                try:
                    processed = processed or process(blank.post, vectors)
                except UsageError as error:
                    yield replace(blank, problem=str(error))
                    continue
                for one, path in zip(self._asked, kept, strict=True):
                    _keep(path, self._answers(one, vectors, processed, (metric, search)), processed)
            found = [_read(path) for path in kept]
            answers = tuple(answers for answers, _ in found)
            yield replace(blank, dims=found[0][1], answers=answers)

    def _answers(
        self, one: _Asked, vectors: Float32Array, processed: Processed, way: _Way
    ) -> Answers:
        metric, search = way
        searched = processed.pictures[np.searchsorted(self.keys, one.pool)]
        own = np.searchsorted(self.keys, one.queries)
        asked = vectors[own]
        queries = processed.as_query(asked, own)
        if search == "exact":
            near = Nearness(searched, metric)
            ranking = rank_matrix(
                queries, searched, one.pool, one.excluded, metric=metric, depth=one.depth
            )
            ms = _ms_per_query(processed, asked, own, lambda query: _best(near(query)[0]))
        else:
            index = Approximate(searched, metric, search)
            ranking = rank_by_index(queries, index, one.pool, one.excluded, one.depth or DEPTH)
            ms = _ms_per_query(processed, asked, own, lambda query: index.nearest(query, FIRST))
        judged = judge(ranking, one.collection.topics, keep_query=one.collection.keep_query)
        values = measured_values(one.measures, one.collection, ranking, judged)
        first = np.full((len(asked), FIRST), -1, np.int64)
        shown = ranking.keys[:, :FIRST]
        first[:, : shown.shape[1]] = shown
        return Answers(values, first, ms)

    def _place(self, one: _Asked, named: list[object]) -> Path:
        fitted_to = self.keys.tolist() if parse_post(str(named[2])) else []
        written = json.dumps([_FORMAT, *named, one.digest, fitted_to])
        digest = hashlib.sha256(written.encode()).hexdigest()[:32]
        return self._settings.cache / "compared" / "cells" / f"{digest}.npz"


def _used(asked: Sequence[_Asked]) -> Int64Array:
    """Keys of all pictures that are searched or asked with, ascending."""
    return np.unique(np.concatenate([part for one in asked for part in (one.pool, one.queries)]))


def _ways(grid: Grid) -> list[_Way]:
    return list(itertools.product(grid.metrics, grid.searches))


def _ms_per_query(
    processed: Processed,
    asked: Float32Array,
    own: Int64Array,
    find: Callable[[Float32Array], object],
) -> float:
    times = []
    for row in range(min(_TIMED, len(asked))):
        began = time.perf_counter()
        find(processed.as_query(asked[row : row + 1], own[row : row + 1]))
        times.append(time.perf_counter() - began)
    return min(times) * 1000  # what a busy machine adds is not the metric's


def _best(scores: Float32Array) -> Int64Array:
    """Rows of the first ten."""
    count = min(FIRST, len(scores))
    best = np.argpartition(-scores, count - 1)[:count]
    return np.asarray(best[np.argsort(-scores[best])])


def _keep(path: Path, answers: Answers, processed: Processed) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            values=answers.values,
            first=answers.first,
            ms=answers.ms_per_query,
            dims=processed.pictures.shape[1],
        )
    unfinished.replace(path)


def _read(path: Path) -> tuple[Answers, int]:
    with np.load(path, allow_pickle=False) as arrays:
        answers = Answers(arrays["values"], arrays["first"], float(arrays["ms"]))
        return answers, int(arrays["dims"])


def _resolved(encoders: Sequence[str], settings: Settings) -> dict[str, ModelInfo | ModelError]:
    """What is known of each encoder, or why it cannot be had.

    Raises:
        UnknownModelError: there is none of them: a slip of the pen, most likely.
    """
    found: dict[str, ModelInfo | ModelError] = {}
    for encoder in encoders:
        try:
            found[encoder] = model_info(encoder, settings.cache)
        except ModelError as error:
            found[encoder] = error
    for first in found.values():
        if not all(isinstance(one, UnknownModelError) for one in found.values()):
            break
        if isinstance(first, ModelError):
            raise first
    return found


def _pictures_only(
    collections: Sequence[TestCollection],
) -> tuple[tuple[TestCollection, ...], dict[str, int]]:
    asked, left_out = [], 0
    for one in collections:
        kept = tuple(topic for topic in one.topics if topic.is_whole_picture)
        left_out += len(one) - len(kept)
        if kept:
            asked.append(replace(one, topics=kept))
    if not asked:
        raise UsageError(
            "No query is a picture of the library, and only those can be asked in every space.",
            "Compare with --labels FIELD, or with the folder of a labelled data set.",
            code="nothing-to-evaluate",
        )
    reason = "queries are words or parts of pictures, which not every encoder can read"
    return tuple(asked), {reason: left_out} if left_out else {}


def _shared(collections: Sequence[TestCollection]) -> tuple[str, ...]:
    """The measures that are usual for all of these; else those for the first ones."""
    first, *others = (one.measures for one in collections)
    return tuple(name for name in first if all(name in other for other in others)) or first
