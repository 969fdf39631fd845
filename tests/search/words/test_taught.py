"""A word that one example taught is known wherever it is typed."""

from __future__ import annotations

from lookalike.library import Library
from lookalike.search.words.taught import split_taught


def test_taught_words_are_taken_out_the_longest_first() -> None:
    known = {"zorb", "zorb gnu"}.__contains__
    assert split_taught("red zorb at sea", known) == ("red at sea", ("zorb",))
    assert split_taught("zorb gnu zorb", known) == ("", ("zorb gnu", "zorb"))
    assert split_taught('"zorb" zorb* -zorb', known) == ('"zorb" zorb* -zorb', ())


def test_a_taught_word_counts_among_others_and_with_a_slip(own: Library) -> None:
    example = own.search("number7", match="words")[0].id
    assert any(one.kind == "relative" for one in own.search("zorbic").suggestions)
    own.judge("zorbic", relevant=[example])
    alone = own.search("zorbic")
    assert [taught.about for taught in alone.taught] == ["zorbic"]
    assert not [one for one in alone.suggestions if one.kind == "relative"]
    for words in ("zorbic odd", "zorbci odd 2018"):
        found = own.search(words)
        assert ("zorbic", "taught") in {(one.text, one.kind) for one in found.understood}
        assert [str(clause) for clause in found.query.clauses] == ["odd", "zorbic"]
        assert [taught.about for taught in found.taught] == ["zorbic"]
    assert own.search("zorbic odd", literal=True).taught == ()


def test_a_common_word_that_was_judged_stays_part_of_what_it_stands_in(own: Library) -> None:
    own.judge("many", relevant=[own.search("number7", match="words")[0].id])
    assert own.search("one of many").understood == ()


def test_the_name_of_a_concept_counts_among_others(own: Library) -> None:
    example = own.search("number7", match="words")[0].id
    own.judge(relevant=[example], concept="zorbic")
    found = own.search("odd zorbic", k=30)
    assert found.taught[0].concept == "zorbic"
    assert not any("'zorbic'" in note for note in found.notes)
