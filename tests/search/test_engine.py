"""Searches in a real library of plain colours and stripes, with the fake encoder."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import FilterError, NotFoundError, OtherModelsError, QueryError
from lookalike.library import Library
from lookalike.opening import create_library, open_library
from lookalike.search import candidates
from lookalike.search.encode_query import check_recipe
from lookalike.settings import Settings
from lookalike.store.description import SpaceDescription

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 180, 50),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 40),
    "black": (10, 10, 10),
}


def draw(colour: str, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    pixels = np.full((48, 64, 3), COLOURS[colour], np.float32)
    pixels += random.normal(0, 12, pixels.shape)
    pixels[: 4 + seed % 8] = 128
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    rows = ["file,title,tags"]
    for i, colour in enumerate(list(COLOURS) * 8):
        (folder / colour).mkdir(exist_ok=True)
        name = f"{colour}/p{i:02}.png"
        draw(colour, i).save(folder / name)
        rows.append(f"{name},picture number{i},{'even' if i % 2 == 0 else 'odd'}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def library(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    cache = tmp_path_factory.mktemp("cache")
    with create_library(
        pictures.parent / f"{pictures.name}-library", encoder="fake", settings=Settings(cache=cache)
    ) as library:
        library.index([pictures])
        yield library


@pytest.fixture(params=["exact", "candidates"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to answer must give the same."""
    if request.param == "candidates":
        monkeypatch.setattr(candidates, "EXACT_PICTURES", 5)
        monkeypatch.setattr(candidates, "EXACT_ROWS", 5)
        monkeypatch.setattr(candidates, "MIN_CANDIDATES", 12)
    return str(request.param)


def folders(results: object) -> list[str]:
    return [Path(hit.location).parent.name for hit in results]  # type: ignore[attr-defined]


def test_a_picture_finds_itself_first_and_its_kind_next(
    library: Library, pictures: Path, method: str
) -> None:
    results = library.search(str(pictures / "red" / "p05.png"), k=8)
    assert Path(results[0].location).name == "p05.png"
    assert folders(results) == ["red"] * 8
    assert results[0].score >= results[7].score > 0


def test_a_picture_of_the_library_is_not_its_own_hit(library: Library, method: str) -> None:
    own = library.search("number7", match="words")[0].id
    results = library.search(f"id:{own}", k=7)
    assert own not in [hit.id for hit in results]
    assert folders(results) == ["blue"] * 7


def test_words_of_the_metadata_come_before_what_the_encoder_sees(
    library: Library, method: str
) -> None:
    results = library.search("number12", k=5)
    assert Path(results[0].location).name == "p12.png"
    assert results[0].contributions[0].via == "words"


def test_words_that_no_metadata_holds_find_what_the_encoder_sees(
    library: Library, method: str
) -> None:
    results = library.search("yellow", match="concept", k=8)
    assert folders(results) == ["yellow"] * 8
    assert {part.via for hit in results for part in hit.contributions} == {"concept"}


def test_matching_by_words_finds_nothing_where_no_word_matches(
    library: Library, method: str
) -> None:
    results = library.search("aardvark", match="words")
    assert len(results) == 0
    assert results.cut_reason == "all"


def test_both_clauses_count_and_add_up(library: Library, pictures: Path, method: str) -> None:
    green = str(pictures / "green" / "p01.png")
    results = library.search(green, "even", k=4, match="words")
    assert folders(results) == ["green"] * 4
    for hit in results:
        assert hit.score == pytest.approx(sum(p.value for p in hit.contributions), abs=1e-3)
        assert hit.picture.metadata.tags == ("even",)


def test_not_this_moves_pictures_down(library: Library, pictures: Path, method: str) -> None:
    red, blue = pictures / "red" / "p00.png", pictures / "blue" / "p02.png"
    both = library.search(str(red), str(blue), k=16, cut=None)
    without = library.search(str(red), without=[str(blue)], k=16, cut=None)
    assert "blue" in folders(both)
    assert "blue" not in folders(without)[:8]
    assert all(hit.contributions[1].value <= 0 for hit in without)


def test_a_filter_comes_first(library: Library, pictures: Path, method: str) -> None:
    red = str(pictures / "red" / "p00.png")
    results = library.search(red, where="folder = blue and tag = odd", k=20, cut=None)
    assert folders(results) == ["blue"] * 4
    assert results.plan.matching == 4
    assert library.search("even", where="folder = nowhere").hits == ()


def test_a_filter_alone_lists_the_newest(library: Library) -> None:
    results = library.search(where="tag = odd", k=50)
    assert len(results) == 20
    keys = [hit.picture.key for hit in results]
    assert keys == sorted(keys, reverse=True)
    with pytest.raises(FilterError):
        library.search("red", where="tag ==== odd")


def test_a_longer_list_begins_with_the_shorter(library: Library, method: str) -> None:
    short = [hit.id for hit in library.search("even picture", k=5)]
    long = [hit.id for hit in library.search("even picture", k=30)]
    assert long[:5] == short


def test_both_ways_to_answer_agree(
    library: Library, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (str(pictures / "red" / "p10.png"), "0.5:odd")
    exact = [hit.id for hit in library.search(*asked, k=8)]
    monkeypatch.setattr(candidates, "EXACT_PICTURES", 5)
    monkeypatch.setattr(candidates, "EXACT_ROWS", 5)
    assert [hit.id for hit in library.search(*asked, k=8)] == exact


def test_where_a_list_ends_does_not_depend_on_how_many_are_shown(
    library: Library, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = str(pictures / "red" / "p10.png")
    exact = [hit.id for hit in library.search(asked, k=1000)]
    monkeypatch.setattr(candidates, "EXACT_PICTURES", 5)
    monkeypatch.setattr(candidates, "EXACT_ROWS", 5)
    for k in (2, 5, len(exact) + 5):
        found = library.search(asked, k=k)
        assert [hit.id for hit in found] == exact[:k]
        assert found.total == len(exact)


def test_a_picture_is_answered_from_its_kept_neighbours_as_by_a_search(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = f"id:{library.search('even', k=1)[0].id}"
    exact = [(hit.id, hit.score) for hit in library.search(asked, k=8, cut=None)]
    filtered = [hit.id for hit in library.search(asked, k=8, cut=None, where="folder = red")]
    monkeypatch.setattr(candidates, "EXACT_PICTURES", 5)
    monkeypatch.setattr(candidates, "EXACT_ROWS", 5)
    found = library.search(asked, k=8, cut=None)
    assert [(hit.id, hit.score) for hit in found] == exact
    assert "neighbours" in found.plan.steps[0]
    again = library.search(asked, k=8, cut=None, where="folder = red")
    assert [hit.id for hit in again] == filtered
    assert not any("neighbours" in step for step in again.plan.steps)


def test_what_is_not_there_says_so(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no picture ffff"):
        library.search("id:ffff")
    with pytest.raises(NotFoundError, match="uploaded"):
        library.search("upload:" + "0" * 32)
    with pytest.raises(QueryError, match="no file"):
        library.search("./nowhere.jpg")
    with (
        create_library(tmp_path / "l", encoder="fake") as empty,
        pytest.raises(NotFoundError, match="empty"),
    ):
        empty.search("red")


def test_vectors_of_another_recipe_are_not_compared(tmp_path: Path, pictures: Path) -> None:
    with create_library(tmp_path / "l", encoder="fake") as library:
        library.index([pictures / "red"])
    described = tmp_path / "l" / "library.json"
    described.write_text(described.read_text().replace('"recipe": 1', '"recipe": 0', 1))
    with open_library(tmp_path / "l") as library:
        with pytest.raises(OtherModelsError, match="recipe 0 of fake"):
            library.search(str(pictures / "blue" / "p02.png"))
        with pytest.raises(OtherModelsError):
            library.index([pictures])
        assert len(library.search("red", match="words")) > 0


def test_vectors_of_another_length_are_not_compared(tmp_path: Path) -> None:
    space = SpaceDescription(name="mine", kind="image", encoder="fake", dims=31)
    with pytest.raises(OtherModelsError, match="vectors of 31 numbers; fake gives 32") as caught:
        check_recipe(space, tmp_path)
    assert caught.value.code == "other-dims"
