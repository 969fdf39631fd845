from __future__ import annotations

import numpy as np
import pytest

from lookalike.lab.significance import compare, intervals


def test_an_interval_holds_the_true_mean_as_often_as_it_promises() -> None:
    random = np.random.default_rng(5)
    held = 0
    for _ in range(100):
        (interval,) = intervals(random.beta(2, 3, (80, 1)))
        held += interval.low <= 0.4 <= interval.high
    assert 88 <= held <= 100


def test_an_interval_narrows_with_the_root_of_the_queries() -> None:
    random = np.random.default_rng(6)
    few, many = (intervals(random.random((n, 1)))[0] for n in (50, 5_000))
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(10, rel=0.25)


def test_the_test_is_as_strict_as_the_exact_one() -> None:
    # Ten queries, all better: of 2^10 signs two are as extreme.
    found = compare(np.full(10, 0.6), np.linspace(0.1, 0.5, 10))
    assert found.p == pytest.approx(2 / 1024, abs=0.0015)
    assert (found.better, found.worse) == (10, 0)


def test_chance_alone_is_rarely_called_a_difference() -> None:
    random = np.random.default_rng(8)
    small = [
        compare(random.random(40), random.random(40)).p < 0.05 for _ in range(100)
    ]  # fmt: skip
    assert sum(small) <= 12


def test_the_same_values_do_not_differ() -> None:
    values = np.random.default_rng(9).random(30)
    found = compare(values, values)
    assert (found.mean, found.p, found.better, found.worse) == (0.0, 1.0, 0, 0)


def test_the_same_question_gets_the_same_answer() -> None:
    random = np.random.default_rng(10)
    first, second = random.random(64), random.random(64)
    assert compare(first, second) == compare(first, second)
