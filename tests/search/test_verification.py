"""``--verify``: hits that show the same thing come before those that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.imaging.local_features import find_features, shared_arrangement
from lookalike.library import Library
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings


def texture(seed: int) -> Image.Image:
    """Blotches of one palette: all look alike to an encoder of colours, and none is another."""
    random = np.random.default_rng(seed)
    blotches = random.integers(0, 2, (40, 40), dtype=np.uint8) * 200 + 20
    grey = Image.fromarray(blotches).resize((400, 400), Image.Resampling.BICUBIC)
    return grey.convert("RGB")


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def test_the_same_thing_turned_and_smaller_shares_its_arrangement() -> None:
    one = texture(1)
    turned = one.rotate(25).resize((300, 300)).crop((40, 40, 260, 260))
    features = [find_features(pixels(image), 1000) for image in (one, turned, texture(2))]
    assert shared_arrangement(features[0], features[1], 220) > 30
    assert shared_arrangement(features[0], features[2], 400) < 8
    flipped = find_features(pixels(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT)), 1000)
    assert shared_arrangement(features[0], flipped, 400) < 8
    plain = find_features(np.full((50, 50, 3), 128, np.uint8))
    assert shared_arrangement(plain, features[0], 400) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("verify") / "pictures"
    made.mkdir()
    for seed in range(12):
        texture(seed).save(made / f"{seed:02}.png")
    view = texture(5).rotate(20, fillcolor=(120, 120, 120)).resize((320, 320))
    view.crop((30, 30, 290, 290)).save(made / "view of 05.png")
    return made


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    settings = Settings(cache=folder.parent / "cache")
    with lookalike.create(folder.parent / "library", encoder="fake", settings=settings) as made:
        made.index([folder], options=IndexOptions(workers=1))
        yield made


def test_another_view_comes_first(library: Library, folder: Path) -> None:
    (asked,) = (hit.id for hit in library.search(where='name = "05.png"'))
    for clause in (f"id:{asked}", f"id:{asked}#xywh=percent:10,10,80,80"):
        plain = library.search(clause, k=30, cut=None)
        hits = library.search(clause, k=30, cut=None, verify=True)
        assert Path(hits[0].location).name == "view of 05.png"
        assert {hit.id for hit in hits} == {hit.id for hit in plain}
        before = {hit.id: hit.score for hit in plain}
        assert hits[0].score > before[hits[0].id] + 8
        for hit in hits:
            assert sum(part.value for part in hit.contributions) == pytest.approx(
                hit.score, rel=1e-4
            )
    found = library.search(str(folder / "05.png"), without=[f"id:{asked}"], cut=None, verify=True)
    assert all(hit.contributions[1].value <= 0 for hit in found)


def test_a_hit_whose_file_is_gone_keeps_its_score(tmp_path: Path, folder: Path) -> None:
    own = tmp_path / "pictures"
    own.mkdir()
    for name in ("05.png", "view of 05.png", "07.png"):
        (own / name).write_bytes((folder / name).read_bytes())
    settings = Settings(cache=folder.parent / "cache")
    with lookalike.create(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([own], options=IndexOptions(workers=1))
        (own / "07.png").unlink()
        query = str(folder / "05.png")
        plain = {hit.location: hit.score for hit in library.search(query, cut=None)}
        again = {hit.location: hit.score for hit in library.search(query, cut=None, verify=True)}
    gone = str(own / "07.png")
    assert again[gone] == pytest.approx(plain[gone])
    assert again[str(own / "view of 05.png")] > plain[str(own / "view of 05.png")]


def test_words_are_not_verified(library: Library) -> None:
    plain = [hit.id for hit in library.search("view", k=3, cut=None)]
    assert [hit.id for hit in library.search("view", k=3, cut=None, verify=True)] == plain
