"""What was taught ends where its kind does, and counts like a picture beside other clauses."""

from __future__ import annotations

from pathlib import Path

from lookalike.library import Library
from lookalike.search.results import Results

Ids = dict[str, list[str]]


def colours_of(results: Results) -> list[str]:
    return [Path(hit.location).parent.name for hit in results]


def test_a_taught_search_ends_with_the_kind_that_it_was_taught(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2])
    found = library.search("zorb", match="concept", k=40)
    assert colours_of(found) == ["blue"] * 8
    assert found.cut_reason == "chance"


def test_a_rejected_picture_is_not_shown_among_its_kind(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:4], not_relevant=of["blue"][4:5])
    shown = {hit.id for hit in library.search("zorb", match="concept", k=40)}
    assert set(of["blue"][:4]) <= shown
    assert of["blue"][4] not in shown


def test_what_was_taught_surprises_as_much_as_a_picture_usually_does(
    library: Library, of: Ids
) -> None:
    library.judge("zorb", relevant=of["blue"][:2])
    library.judge("zorb", relevant=of["blue"][:2], concept="zirb")
    for asked in ("zorb", "concept:zirb", "zirb"):
        best = library.search(asked, match="concept", k=1, cut=None)[0]
        assert best.location.split("/")[-2] == "blue"
        assert 8 < best.score < 20, asked
