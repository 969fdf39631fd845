"""The key of a query does not depend on how it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.search.clause import Clause
from lookalike.search.feedback.canonical import concept_name, key, merged
from lookalike.store.lance_store import LanceStore

NO_STORE = cast(LanceStore, None)  # words and whole ids need none

words = st.text("abc ", min_size=1).filter(str.strip)
weights = st.sampled_from([-2.0, -0.5, 0.5, 1.0, 3.0])
clauses = st.lists(
    st.builds(lambda value, weight: Clause("text", value, weight), words, weights), max_size=5
)


def key_of(*told: Clause) -> str:
    return key(merged(told, NO_STORE))


@given(clauses, st.randoms(use_true_random=False))
def test_order_case_and_clauses_without_weight_do_not_matter(told: list[Clause], chance) -> None:
    other = [replace(clause, value=f" {clause.value.upper()} ") for clause in told]
    other.append(Clause("text", "nothing", 0))
    chance.shuffle(other)
    assert key_of(*other) == key_of(*told)


@given(clauses)
def test_a_clause_in_two_halves_is_one_and_all_doubled_is_the_same(told: list[Clause]) -> None:
    halves = [replace(clause, weight=clause.weight / 2) for clause in (*told, *told)]
    assert key_of(*halves) == key_of(*told)
    assert key_of(*told, *told) == key_of(*told)


@given(clauses)
def test_a_key_is_a_permalink(told: list[Clause]) -> None:
    from urllib.parse import parse_qs

    from lookalike.search.clause import parse_clause

    read = [parse_clause(text) for text in parse_qs(key_of(*told)).get("q", [])]
    assert key_of(*read) == key_of(*told)


def test_a_picture_is_named_by_its_content() -> None:
    same = "a" * 32
    upload, picture = Clause("upload", same), Clause("picture", same.upper())
    assert key_of(upload) == key_of(picture) == f"q=id:{same}"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Sunset at sea", "sunset-at-sea"), ("  --Ärger!! ", "arger"), ("日本", "日-本"), ("!?", "")],
)
def test_names_of_concepts_are_words_joined_by_hyphens(text: str, name: str) -> None:
    assert concept_name(text) == name
    assert concept_name(name) == name
