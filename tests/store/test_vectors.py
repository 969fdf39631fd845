from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.store import vector_cache
from lookalike.store.lance_store import LanceStore
from lookalike.store.vector_cache import VectorCache
from lookalike.store.writer import writing

from .conftest import SPACE, unit_vectors

Fill = Callable[..., np.ndarray]


def expected(vectors: np.ndarray, keys: list[int], query: np.ndarray, k: int) -> list[int]:
    scores = vectors[keys] @ query
    return [keys[i] for i in np.argsort(-scores, kind="stable")[:k]]


@pytest.fixture(params=["in memory", "in files", "both"])
def cache(request: pytest.FixtureRequest, store: LanceStore, fill: Fill) -> VectorCache:
    fill(60)
    cache = VectorCache(store, SPACE)
    if request.param != "in memory":
        cache.sync()
    fill(40, first=60)
    if request.param == "in files":
        cache.sync()
    return cache


def test_search_equals_brute_force(cache: VectorCache, store: LanceStore) -> None:
    query = unit_vectors(1, seed=9)[0]
    stored = store.vectors(SPACE, range(100))
    found = cache.view().top(query, 10)
    assert found.keys.tolist() == expected(stored, list(range(100)), query, 10)
    np.testing.assert_allclose(found.scores, (stored @ query)[found.keys], atol=1e-3)
    np.testing.assert_allclose(cache.view().all_scores(query[None])[0], stored @ query, atol=1e-3)
    keys = np.array([77, 3, 59])
    np.testing.assert_allclose(
        cache.view().scores(query[None], keys)[0], stored[keys] @ query, atol=1e-3
    )


def test_a_filter_and_deletions_are_obeyed(cache: VectorCache, store: LanceStore) -> None:
    query = unit_vectors(1, seed=9)[0]
    stored = store.vectors(SPACE, range(100))
    with writing(store) as writer:
        writer.delete([3, 70])
    kept = [key for key in range(100) if key not in (3, 70)]
    assert cache.view().top(query, 100).keys.tolist() == expected(stored, kept, query, 100)
    some = np.array([key for key in kept if key % 3 == 0])
    assert cache.view().top(query, 5, some).keys.tolist() == expected(
        stored, some.tolist(), query, 5
    )
    assert cache.view().all_scores(query[None]).shape == (1, 98)


def test_rows_are_read_singly_even_after_their_file_was_replaced(
    store: LanceStore, fill: Fill
) -> None:
    vectors = fill(60)
    cache = VectorCache(store, SPACE)
    cache.sync()
    view = cache.view()
    for path in cache.folder.iterdir():
        path.unlink()
    keys = np.array([59, 0, 17, 17])
    np.testing.assert_array_equal(view.vectors(keys), vectors[keys])
    assert view.vectors(keys[:0]).shape == (0, SPACE.dims)


def test_keys_with_gaps_lead_to_their_rows(store: LanceStore, fill: Fill) -> None:
    vectors = fill(60)
    with writing(store) as writer:
        writer.delete(list(range(10, 40)))
    cache = VectorCache(store, SPACE)
    cache.sync()
    view = cache.view()
    np.testing.assert_array_equal(view.vectors(np.array([45, 9, 59])), vectors[[45, 9, 59]])
    assert view.offsets(np.array([9, 10, 39, 40, 60, -1])).tolist() == [9, 10]


def test_files_are_topped_up_not_rewritten(
    store: LanceStore, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.store.segments.SEGMENT_BYTES", 50 * SPACE.dims * 2)
    fill(60)
    cache = VectorCache(store, SPACE)
    first = cache.sync().segments
    fill(60, first=60)
    second = cache.sync().segments
    assert [name.rows for name in first] == [50, 10]
    assert [name.rows for name in second] == [50, 50, 20]
    assert first[0] == second[0]
    stems = {path.name.split(".")[0] for path in cache.folder.glob("segment-*")}
    assert stems == {name.stem for name in second}


def test_lost_or_damaged_files_are_made_anew(store: LanceStore, fill: Fill) -> None:
    vectors = fill(30)
    VectorCache(store, SPACE).sync()
    for damage in (Path.unlink, lambda path: path.write_bytes(b"junk")):
        cache = VectorCache(store, SPACE)
        damage(next(cache.folder.glob("segment-*.faiss")))
        assert cache.view().top(vectors[7], 1).keys.tolist() == [7]
        cache.sync()


def test_files_are_written_anew_when_a_quarter_is_gone(store: LanceStore, fill: Fill) -> None:
    fill(40)
    cache = VectorCache(store, SPACE)
    cache.sync()
    with writing(store) as writer:
        writer.delete(list(range(20)))
    assert cache.sync().rows == 20


def test_a_reader_writes_files_only_when_many_rows_lack(
    store: LanceStore, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_cache, "MAX_ROWS_IN_MEMORY", 50)
    fill(50)
    cache = VectorCache(store, SPACE)
    assert len(cache.view()) == 50
    assert not cache.folder.exists()
    fill(10, first=50)
    assert len(cache.view()) == 60
    assert cache.folder.exists()


def test_an_older_view_stays_whole_while_files_are_replaced(store: LanceStore, fill: Fill) -> None:
    vectors = fill(30)
    cache = VectorCache(store, SPACE)
    cache.sync()
    older = cache.view()
    fill(30, first=30)
    VectorCache(store, SPACE).sync()
    assert older.top(vectors[5], 1).keys.tolist() == [5]
    assert len(older) == 30
