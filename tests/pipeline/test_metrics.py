"""Spaces whose vectors are compared by a distance are searched, filtered, taught and measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import UsageError
from lookalike.lab.evaluation import evaluate
from lookalike.store.lance_store import LanceStore
from lookalike.store.metric import METRICS, Metric, nearness
from lookalike.store.neighbour_spaces import neighbour_cache

from .conftest import Shelf
from .folders import paint


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    for number in range(14):
        paint(shelf.folder / ("even" if number % 2 == 0 else "odd") / f"{number:02}.png", number)
    shelf.index(label_folders=True)
    return shelf


def apart(metric: Metric, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    if metric == "manhattan":
        return np.abs(rows - query).sum(axis=1)
    if metric == "euclidean":
        return np.linalg.norm(rows - query, axis=1)
    return -(rows @ query)


def test_a_search_orders_by_the_metric_of_the_space(filled: Shelf) -> None:
    library = filled.library
    library.add_space("whole", encoder="fake", metric="manhattan")
    library.add_space("part", base="fake", dims=4, metric="euclidean")
    store = LanceStore(library.path)
    kept = [neighbour_cache(store, store.description.named(n)).exists() for n in ("whole", "part")]
    assert kept == [False, True]  # manhattan distances take long
    for name in ("whole", "part"):
        space = store.description.named(name)
        keys = store.keys_in(space)
        vectors = store.vectors(space, keys)
        ids = [record.id for record in store.records(keys)]
        for at in (0, 9):
            far = apart(space.metric, vectors[at], vectors)
            order = [i for i in np.argsort(far, kind="stable") if i != at][:5]
            found = library.search(f"id:{ids[at]}", space=name, cut=None, k=5)
            assert [hit.id for hit in found] == [ids[i] for i in order]
            assert np.all(np.diff([hit.score for hit in found]) <= 0)
            near = library.neighbours(ids[at], 5, space=name)
            assert [one.picture.id for one in near] == [hit.id for hit in found]
            np.testing.assert_allclose([n.similarity for n in near], -far[order], atol=2e-3)


def test_filters_cut_teaching_later_pictures_and_measures_work(filled: Shelf) -> None:
    library = filled.library
    library.add_space("far", base="fake", metric="manhattan")
    first = library.search("x", match="concept", cut=None, k=1)[0].id
    own = library.search(str(Path(library.original(first))), space="far")
    assert own[0].id == first
    some = library.search(f"id:{first}", space="far", where="folder = odd", cut=None)
    assert {Path(hit.location).parent.name for hit in some} == {"odd"}
    assert len(some) >= 6
    library.judge(f"id:{first}", relevant=[some[2].id], not_relevant=[some[0].id])
    taught = [hit.id for hit in library.search(f"id:{first}", space="far", cut=None)]
    assert taught.index(some[2].id) < taught.index(some[0].id)
    paint(filled.folder / "odd" / "50.png", 50)
    filled.index(label_folders=True)
    assert "50.png" in {Path(h.location).name
                        for h in library.search(f"id:{first}", space="far", cut=None)}  # fmt: skip
    assert library.check().problems == []
    library.add_space("whole", encoder="fake", metric="manhattan")
    by_space = evaluate(library, "label", space="whole")
    np.testing.assert_array_equal(
        by_space.values, evaluate(library, "label", space="fake", metric="manhattan").values
    )
    assert by_space.system == "whole, manhattan"


def test_a_distance_is_refused_where_it_means_nothing(filled: Shelf) -> None:
    with pytest.raises(UsageError, match="metric of their own") as error:
        filled.library.add_space("hues", encoder="colours", metric="manhattan")
    assert error.value.code == "metric-not-here"
    assert all(space.name != "hues" for space in filled.library.description.spaces)


def test_nearness_is_less_the_distance() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    for metric in METRICS:
        found = nearness(metric, rows[:3], rows)
        for at in range(3):
            np.testing.assert_allclose(found[at], -apart(metric, rows[at], rows), atol=2e-3)
