"""The nearest pictures of every picture: kept, and equal to what would be computed anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lookalike.store import nearest as blocks
from lookalike.store.lance_store import LanceStore
from lookalike.store.neighbour_spaces import neighbour_cache, refresh_neighbours
from lookalike.store.neighbours import K, NeighbourLists
from lookalike.store.writer import writing

from .conftest import SPACE

Fill = Callable[..., np.ndarray]


def lists(store: LanceStore) -> NeighbourLists:
    store.refresh()
    return neighbour_cache(store, SPACE).lists()


def expected(store: LanceStore) -> tuple[np.ndarray, np.ndarray]:
    """Keys, and the scores of their 50 nearest others, best first."""
    keys = store.keys()
    vectors = store.vectors(SPACE, keys)
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    best = -np.sort(-scores, axis=1)[:, :K]
    return keys, np.pad(best, ((0, 0), (0, K - best.shape[1])), constant_values=-np.inf)


def assert_right(store: LanceStore) -> None:
    found, (keys, scores) = lists(store), expected(store)
    np.testing.assert_array_equal(found.keys, keys)
    np.testing.assert_allclose(found.scores, scores, atol=1e-5)
    vectors = store.vectors(SPACE, keys)
    told = np.einsum("nd,nkd->nk", vectors, vectors[found.rows])
    there = found.rows >= 0
    np.testing.assert_allclose(told[there], found.scores[there], atol=1e-5)
    assert np.array_equal(there, np.isfinite(scores))
    assert not (found.rows == np.arange(len(keys))[:, None]).any()


def test_lists_equal_brute_force_whatever_the_blocks(
    store: LanceStore, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_PANEL_BYTES", 70 * 4 * SPACE.dims)
    monkeypatch.setattr(blocks, "_ASKED_ROWS", 33)
    fill(200)
    assert_right(store)
    keys, scores = lists(store).of(7)
    assert len(keys) == K
    assert np.all(np.diff(scores) <= 0)
    with pytest.raises(KeyError):
        lists(store).of(1_000)


def test_pictures_that_come_and_go_change_the_lists_that_they_are_in(
    store: LanceStore, fill: Fill
) -> None:
    fill(200)
    lists(store)
    fill(30, first=200)
    assert_right(store)
    with writing(store) as writer:
        writer.delete([3, 70, 210])
    fill(5, first=300)
    assert_right(store)


def test_lists_of_few_pictures_are_shorter_and_grow(store: LanceStore, fill: Fill) -> None:
    fill(1)
    assert_right(store)
    fill(20, first=1)
    assert_right(store)
    fill(50, first=21)
    assert_right(store)


def test_damaged_files_are_made_anew(store: LanceStore, fill: Fill) -> None:
    fill(60)
    lists(store)
    folder = neighbour_cache(store, SPACE).folder
    for path in folder.glob("*.rows.npy"):
        path.write_bytes(path.read_bytes()[:300])
    assert_right(store)
    for path in folder.glob("*.scores.npy"):
        path.unlink()
    assert_right(store)
    (folder / "neighbours.json").write_text("{")
    assert_right(store)
    assert len([*folder.glob("*.npy")]) == 3


def test_a_run_keeps_lists_of_small_libraries_and_of_those_that_have_them(
    store: LanceStore, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.store import neighbour_spaces

    monkeypatch.setattr(neighbour_spaces, "KEPT_UP_TO", 10)
    fill(20)
    refresh_neighbours(store)
    cache = neighbour_cache(store, SPACE)
    assert not cache.exists()
    cache.lists()
    fill(1, first=20)
    refresh_neighbours(store)
    assert len(np.load(next(cache.folder.glob("*.keys.npy")))) == 21
