"""Pages neither repeat nor lose a picture, whatever happens to the library in between."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import QueryError
from lookalike.library import Library
from lookalike.search.paging import Cursor, cursor_of
from lookalike.search.query import Query
from lookalike.search.results import Results

from .stage import grow

QUERIES: list[dict[str, Any]] = [
    {"clauses": ["red"], "cut": None},
    {"clauses": ["red", "even"], "where": "has date", "cut": None},
    {"clauses": ["odd"], "match": "words"},
    {"clauses": ["odd"], "match": "words", "sort": "newest"},
    {"clauses": ["even"], "diversity": 0.5},
    {"clauses": ["red"], "cut": 4.0},
    {"clauses": ["red"], "cut": 4.0, "sort": "smallest"},
    {"clauses": ["red"], "cut": 4.0, "collapse": True, "facets": ("tag",)},
    {"clauses": ["red"], "cut": 4.0, "diversity": 0.3},
    {"clauses": [], "where": "width > 0", "sort": "largest"},
    {"clauses": [], "where": "width > 0"},
    {"clauses": [], "surprise": 7},
]


def pages(library: Library, clauses: list[str], k: int, **fields: Any) -> Iterator[Results]:
    after = ""
    while True:
        page = library.search(*clauses, k=k, after=after, **fields)
        yield page
        if not page.next:
            return
        after = page.next


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results]


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_pages_together_show_every_picture_once(staged: Library, asked: dict[str, Any]) -> None:
    fields = {**asked}
    clauses = fields.pop("clauses")
    everything = staged.search(*clauses, k=1000, **fields)
    paged = [ids(page) for page in pages(staged, clauses, 7, **fields)]
    seen = [picture for page in paged for picture in page]
    assert len(seen) == len(set(seen))
    assert set(seen) == set(ids(everything))
    assert all(len(page) == 7 for page in paged[:-1])
    assert seen == ids(everything)


def test_a_list_that_was_cut_ends_where_it_did_whatever_came_in(
    own: Library, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"match": "concept", "cut": 2.0}
    whole = own.search("red", k=1000, **asked)
    assert whole.cut_reason == "chance"
    walk = pages(own, ["red"], 4, **asked)
    first = next(walk)
    grow(own, tmp_path / "more", range(100, 180))
    later = list(walk)
    assert {i for page in (first, *later) for i in ids(page)} == set(ids(whole))
    assert [page.cut_reason for page in (first, *later)] == ["k"] * len(later) + ["chance"]


def test_later_pages_score_only_what_they_list(staged: Library) -> None:
    asked: dict[str, Any] = {"match": "concept", "cut": 2.0, "facets": ("tag",)}
    first = staged.search("red", k=4, **asked)
    second = staged.search("red", k=4, after=first.next, **asked)
    assert first.plan.candidates == 60
    assert second.plan.candidates < 30
    assert second.facets == first.facets


def test_pages_of_a_library_with_an_index_go_on_where_copies_are_shown_as_one(
    staged: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.search.candidates.EXACT_PICTURES", 5)
    monkeypatch.setattr("lookalike.search.candidates.EXACT_ROWS", 5)
    views = staged.views()
    keys = views.store.keys().tolist()
    monkeypatch.setitem(vars(views), "copies", dict.fromkeys(keys[:40], keys[0]))
    monkeypatch.setattr(staged, "views", lambda _: views)
    asked: dict[str, Any] = {"match": "concept", "cut": None, "collapse": True}
    paged = [ids(page) for page in pages(staged, ["red"], 8, **asked)]
    assert [len(page) for page in paged] == [8, 8, 5]


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_pictures_that_come_and_go_disturb_no_page(
    own: Library, tmp_path: Path, asked: dict[str, Any]
) -> None:
    fields = {**asked}
    clauses = fields.pop("clauses")
    there = set(ids(own.search(*clauses, k=1000, **fields)))
    walk = pages(own, clauses, 6, **fields)
    seen = ids(next(walk))
    grow(own, tmp_path / "more", range(100, 130))
    seen += ids(next(walk))
    gone = sorted(there - set(seen))[:2]
    own.remove(gone)
    for page in walk:
        seen += ids(page)
    assert len(seen) == len(set(seen))
    assert set(seen) == there - set(gone)


def test_the_last_page_says_so(staged: Library) -> None:
    page = staged.search(where="width > 0", k=60)
    assert page.next == ""
    assert page.cut_reason == "all"
    assert page.as_dict()["next"] is None


def test_a_cursor_of_another_query_is_refused(staged: Library) -> None:
    after = staged.search("red", k=5).next
    with pytest.raises(QueryError) as caught:
        staged.search("green", k=5, after=after)
    assert caught.value.code == "bad-cursor"


def test_a_cursor_may_be_used_with_another_length(staged: Library) -> None:
    first = staged.search("red", k=5, cut=None)
    rest = staged.search("red", k=100, cut=None, after=first.next)
    assert len(rest) == 55


@pytest.mark.parametrize("text", ["nonsense", "AQ", "%%%", "A" * 5000, "é"])
def test_what_is_no_cursor_is_refused(staged: Library, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        staged.search("red", after=text)
    assert caught.value.code == "bad-cursor"


@given(st.sets(st.integers(0, 2**40), max_size=200), st.integers(0, 2**41))
def test_a_written_cursor_reads_the_same(shown: set[int], newest: int) -> None:
    query = Query(where="width > 0")
    cursor: Cursor = cursor_of(query, newest).showing(shown)
    again = cursor_of(Query(where="width > 0", after=str(cursor), k=3), 5)
    assert again.newest == newest
    assert again.shown.tolist() == sorted(shown)
    assert again.listed is None


@given(st.sets(st.integers(0, 2**40)), st.sets(st.integers(0, 2**40)), st.booleans())
def test_a_written_list_reads_the_same(shown: set[int], rest: set[int], ended: bool) -> None:
    query = Query(where="width > 0")
    keys = np.array(sorted(rest | shown), np.int64)
    cursor = cursor_of(query, 9).listing(keys, ended=ended).showing(shown)
    again = cursor_of(Query(where="width > 0", after=str(cursor)), 5)
    assert again.listed is not None
    assert again.listed.tolist() == keys.tolist()
    assert again.left(keys).tolist() == cursor.left(keys).tolist()
    assert again.ended == ended
