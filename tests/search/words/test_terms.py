"""Marks in words mean something only where nobody types them by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.search.words.terms import absence, only_phrases, plain, split_negatives, terms_of


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("beach -people", "beach", ("people",)),
        ("beach -people -dogs at noon", "beach at noon", ("people", "dogs")),
        ('beach -"red umbrella"', "beach", ('"red umbrella"',)),
        ('"beach -people"', '"beach -people"', ()),
        ("t-shirt black-and-white", "t-shirt black-and-white", ()),
        ("black - white", "black - white", ()),
        ("minus -5 degrees", "minus -5 degrees", ()),
        ("beach without people", "beach without people", ()),
        ("-people", "", ("people",)),
        ("-people beach", "beach", ("people",)),
        ("---", "---", ()),
        ("fox--", "fox--", ()),
    ],
)
def test_a_hyphen_before_a_word_says_what_is_not_meant(
    text: str, wanted: str, unwanted: tuple[str, ...]
) -> None:
    assert split_negatives(text) == (wanted, unwanted)


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("beach without people", "beach", ("people",)),
        ("beach without any people at dawn", "beach at dawn", ("people",)),
        ("a beach with no palm trees", "a beach", ("palm trees",)),
        ("street without cars or people", "street", ("cars", "people")),
        ("dog without people july 2019", "dog july 2019", ("people",)),
        ('"red fox" without snow', '"red fox"', ("snow",)),
    ],
)
def test_what_is_to_be_absent_is_read(text: str, wanted: str, unwanted: tuple[str, ...]) -> None:
    found = absence(text)
    assert found is not None
    assert (found.wanted, found.unwanted, found.sure) == (wanted, unwanted, True)


@pytest.mark.parametrize(
    "text", ["without people", '"beach without people"', "cat without a hat and a dog", "without"]
)
def test_what_may_mean_something_else_is_not_absent(text: str) -> None:
    assert absence(text) is None


def test_no_something_may_be_a_name() -> None:
    found = absence("sign no parking")
    assert found is not None
    assert not found.sure


def test_quotes_and_stars_are_read() -> None:
    terms = terms_of('"red fox" kingf* snow 5 * 3')
    assert [(t.kind, t.text) for t in terms] == [
        ("phrase", "red fox"), ("prefix", "kingf"), ("word", "snow"),
        ("word", "5"), ("word", "*"), ("word", "3"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ['5" nail', '"', '""', "fox's", '" "'])
def test_lonely_quotes_are_words(text: str) -> None:
    assert all(term.kind == "word" for term in terms_of(text))
    assert plain(text)


def test_the_very_words_are_meant_where_all_are_quoted() -> None:
    assert only_phrases('"red fox" "snow"')
    assert not only_phrases('"red fox" snow')
    assert not only_phrases("red fox")


@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    wanted, unwanted = split_negatives(text)
    assert unwanted or wanted == text
    assert plain(text) or not text
