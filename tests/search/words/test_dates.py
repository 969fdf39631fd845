import pytest

from lookalike.search.filter import compile_filter
from lookalike.search.words.dates import find_date, month_of


@pytest.mark.parametrize(
    ("text", "words", "where"),
    [
        ("2019", "2019", "date = 2019"),
        ("beach in 2019", "in 2019", "date = 2019"),
        ("July 2019", "July 2019", "date = 2019-07"),
        ("sept. 2019 hike", "sept. 2019", "date = 2019-09"),
        ("4 July 2019", "4 July 2019", "date = 2019-07-04"),
        ("July 4th, 2019 fireworks", "July 4th, 2019", "date = 2019-07-04"),
        ("2019-07", "2019-07", "date = 2019-07"),
        ("2019-07-04", "2019-07-04", "date = 2019-07-04"),
        ("summer 2018", "summer 2018", "date >= 2018-06 and date < 2018-09"),
        ("winter of 2018", "winter of 2018", "date >= 2018-12 and date < 2019-03"),
        ("dogs since 2019", "since 2019", "date >= 2019"),
        ("before March 2020", "before March 2020", "date < 2020-03"),
        ("after summer 2018", "after summer 2018", "date >= 2018-09"),
    ],
)
def test_dates_are_found_and_are_filters(text: str, words: str, where: str) -> None:
    found = find_date(text)
    assert found is not None
    assert (found.text, found.where) == (words, where)
    assert compile_filter(found.where)


@pytest.mark.parametrize(
    "text",
    ["july", "may", "march of the penguins", "route 66", "1,2019", "2019.5", "IMG_2019", "a/2019",
     "3000", "20190704", "#2019", "year-2019", "summer"],
)  # fmt: skip
def test_other_words_are_no_dates(text: str) -> None:
    assert find_date(text) is None


def test_months_have_numbers() -> None:
    assert [month_of(w) for w in ("January", "december", "dec", "fox")] == [1, 12, None, None]
