"""Colours as clauses, in new libraries and in those made before there were colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.errors import QueryError
from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.search.results import Results
from lookalike.settings import Settings
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore

from .stage import fill


def folders(results: Results) -> list[str]:
    return [Path(hit.location).parent.name for hit in results]


@pytest.mark.parametrize("colour", ["red", "green", "blue", "yellow", "#d02020"])
def test_a_colour_finds_the_pictures_that_have_it(staged: Library, colour: str) -> None:
    found = staged.search(f"colour:{colour}", k=15)
    assert folders(found) == [{"#d02020": "red"}.get(colour, colour)] * 15
    assert {part.via for hit in found for part in hit.contributions} == {"colour"}


def test_a_colour_goes_with_words_and_with_filters(staged: Library) -> None:
    found = staged.search("colour:blue", "odd", match="words", k=15)
    assert all(hit.score == pytest.approx(sum(p.value for p in hit.contributions), abs=1e-3)
               for hit in found)  # fmt: skip
    assert folders(staged.search("color:green", where="tag = odd", k=5)) == ["green"] * 5


def test_an_unwanted_colour_raises_no_picture(staged: Library) -> None:
    before = {hit.id: hit.score for hit in staged.search("even", k=60)}
    after = {hit.id: hit.score for hit in staged.search("even", without=["colour:red"], k=60)}
    assert all(after[id_] <= before[id_] + 1e-4 for id_ in after)
    assert "red" not in folders(staged.search("colour:yellow", without=["colour:red"], k=10))


def test_no_such_colour_is_a_clear_error(staged: Library) -> None:
    with pytest.raises(QueryError) as caught:
        staged.search("colour:reddish")
    assert caught.value.code == "no-such-colour"


def test_a_library_without_colours_says_how_to_add_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = LanceStore.create

    def as_before(path: Path, spaces: list[SpaceDescription]) -> LanceStore:
        return create(path, [space for space in spaces if space.kind != "colour"])

    monkeypatch.setattr(LanceStore, "create", as_before)
    settings = Settings(cache=tmp_path / "cache")
    with create_library(tmp_path / "old", encoder="fake", settings=settings) as library:
        library.index([fill(tmp_path / "pictures", range(12))])
        with pytest.raises(QueryError) as caught:
            library.search("colour:red")
        assert caught.value.code == "no-colours"
        assert "lookalike spaces add colours" in caught.value.hint
        library.add_space("colours")
        assert folders(library.search("colour:red", k=3)) == ["red"] * 3
        library.index([fill(tmp_path / "more", range(20, 28))])
        assert folders(library.search("colour:red", k=5)) == ["red"] * 5
