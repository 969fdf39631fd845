"""Measures a library with a test collection."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab import ir
from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.judged import Float64Array, Judged, Ranking, judge, wanted_of
from lookalike.lab.measures import measure_names, parse_measure
from lookalike.lab.qrels import Run, ordered
from lookalike.lab.ranking import (
    Metric,
    OnDone,
    excluded_keys,
    pool_of,
    rank_by_engine,
    rank_by_vectors,
    vector_space,
)
from lookalike.lab.report import Report
from lookalike.lab.topics import Searchable, Split, TestCollection, Topic
from lookalike.lab.unseen import unseen
from lookalike.search.views import Views
from lookalike.store.known import Int64Array

OUTSIDE = "relevant pictures are not among those that are searched (they count as not found)"


def evaluate(
    library: Searchable,
    collection: TestCollection | str,
    *,
    measures: Sequence[str] = (),
    split: Split = "all",
    depth: int | None = None,
    engine: bool = False,
    space: str = "",
    metric: Metric = "inner",
    on_done: OnDone = lambda *_: None,
) -> Report:
    """Measure how well a library answers the queries of a test collection.

    Queries that are one vector each (a picture, or words matched by concept) are answered by a
    matrix product, exactly; all others, those of pictures in a library with regions, or with
    ``engine`` all of them, as a search would. Pictures that the space was learned from are not
    asked; they are found as ever.

    Args:
        library: what is measured.
        collection: queries with what they should find, see :mod:`lookalike.lab.datasets`; or the
            name of a field, e.g. ``label``: then each picture asks for the others of its class.
        measures: e.g. ``AP``, ``P@10``, ``nDCG@10``; by default what is usual for the collection.
        split: only the queries to choose on (``tune``) or to report (``test``).
        depth: hits that count for each query. None takes the whole ranking of up to 10,000
            pictures for picture queries, else the first 1,000.
        engine: answer all queries through the engine and its index.
        space: name of the space that pictures are compared in; empty for the default one. The
            concept space will do, too.
        metric: ``inner``, ``cosine`` or ``euclidean``, for picture queries.
        on_done: told how many queries of how many are done.

    Raises:
        UsageError: a measure is unknown, no query has something to find, or the space was learned
            from all of them.
        NotFoundError: there is no such space.
    """
    if engine and metric != "inner":
        raise UsageError("The engine has its own metric.", "Leave --metric or --engine out.")
    views = library.views()
    if isinstance(collection, str):
        collection = by_labels(views, collection)
    names = measure_names(measures or collection.measures)
    collection = unseen(collection.half(split), library, space)
    began = time.perf_counter()
    if engine or not _by_product(collection, library, space):
        system = f"search in {space}" if space else "search"
        ranking = rank_by_engine(collection, library, space=space, depth=depth, on_done=on_done)
    else:
        system = _system(library, collection, space, metric)
        ranking = rank_by_vectors(
            collection, library, space=space, metric=metric, depth=depth, on_done=on_done
        )
    seconds = time.perf_counter() - began
    return report_of(
        collection, ranking, names, views=views, system=system, seconds=seconds, depth=depth
    )


def evaluate_run(
    library: Searchable,
    collection: TestCollection,
    run: Run,
    *,
    measures: Sequence[str] = (),
    split: Split = "all",
    name: str = "run",
) -> Report:
    """Measure the rankings of a run file, whatever system made it.

    Queries that the run lacks count as answered with nothing, pictures that the library lacks as
    wrong; the queries' own pictures are passed over. What is amiss is counted in the report.

    Raises:
        UsageError: the run answers none of the queries.
    """
    names = measure_names(measures or collection.measures)
    collection, views = collection.half(split), library.views()
    answered = [topic for topic in collection.topics if topic.id in run]
    if not answered:
        raise UsageError(
            f"The run {name} answers none of the {len(collection):,} queries.",
            f"Its queries are called like {next(iter(run))}; here they are called like "
            f"{collection.topics[0].id}.",
            code="not-comparable",
        )
    known = key_lookup(collection, views)
    ranking = _ranking_of_run(collection, run, known)
    strange = {name for topic in answered for name in run[topic.id] if name not in known}
    notes = {
        "queries are not in the run (they count as answered with nothing)": (
            len(collection) - len(answered)
        ),
        "queries of the run are not asked here": len(run) - len(answered),
        "names in the run are no pictures of the library (they count as wrong)": len(strange),
    }
    collection = collection.noted(notes)
    return report_of(collection, ranking, names, views=views, system=name, seconds=0.0, depth=None)


def report_of(
    collection: TestCollection,
    ranking: Ranking,
    measures: Sequence[str],
    *,
    views: Views,
    system: str,
    seconds: float,
    depth: int | None,
) -> Report:
    """Judge rankings, measure them and say how it went; ``ranking`` has a row for each topic."""
    pool = pool_of(collection, views)
    pictures, lost = len(pool), _not_searched(collection, pool)
    collection = collection.noted({OUTSIDE: lost})
    judged = judge(ranking, collection.topics, keep_query=collection.keep_query)
    return Report(
        collection=collection,
        measures=tuple(measures),
        values=measured_values(measures, collection, ranking, judged),
        system=system,
        pictures=pictures,
        depth=min(pictures, depth or ranking.keys.shape[1]),
        seconds=seconds,
        ranking=ranking,
        judged=judged,
    )


def run_of(report: Report, views: Views) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """The report's rankings with the names of pictures, as run files want them."""
    named = names_of(report.collection, views)
    for row, topic in enumerate(report.collection.topics):
        yield topic.id, [(named[key], score) for key, score in report.ranking.hits(row)]


def qrels_of(collection: TestCollection, views: Views) -> Iterator[tuple[str, dict[str, int]]]:
    """What the queries should find with the names of pictures, as qrels files want them."""
    named = names_of(collection, views)
    for topic in collection.topics:
        keys, grades = wanted_of(topic, keep_query=collection.keep_query)
        pairs = zip(keys.tolist(), grades.tolist(), strict=True)
        yield topic.id, {named[key]: grade for key, grade in pairs} | dict(topic.absent)


def names_of(collection: TestCollection, views: Views) -> Mapping[int, str]:
    """What every picture of the library is called in qrels and runs."""
    table = views.store.facets(["key", "id"])
    ids = zip(table["key"].to_pylist(), table["id"].to_pylist(), strict=True)
    return dict(ids) | dict(collection.names)


def key_lookup(collection: TestCollection, views: Views) -> Mapping[str, int]:
    """The keys of pictures by what qrels and runs may call them: their names and their ids."""
    table = views.store.facets(["key", "id"])
    ids = zip(table["id"].to_pylist(), table["key"].to_pylist(), strict=True)
    return dict(ids) | collection.keys_by_name


def measured_values(
    measures: Sequence[str], collection: TestCollection, ranking: Ranking, judged: Judged
) -> Float64Array:
    """Each measure of each query, shape (queries, measures).

    Raises:
        UsageError: a measure is unknown.
    """
    return np.stack([_values(name, collection, ranking, judged) for name in measures], axis=1)


def _values(
    name: str, collection: TestCollection, ranking: Ranking, judged: Judged
) -> Float64Array:
    measure = parse_measure(name)
    if measure is not None:
        return measure.values(judged)
    queries = [topic.id for topic in collection.topics]
    run = {
        topic.id: {str(key): float(-rank) for rank, (key, _) in enumerate(ranking.hits(row))}
        for row, topic in enumerate(collection.topics)
    }
    return ir.values(name, queries, _plain_qrels(collection), run)


def _plain_qrels(collection: TestCollection) -> dict[str, dict[str, int]]:
    found = {}
    for topic in collection.topics:
        keys, grades = wanted_of(topic, keep_query=collection.keep_query)
        judged = dict(zip(map(str, keys.tolist()), grades.tolist(), strict=True))
        found[topic.id] = judged | dict(topic.absent)
    return found


def _ranking_of_run(collection: TestCollection, run: Run, keys: Mapping[str, int]) -> Ranking:
    rows = [_known(topic, run, keys, collection) for topic in collection.topics]
    deep = max(map(len, rows), default=0)
    found = Ranking(
        np.full((len(rows), deep), -1, np.int64),
        np.zeros((len(rows), deep), np.float32),
        np.array([len(row) for row in rows], np.int64),
    )
    for number, row in enumerate(rows):
        found.keys[number, : len(row)] = row
        found.scores[number, : len(row)] = np.arange(len(row), 0, -1)
    return found


def _known(
    topic: Topic, run: Run, keys: Mapping[str, int], collection: TestCollection
) -> list[int]:
    """Keys in the order of the run, -1 for pictures that the library does not hold."""
    out = set(excluded_keys(topic, keep_query=collection.keep_query).tolist())
    named = (keys.get(picture, -1) for picture in ordered(run.get(topic.id, {})))
    return _once(key for key in named if key not in out)


def _once(keys: Iterable[int]) -> list[int]:
    seen: set[int] = set()
    return [key for key in keys if key < 0 or not (key in seen or seen.add(key))]  # type: ignore[func-returns-value]


def _not_searched(collection: TestCollection, pool: Int64Array) -> int:
    """How many pictures are relevant for some query, and are not searched."""
    shared = {id(topic.relevant): topic.relevant for topic in collection.topics}
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *shared.values()]))
    return int((~np.isin(wanted, pool)).sum())


def _by_product(collection: TestCollection, library: Searchable, space: str) -> bool:
    """Whether one inner product says what a search would say."""
    way, concept = vector_space(collection), library.description.space("concept")
    if way != "look" or (concept is not None and space == concept.name):
        return way is not None
    return library.views(space).regions is None  # else parts of pictures count, too


def _system(library: Searchable, collection: TestCollection, space: str, metric: Metric) -> str:
    words = vector_space(collection) == "concept"
    found = library.description.space("concept" if words else "image")
    name = space if space and not words else (found.name if found else "")
    own = library.description.named(name).metric if name else "cosine"
    if metric == "inner" and own in ("euclidean", "manhattan"):
        return f"{name}, {own}"
    return f"{name}, {metric} product" if metric == "inner" else f"{name}, {metric}"
