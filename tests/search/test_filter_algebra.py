"""Filters commute, and "not" obeys De Morgan, over a real library."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.library import Library
from lookalike.search.filter import compile_filter
from lookalike.store.lance_store import LanceStore

ATOMS = (
    "tag = even", "tag = mod3", "has date", "date >= 2019", "date = 2018-06", "camera ~ canon",
    "width > 60", "mood = calm", 'author = "Ada"', "folder = red", "name ~ p01*", "title ~ many",
    "class = red", "not has camera", "tag in (mod1, mod2)", "size < 4kB", "alpha = no",
)  # fmt: skip
atoms = st.sampled_from(ATOMS)
filters = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})")
        | st.tuples(inner, inner).map(lambda two: f"({two[0]}) or ({two[1]})")
        | inner.map(lambda one: f"not ({one})")
    ),
    max_leaves=4,
)
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def found(library: Library, text: str) -> set[int]:
    store = LanceStore(library.path)
    return set(store.keys_where(compile_filter(text, named=store.extra_names)).tolist())


@quick
@given(one=filters, other=filters)
def test_conditions_may_be_exchanged(staged: Library, one: str, other: str) -> None:
    assert found(staged, f"({one}) and ({other})") == found(staged, f"({other}) and ({one})")
    assert found(staged, f"({one}) or ({other})") == found(staged, f"({other}) or ({one})")


@quick
@given(one=filters, other=filters)
def test_not_turns_and_into_or(staged: Library, one: str, other: str) -> None:
    neither = found(staged, f"not (({one}) or ({other}))")
    assert neither == found(staged, f"not ({one}) and not ({other})")
    not_both = found(staged, f"not (({one}) and ({other}))")
    assert not_both == found(staged, f"not ({one}) or not ({other})")


@quick
@given(one=filters)
def test_every_picture_fulfils_a_filter_or_its_opposite(staged: Library, one: str) -> None:
    yes, no = found(staged, one), found(staged, f"not ({one})")
    assert not yes & no
    assert len(yes | no) == 60
