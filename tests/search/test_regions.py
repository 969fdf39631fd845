"""``index --regions``: small things in large pictures are found, and where they are is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import lookalike
from lookalike.encoders.region_grid import GRID, MOST_REGIONS, pooling_weights, region_keys
from lookalike.errors import ModelError, NotFoundError, UsageError
from lookalike.library import Library
from lookalike.pipeline import fill
from lookalike.pipeline.run import IndexOptions
from lookalike.search import region_scorer
from lookalike.search.fusion import best_of
from lookalike.settings import Settings
from lookalike.store import regions as store_regions
from lookalike.store.lance_store import LanceStore

THING = Image.fromarray(
    np.kron(np.array([[220, 30], [30, 220]], np.uint8), np.ones((60, 60), np.uint8))
).convert("RGB")


def ground(seed: int) -> Image.Image:
    """Broad patches of colour."""
    patches = np.random.default_rng(seed).integers(60, 200, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((480, 360), Image.Resampling.BICUBIC)


def with_thing(seed: int, at: tuple[int, int]) -> Image.Image:
    picture = ground(seed)
    picture.paste(THING.resize((160, 120)), at)
    return picture


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder ``pictures``, a ``library`` of it with regions, and ``thing.png``."""
    made = tmp_path_factory.mktemp("regions")
    (made / "pictures").mkdir()
    for seed in range(24):
        ground(seed).save(made / "pictures" / f"{seed:02}.png")
    with_thing(7, (320, 0)).save(made / "pictures" / "thing.png")
    THING.save(made / "thing.png")
    settings = Settings(cache=made / "cache")
    with lookalike.create(made / "library", encoder="fake", settings=settings) as library:
        library.index([made / "pictures"], options=IndexOptions(workers=1))
        library.add_regions()
    return made


@pytest.fixture
def library(place: Path) -> Iterator[Library]:
    """Only to be read."""
    with lookalike.open(place / "library", settings=Settings(cache=place / "cache")) as opened:
        yield opened


@pytest.fixture
def own(place: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy that a test may change."""
    shutil.copytree(place / "library", tmp_path / "library")
    with lookalike.open(tmp_path / "library", settings=Settings(cache=place / "cache")) as opened:
        yield opened


@pytest.fixture
def thing(place: Path) -> str:
    return str(place / "thing.png")


def rows(library: Library) -> np.ndarray:
    store = LanceStore(library.path)
    return store.keys_in(store.description.named("regions"))


def test_a_small_thing_is_found_with_its_place(own: Library, thing: str) -> None:
    best = own.search(thing, cut=None)[0]
    assert Path(best.location).name == "thing.png"
    assert best.contributions[0].via == "region"
    assert sum(part.value for part in best.contributions) == pytest.approx(best.score, rel=1e-5)
    found = best.as_dict()["box"]
    assert (found["x"], found["y"]) == pytest.approx((66.67, 0), abs=0.1)
    assert len(own.search(thing)) < 4
    own.drop_space("regions")
    without = own.search(thing, cut=None)
    assert without[0].box is None
    assert [Path(hit.location).name for hit in without].index("thing.png") > 0


def test_index_keeps_the_regions_in_step(own: Library, tmp_path: Path, thing: str) -> None:
    assert len(rows(own)) == 25 * len(GRID)
    gone = own.search(where="name = thing.png")[0].id
    own.remove([gone])
    later = tmp_path / "later.png"
    with_thing(50, (0, 240)).save(later)
    own.index([later], options=IndexOptions(workers=1))
    np.testing.assert_array_equal(rows(own), region_keys(LanceStore(own.path).keys()))
    assert Path(own.search(thing, cut=None)[0].location).name == "later.png"
    assert own.check().problems == []
    assert own.add_regions().filled == 0


def test_an_interrupted_run_goes_on_where_it_stopped(
    own: Library, monkeypatch: pytest.MonkeyPatch, thing: str
) -> None:
    expected = [(hit.id, hit.score, hit.box) for hit in own.search(thing, cut=None, k=50)]
    own.drop_space("regions")
    monkeypatch.setattr(fill, "STEP", 10)
    encode, calls = fill.FromPictures.vectors, []

    def stopping(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(*arguments)

    monkeypatch.setattr(fill.FromPictures, "vectors", stopping)
    assert own.add_regions().interrupted
    assert {hit.box for hit in own.search(thing, cut=None)} == {
        None
    }  # half-filled, it is not searched
    assert own.add_regions().filled == 5
    assert [(hit.id, hit.score, hit.box) for hit in own.search(thing, cut=None, k=50)] == expected


def test_a_filter_keeps_places_and_order(library: Library, thing: str) -> None:
    (hit,) = library.search(thing, cut=None, where="name = thing.png")
    assert hit.box == library.search(thing, cut=None)[0].box
    assert hit.score == pytest.approx(library.search(thing, cut=None)[0].score, rel=1e-4)


def test_regions_are_no_space_to_search_by_itself(own: Library, thing: str) -> None:
    with pytest.raises(UsageError) as caught:
        own.choose_space("regions")
    assert caught.value.code == "not-a-default"
    with pytest.raises(NotFoundError):
        own.search(thing, space="regions")


def test_few_of_many_regions_are_looked_at(
    library: Library, thing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_regions, "MOST_FOUND", 50)
    best = library.search(thing, cut=None)[0]
    assert Path(best.location).name == "thing.png"
    assert best.box is not None


def test_an_encoder_without_regions_says_so() -> None:
    from lookalike.encoders.regions import region_info

    with pytest.raises(ModelError) as caught:
        region_info("minilm-l6")
    assert caught.value.code == "no-regions"


def test_each_box_is_pooled_where_it_lies() -> None:
    weights = pooling_weights(14)
    assert weights.shape == (196, len(GRID))
    np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=1e-5)
    places = (np.arange(14) + 0.5) / 14
    for (left, upper, width, height), column in zip(GRID, weights.T, strict=True):
        grid = column.reshape(14, 14)
        assert grid.sum(axis=0) @ places == pytest.approx(left + width / 2, abs=0.01)
        assert grid.sum(axis=1) @ places == pytest.approx(upper + height / 2, abs=0.01)
    assert len(GRID) <= MOST_REGIONS


@given(st.lists(st.floats(0, 400, width=32), min_size=1, max_size=4))
def test_the_best_of_several_ways_is_less_surprising_than_the_best_alone(
    surprises: list[float],
) -> None:
    arrays = [np.array([value], np.float32) for value in surprises]
    way, (best,) = best_of(arrays)
    assert surprises[way[0]] == max(surprises)
    assert max(surprises) - np.log10(len(surprises)) - 1e-3 <= best <= max(surprises) + 1e-3
    assert best >= 0


def test_the_scorer_has_a_place_for_every_picture_it_names(library: Library) -> None:
    views = library.views()
    assert views.regions is not None
    query = views.look.vectors(LanceStore(library.path).keys()[:1])[0]
    scorer = region_scorer.RegionScorer(views.regions, query, len(views.store))
    keys = scorer.candidates(10, None)
    assert len(keys) == 10
    assert (scorer.surprise(np.sort(keys)) > 0).all()
    assert all(scorer.region(int(key)).width > 0 for key in keys)


def test_parts_obey_the_algebra_of_queries(library: Library, thing: str) -> None:
    def scores(*clauses: str, without: tuple[str, ...] = (), where: str = "") -> dict[str, float]:
        found = library.search(*clauses, without=without, where=where, k=50, cut=None)
        return {hit.id: pytest.approx(hit.score, rel=1e-4, abs=1e-3) for hit in found}

    part = f"{thing}#xywh=percent:0,0,50,50"
    assert scores(thing, thing) == scores(f"2:{thing}")
    assert scores(thing, part) == scores(part, thing)
    assert scores(thing, f"0:{part}") == scores(thing)
    assert scores(thing, where="width > 0") == scores(thing)
    without = library.search(thing, without=[part], k=50, cut=None)
    assert all(hit.contributions[1].value <= 0 for hit in without)
    assert any(hit.contributions[1].via == "region" for hit in without)
