from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.search.feedback.votes import Votes, count_votes, wilson_lower
from lookalike.store.judgments import Judgment

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def said(picture: str, fits: bool, user: str, minute: int) -> Judgment:
    return Judgment("q=x", picture, fits, user, NOON + timedelta(minutes=minute))


def test_wilsons_interval_is_the_published_one() -> None:
    assert wilson_lower(0, 0) == 0
    assert wilson_lower(81, 263) == pytest.approx(0.2553, abs=1e-3)  # Newcombe (1998), table I
    assert wilson_lower(1, 29) == pytest.approx(0.0061, abs=1e-3)


def test_each_persons_last_word_is_one_vote() -> None:
    told = [said("a", True, "ann", 0), said("a", False, "ann", 1), said("a", True, "bob", 2)]
    assert count_votes(told) == {"a": Votes(1, 1)}
    assert count_votes([said("a", True, "", 0), said("a", True, "", 1)]) == {"a": Votes(1, 0)}


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_agreement_never_lowers_the_prior(yes: int, no: int) -> None:
    if yes + no:
        assert Votes(yes, no).prior <= Votes(yes + 1, no).prior + 1e-9
        assert -10 <= Votes(yes, no).prior <= 1
