from lookalike.search.words.spelling import corrections, english_words
from lookalike.store.vocabulary import Vocabulary

WORDS = Vocabulary(("castle", "cattle", "kingfisher", "лягушка"), (5, 2, 1, 3))


def test_a_slip_is_put_right_by_the_commonest_word() -> None:
    assert corrections("casttle", WORDS, frozenset()) == ["castle", "cattle"]
    assert corrections("catsle", WORDS, frozenset())[0] == "castle"
    assert corrections("лигушка", WORDS, frozenset()) == ["лягушка"]


def test_two_letters_that_changed_places_are_put_back_from_three_letters_on() -> None:
    known = Vocabulary(("castle", "dog", "dug"), (1, 1, 1))
    assert corrections("dgo", known, frozenset()) == ["dog"]
    assert corrections("acstle", known, frozenset()) == ["castle"]
    assert corrections("gdo", known, frozenset({"god"})) == []
    assert corrections("dag", known, frozenset()) == []
    likely = Vocabulary(("low", "owl", "prune", "purse"), (9, 1, 1, 9))
    assert corrections("olw", likely, frozenset()) == ["owl", "low"]
    assert corrections("purne", likely, frozenset()) == ["prune", "purse"]


def test_long_words_may_have_two_slips_and_short_ones_none() -> None:
    assert corrections("kingfsiherr", WORDS, frozenset()) == ["kingfisher"]
    assert corrections("kigfisre", WORDS, frozenset()) == []
    assert corrections("cat", WORDS, frozenset({"cats"})) == []
    assert corrections("cattles1", WORDS, frozenset()) == []


def test_words_of_the_library_come_before_others() -> None:
    assert corrections("zebrra", WORDS, english_words()) == ["zebra"]
    assert corrections("castlee", WORDS, frozenset({"castles"})) == ["castle"]
