from datetime import date

import pytest

from lookalike.search.filter import compile_filter
from lookalike.search.words.dates import find_date

TODAY = date(2026, 11, 21)


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
        ("summer 2018", "summer 2018", "date >= 2018-06 and date <= 2018-08"),
        ("winter of 2018", "winter of 2018", "date >= 2018-12 and date <= 2019-02"),
        ("dogs since 2019", "since 2019", "date >= 2019"),
        ("before March 2020", "before March 2020", "date < 2020-03"),
        ("after summer 2018", "after summer 2018", "date > 2018-08"),
        ("2019 onwards", "2019 onwards", "date >= 2019"),
        ("music of the 1990s", "of the 1990s", "date >= 1990 and date <= 1999"),
        ("2017-2019", "2017-2019", "date >= 2017 and date <= 2019"),
        ("dogs from 2017 to 2019", "from 2017 to 2019", "date >= 2017 and date <= 2019"),
        ("between 2017 and 2019", "between 2017 and 2019", "date >= 2017 and date <= 2019"),
        ("july-september 2019", "july-september 2019", "date >= 2019-07 and date <= 2019-09"),
        ("nov to feb 2019", "nov to feb 2019", "date >= 2018-11 and date <= 2019-02"),
        ("2017 or 2019", "2017 or 2019", "(date = 2017) or (date = 2019)"),
        ("july 2017-2019", "july 2017-2019", "month = july and date >= 2017 and date <= 2019"),
        ("july 2017 to 2019", "july 2017 to 2019", "date >= 2017-07 and date <= 2019"),
        ("winter 2018/2019", "winter 2018/2019", "date >= 2018-12 and date <= 2019-02"),
        ("july", "july", "month = july"),
        ("dogs in may", "in may", "month = may"),
        ("the 4th of July", "the 4th of July", "month = july and day = 4"),
        ("24 dec", "24 dec", "month = december and day = 24"),
        ("june and july", "june and july", "month in (june, july)"),
        ("november to january", "november to january", "month in (november, december, january)"),
        ("a lake in winter", "in winter", "month in (december, january, february)"),
        ("yesterday", "yesterday", "date = 2026-11-20"),
        ("last summer", "last summer", "date >= 2026-06 and date <= 2026-08"),
        ("last winter", "last winter", "date >= 2025-12 and date <= 2026-02"),
        ("this winter", "this winter", "date >= 2026-12 and date <= 2027-02"),
        ("last december", "last december", "date = 2025-12"),
        ("last week", "last week", "date >= 2026-11-09 and date <= 2026-11-15"),
        ("in the last 3 years", "in the last 3 years", "date >= 2023-11-21 and date <= 2026-11-21"),
        ("11 months ago", "11 months ago", "date = 2025-12"),
        ("since december", "since december", "date >= 2025-12"),
        ('"july 2018" fox 2019', "2019", "date = 2019"),
    ],
)
def test_dates_are_found_and_are_filters(text: str, words: str, where: str) -> None:
    found = find_date(text, TODAY)
    assert found is not None
    assert (found.text, found.where) == (words, where)
    assert compile_filter(found.where)


@pytest.mark.parametrize(
    "text",
    ["may", "march of the penguins", "before july", "beach without 2019", '"july 2019"',
     "route 66", "1,2019", "2019.5", "IMG_2019", "a/2019",
     "3000", "20190704", "#2019", "year-2019", "summer"],
)  # fmt: skip
def test_other_words_are_no_dates(text: str) -> None:
    assert find_date(text) is None
