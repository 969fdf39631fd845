"""Where results end."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lookalike.library import Library
from lookalike.search.cut import length
from lookalike.search.likeness import BLENDED, USUAL, estimated

chances = arrays(np.float32, st.integers(0, 60), elements=st.floats(0, 1, width=32))


def test_a_list_ends_where_good_hits_end() -> None:
    chance = np.array([0.9] * 7 + [0.02] * 500, np.float32)
    assert length(chance, 1) == 7


def test_a_doubtful_best_hit_is_no_result() -> None:
    assert length(np.full(100, 0.1, np.float32), 1) == 0
    assert length(np.empty(0, np.float32), 1) == 0


def test_a_long_list_bears_doubtful_hits_at_its_end() -> None:
    doubtful = np.full(10, 0.3, np.float32)
    assert length(np.concatenate([np.full(9, 0.99, np.float32), doubtful]), 1) == 9
    assert length(np.concatenate([np.full(1, 0.4, np.float32), doubtful]), 1) == 11


@given(chances, st.floats(0.2, 5), st.floats(1, 4))
def test_a_higher_level_never_shortens_the_list(
    chance: np.ndarray, level: float, more: float
) -> None:
    ranked = -np.sort(-chance)
    assert length(ranked, level * more) >= length(ranked, level)


def test_the_chance_grows_with_the_likeness() -> None:
    chance = USUAL.chance(np.linspace(-1, 1, 101, dtype=np.float32))
    assert np.all(np.diff(chance) >= 0)
    assert chance[0] < 0.001
    assert chance[-1] > 0.98


def test_what_is_behind_the_best_hits_is_less_likely_than_what_is_as_alike_beside_them() -> None:
    curve = BLENDED["efficientnet-lite0"]
    alike = np.full(40, 0.62, np.float32)
    ranked = np.array([0.9] * 20 + [0.3] * 20, np.float32)
    chance = curve.chance(alike, ranked, 0.1, 0.3)
    assert chance[:20].min() > 2 * chance[20:].max()
    assert length(chance, 1) == 20
    assert len(curve.chance(alike[:0], ranked[:0], 0.1, 0.3)) == 0


def test_a_library_that_lies_far_apart_makes_the_same_likeness_say_less() -> None:
    curve = BLENDED["efficientnet-lite0"]
    alike = ranked = np.linspace(0.8, 0.4, 20, dtype=np.float32)
    close, apart, most, more = (curve.chance(alike, ranked, s, 0.3) for s in (0.05, 0.3, 0.45, 3))
    assert np.all(close > apart)
    np.testing.assert_array_equal(most, more, "nobody measured what lies further apart")


def test_a_curve_is_estimated_from_what_lies_in_the_library() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 256)).astype(np.float32) + 0.5
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    curve = estimated(rows)
    usual = float(np.median(rows @ rows.T))
    assert curve.chance(np.array([usual, 1.0], np.float32)) == pytest.approx([0, 1], abs=0.05)
    assert estimated(rows[:3]) == USUAL


def test_results_end_with_what_is_like_the_query(staged: Library, tmp_path: Path) -> None:
    own = staged.search("red", match="concept", k=1)[0].id
    found = staged.search(f"id:{own}", k=60)
    assert found.cut_reason == "chance"
    assert 0 < len(found) < len(staged.search(f"id:{own}", k=60, cut=None)) == 59
    assert {Path(hit.location).parent.name for hit in found} == {"red"}
    ids = [hit.id for hit in staged.search(f"id:{own}", k=60, cut=None)]
    assert [hit.id for hit in found] == ids[: len(found)]


def test_nothing_is_an_answer_that_says_what_comes_closest(staged: Library) -> None:
    own = staged.search("red", match="concept", k=1)[0].id
    found = staged.search(f"id:{own}", where="folder = blue")
    assert len(found) == 0
    assert found.cut_reason == "chance"
    assert "comes closest" in found.notes[0]
    assert len(staged.search(f"id:{own}", where="folder = blue", cut=None)) > 0


def test_every_picture_that_a_single_word_is_written_about_is_shown(staged: Library) -> None:
    assert len(staged.search("even", match="words", k=60)) == 30
