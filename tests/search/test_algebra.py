"""The algebra of queries, on a library of drawn pictures, for random clauses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.library import Library
from lookalike.search.clause import Clause
from lookalike.search.query import Query
from lookalike.search.results import Results

quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
words = st.sampled_from(["red", "blue sky", "even", "number7 of many", "odd mod3", "zebra"])
numbers = st.integers(0, 59)
weights = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0])
wheres = st.sampled_from(["tag = odd", "camera = 'Nikon D50'", "width > 60", "has date"])
levels = st.sampled_from([None, 0.5, 1.0, 2.0])


@pytest.fixture(scope="module")
def ids(staged: Library) -> list[str]:
    return [hit.id for hit in staged.search(where="width > 0", k=60)]


@st.composite
def clauses(draw: st.DrawFn) -> list[tuple[str | int, float]]:
    """Some words and pictures (by their number) with their weights."""
    return draw(st.lists(st.tuples(st.one_of(words, numbers), weights), min_size=1, max_size=4))


def made(parts: list[tuple[str | int, float]], ids: list[str]) -> tuple[Clause, ...]:
    return tuple(
        Clause("text", what, weight) if isinstance(what, str)
        else Clause("picture", ids[what], weight)
        for what, weight in parts
    )  # fmt: skip


def scores(results: Results) -> dict[str, float]:
    return {hit.id: pytest.approx(hit.score, abs=1e-3) for hit in results}


def same(one: Results, other: Results) -> bool:
    """The same pictures with the same scores; equal scores may stand in any order."""
    return scores(one) == {hit.id: hit.score for hit in other}


@quick
@given(clauses(), words, levels)
def test_a_clause_of_weight_0_is_absent(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], extra: str, cut: float
) -> None:
    plain = Query(made(parts, ids), k=60, cut=cut)
    weightless = replace(plain, clauses=(Clause("text", extra, 0.0), *plain.clauses))
    assert same(staged.search(plain), staged.search(weightless))


@quick
@given(clauses(), st.randoms(), levels)
def test_the_order_of_clauses_does_not_matter(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], random: object,
    cut: float
) -> None:  # fmt: skip
    shuffled = [*parts]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = staged.search(Query(made(parts, ids), k=60, cut=cut))
    assert same(one, staged.search(Query(made(shuffled, ids), k=60, cut=cut)))


@quick
@given(clauses(), levels)
def test_a_clause_twice_is_twice_its_weight(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], cut: float
) -> None:
    first, *rest = made(parts, ids)
    twice = staged.search(Query((first, first, *rest), k=60, cut=cut))
    doubled = replace(first, weight=2 * first.weight)
    assert same(twice, staged.search(Query((doubled, *rest), k=60, cut=cut)))


@quick
@given(clauses(), st.one_of(words, numbers), weights)
def test_what_is_not_wanted_never_raises_a_score(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], what: str | int,
    weight: float
) -> None:  # fmt: skip
    wanted = made(parts, ids)
    without = made([(what, -weight)], ids)
    before = {hit.id: hit.score for hit in staged.search(Query(wanted, k=60, cut=None))}
    for hit in staged.search(Query((*wanted, *without), k=60, cut=None)):
        assert hit.score <= before[hit.id] + 1e-4


@quick
@given(clauses(), wheres, wheres, levels)
def test_filters_commute(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], one: str, other: str,
    cut: float
) -> None:  # fmt: skip
    wanted = made(parts, ids)
    there = staged.search(Query(wanted, f"({one}) and ({other})", k=60, cut=cut))
    back = staged.search(Query(wanted, f"({other}) and ({one})", k=60, cut=cut))
    assert [hit.id for hit in there] == [hit.id for hit in back]
    assert same(there, back)


@quick
@given(clauses(), words, levels)
def test_contributions_add_up_and_the_answer_is_always_the_same(
    staged: Library, ids: list[str], parts: list[tuple[str | int, float]], away: str, cut: float
) -> None:
    query = Query((*made(parts, ids), Clause("text", away, -0.5)), k=60, cut=cut)
    found = staged.search(query)
    for hit in found:
        assert hit.score == pytest.approx(sum(c.value for c in hit.contributions), abs=1e-3)
    assert found.hits == staged.search(query).hits


def test_a_picture_that_is_not_wanted_leaves_what_is_rather_wanted(
    staged: Library, ids: list[str]
) -> None:
    """Red pictures less one that has red, too: they lose less than what is only like that one."""
    wanted = Clause("picture", ids[0])
    plain = {hit.id: hit for hit in staged.search(Query((wanted,), k=60, cut=None))}
    away = next(hit.id for hit in plain.values() if hit.rank == 8)
    found = staged.search(Query((wanted, Clause("picture", away, -1.0)), k=60, cut=None))
    alone = {
        hit.id: hit.score
        for hit in staged.search(Query((Clause("picture", away),), k=60, cut=None))
    }
    for hit in found:
        if hit.id in plain and hit.id in alone:
            spared = 0.75 * plain[hit.id].score
            assert hit.contributions[1].value == pytest.approx(
                -max(alone[hit.id] - spared, 0), abs=2e-3
            )
            assert hit.score == pytest.approx(sum(c.value for c in hit.contributions), abs=1e-3)
