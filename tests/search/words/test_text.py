"""What full-text search is asked, on a library with words in several languages."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.search.words.text import Lexicon
from lookalike.settings import Settings
from lookalike.store.lance_store import LanceStore
from lookalike.store.vocabulary import Vocabulary
from tests.search.stage import paint

ROWS: list[tuple[str, ...]] = [
    ("red fox in snow", "un renard dans la neige avec une dame sur le pont du nord", ""),
    ("a fox, red as fire", "des pommes et les chevaux du roi", "2019-07-14"),
    ("kingfisher", "un cheval est dans les bois", "2019-01-02"),
    ("kingfolk at sea", "лиса и лягушка", "2018-06-30"),
    ("castle in July 2018", "カワセミ", ""),
    ("cattle", "ワカミセ", ""),
    ("beach people", "", ""),
    ("beach and sea", "", ""),
    ("a student feeds a goose", "", ""),
    ("kettle without a lid", "", ""),
    ("harbour", "", "2013-07-02", "Zürich", "Switzerland"),
    ("harbour at noon", "people at the quay", "2015-07-02", "Zürich, Altstadt", "Switzerland"),
    ("harbour at Zurich Airport", "", "2015-12-24", "Kloten", "Switzerland"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    base = tmp_path_factory.mktemp("words")
    folder = base / "pictures"
    for i in range(len(ROWS)):
        paint(folder / f"{i}.png", "red", i)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "title", "caption", "taken", "city", "country"])
        table.writerows([f"{i}.png", *row] for i, row in enumerate(ROWS))
    settings = Settings(cache=base / "cache")
    with create_library(base / "library", encoder="fake", settings=settings) as library:
        library.index([folder])
        yield library


def titles(library: Library, *clauses: str, **fields: object) -> list[str]:
    found = library.search(*clauses, **{"match": "words", **fields})  # type: ignore[arg-type]
    return [hit.picture.metadata.title for hit in found]


def test_a_phrase_must_occur(library: Library) -> None:
    assert titles(library, '"red fox"') == ["red fox in snow"]
    assert set(titles(library, "red fox")) == {"red fox in snow", "a fox, red as fire"}
    assert titles(library, '"fox red" fire') == ["a fox, red as fire"]


def test_a_quoted_text_is_not_a_matter_of_looks(library: Library) -> None:
    found = library.search('"red fox"', k=8)
    assert {part.via for hit in found for part in hit.contributions} == {"words"}


def test_a_star_stands_for_the_rest_of_a_word(library: Library) -> None:
    assert set(titles(library, "kingf*")) == {"kingfisher", "kingfolk at sea"}
    assert titles(library, "zzz*") == []


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("renards", "red fox in snow"),
        ("chevaux", "kingfisher"),
        ("лисы", "kingfolk at sea"),
        ("лягушками", "kingfolk at sea"),
        ("foxes", "red fox in snow"),
    ],
)
def test_words_find_their_other_forms(library: Library, word: str, title: str) -> None:
    assert title in titles(library, word)


def test_characters_that_follow_one_another_count_more(library: Library) -> None:
    assert titles(library, "カワセミ")[0] == "castle in July 2018"
    assert titles(library, "ワカミセ")[0] == "cattle"


def test_forms_of_languages_that_are_not_there_are_not_looked_for() -> None:
    english = Vocabulary(("care", "cars", "fox", "the"), (1, 1, 1, 1))
    assert Lexicon(english).forms.languages == ()
    assert Lexicon(english).query("cars").forms == ""


def test_a_word_with_a_slip_is_put_right_and_said_so(library: Library) -> None:
    found = library.search("kingfisherr", match="words")
    assert found[0].picture.metadata.title == "kingfisher"
    assert [(u.text, u.kind, u.meaning) for u in found.understood] == [
        ("kingfisherr", "spelling", "kingfisher")
    ]
    assert len(library.search("kingfisherr", match="words", literal=True)) == 0
    assert found.as_dict()["understood"][0]["kind"] == "spelling"


def test_what_is_written_or_known_is_not_put_right(library: Library) -> None:
    assert library.search("cattle zebra").understood == ()


def test_a_word_after_a_hyphen_is_not_wanted(library: Library) -> None:
    found = library.search("beach -people", match="words")
    assert found[0].picture.metadata.title == "beach and sea"
    assert [str(clause) for clause in found.query.clauses] == ["beach", "-1:people"]
    literal = library.search("beach -people", match="words", literal=True)
    assert literal[0].picture.metadata.title == "beach people"


def test_a_date_that_pictures_have_becomes_a_filter(library: Library) -> None:
    found = library.search("2019")
    assert {hit.picture.metadata.title for hit in found} == {"a fox, red as fire", "kingfisher"}
    assert found.understood[0].meaning == "date = 2019"
    assert titles(library, "fox 2019") == ["a fox, red as fire"]


def test_pictures_that_are_described_by_the_date_stay(library: Library) -> None:
    assert titles(library, "July 2018")[0] == "castle in July 2018"
    assert set(titles(library, "2018")) == {"castle in July 2018", "kingfolk at sea"}
    summer = library.search("summer 2018")
    assert [hit.picture.metadata.title for hit in summer] == ["kingfolk at sea"]


def test_a_date_that_no_picture_has_is_words(library: Library) -> None:
    found = library.search("fox 1999")
    assert found.understood == ()
    assert len(found) > 0


def test_a_filter_that_leaves_no_room_stays_what_it_is(library: Library) -> None:
    where = " or ".join(["width > 10"] * 285)
    assert 3_950 < len(where) < 4_000
    assert library.search("fox 2019", where=where).query.where == where


def test_a_long_list_of_dates_is_not_gone_through_to_its_end(library: Library) -> None:
    found = library.search("1971 " * 10 + "2019", match="words")
    assert found.understood == ()


def test_a_date_joins_the_filter_that_is_there(library: Library) -> None:
    found = library.search("2019", where="title = kingfisher or title = cattle")
    assert [hit.picture.metadata.title for hit in found] == ["kingfisher"]


def test_a_month_of_any_year_is_a_filter(library: Library) -> None:
    found = library.search("harbour july")
    assert {hit.picture.metadata.title for hit in found} == {"harbour", "harbour at noon"}
    assert [(one.text, one.kind, one.meaning) for one in found.understood] == [
        ("july", "date", "month = july")
    ]
    assert titles(library, "harbour 24 dec") == ["harbour at Zurich Airport"]


def test_slips_negation_and_dates_are_understood_together(library: Library) -> None:
    found = library.search("harbuor without poeple july 2012-2015", match="words")
    assert found[0].picture.metadata.title == "harbour"
    told = {(one.text, one.kind, one.meaning) for one in found.understood}
    assert told == {
        ("july 2012-2015", "date", "month = july and date >= 2012 and date <= 2015"),
        ("harbuor", "spelling", "harbour"),
        ("poeple", "spelling", "people"),
        ("without poeple", "without", "people"),
    }
    assert [str(clause) for clause in found.query.clauses] == ["harbour", "-1:people"]
    assert not [one for one in found.suggestions if one.kind == "without"]
    offered = library.search("casttel without poeple july 2015").suggestions
    assert all(one.query.clauses[0].value != "casttel" for one in offered)
    literal = library.search("harbuor without poeple july 2012-2015", literal=True)
    assert [str(clause) for clause in literal.query.clauses] == [
        "harbuor without poeple july 2012-2015"
    ]


def test_a_place_that_metadata_names_is_a_filter(library: Library) -> None:
    found = library.search("harbour in zurich")
    assert {hit.picture.metadata.title for hit in found} == {
        "harbour", "harbour at noon", "harbour at Zurich Airport",
    }  # fmt: skip
    (told,) = found.understood
    assert (told.text, told.kind) == ("in zurich", "place")
    assert 'city = "Zürich"' in told.meaning
    assert "harbour at Zurich Airport" not in titles(library, where=told.meaning)
    assert len(library.search("harbour in Switzerland in july 2015")) == 1


def test_a_place_that_nobody_names_is_words(library: Library) -> None:
    assert library.search("fox in snow").understood == ()
    assert library.search("fox in Paris").understood == ()


def test_the_vocabulary_follows_the_library(library: Library) -> None:
    store = LanceStore(library.path)
    first = Vocabulary.of(store)
    assert first.count("fox") == 2
    kept = next((library.path / "caches").glob("vocabulary-*.parquet"))
    assert Vocabulary.of(store) == first
    kept.write_bytes(b"cut off")
    assert Vocabulary.of(store) == first


def test_a_word_that_people_taught_is_not_put_right(library: Library) -> None:
    fox = library.search('"red fox"', match="words")[0].id
    library.judge("kingfishre", relevant=[fox])
    assert library.search("kingfishre").understood == ()
    library.judge("fox", relevant=[fox], concept="castel")
    assert library.search("castel").understood == ()


def test_what_else_might_be_meant_is_offered(library: Library) -> None:
    labels = {s.kind: s for s in library.search("red beach without people").suggestions}
    colour = labels["colour"].query
    assert [str(clause) for clause in colour.clauses] == ["beach", "colour:red", "-1:people"]
    assert len(library.search(colour)) > 0


def test_a_folders_name_is_offered_as_a_place(library: Library) -> None:
    place = library.search("fox Pictures").suggestions[0]
    assert (place.kind, place.query.where) == ("place", 'folder = "pictures"')
    assert len(library.search(replace(place.query, cut=None))) == len(ROWS)
    (far,) = [s for s in library.search("a fox in the pictures").suggestions if s.kind == "place"]
    assert [str(clause) for clause in far.query.clauses] == ["fox"]


def test_words_that_nobody_wrote_have_known_relatives_offered(library: Library) -> None:
    relatives = [s for s in library.search("scarlet").suggestions if s.kind == "relative"]
    assert relatives
    assert all(len(library.search(replace(one.query, cut=None))) > 0 for one in relatives)
    assert library.search("fox", match="words").suggestions == ()


def test_irregular_forms_of_a_word_are_found(library: Library) -> None:
    assert titles(library, "geese") == ["a student feeds a goose"]
    assert titles(library, "fed") == ["a student feeds a goose"]
    assert titles(library, "geese", literal=True) == []


def test_a_word_that_nobody_wrote_is_found_by_its_synonyms_and_that_is_told(
    library: Library,
) -> None:
    found = library.search("pupils", match="words")
    assert [hit.picture.metadata.title for hit in found] == ["a student feeds a goose"]
    assert [(one.text, one.kind, one.meaning) for one in found.understood] == [
        ("pupils", "synonym", "student")
    ]
    assert titles(library, "pupils", literal=True) == []


def test_a_rare_word_is_no_slip_of_the_keyboard(library: Library) -> None:
    assert not library.search("kinfolk", match="words").understood


def test_a_common_name_of_several_classes_is_told_and_can_be_undone(library: Library) -> None:
    found = library.search("warm")
    (told,) = found.understood
    assert (told.text, told.kind) == ("warm", "kinds")
    assert set(told.meaning.split(", ")) == {"red", "yellow", "orange", "brown"}
    assert len(found) == len(ROWS)
    literal = library.search("warm", literal=True)
    assert literal.understood == ()
    assert [hit.score for hit in literal] != [hit.score for hit in found]
    for words in ('"warm"', "red", "fox"):
        assert library.search(words).understood == ()
    assert library.search("warm", match="words").understood == ()


def test_without_says_what_is_not_wanted(library: Library) -> None:
    found = library.search("beach without any people", match="words")
    assert found[0].picture.metadata.title == "beach and sea"
    assert [(one.text, one.kind, one.meaning) for one in found.understood] == [
        ("without any people", "without", "people")
    ]
    assert [str(clause) for clause in found.query.clauses] == ["beach", "-1:people"]
    assert not [one for one in found.suggestions if one.kind == "without"]
    as_it_stands = library.search("beach without any people", match="words", literal=True)
    assert as_it_stands[0].picture.metadata.title == "beach people"


def test_without_stays_a_word_where_a_picture_is_described_so(library: Library) -> None:
    found = library.search("kettle without a lid", match="words")
    assert found[0].picture.metadata.title == "kettle without a lid"
    assert not found.understood
    (offered,) = [one for one in found.suggestions if one.kind == "without"]
    assert offered.label == "kettle -lid"
