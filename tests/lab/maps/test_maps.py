from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.errors import UsageError
from lookalike.lab.maps.clusters import cluster, name_clusters
from lookalike.lab.maps.layout import METHODS, LayoutOptions, lay_out
from lookalike.lab.maps.placing import place
from lookalike.lab.maps.quality import measure_map
from lookalike.lab.maps.tiles import spread_out
from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.settings import Settings
from tests.lab.conftest import paint_colours


def blobs(each: int, seed: int) -> tuple[Float32Array, np.ndarray]:
    """Unit vectors in three groups, and the number of each one's group."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(3, 24))
    groups = np.repeat(np.arange(3), each)
    return unit_rows((centres[groups] + random.normal(0, 0.4, (3 * each, 24))).astype("f4")), groups


@pytest.mark.parametrize("method", METHODS)
def test_what_is_alike_lies_together_and_the_same_seed_draws_the_same_map(method: str) -> None:
    vectors, groups = blobs(20, 1)
    options = LayoutOptions(method, neighbours=8)  # type: ignore[arg-type]
    places = lay_out(vectors, options)
    assert np.abs(places).max() <= 1
    assert measure_map(vectors, places).trustworthiness > 0.75
    middles = np.array([places[groups == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(places[:, None] - middles, axis=-1).argmin(axis=1)
    assert (nearest == groups).mean() > 0.95
    assert np.array_equal(lay_out(vectors, options), places)


@pytest.mark.parametrize("count", [2, 3, 9])
def test_a_few_pictures_are_a_map_too(count: int) -> None:
    vectors, _ = blobs(3, 1)
    places = lay_out(vectors[:count], LayoutOptions())
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.isfinite(lay_out(np.ones((count, 4), np.float32), LayoutOptions())).all()


def test_new_pictures_are_placed_among_their_like() -> None:
    vectors, groups = blobs(20, 1)
    places = lay_out(vectors, LayoutOptions("umap", neighbours=8))
    fresh, kinds = blobs(10, 2)
    found, near = place(fresh, vectors, places)
    assert (groups[near] == kinds).all()
    for where, kind in zip(found, kinds, strict=True):
        away = np.linalg.norm(places - where, axis=1)
        assert groups[away.argmin()] == kind


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    from sklearn.manifold import trustworthiness

    vectors, _ = blobs(20, 3)
    places = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    found = measure_map(vectors, places, k=7)
    assert found.trustworthiness == pytest.approx(trustworthiness(vectors, places, n_neighbors=7))
    # Continuity is the trustworthiness of the way back.
    back = trustworthiness(places, vectors, n_neighbors=7)
    assert found.continuity == pytest.approx(back)
    assert measure_map(unit_rows(places), unit_rows(places), k=7).preserved == 1


def test_clusters_are_numbered_from_the_largest_and_strays_belong_to_none() -> None:
    random = np.random.default_rng(0)
    small = random.normal((0.6, 0), 0.02, (12, 2))
    large = random.normal((-0.6, 0), 0.02, (30, 2))
    found = cluster(np.vstack([small, large, [[0, 3]]]).astype(np.float32))
    assert set(found[:12]) == {1}
    assert set(found[12:42]) == {0}
    assert found[42] == -1


def test_clusters_are_named_by_what_the_others_lack() -> None:
    fox = {"animal": 1.0, "fox": 1.0, "red fox": 0.9}
    sea = {"beach": 0.8, "sea": 1.0}
    names = name_clusters(
        [[fox] * 4, [{"animal": 1.0, "owl": 0.7, "owls": 0.6}] * 4, [sea] * 3 + [fox], [{}]]
    )
    assert names == ["fox", "owl", "sea, beach", ""]


def test_thumbnails_come_from_all_parts_of_a_map() -> None:
    crowd = np.random.default_rng(0).normal(0, 0.01, (500, 2))
    places = np.vstack([crowd, [[0.9, 0.9], [-0.9, 0.9]]]).astype(np.float32)
    chosen = spread_out(places, 10)
    assert len(set(chosen.tolist())) == 10
    assert {500, 501} <= set(chosen.tolist())
    assert len(spread_out(places, 9999)) == len(places)


@pytest.fixture
def small(tmp_path: Path) -> Library:
    folder = paint_colours(tmp_path / "pictures", each=8)
    made = create_library(tmp_path / "lib", encoder="fake", settings=Settings(cache=tmp_path / "c"))
    made.index([folder / "red", folder / "green"])
    return made


def test_pictures_that_come_later_move_nothing_and_removed_ones_leave(
    small: Library, tmp_path: Path
) -> None:
    before = small.map(neighbours=4)
    assert before.fitted.all()
    late = tmp_path / "late"
    paint_colours(late, each=1)
    (tmp_path / "pictures" / "red" / "p0.png").unlink()
    small.index([late, tmp_path / "pictures" / "red"])
    after = small.map(neighbours=4)
    assert len(after) == len(small)
    there = dict(zip(before.keys.tolist(), before.places.tolist(), strict=True))
    for key, where, fitted in zip(
        after.keys.tolist(), after.places.tolist(), after.fitted, strict=True
    ):
        assert fitted == (key in there)
        assert not fitted or where == there[key]
    assert after.placed_quality is not None
    assert small.map(neighbours=4, redraw=True).fitted.all()


def test_a_map_is_drawn_of_the_neighbours_that_the_library_keeps(
    small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = small.neighbour_lists()
    small.refresh()
    assert lists.rows.shape[0] == len(small)
    monkeypatch.setattr("lookalike.lab.maps.layout.nearest", None)  # it must not be needed
    drawn = small.map(neighbours=4)
    assert measure_map(small.views().look.vectors(drawn.keys), drawn.places).trustworthiness > 0.6


def test_a_map_of_some_pictures_is_not_kept(small: Library) -> None:
    some = small.map(where="folder = red", method="pca")
    assert len(some) == 8
    assert len(small.map(method="pca")) == len(small)
    with pytest.raises(UsageError) as refused:
        small.map(where="width > 100000")
    assert refused.value.code == "too-few-pictures"


def test_a_damaged_layout_is_drawn_anew(small: Library) -> None:
    first = small.map(method="pca")
    (kept,) = (small.path / "maps").iterdir()
    kept.write_bytes(b"PK\x03\x04 damaged")
    assert np.array_equal(small.map(method="pca").places, first.places)


def test_the_page_needs_nothing_else_and_says_what_is_where(small: Library) -> None:
    drawn = small.map(method="pca")
    page = small.map_page(drawn, "Foxes & </script> more")
    assert "Foxes &amp; &lt;/script&gt; more" in page
    assert not re.search(r"(src|href)\s*=\s*[\"']?(http|//|\.)", page)
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert match is not None
    data = json.loads(match.group(1))
    assert len(data["pictures"]) == len(small)
    assert data["sheets"][0].startswith("data:image/jpeg;base64,")
    image = small.map_image(drawn, width=400)
    assert image.width == 400
    assert len(image.getcolors(1_000_000) or []) > 50


def test_a_frame_and_a_table_for_notebooks(small: Library) -> None:
    drawn = small.map(method="pca")
    assert list(drawn.frame().columns) == ["x", "y", "cluster", "placed"]
    assert f"{len(small):,} pictures" in drawn._repr_html_()


def test_wrong_options_are_named() -> None:
    with pytest.raises(UsageError, match="umap, densmap, tsne, pca"):
        LayoutOptions("isomap")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least 2"):
        LayoutOptions(neighbours=1)


def test_the_image_of_a_map_opens_in_any_viewer(small: Library, tmp_path: Path) -> None:
    small.map_image(small.map(method="pca"), width=300).save(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as read:
        assert read.format == "PNG"
