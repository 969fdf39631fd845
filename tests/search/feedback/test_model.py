from __future__ import annotations

import numpy as np

from lookalike.encoders.base import unit_rows
from lookalike.search.feedback.model import _BACKGROUND, _RIDGE, fit_direction


def rows(count: int, seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, 24)).astype(np.float32))


def test_the_dual_form_gives_the_same_as_the_textbook() -> None:
    examples, background = rows(7, 1), rows(100, 2)
    targets = np.array([1, 1, 2, -1, -1, -1, 0.5], np.float32)
    weights = np.concatenate([np.abs(targets), np.full(100, _BACKGROUND / 100)])
    wanted = np.concatenate([np.sign(targets), np.full(100, -1)])
    with_one = np.c_[np.concatenate([examples, background]), np.ones(107)].astype(np.float64)
    penalty = np.diag([*np.full(24, _RIDGE), 0.0])  # the intercept goes free
    normal = with_one.T @ (weights[:, None] * with_one) + penalty
    book = np.linalg.solve(normal, with_one.T @ (weights * wanted))[:-1]
    direction = fit_direction(examples, targets, background)
    np.testing.assert_allclose(direction, book / np.linalg.norm(book), atol=1e-5)


def test_one_example_points_from_the_background_to_it() -> None:
    example, background = rows(1, 3), rows(200, 4)
    direction = fit_direction(example, np.ones(1, np.float32), background)
    away = unit_rows(example - background.mean(axis=0))[0]
    assert direction @ away > 0.9


def test_the_same_judgments_give_the_same_direction_to_the_last_bit() -> None:
    example, background = rows(5, 3), rows(200, 4)
    targets = np.array([1, -1, 1, -1, 1], np.float32)
    once, again = (fit_direction(example, targets, background) for _ in range(2))
    assert np.array_equal(once, again)
