"""Heads in closed form: within-class whitening, discriminant analysis, class scores."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Layer, Transform
from lookalike.lab.judged import Float64Array
from lookalike.store.known import Int64Array

_MOST_AXES = 1_024
_LEAST_VARIANCE = 1e-6
_WHITENED_DIMS = 256
_SHARPNESS = 32.0
"""Of the class scores' softmax; chosen by cross-validation on one half of CIFAR-10."""


class Axes:
    """The principal axes of vectors, scaled together so that a vector's mean square length is 1.

    Nothing that is learned from the vectors leaves the space that they span, and with fewer
    pictures than numbers this one is smaller.

    Args:
        rows: shape (n, dims).
    """

    def __init__(self, rows: Float32Array) -> None:
        self.mean = rows.mean(axis=0, dtype=np.float64)
        centred = rows.astype(np.float64) - self.mean
        few = len(rows) < rows.shape[1]
        gram = centred @ centred.T if few else centred.T @ centred
        values, vectors = np.linalg.eigh(gram)
        kept = np.argsort(-values)[:_MOST_AXES]
        kept = kept[values[kept] > _LEAST_VARIANCE * max(values[kept[0]], 1e-12)]
        basis = vectors[:, kept]
        if few:
            basis = centred.T @ basis / np.sqrt(values[kept])
        self.scale = float(np.sqrt(np.maximum(values[kept].sum() / len(rows), 1e-12)))
        self.basis = np.asarray(basis / self.scale, np.float64)
        self.rows = np.asarray(centred @ self.basis, np.float64)

    def transform(self, matrix: Float64Array, *layers: Layer) -> Transform:
        """What a matrix of shape (axes, out), and layers after it, do to the vectors."""
        whole = (self.basis @ matrix).astype(np.float32)
        return Transform(self.mean.astype(np.float32), whole, layers)


def whitening(rows: Float32Array, classes: Int64Array, shrinkage: float) -> Transform:
    """Axes along which pictures of one class differ count less (Mikolajczyk and Matas, 2007).

    After Radenovic et al., "Fine-tuning CNN image retrieval with no human annotation" (2019): the
    covariance within the classes is whitened, then the principal axes of the rest are kept.

    Args:
        rows: shape (n, dims).
        classes: shape (n,).
        shrinkage: 0 to 1: how far the covariance is drawn towards a sphere.
    """
    axes = Axes(rows)
    whitened = _within(axes.rows, classes, shrinkage)
    moved = axes.rows @ whitened
    values, vectors = np.linalg.eigh(moved.T @ moved)
    return axes.transform(whitened @ vectors[:, np.argsort(-values)[:_WHITENED_DIMS]])


def discriminants(rows: Float32Array, classes: Int64Array, shrinkage: float) -> Transform:
    """Linear discriminant analysis (Fisher, 1936; Rao, 1948), one axis less than classes.

    Args:
        rows: shape (n, dims).
        classes: shape (n,).
        shrinkage: of the covariance within the classes (Friedman, 1989).
    """
    axes = Axes(rows)
    whitened = _within(axes.rows, classes, shrinkage)
    numbers, counts = np.unique(classes, return_counts=True)
    means = np.stack([axes.rows[classes == one].mean(axis=0) for one in numbers]) @ whitened
    _, _, between = np.linalg.svd(means * np.sqrt(counts)[:, None], full_matrices=False)
    return axes.transform(whitened @ between[: len(numbers) - 1].T)


def class_scores(rows: Float32Array, classes: Int64Array, ridge: float) -> Transform:
    """How much a picture looks like each class that was learned, as probabilities.

    Ridge regression on the classes' indicators, softmax and square root: the inner product of two
    pictures is the Bhattacharyya coefficient (1943) of what they may be. Classes that were not
    learned are told apart badly.

    Args:
        rows: shape (n, dims).
        classes: shape (n,).
        ridge: how much it is held back.
    """
    axes = Axes(rows)
    wanted = (classes[:, None] == np.unique(classes)).astype(np.float64)
    share = wanted.mean(axis=0)
    square = axes.rows.T @ axes.rows
    square[np.diag_indices_from(square)] += ridge
    scores = np.linalg.solve(square, axes.rows.T @ (wanted - share))
    return axes.transform(_SHARPNESS * scores, Layer("root-softmax"))


def _within(rows: Float64Array, classes: Int64Array, shrinkage: float) -> Float64Array:
    """What whitens the differences within classes, shape (axes, axes)."""
    numbers, at = np.unique(classes, return_inverse=True)
    means = np.stack([rows[classes == one].mean(axis=0) for one in numbers])
    inside = rows - means[at]
    covariance = inside.T @ inside / len(rows)
    sphere = np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh((1 - shrinkage) * covariance)
    return np.asarray(vectors / np.sqrt(np.maximum(values, 0) + shrinkage * sphere + 1e-9))
