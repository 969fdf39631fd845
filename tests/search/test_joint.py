from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import ModelError, QueryError, UsageError
from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.search.results import Results
from lookalike.settings import Settings
from tests.encoders.joint_pair import COLOURS, make_pair

_NUMBERS = {colour: str(i) for i, colour in enumerate(COLOURS)}


@dataclass(frozen=True)
class Place:
    library: Library
    pictures: Path
    pair: Path

    @property
    def model(self) -> str:
        return f"onnx:{self.pair}"


def _paint(folder: Path) -> Path:
    """Ten pictures of each colour with some noise; the colour is written beside one of them."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    for colour, mean in COLOURS.items():
        for i in range(10):
            tint = np.array(mean) * 255 + rng.normal(0, 12, 3)
            pixels = tint + rng.normal(0, 10, (48, 48, 3))
            name = f"{colour}0" if i == 0 else f"{_NUMBERS[colour]}-{i}"
            saved = folder / f"{name}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(saved)
            saved.with_suffix(".json").write_text(json.dumps({"title": colour if i == 0 else ""}))
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    base = tmp_path_factory.mktemp("joint")
    settings = Settings(cache=base / "cache", runtime="onnxruntime", threads=1)
    with create_library(base / "library", encoder="fake", settings=settings) as library:
        library.index([_paint(base / "pictures")])
        pair = make_pair(base / "pair")
        assert library.add_space("pair", encoder=f"onnx:{pair}").lacking == 0
        yield Place(library, base / "pictures", pair)


def _colours(results: Results) -> set[str]:
    names = {number: colour for colour, number in _NUMBERS.items()}
    stems = [Path(hit.location).stem for hit in results]
    return {names.get(stem.split("-")[0], stem.rstrip("0")) for stem in stems}


def test_words_go_to_the_joint_space(place: Place) -> None:
    found = place.library.search("blue", match="concept", k=10)
    assert (_colours(found), len(found)) == ({"blue"}, 10)
    assert {hit.contributions[0].via for hit in found} == {"joint"}
    assert not found.notes


def test_what_is_written_comes_first(place: Place) -> None:
    found = place.library.search("blue", k=10, cut=None)
    assert Path(found.hits[0].location).stem == "blue0"
    assert [hit.contributions[0].via for hit in found][:2] == ["words", "joint"]
    assert _colours(found) == {"blue"}


def test_classes_are_asked_where_people_say_so(place: Place) -> None:
    found = place.library.search("blue", match="classes", cut=None)
    assert {hit.contributions[0].via for hit in found} == {"concept"}
    written = place.library.search("blue", match="words")
    assert [hit.contributions[0].via for hit in written] == ["words"]


def test_words_and_pictures_add_up_in_one_space(place: Place) -> None:
    picture = str(place.pictures / f"{_NUMBERS['grey']}-1.png")
    both = place.library.search("blue", picture, space="pair", match="concept", k=5, cut=None)
    assert [part.via for part in both.hits[0].contributions] == ["joint", "look"]
    less = place.library.search(
        picture, without=["blue"], space="pair", match="concept", k=20, cut=None
    )
    assert "blue" not in _colours(less)
    part = place.library.search(
        f"{place.pictures / _NUMBERS['blue']}-2.png#xywh=percent:10,10,50,50", space="pair", k=5
    )
    assert _colours(part) == {"blue"}


def test_without_the_model_classes_take_its_place_and_a_note_says_so(place: Place) -> None:
    away = place.pair.with_name("away")
    place.pair.rename(away)
    try:
        settings = place.library.settings
        with create_library(place.library.path, settings=settings) as again:
            found = again.search("blue", cut=None)
            assert {hit.contributions[0].via for hit in found} <= {"words", "concept"}
            assert "among the classes" in found.notes[0]
            assert str(place.pair) in found.notes[0]
            with pytest.raises(ModelError, match="There is no folder"):
                again.search("blue", match="concept")
    finally:
        away.rename(place.pair)


def test_new_pictures_get_their_place_in_it(place: Place, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    Image.new("RGB", (40, 40), (20, 40, 235)).save(more / "new.png")
    place.library.index([more])
    try:
        found = place.library.search("blue", match="concept", k=3, cut=None)
        assert "new" in [Path(hit.location).stem for hit in found]
    finally:
        (more / "new.png").unlink()
        Image.new("RGB", (41, 40), (128, 128, 128)).save(more / "other.png")
        place.library.index([more])


def test_a_library_can_be_made_with_a_joint_model_alone(place: Place, tmp_path: Path) -> None:
    settings = place.library.settings
    with create_library(tmp_path / "own", encoder=place.model, settings=settings) as library:
        library.index([place.pictures])
        found = library.search("red", k=10, cut=None)
        assert _colours(found) == {"red"}
        scores = [hit.score for hit in found]
        assert scores == sorted(set(scores), reverse=True)  # strong ones are told apart, too
        with pytest.raises(QueryError) as caught:
            library.search("red", match="classes")
        assert caught.value.code == "no-concept-space"


def test_a_bad_model_leaves_the_library_as_it_was(place: Place, tmp_path: Path) -> None:
    bad = make_pair(tmp_path / "bad")
    (bad / "text.onnx").write_bytes(b"no model")
    before = place.library.description
    with pytest.raises(ModelError):
        place.library.add_space("bad", encoder=f"onnx:{bad}")
    with pytest.raises(UsageError):
        place.library.add_space("bad", encoder=f"onnx:{bad}@@@")
    assert place.library.description == before
