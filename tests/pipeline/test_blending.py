"""Vectors blended with those of the nearest pictures, kept up to date by every run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import registry
from lookalike.encoders.base import unit_rows
from lookalike.pipeline import added_spaces
from lookalike.pipeline.blending import OWN, blend
from lookalike.search.expansion import NEAREST, all_expanded, expanded
from lookalike.store.lance_store import LanceStore

from .conftest import Shelf
from .folders import paint


@pytest.fixture
def blended(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf whose encoder gains from blending."""
    plain = registry.model_info

    def info(name: str, cache: Path) -> registry.ModelInfo:
        return replace(plain(name, cache), neighbours=2)

    monkeypatch.setattr(added_spaces, "model_info", info)
    monkeypatch.setattr(added_spaces, "MIN_PICTURES", 6)
    monkeypatch.setattr(added_spaces, "MAX_PICTURES", 40)
    return shelf


def add(shelf: Shelf, first: int, count: int) -> list[Path]:
    painted = [paint(shelf.folder / f"{n:02}.png", n) for n in range(first, first + count)]
    shelf.index()
    return painted


def default(shelf: Shelf) -> str:
    space = shelf.library.description.space("image")
    assert space is not None
    return space.name


def test_a_vector_becomes_the_mean_of_its_nearest_weighted_by_nearness() -> None:
    rows = unit_rows(np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32))
    inner = rows @ rows.T
    nearest = np.argsort(-inner, axis=1)[:, :4]
    weights = np.maximum(np.take_along_axis(inner, nearest, 1), 0) ** 2
    means = unit_rows(np.einsum("nk,nkd->nd", weights, rows[nearest]).astype(np.float32))
    expected = unit_rows(OWN * rows + means)
    np.testing.assert_allclose(blend(rows, rows, 3), expected, atol=1e-5)
    np.testing.assert_allclose(blend(rows[7:9], rows, 3), expected[7:9], atol=1e-5)
    assert blend(rows[:2], rows[:2], 5).shape == (2, 8)


def test_the_first_run_blends_and_searches_use_it(blended: Shelf) -> None:
    first, *_ = add(blended, 0, 12)
    assert default(blended) == "fake+neighbours"
    assert Path(blended.library.search(str(first))[0].location) == first


def test_a_picture_of_the_library_and_its_file_are_the_same_query(blended: Shelf) -> None:
    painted = add(blended, 0, 12)
    by_file = blended.library.search(str(painted[3]))
    by_id = blended.library.search(f"id:{by_file[0].id}")
    assert [hit.id for hit in by_id] == [hit.id for hit in by_file][1:]
    np.testing.assert_allclose(
        [hit.score for hit in by_id], [hit.score for hit in by_file][1:], rtol=2e-3
    )


def test_later_pictures_are_blended_and_much_growth_blends_all_anew(blended: Shelf) -> None:
    add(blended, 0, 20)
    made = blended.library.description.named("fake+neighbours")
    add(blended, 20, 3)
    store = LanceStore(blended.library.path)
    assert store.description.named("fake+neighbours") == made
    assert len(store.keys_in(made)) == 23
    add(blended, 23, 9)
    again = blended.library.description.named("fake+neighbours")
    assert (again.generation, again.blended) == (1, 32)
    assert default(blended) == "fake+neighbours"
    add(blended, 60, 20)  # too many now: what is there is kept up
    last = blended.library.description.named("fake+neighbours")
    assert last.generation == 1
    assert len(LanceStore(blended.library.path).keys_in(last)) == 52
    assert blended.library.check().problems == []


def test_a_reader_goes_on_while_vectors_are_exchanged(blended: Shelf) -> None:
    import lookalike

    first, *_ = add(blended, 0, 12)
    with lookalike.open(blended.library.path, settings=blended.library.settings) as reader:
        add(blended, 12, 12)
        assert Path(reader.search(str(first))[0].location) == first
        assert reader.refresh()
        assert len(reader.search(str(first), k=100, cut=None)) == 24


def test_small_libraries_and_those_whose_owners_dropped_it_are_not_blended(
    blended: Shelf,
) -> None:
    add(blended, 0, 5)
    assert default(blended) == "fake"
    add(blended, 5, 5)
    blended.library.choose_space("fake")
    add(blended, 10, 1)
    assert default(blended) == "fake"
    blended.library.drop_space("fake+neighbours")
    add(blended, 20, 20)
    assert [s.name for s in blended.library.description.ready if s.kind == "image"] == ["fake"]


def test_neighbours_are_what_a_search_by_the_picture_finds(blended: Shelf) -> None:
    add(blended, 0, 12)
    add(blended, 12, 2)
    for hit in blended.library.search("x", match="concept", cut=None, k=3):
        near = blended.library.neighbours(hit.id, 5, space="fake")
        found = blended.library.search(f"id:{hit.id}", cut=None, k=5, space="fake")
        assert [one.picture.id for one in near] == [one.id for one in found]
        assert len(blended.library.neighbours(hit.id, 5)) == 5


def test_a_query_is_joined_by_its_nearest_alone_and_among_many(blended: Shelf) -> None:
    painted = add(blended, 0, 12)
    views = blended.library.views()
    keys = np.sort(views.look.live)
    rows, asked = views.look.vectors(keys), views.as_queries(keys)
    inner = asked @ rows.T
    np.fill_diagonal(inner, -1)
    best = np.argsort(-inner, axis=1)[:, :NEAREST]
    weights = np.maximum(np.take_along_axis(inner, best, axis=1), 0)
    means = unit_rows(asked + np.einsum("nk,nkd->nd", weights, rows[best]))
    each = [expanded(query, views.look, [key]) for query, key in zip(asked, keys, strict=True)]
    np.testing.assert_allclose(each, means, atol=1e-5)
    np.testing.assert_allclose(all_expanded(asked, rows, np.arange(12)), means, atol=1e-5)
    nearness = means[3] @ rows.T
    nearness[3] = -1
    hits = blended.library.search(f"id:{views.store.records(keys[3:4])[0].id}", k=11, cut=None)
    assert [hit.picture.key for hit in hits] == keys[np.argsort(-nearness)[:11]].tolist()
    assert len(painted) == 12


def test_few_pictures_and_none_leave_a_query_as_it_is(blended: Shelf) -> None:
    vectors = unit_rows(np.eye(3, 8, dtype=np.float32))
    np.testing.assert_array_equal(all_expanded(vectors, vectors[:0], np.full(3, -1)), vectors)
    np.testing.assert_allclose(all_expanded(vectors, vectors[:1], np.zeros(3, int)), vectors)
