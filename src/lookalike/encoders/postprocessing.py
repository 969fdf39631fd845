"""What may be done to vectors after the encoder: centring, PCA, whitening, any learned head.

Mostly it is one affine map, followed by scaling to length 1, so that it costs a query one product
of a matrix and a vector whatever it was fitted to. What was learned from labels may have a few
more layers.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.errors import UsageError

_LEAST_VARIANCE = 1e-8
_ARRAYS = ("mean", "matrix", "bias")

Activation = Literal["relu", "root-softmax"]


@dataclass(frozen=True)
class Layer:
    """What follows the affine map of a :class:`Transform`: an activation, then another map.

    Attributes:
        activation: ``relu``, or ``root-softmax``: the square roots of the softmax, so that inner
            products are Bhattacharyya coefficients.
        matrix: shape (dims, out), float32; None for no map.
        bias: shape (out,), float32; None for none.
    """

    activation: Activation
    matrix: Float32Array | None = None
    bias: Float32Array | None = None

    def __call__(self, rows: Float32Array) -> Float32Array:
        """Rows of shape (n, dims) become (n, out)."""
        if self.activation == "relu":
            moved = np.maximum(rows, 0)
        else:
            powers = np.exp((rows - rows.max(axis=1, keepdims=True)) / 2)
            moved = powers / np.linalg.norm(powers, axis=1, keepdims=True)
        if self.matrix is not None:
            moved = moved @ self.matrix
        return np.asarray(moved if self.bias is None else moved + self.bias, np.float32)


@dataclass(frozen=True)
class Transform:
    """An affine map of vectors, perhaps some layers more, then length 1.

    Attributes:
        mean: shape (dims,), float32: what is subtracted.
        matrix: shape (dims, out), float32; None to leave the axes as they are.
        layers: what follows.
        bias: shape (out,), float32: what is added after the matrix; None for nothing.
    """

    mean: Float32Array
    matrix: Float32Array | None = None
    layers: tuple[Layer, ...] = ()
    bias: Float32Array | None = None

    @property
    def dims(self) -> int:
        """Length of a transformed vector."""
        matrices = [self.matrix, *(layer.matrix for layer in self.layers)]
        lengths = [matrix.shape[1] for matrix in matrices if matrix is not None]
        return lengths[-1] if lengths else len(self.mean)

    def __call__(self, vectors: Float32Array) -> Float32Array:
        """Transform vectors of shape (n, dims); returns (n, out), float32, rows of length 1.

        A row of zeros, which says that a picture has no vector, stays one.
        """
        centred = np.asarray(vectors - self.mean, np.float32)
        moved = centred if self.matrix is None else centred @ self.matrix
        if self.bias is not None:
            moved = moved + self.bias
        for layer in self.layers:
            moved = layer(moved)
        there = vectors.any(axis=1, keepdims=True)
        return np.asarray(np.where(there, unit_rows(moved), 0), np.float32)

    def to_bytes(self) -> bytes:
        """The content of a file; :meth:`from_bytes` reads it."""
        named: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        for number, layer in enumerate(self.layers):
            named |= {f"layer{number}.{part}": value for part, value in vars(layer).items()}
        arrays = {name: value for name, value in named.items() if value is not None}
        with io.BytesIO() as file:
            np.savez(file, allow_pickle=False, **arrays)
            return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Transform:
        """Read what :meth:`to_bytes` made.

        Raises:
            ValueError: it is something else.
        """
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        layers, number = [], 0
        while f"layer{number}.activation" in found:
            layers.append(_layer(found, f"layer{number}."))
            number += 1
        return cls(found["mean"], found.get("matrix"), tuple(layers), found.get("bias"))


def _layer(found: Mapping[str, Any], prefix: str) -> Layer:
    activation = str(found[f"{prefix}activation"])
    if activation not in get_args(Activation):
        raise ValueError(f"no activation {activation!r}")
    matrix, bias = found.get(f"{prefix}matrix"), found.get(f"{prefix}bias")
    return Layer("relu" if activation == "relu" else "root-softmax", matrix, bias)


def fit_transform(sample: Float32Array, dims: int | None = None, whiten: float = 0.0) -> Transform:
    """Centre, and turn to the principal axes if fewer dims or whitening are asked for.

    Args:
        sample: vectors of random pictures, shape (n, d), float32.
        dims: how many principal axes are kept; None for all.
        whiten: each axis is divided by this power of its standard deviation: 0 leaves them, 1
            makes all equal (Jegou and Chum, "Negative evidences and co-occurrences in image
            retrieval: the benefit of PCA and whitening", 2012), 0.5 is half-way.

    Raises:
        UsageError: there are fewer pictures, or dims, than dims asked for.
    """
    mean = sample.mean(axis=0, dtype=np.float64)
    if dims is None and not whiten:
        return Transform(mean.astype(np.float32))
    most = min(sample.shape[1], len(sample) - 1)
    if (dims or 1) > most:
        raise UsageError(
            f"{dims} principal axes cannot be had of {len(sample):,} vectors of "
            f"{sample.shape[1]} numbers.",
            f"Ask for at most {most}.",
            code="too-many-dims",
        )
    centred = sample - mean.astype(np.float32)
    covariance = (centred.T @ centred).astype(np.float64) / len(sample)
    variance, axes = np.linalg.eigh(covariance)
    best = np.argsort(-variance)[: dims or most]
    # Eigenvectors have no sign of their own: the largest number of each is positive.
    axes = axes[:, best]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    scale = np.maximum(variance[best], _LEAST_VARIANCE) ** (-whiten / 2)
    return Transform(mean.astype(np.float32), (axes * scale).astype(np.float32))
