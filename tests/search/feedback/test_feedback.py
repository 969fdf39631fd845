"""Searches learn from what people judge: in a real library, with the fake encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.errors import NotFoundError, UsageError
from lookalike.library import Library
from lookalike.opening import open_library
from lookalike.search import candidates
from lookalike.search.query import parse_query
from lookalike.search.results import Hit, Results

Ids = dict[str, list[str]]


def colours_of(results: Results) -> list[str]:
    return [Path(hit.location).parent.name for hit in results]


def scores(results: Results) -> dict[str, float]:
    return {hit.id: hit.score for hit in results}


def taught_value(hit: Hit, about: str) -> float:
    (value,) = [p.value for p in hit.contributions if str(p.clause).endswith(f"learned:{about}")]
    return value


@pytest.fixture(params=["exact", "candidates"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to answer must give the same."""
    if request.param == "candidates":
        monkeypatch.setattr(candidates, "EXACT_PICTURES", 5)
        monkeypatch.setattr(candidates, "EXACT_ROWS", 5)
        monkeypatch.setattr(candidates, "MIN_CANDIDATES", 12)
    return str(request.param)


def test_one_picture_teaches_a_word_that_nobody_knows(
    library: Library, of: Ids, method: str
) -> None:
    library.judge("zorb", relevant=of["blue"][:1])
    assert colours_of(library.search("zorb", k=8)) == ["blue"] * 8


def test_a_picture_that_does_not_fit_goes_and_its_kind_with_it(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], not_relevant=of["green"][:2])
    ranked = colours_of(library.search("zorb", k=40, cut=None))
    assert ranked[:8] == ["blue"] * 8
    assert "green" not in ranked[:16]
    worst = library.search("zorb", k=40, cut=None)[-1]
    assert worst.id in of["green"][:2]


def test_only_rejections_push_their_kind_down(library: Library, of: Ids) -> None:
    before = scores(library.search("zorb", k=40, cut=None))
    library.judge("zorb", not_relevant=of["green"][:2])
    after = scores(library.search("zorb", k=40, cut=None))
    assert all(after[picture] <= before[picture] + 1e-5 for picture in before)
    assert sum(before[p] - after[p] for p in of["green"]) > 1
    assert set(list(after)[-2:]) == set(of["green"][:2])


def test_what_was_learned_is_shown_and_can_be_left_out(library: Library, of: Ids) -> None:
    before = [hit.id for hit in library.search("zorb", k=10)]
    library.judge("zorb", relevant=of["red"][:2])
    results = library.search("zorb", k=10)
    assert [(t.about, t.judged) for t in results.taught] == [("zorb", 2)]
    assert [part.via for part in results[0].contributions] == ["concept", "learned"]
    assert results.query.clauses[0].value == "zorb"
    assert len(results.query.clauses) == 1
    for hit in results:
        assert hit.score == pytest.approx(sum(p.value for p in hit.contributions), abs=1e-3)
    without = library.search("zorb", k=10, learned=False)
    assert [hit.id for hit in without] == before
    assert without.taught == ()


def test_the_same_query_is_known_however_it_is_written(library: Library, of: Ids) -> None:
    library.judge("Zorb", "0.5:even", relevant=of["red"][:3])
    for written in (("1:even", "2:zorb"), ("ZÖRB", "0.25:even", "0.25:even")):
        assert library.search(*written).taught[0].judged == 3
    for other in (("zorb",), ("even",), ("zorb", "even"), ("zorb", "-0.5:even")):
        assert library.search(*other).taught == ()


def test_a_picture_is_the_same_query_as_its_file_and_as_its_upload(
    library: Library, of: Ids, colours: Path
) -> None:
    location = Path(library.picture(of["red"][0]).locations[0].path)
    upload = library.add_upload(location.read_bytes())
    library.judge(str(location), relevant=of["blue"][:1])
    for written in (f"id:{of['red'][0]}", f"id:{of['red'][0][:12]}", f"upload:{upload}"):
        assert library.search(written).taught[0].judged == 1


def test_what_a_word_was_taught_counts_in_longer_queries(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:4], not_relevant=of["yellow"][:2])
    library.judge("wug", relevant=of["red"][:4])
    both = library.search("zorb", "wug", k=40, cut=None)
    for about, colour in (("zorb", "blue"), ("wug", "red")):
        fitting = [taught_value(hit, about) for hit in both if hit.id in of[colour]]
        others = [taught_value(hit, about) for hit in both if hit.id not in of[colour]]
        assert min(fitting) > max(others)
    assert {taught.about for taught in both.taught} == {"zorb", "wug"}
    apart = library.search("zorb", without=["wug"], k=8, cut=None)
    assert colours_of(apart) == ["blue"] * 8


def test_not_a_learned_word_raises_no_picture(library: Library, of: Ids) -> None:
    library.judge("wug", relevant=of["red"][:2], not_relevant=of["green"][:3])
    library.judge("zorb", not_relevant=of["green"][:3])
    plain = scores(library.search("yellow", k=40, cut=None))
    for word in ("wug", "zorb"):
        less = scores(library.search("yellow", without=[word], k=40, cut=None))
        assert all(less[picture] <= plain[picture] + 1e-5 for picture in plain)


def test_a_learned_clause_doubled_equals_its_weight_doubled(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], not_relevant=of["red"][:1])
    twice = scores(library.search("zorb", "zorb", k=40, cut=None))
    double = scores(library.search("2:zorb", k=40, cut=None))
    assert twice == pytest.approx(double, abs=1e-3)
    weightless = scores(library.search("green", "0:zorb", k=40, cut=None))
    assert weightless == pytest.approx(scores(library.search("green", k=40, cut=None)), abs=1e-5)
    there, back = (
        scores(library.search(*q, k=40, cut=None)) for q in (("green", "zorb"), ("zorb", "green"))
    )
    assert there == pytest.approx(back, abs=1e-4)


def test_the_last_word_of_each_person_counts(library: Library, of: Ids) -> None:
    picture = of["blue"][0]
    library.judge("zorb", relevant=of["red"][:2])
    library.judge("zorb", relevant=[picture], user="ann")
    library.judge("zorb", not_relevant=[picture], user="bob")
    library.judge("zorb", not_relevant=[picture], user="ann")
    assert library.search("zorb", k=40, cut=None)[-1].id == picture


def test_many_peoples_agreement_lifts_a_picture(library: Library, of: Ids) -> None:
    few = {"relevant": of["blue"][:1]}
    library.judge("zorb", **few)
    one = scores(library.search("zorb", k=40, cut=None))[of["blue"][0]]
    for n in range(12):
        library.judge("zorb", user=f"u{n}", **few)
    assert scores(library.search("zorb", k=40, cut=None))[of["blue"][0]] > one + 0.1


def test_a_picture_that_is_gone_is_refused_and_nothing_is_kept(library: Library, of: Ids) -> None:
    with pytest.raises(NotFoundError, match="no picture ffff"):
        library.judge("zorb", relevant=[of["blue"][0], "ffff" * 8])
    with pytest.raises(UsageError, match="both"):
        library.judge("zorb", relevant=of["blue"][:2], not_relevant=[of["blue"][1][:12]])
    with pytest.raises(UsageError, match="judge the pictures by"):
        library.judge(relevant=of["blue"][:1])
    with pytest.raises(UsageError, match="No picture"):
        library.judge("zorb")
    assert library.teaching.judgments() == []


def test_removed_pictures_do_not_teach_any_more(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:1])
    library.remove(of["blue"][:1])
    assert library.search("zorb").taught == ()
    library.judge("zorb", relevant=of["red"][:3])
    found = library.search("zorb", k=40, cut=None)
    best = sorted(found, key=lambda hit: -taught_value(hit, "zorb"))
    assert {hit.id for hit in best[:8]} == set(of["red"])


def test_judgments_are_listed_by_query_and_person_and_forgotten(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], user="ann")
    library.judge("zorb", not_relevant=of["red"][:1])
    library.judge("wug", relevant=of["red"][:1])
    teaching = library.teaching
    assert [j.relevant for j in teaching.judgments()] == [True, True, False, True]
    (by_nobody,) = [j for j in teaching.judgments(user="") if j.query == "q=zorb"]
    assert by_nobody.picture == of["red"][0]
    assert teaching.forget(teaching.judgments(user="ann")) == 2
    assert library.search("zorb").taught[0].judged == 1
    assert [j.query for j in open_library(library.path).teaching.judgments()] == ["q=zorb", "q=wug"]


def test_another_process_writes_and_this_one_knows(library: Library, of: Ids) -> None:
    library.search("zorb")
    open_library(library.path).judge("zorb", relevant=of["blue"][:1])
    assert library.search("zorb").taught[0].judged == 1


def test_words_alone_are_matched_as_before(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:1])
    assert len(library.search("zorb", match="words")) == 0


def test_suggestions_are_new_and_unlike_one_another(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:3], not_relevant=of["black"][:1])
    known = {*of["blue"][:3], of["black"][0]}
    suggested = [picture.id for picture in library.suggest(parse_query(["zorb"]), 6)]
    assert len(set(suggested)) == 6
    assert not known & set(suggested)
    kinds = {colour for colour, ids in of.items() if set(ids) & set(suggested)}
    assert len(kinds) >= 3
    assert suggested[0] in of["blue"]
    assert len(library.suggest(parse_query(["zorb"]), 100)) == 36


def test_a_query_with_a_word_to_leave_out_is_judged_as_it_is_searched(
    library: Library, of: Ids
) -> None:
    library.judge("zorb -wug", relevant=of["blue"][:2])
    for written in (("zorb -wug",), ("zorb", "-1:wug")):
        results = library.search(*written)
        assert [taught.judged for taught in results.taught] == [2]
    assert [clause.weight for clause in library.search("zorb -wug").query.clauses] == [1, -1]
    assert library.search("zorb").taught == ()


def test_a_word_that_would_be_put_right_can_be_taught(library: Library, of: Ids) -> None:
    assert library.search("yelow").understood[0].meaning == "yellow"
    library.judge("yelow", relevant=of["blue"][:3])
    results = library.search("yelow")
    assert results.understood == ()
    assert results.taught[0].judged == 3
