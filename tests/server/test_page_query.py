from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.search.clause import Clause
from lookalike.search.query import MATCHES, SORTS
from lookalike.server.page_query import PageQuery, negated, stepped
from lookalike.server.search_request import PageRequest

words = st.text(min_size=1, max_size=30).filter(lambda text: text == text.strip() and text)
weights = st.sampled_from((0.25, 0.5, 1.0, 2.0, 4.0, -1.0, -2.0))
clauses = st.builds(Clause, st.just("text"), words, weights) | st.builds(
    Clause, st.sampled_from(("picture", "upload")), st.just("ab12"), weights
)
queries = st.builds(
    PageQuery,
    st.lists(clauses, max_size=4).map(lambda cs: tuple(sorted(cs, key=lambda c: c.weight < 0))),
    st.sampled_from(("", "tag = snow", 'name ~ "a&b=c"')),
    st.sampled_from((40, 80)),
    st.sampled_from(MATCHES),
    st.sampled_from((0.1, 10.0)),
    st.booleans(),
    st.sampled_from((0.0, 0.5)),
    st.sampled_from(SORTS),
    st.sampled_from(("", "abc=")),
    space=st.sampled_from(("", "other")),
    facets=st.sampled_from(((), ("tag", "camera"))),
    surprise=st.sampled_from((None, 0, 7)),
)


def read(url: str) -> PageQuery:
    params = parse_qs(urlsplit(url).query)
    lists = ("q", "not", "facets")
    given = {name: v if name in lists else v[0] for name, v in params.items()}
    asked = PageRequest.model_validate(given)
    return PageQuery.read(asked.q, asked.without, **asked.fields())


@given(queries)
def test_an_address_says_exactly_what_was_asked(query: PageQuery) -> None:
    assert read(query.url()) == query


@pytest.mark.parametrize(
    ("weight", "step", "expected"),
    [(1, 1, 2), (2, 1, 4), (4, 1, None), (1, -1, 0.5), (0.25, -1, None), (3, 1, 4), (3, -1, 2),
     (-1, 1, -2), (-1, -1, -0.5)],
)  # fmt: skip
def test_weights_go_up_and_down_in_steps(weight: float, step: int, expected: float | None) -> None:
    clause = stepped(Clause("text", "fox", weight), step)  # type: ignore[arg-type]
    assert (clause.weight if clause else None) == expected


def test_adding_a_clause_again_replaces_it() -> None:
    this = Clause("picture", "ab12")
    query = PageQuery((Clause("text", "fox"), this)).adding(negated(this))
    assert query.clauses == (Clause("text", "fox"), negated(this))


def test_the_bar_holds_words_of_plain_weight_only() -> None:
    heavy, plain, other = Clause("text", "a", 2), Clause("text", "b"), Clause("text", "c", -1)
    assert PageQuery((heavy, plain, other)).words == 1
    assert PageQuery((heavy, other)).words is None
