"""The output layer of a classifier as a vector: the probabilities of its classes."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Features, Float32Array, ImageEncoder, unit_rows
from lookalike.errors import ModelError
from lookalike.imaging.picture import UInt8Array


class ProbabilityEncoder:
    """What a classifier takes a picture for, scaled to length 1.

    Args:
        name: whole name of the model.
        dims: how many classes there are.
        classifier: gives logits.
    """

    def __init__(self, name: str, dims: int, classifier: ImageEncoder) -> None:
        self.name, self.dims, self.input = name, dims, classifier.input
        self._classifier = classifier

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, size, size, 3), RGB, uint8; vectors (n, dims).

        Raises:
            ModelError: the classifier gives no logits.
        """
        logits = self._classifier.encode(pixels).logits
        if logits is None:
            raise ModelError(f"{self._classifier.name} names no classes.", code="no-classes")
        return Features(unit_rows(_softmax(logits)), logits)


def _softmax(logits: Float32Array) -> Float32Array:
    risen = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True), np.float32)
