"""Whatever is typed is answered or refused with a code, and can be taken as it stands."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import LookalikeError
from lookalike.library import Library
from lookalike.search.query import Query, parse_query
from lookalike.search.results import Results

PARTS = [
    "many", "mnay", "odd", "number1", "warm", "blue", "лисы", "カワセミ", "cafe\u0301", "🦊",
    "👨‍👩‍👧", "ß", "İ", "\u200b", "\u202eabc", "\0", "100%", "c++", "o'hara", "' OR 1=1 --",
    "\\", "<b>", "%", "_", "5 * 3", "...", "-", "--", "*", "**", '"', '""', '"of many"',
    '-"of many"', "numb*", "-odd", "--odd", "without", "without odd", "without any even or odd",
    "with no number3", "no parking", "not", "or", "in", "in the", "in Paris", "in winter",
    "in july", "july", "march", "june to august", "4 july", "31 feb 2019", "2019", "2019-13",
    "2017-2019", "2019-2017", "before 2018", "since march 2018", "between 2017 and 2019",
    "last summer", "yesterday", "999 years ago", "last 999 months", "9999", "winter 2018/2019",
    "the 1990s", "2019 onwards", "text:-5", "colour:red", "colour:", "colour:reddish", "id:",
    "id:abc", "concept:none", "upload:x", "1:odd", "-1:odd", "0:odd", "nan:odd", "inf:odd", ":",
    "odd:", "~", "=", "(", "NOT", "odd#xywh=1,2,3,4", "a" * 300, "word " * 60,
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=8)), min_size=1, max_size=6)
WHERES = st.sampled_from(["", "", "width > 10", "mood = calm", "month = july"])


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXTS.map(" ".join), min_size=1, max_size=2), where=WHERES)
def test_any_words_are_answered_or_refused_with_a_code(
    staged: Library, texts: list[str], where: str
) -> None:
    try:
        query = parse_query(texts, where=where, k=3)
        found = staged.search(query)
    except LookalikeError as error:
        fault = error
    else:
        _can_be_undone(staged, query, found)
        return
    assert fault.code
    assert fault.hint


def _can_be_undone(staged: Library, query: Query, found: Results) -> None:
    json.dumps(found.as_dict())
    assert all(str(one) for one in found.understood)
    assert found.understood or found.query == query
    for other in found.suggestions:
        staged.search(other.query)
    as_typed = staged.search(replace(query, literal=True))
    assert as_typed.understood == ()
    assert as_typed.query.clauses == query.clauses
    assert as_typed.query.where == query.where


def test_what_was_understood_can_be_asked_for_as_it_was_read(staged: Library) -> None:
    found = staged.search("mnay without odd 2018", where="width > 10", k=50)
    assert {one.kind for one in found.understood} == {"spelling", "without", "date"}
    again = staged.search(replace(found.query, literal=True))
    assert [hit.id for hit in again] == [hit.id for hit in found]
