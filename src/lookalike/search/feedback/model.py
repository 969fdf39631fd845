"""A direction in a vector space, learned from pictures that fit and pictures that do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array

# Chosen on half of the classes of benchmarks/feedback.py; figures in docs/feedback.md.
_RIDGE = 0.1
_BACKGROUND = 10.0
"""The background counts as much as so many judgments "not relevant"."""


def fit_direction(
    examples: Float32Array, targets: Float32Array, background: Float32Array
) -> Float32Array:
    """The ridge regression of the targets (Hoerl and Kennard, 1970), with an intercept.

    The library's background sample counts as not relevant, with little weight: relevant pictures
    may be among it. With one example this is nearly the difference of two means, as in Rocchio
    (1971); the more there are, the more it separates them. It is solved in its dual form: as many
    equations as there are rows.

    Args:
        examples: shape (n, dims), float32.
        targets: shape (n,): above 0 for relevant, below for not; the size is the weight.
        background: shape (m, dims).

    Returns:
        Shape (dims,), float32, length 1 (or 0, if nothing can be learned).
    """
    rows = np.concatenate([examples, background]).astype(np.float64)
    weights = np.concatenate([np.abs(targets), _even(len(background))])
    wanted = np.concatenate([np.sign(targets), np.full(len(background), -1.0)])
    share = weights / weights.sum()
    root = np.sqrt(weights)
    centred = (rows - share @ rows) * root[:, None]
    goal = (wanted - share @ wanted) * root
    kernel = centred @ centred.T
    kernel[np.diag_indices_from(kernel)] += _RIDGE
    direction = centred.T @ np.linalg.solve(kernel, goal)
    length = float(np.linalg.norm(direction))
    return np.asarray(direction / (length or 1.0), np.float32)


def rocchio_direction(examples: Float32Array, targets: Float32Array) -> Float32Array:
    """The mean of the relevant ones less a quarter of the mean of the others (Rocchio, 1971).

    For comparison: :func:`fit_direction` is better from the first round on.
    """
    direction = _mean(examples, targets) - 0.25 * _mean(examples, -targets)
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12), np.float32)


def _mean(examples: Float32Array, targets: Float32Array) -> Float32Array:
    weights = np.maximum(targets, 0)
    return np.asarray(weights @ examples / max(float(weights.sum()), 1e-12), np.float32)


def _even(count: int) -> npt.NDArray[np.float64]:
    return np.full(count, _BACKGROUND / max(count, 1))
