"""Heads learned by supervised contrast, with nothing but numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Layer, Transform
from lookalike.lab.adaptation.linear import Axes
from lookalike.store.known import Int64Array

OUT, HIDDEN = 128, 512
_TEMPERATURE = 0.2
_EPOCHS, _BATCH = 40, 256
_RATE, _DECAY = 1e-3, 1e-4
_SEED = 0


def learn_contrast(rows: Float32Array, classes: Int64Array, hidden: int) -> Transform:
    """Pull pictures of one class together, and push the others apart (Khosla et al., 2020).

    Args:
        rows: shape (n, dims).
        classes: shape (n,).
        hidden: width of a hidden layer; 0 for a linear map.
    """
    axes = Axes(rows)
    inside = axes.rows.astype(np.float32)
    rng = np.random.default_rng(_SEED)
    sizes = [inside.shape[1], *([hidden] if hidden else []), OUT]
    weights = [
        rng.normal(0, np.sqrt(2 / many), (many, few)).astype(np.float32)
        for many, few in pairwise(sizes)
    ]
    biases = [np.zeros(width, np.float32) for width in sizes[1:]]
    adam = Adam([*weights, *biases], _EPOCHS * max(1, round(len(rows) / _BATCH)))
    for batch in _batches(rng, len(rows)):
        values = _forward(inside[batch], weights, biases)
        slope = contrast_slope(values[-1], classes[batch])
        adam.step(_backward(values, weights, slope))
    layers = [Layer("relu", weights[1], biases[1])] if hidden else []
    first = axes.transform(weights[0].astype(np.float64), *layers)
    return replace(first, bias=biases[0])


def contrast_slope(outputs: Float32Array, classes: Int64Array) -> Float32Array:
    """The gradient of the supervised contrastive loss (L_out of the paper) by its outputs.

    Args:
        outputs: shape (n, dims), not yet of length 1.
        classes: shape (n,).

    Returns:
        Shape (n, dims), float32.
    """
    lengths = np.linalg.norm(outputs, axis=1, keepdims=True) + 1e-9
    unit = outputs / lengths
    scores = unit @ unit.T / _TEMPERATURE
    np.fill_diagonal(scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    same = (classes[:, None] == classes).astype(np.float32)
    np.fill_diagonal(same, 0)
    partners = same.sum(axis=1, keepdims=True)
    # A picture that is alone in the batch has nothing to be pulled to: it is no anchor.
    by_score = np.where(partners > 0, shares - same / np.maximum(partners, 1), 0)
    by_score /= _TEMPERATURE * len(outputs)
    by_unit = (by_score + by_score.T) @ unit
    along = (by_unit * unit).sum(axis=1, keepdims=True)
    return np.asarray((by_unit - unit * along) / lengths, np.float32)


@dataclass
class Adam:
    """Adam with decoupled decay (Kingma and Ba, 2015; Loshchilov and Hutter, 2019), cosine rate.

    Attributes:
        parameters: changed in place; matrices decay, vectors do not.
        steps: how many there will be.
    """

    parameters: Sequence[Float32Array]
    steps: int
    _done: int = 0
    _first: list[Float32Array] = field(default_factory=list)
    _second: list[Float32Array] = field(default_factory=list)

    def step(self, slopes: Sequence[Float32Array]) -> None:
        """Move each parameter against its slope."""
        if not self._first:
            self._first = [np.zeros_like(one) for one in self.parameters]
            self._second = [np.zeros_like(one) for one in self.parameters]
        rate = _RATE * 0.5 * (1 + np.cos(np.pi * self._done / self.steps))
        self._done += 1
        for one, slope, first, second in zip(
            self.parameters, slopes, self._first, self._second, strict=True
        ):
            first += 0.1 * (slope - first)
            second += 0.001 * (slope * slope - second)
            away = first / (1 - 0.9**self._done)
            size = np.sqrt(second / (1 - 0.999**self._done)) + 1e-8
            one -= np.asarray(rate * (away / size), np.float32)
            if one.ndim == 2:
                one *= np.float32(1 - rate * _DECAY)


def _batches(rng: np.random.Generator, count: int) -> Iterator[Int64Array]:
    parts = max(1, round(count / _BATCH))
    for _ in range(_EPOCHS):
        yield from np.array_split(rng.permutation(count), parts)


def _forward(
    rows: Float32Array, weights: Sequence[Float32Array], biases: Sequence[Float32Array]
) -> list[Float32Array]:
    values = [rows]
    for number, (matrix, bias) in enumerate(zip(weights, biases, strict=True)):
        moved = values[-1] @ matrix + bias
        last = number + 1 == len(weights)
        values.append(moved if last else np.maximum(moved, 0))
    return values


def _backward(
    values: Sequence[Float32Array], weights: Sequence[Float32Array], slope: Float32Array
) -> list[Float32Array]:
    """Gradients of the weights, then of the biases."""
    of_weights, of_biases = list[Float32Array](), list[Float32Array]()
    for number in reversed(range(len(weights))):
        of_weights.insert(0, values[number].T @ slope)
        of_biases.insert(0, slope.sum(axis=0))
        if number:
            slope = (slope @ weights[number].T) * (values[number] > 0)
    return [*of_weights, *of_biases]
