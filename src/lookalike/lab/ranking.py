"""Rankings for many queries: by the engine, or by one blocked matrix product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import UsageError
from lookalike.lab.judged import Ranking
from lookalike.lab.nearness import METRICS as METRICS
from lookalike.lab.nearness import Metric as Metric
from lookalike.lab.nearness import Nearness
from lookalike.lab.topics import Searchable, TestCollection, Topic
from lookalike.search.query import MAX_K, Query
from lookalike.search.views import Views
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

Via = Literal["look", "concept"]
OnDone = Callable[[int, int], None]

DEPTH = 1_000
WHOLE = 10_000
"""A ranking of so many pictures is kept whole when it comes from a matrix product."""
_BLOCK_CELLS = 1 << 24


def rank_by_vectors(
    collection: TestCollection,
    library: Searchable,
    *,
    space: str = "",
    metric: Metric = "inner",
    depth: int | None = None,
    on_done: OnDone = lambda *_: None,
) -> Ranking:
    """Rank all pictures for queries that are one vector each.

    Args:
        collection: :func:`vector_space` says that there is one vector a query.
        library: what is searched.
        space: name of the space that pictures are compared in; empty for the default one.
        metric: how vectors are compared; ``inner`` in a space with a distance: by that.
        depth: hits kept for each query; None for all of 10,000 pictures or less, else 1,000.
        on_done: told how many queries of how many are done.

    Raises:
        NotFoundError: there is no such space.
        UsageError: the library has no concept space.
    """
    topics, concept = collection.topics, library.description.space("concept")
    by_concept = concept is not None and space == concept.name
    via: Via = "concept" if by_concept else vector_space(collection) or "look"
    views = library.views("" if by_concept else space)
    view = views.look if via == "look" else views.concept
    if view is None:
        raise UsageError(
            "This library has no concept space.",
            "Let words be matched with the metadata instead.",
            code="no-concept-space",
        )
    pool = pool_of(collection, views)
    return rank_matrix(
        _query_vectors(topics, library, views, via, "" if by_concept else space),
        view.vectors(pool),
        pool,
        [excluded_keys(topic, keep_query=collection.keep_query) for topic in topics],
        metric=_meant(metric, view),
        depth=depth,
        on_done=on_done,
    )


def _meant(metric: Metric, view: VectorView) -> Metric:
    """The metric that was asked for; the space's own where none was."""
    own: dict[str, Metric] = {"euclidean": "euclidean", "manhattan": "manhattan"}
    return own.get(view.metric, metric) if metric == "inner" else metric


def _query_vectors(
    topics: Sequence[Topic], library: Searchable, views: Views, via: Via, space: str
) -> Float32Array:
    view = views.look if via == "look" else views.concept
    assert view is not None
    if all(topic.is_whole_picture for topic in topics):
        keys = np.array([topic.key for topic in topics], np.int64)
        held = view.holds(keys)
        if held is not None:
            raise UsageError(
                f"{int((~held).sum()):,} pictures that are queries have no vector in {space} yet.",
                "Run `lookalike index` again, or name another space.",
                code="not-in-space",
            )
        return views.as_joined_queries(keys) if via == "look" else view.vectors(keys)
    vectors = np.empty((len(topics), view.dims), np.float32)
    for row, topic in enumerate(topics):
        (found,) = library.encoded(replace(topic.query, space=space))
        vector = found.look if via == "look" else found.concept
        if vector is None:
            raise UsageError(
                f"{topic.query.clauses[0]} has no vector in the {via} space.",
                "Name another space, or none.",
                code="no-vector",
            )
        vectors[row] = views.joined_query(found)[0] if via == "look" else vector
    return vectors


def rank_matrix(
    queries: Float32Array,
    vectors: Float32Array,
    keys: Int64Array,
    excluded: Sequence[Int64Array],
    *,
    metric: Metric = "inner",
    depth: int | None = None,
    on_done: OnDone = lambda *_: None,
) -> Ranking:
    """Rank by the nearness of vectors; ties in the order of the keys.

    Args:
        queries: shape (q, dims).
        vectors: shape (n, dims).
        keys: shape (n,), ascending: what the vectors belong to.
        excluded: per query the keys that do not count.
        metric: how vectors are compared.
        depth: as for :func:`rank_by_vectors`.
        on_done: told how many queries of how many are done.
    """
    near = Nearness(vectors, metric)
    wanted = depth or (len(keys) if len(keys) <= WHOLE else DEPTH)
    deep = min(wanted, len(keys))
    found = Ranking(
        np.full((len(queries), deep), -1, np.int64),
        np.zeros((len(queries), deep), np.float32),
        np.zeros(len(queries), np.int64),
    )
    step = max(1, _BLOCK_CELLS // max(1, len(keys)))
    for start in range(0, len(queries), step):
        scores = near(queries[start : start + step])
        for row, ranked in enumerate(scores, start=start):
            out = _positions(keys, excluded[row])
            ranked[out] = -np.inf
            best = _best(ranked, deep)[: len(keys) - len(out)]
            found.keys[row, : len(best)] = keys[best]
            found.scores[row, : len(best)] = ranked[best]
            found.found[row] = len(best)
        on_done(min(start + step, len(queries)), len(queries))
    return found


def rank_by_engine(
    collection: TestCollection,
    library: Searchable,
    *,
    space: str = "",
    depth: int | None = None,
    on_done: OnDone = lambda *_: None,
) -> Ranking:
    """Ask the library each query, as people would.

    Args:
        collection: queries of any kind.
        library: answers them.
        space: name of the space that pictures are compared in; empty for the default one.
        depth: hits kept for each query; None for 1,000.
        on_done: told how many queries of how many are done.

    Raises:
        LookalikeError: whatever a search raises.
    """
    asked, deep = collection.topics, depth or DEPTH
    views = library.views()
    pool = set(pool_of(collection, views).tolist())
    unsearched = len(views.look) - len(pool) if collection.searched is not None else 0
    keys = np.full((len(asked), deep), -1, np.int64)
    scores = np.zeros((len(asked), deep), np.float32)
    found = np.zeros(len(asked), np.int64)
    for row, topic in enumerate(asked):
        out = excluded_keys(topic, keep_query=collection.keep_query)
        k = min(MAX_K, deep + len(out) + unsearched)
        results = library.search(_limited(topic.query, collection.where, k, space))
        hits = [(hit.picture.key, hit.score) for hit in results]
        left = pool.difference(out.tolist())
        best = [pair for pair in hits if pair[0] in left][:deep]
        keys[row, : len(best)] = [key for key, _ in best]
        scores[row, : len(best)] = [score for _, score in best]
        found[row] = len(best)
        on_done(row + 1, len(asked))
    return Ranking(keys, scores, found)


def pool_of(collection: TestCollection, views: Views) -> Int64Array:
    """Keys of the pictures that are searched and have a vector, ascending.

    Raises:
        FilterError: the collection's filter cannot be understood.
    """
    keys = views.look.live
    if collection.where:
        from lookalike.search.filter import compile_filter

        keys = np.intersect1d(keys, views.store.keys_where(compile_filter(collection.where)))
    if collection.searched is not None:
        keys = np.intersect1d(keys, collection.searched)
    return np.sort(keys)


def excluded_keys(topic: Topic, *, keep_query: bool) -> Int64Array:
    """What does not count for a query: junk and, mostly, the query itself."""
    if topic.key is None or keep_query:
        return topic.junk
    return np.union1d(topic.junk, [topic.key])


def vector_space(collection: TestCollection) -> Via | None:
    """The space in which every query is one vector; None where the engine must be asked."""
    ways = {_way(topic) for topic in collection.topics}
    return ways.pop() if len(ways) == 1 else None


def _way(topic: Topic) -> Via | None:
    query = topic.query
    if query.where or len(query.clauses) != 1 or query.clauses[0].weight <= 0:
        return None
    if query.clauses[0].looks_at_pixels:
        return "look"
    return "concept" if query.clauses[0].kind == "text" and query.match == "concept" else None


def _limited(query: Query, where: str, k: int, space: str) -> Query:
    both = " and ".join(f"({part})" for part in (query.where, where) if part)
    return replace(query, where=both, k=k, space=space or query.space, cut=None)


def _best(scores: Float32Array, count: int) -> Int64Array:
    """Positions of the best, best first, equal ones in their order."""
    if count >= len(scores):
        return np.argsort(-scores, kind="stable")
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    near = np.flatnonzero(scores >= least)
    return near[np.argsort(-scores[near], kind="stable")][:count]


def _positions(keys: Int64Array, wanted: Int64Array) -> Int64Array:
    """Where those of ``wanted`` that are there stand among ascending keys."""
    if not len(keys):
        return np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.unique(at[keys[at] == wanted])
