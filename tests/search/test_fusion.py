import math

import numpy as np
import pytest

from lookalike.search.fusion import Background, bm25_surprise, tail_surprise


@pytest.mark.parametrize("z", [-3, -1, -0.1, 0.1, 0.5, 1, 2, 3])
def test_the_tail_is_that_of_the_normal_distribution(z: float) -> None:
    exact = -math.log10(math.erfc(z / math.sqrt(2)) / 2)
    assert tail_surprise(np.array([z], np.float32))[0] == pytest.approx(exact, rel=0.05, abs=0.02)


def test_surprise_grows_with_the_score_without_end() -> None:
    surprise = tail_surprise(np.linspace(-40, 40, 1001, dtype=np.float32))
    assert np.all(np.diff(surprise) >= -1e-6)
    assert np.all(np.diff(surprise[520:]) > 0)
    assert np.isfinite(surprise).all()
    assert surprise[-1] < 60


def test_matches_in_the_sample_do_not_hide_themselves() -> None:
    random = np.random.default_rng(0)
    scores = np.concatenate([random.normal(0, 1, 900), random.normal(8, 1, 100)])
    background = Background.of(scores.astype(np.float32))
    assert background.surprise(np.array([8], np.float32))[0] > 8


def test_a_library_of_one_or_of_equals_has_a_score() -> None:
    for scores in (np.ones(1), np.ones(50)):
        background = Background.of(scores.astype(np.float32))
        assert np.isfinite(background.surprise(np.array([1.0], np.float32))).all()


def test_no_matching_word_is_no_surprise() -> None:
    assert bm25_surprise(np.array([0, 2.302585], np.float32)).tolist() == pytest.approx([0, 1])


def test_where_the_best_tenth_is_background_matches_surprise_less() -> None:
    random = np.random.default_rng(0)
    scores = random.normal(0, 0.1, 1000).astype(np.float32)
    scores[:60] += 0.6
    usual, upper = Background.of(scores), Background.of(scores, upper=True)
    assert upper.mean == usual.mean
    best = np.array([0.8], np.float32)
    assert 1 < upper.surprise(best)[0] < usual.surprise(best)[0]
