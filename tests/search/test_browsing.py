"""Order, diversity, surprises and counts."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import FilterError, QueryError
from lookalike.library import Library
from lookalike.search.filter_fields import FIELDS
from lookalike.search.results import Results


def colours(results: Results) -> list[str]:
    return [hit.location.split("/")[-2] for hit in results]


def test_newest_are_first_and_undated_last(staged: Library) -> None:
    taken = [
        h.picture.metadata.taken for h in staged.search(where="width > 0", k=60, sort="newest")
    ]
    dated = [moment for moment in taken if moment is not None]
    assert taken[: len(dated)] == sorted(dated, reverse=True)
    assert len(dated) == 40
    oldest = staged.search(where="width > 0", k=60, sort="oldest")
    assert [h.picture.metadata.taken for h in oldest][:40] == sorted(dated)


def test_largest_are_first(staged: Library) -> None:
    hits = staged.search("even", match="words", k=30, sort="largest").hits
    pixels = [hit.picture.facts.width * hit.picture.facts.height for hit in hits]
    assert pixels == sorted(pixels, reverse=True)
    assert len(set(pixels)) > 1
    assert all("even" in hit.picture.metadata.tags for hit in hits)


def test_names_sort_as_one_list(staged: Library) -> None:
    hits = staged.search(where="tag = even", k=10, sort="name").hits
    names = [hit.location.split("/")[-1] for hit in hits]
    assert names == [f"p{i:03}.png" for i in range(0, 20, 2)]


def test_a_sorted_search_without_an_end_sorts_its_best_hits(staged: Library) -> None:
    best, named = (staged.search("red", k=12, cut=None, sort=sort) for sort in ("best", "name"))
    assert {hit.id for hit in best} == {hit.id for hit in named}


def test_diversity_shows_other_kinds_and_keeps_the_best_first(staged: Library) -> None:
    plain = staged.search("red", match="concept", k=8, cut=None)
    mixed = staged.search("red", match="concept", k=8, cut=None, diversity=0.7)
    assert set(colours(plain)) == {"red"}
    assert len(set(colours(mixed))) > 1
    assert mixed[0].id == plain[0].id


def test_full_diversity_shows_every_kind(staged: Library) -> None:
    assert len(set(colours(staged.search("red", k=8, cut=None, diversity=1.0)))) == 4


def test_no_diversity_is_the_plain_ranking(staged: Library) -> None:
    same = [
        [hit.id for hit in staged.search("red", k=20, cut=None, diversity=d)] for d in (0.0, 1e-9)
    ]
    assert same[0] == same[1]


def test_a_surprise_is_the_same_for_the_same_seed(staged: Library) -> None:
    first, again = (staged.search(surprise=3, k=12) for _ in range(2))
    other = staged.search(surprise=4, k=12)
    assert [hit.id for hit in first] == [hit.id for hit in again]
    assert {hit.id for hit in first} != {hit.id for hit in other}
    assert len(set(colours(first))) == 4


def test_a_surprise_keeps_to_the_filter(staged: Library) -> None:
    found = staged.search(surprise=3, k=100, where="tag = odd")
    assert len(found) == 30
    assert all("odd" in hit.picture.metadata.tags for hit in found)


def test_a_surprise_is_not_looked_for(staged: Library) -> None:
    with pytest.raises(QueryError):
        staged.search("red", surprise=3)


COUNTABLE = [field.name for field in FIELDS if field.name != "text"] + ["mood"]


@pytest.mark.parametrize("where", ["", "tag = even and has date", "tag = aardvark"])
@pytest.mark.parametrize("name", COUNTABLE)
def test_each_count_is_what_its_filter_finds(staged: Library, name: str, where: str) -> None:
    asked = {"where": where} if where else {"surprise": 1}
    found = staged.search(facets=(name,), k=1000, **asked)  # type: ignore[arg-type]
    (facet,) = found.facets
    assert facet.field == name
    for value in facet.values:
        narrowed = f"({where}) and {value.where}" if where else value.where
        assert len(staged.search(where=narrowed, k=1000)) == value.count, value
    if name == "alpha":  # "has alpha" asks for transparent parts
        return
    absent = f"not has {name}"
    narrowed = f"({where}) and {absent}" if where else absent
    assert len(staged.search(where=narrowed, k=1000)) == facet.missing


def test_counts_are_of_what_the_words_found(staged: Library) -> None:
    found = staged.search("odd", match="words", k=1, facets=("tag", "camera"))
    tags, cameras = found.facets
    assert {v.value: v.count for v in tags.values} == {"odd": 30, **dict.fromkeys(
        [f"mod{i}" for i in range(5)], 6)}  # fmt: skip
    assert [(v.value, v.count) for v in cameras.values] == [("Nikon D50", 20)]
    assert cameras.missing == 10


def test_dates_are_counted_by_year_and_then_by_month(staged: Library) -> None:
    years = staged.search(where="has date", facets=("date",)).facets[0]
    assert [v.value for v in years.values] == ["2020", "2019", "2018", "2017"]
    months = staged.search(where=years.values[0].where, facets=("date",)).facets[0]
    assert all(v.value.startswith("2020-") for v in months.values)
    assert sum(v.count for v in months.values) == years.values[0].count


def test_many_values_are_cut_and_counted(staged: Library) -> None:
    facet = staged.search(where="width > 0", facets=("title",)).facets[0]
    assert len(facet.values) == 20
    assert facet.others == 40


def test_a_facet_of_no_field_names_near_ones(staged: Library) -> None:
    with pytest.raises(FilterError, match="camera"):
        staged.search("red", facets=("kamera",))
    with pytest.raises(FilterError, match="mood"):
        staged.search("red", facets=("mod",))


def test_further_texts_can_be_filtered_by_name(staged: Library) -> None:
    assert len(staged.search(where="mood = calm", k=100)) == 20
    assert len(staged.search(where="not has Mood", k=100)) == 20
    with pytest.raises(FilterError, match="Did you mean mood"):
        staged.search(where="moood = calm")


def test_the_nearest_of_equals_are_not_drawn_twice() -> None:
    from lookalike.search.diversity import surprising

    class Same:
        background = np.ones((5, 3), np.float32)

        def vectors(self, keys: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
            return np.ones((len(keys), 3), np.float32)

    chosen = surprising(np.arange(5), Same(), 5, seed=1)  # type: ignore[arg-type]
    assert sorted(chosen.tolist()) == [0, 1, 2, 3, 4]
