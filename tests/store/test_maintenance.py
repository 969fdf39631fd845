from pathlib import Path

import numpy as np
import pytest

from lookalike.store import maintenance, vectors
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.vector_cache import VectorCache
from lookalike.store.writer import writing

from .conftest import SPACE, picture

ROWS = 12_000


def clustered(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of 60 clusters that lie in few dimensions, and their clusters."""
    random = np.random.default_rng(5)
    centres = random.standard_normal((60, SPACE.dims))
    fresh = np.random.default_rng(seed)
    labels = fresh.integers(0, 60, count)
    points = centres[labels] + 0.4 * fresh.standard_normal((count, SPACE.dims))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(np.float32), labels


@pytest.fixture
def large(store: LanceStore, monkeypatch: pytest.MonkeyPatch) -> LanceStore:
    """A library that is large enough for an index, by the measure of this test."""
    monkeypatch.setattr(maintenance, "MIN_INDEX_ROWS", 10_000)
    monkeypatch.setattr(vectors, "EXACT_ROWS", 50)
    points, _ = clustered(ROWS, seed=1)
    with writing(store) as writer:
        writer.append([picture(i) for i in range(ROWS)], {"fake": points})
        maintain(store)
    return store


def recall(store: LanceStore, keys: np.ndarray | None = None) -> float:
    view = VectorCache(store, SPACE).view()
    queries, _ = clustered(100, seed=77)
    found = [view.top(query, 10, keys).keys for query in queries]
    truth = [view.top(query, 10, keys, exact=True).keys for query in queries]
    assert all(len(answer) == 10 for answer in truth)
    return float(np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)]))


def test_the_index_keeps_its_recall(large: LanceStore) -> None:
    assert not VectorCache(large, SPACE).view().top(clustered(1, 3)[0][0], 10).exact
    assert recall(large) >= 0.98


@pytest.mark.parametrize("share", [0.01, 0.1])
def test_a_random_filter_keeps_the_recall(large: LanceStore, share: float) -> None:
    keys = np.random.default_rng(0).choice(ROWS, int(ROWS * share), replace=False)
    assert recall(large, np.sort(keys)) >= 0.98


def test_a_filter_that_follows_the_clusters_keeps_the_recall(large: LanceStore) -> None:
    _, labels = clustered(ROWS, seed=1)
    for cluster in (7, 30):
        assert recall(large, np.flatnonzero(labels == cluster)) >= 0.98


def test_many_hits_are_as_complete_as_few(large: LanceStore) -> None:
    view = VectorCache(large, SPACE).view()
    queries, _ = clustered(20, seed=77)
    for query in queries:
        found = view.top(query, 500)
        truth = view.top(query, 500, exact=True)
        assert not found.exact
        assert np.isin(truth.keys, found.keys).mean() >= 0.95


def test_pictures_with_equal_vectors_do_not_cost_the_index(
    store: LanceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MIN_INDEX_ROWS", 5_000)
    points, _ = clustered(200, seed=1)
    with writing(store) as writer:
        writer.append([picture(i) for i in range(6000)], {"fake": np.repeat(points, 30, axis=0)})
        (health,) = maintain(store)
    assert (health.indexed, health.recall) == (6000, 1.0)


def test_fresh_and_deleted_rows_count_at_once(large: LanceStore) -> None:
    fresh, _ = clustered(100, seed=9)
    with writing(large) as writer:
        writer.append([picture(ROWS + i) for i in range(100)], {"fake": fresh})
        writer.delete(list(range(0, ROWS, 2)))
    view = VectorCache(large, SPACE).view()
    found = view.top(fresh[3], 10)
    assert found.keys[0] == ROWS + 3
    assert all(key >= ROWS or key % 2 for key in found.keys)
    assert recall(large) >= 0.98


def test_the_index_grows_with_the_library(large: LanceStore) -> None:
    fresh, _ = clustered(3000, seed=9)
    with writing(large) as writer:
        writer.append([picture(ROWS + i) for i in range(3000)], {"fake": fresh})
        (health,) = maintain(large)
    assert (health.rows, health.indexed) == (ROWS + 3000, ROWS + 3000)
    assert health.recall >= 0.99
    assert recall(large) >= 0.98


def test_a_lost_index_means_exact_search_until_it_is_made_anew(large: LanceStore) -> None:
    cache = VectorCache(large, SPACE)
    next(cache.folder.glob("index-*.faiss")).write_bytes(b"junk")
    assert cache.view().top(clustered(1, 3)[0][0], 10).exact
    with writing(large):
        maintain(large)
    assert not VectorCache(large, SPACE).view().top(clustered(1, 3)[0][0], 10).exact


def test_an_index_that_cannot_keep_the_recall_is_not_used(
    store: LanceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MIN_INDEX_ROWS", 1000)
    monkeypatch.setattr(maintenance, "MIN_RECALL", 1.01)
    points, _ = clustered(2000, seed=1)
    with writing(store) as writer:
        writer.append([picture(i) for i in range(2000)], {"fake": points})
        (health,) = maintain(store)
    assert health.indexed == 0
    assert VectorCache(store, SPACE).view().top(points[0], 10).exact


def test_many_small_batches_are_merged_and_old_versions_go(
    store: LanceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr(maintenance, "KEEP_VERSIONS", timedelta(0))
    for i in range(30):
        with writing(store) as writer:
            writer.append([picture(i)], {"fake": clustered(1, i)[0]})
    before = _files(store.path)
    with writing(store):
        maintain(store)
    assert _files(store.path) < before / 2
    assert len(store.records(list(range(30)))) == 30
    assert store.text_search("number 17", 1)[0].tolist() == [17]


def _files(path: Path) -> int:
    return sum(1 for file in (path / "pictures.lance").rglob("*") if file.is_file())
