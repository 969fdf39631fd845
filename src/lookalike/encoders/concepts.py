"""Words find pictures that nobody described: concept search by ConSE.

Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings" (ICLR 2014): a
picture's meaning is the mean of its classes' text embeddings, weighted by the classifier's
probabilities; a query's meaning is its own text embedding. It knows the nouns of the classifier's
classes and their relatives, not people, actions or styles.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array, TextEncoder
from lookalike.encoders.class_names import CLASSES, ClassName
from lookalike.encoders.packaged import cached, digest_texts
from lookalike.encoders.registry import model_info
from lookalike.errors import ModelError

RECIPE = 1
"""Part of the space's name: vectors of different recipes cannot be compared."""

_TEMPERATURE = 1.5
_TOP = 100


class ConceptSpace:
    """A space that pictures (by their logits) and words share; larger inner product is nearer.

    Args:
        name: identifies the space: image encoder, text encoder and recipe.
        classes: what the logits stand for.
        meanings: shape (classes, dims), float32: each class's text embedding.
        text_encoder: what made them.
    """

    def __init__(
        self,
        name: str,
        classes: Sequence[ClassName],
        meanings: Float32Array,
        text_encoder: TextEncoder,
    ) -> None:
        self.name = name
        self.dims = text_encoder.dims
        self._classes = tuple(classes)
        self._meanings = meanings
        self._text_encoder = text_encoder

    def embed(self, logits: Float32Array) -> Float32Array:
        """The meanings of n pictures.

        Args:
            logits: shape (n, classes), float32.

        Returns:
            Shape (n, dims), float32, rows of length 1.
        """
        self._check(logits)
        weights = _softmax(logits / _TEMPERATURE)
        if weights.shape[1] > _TOP:
            least = np.partition(weights, -_TOP, axis=1)[:, -_TOP, None]
            weights = np.where(weights >= least, weights, 0)
        return _unit(weights @ self._meanings)

    def query(self, text: str) -> Float32Array:
        """The meaning of words; returns shape (dims,), float32, length 1."""
        return np.asarray(self._text_encoder.encode([text])[0], np.float32)

    def class_names(self, i: int) -> str:
        """All names of class ``i``, the usual one first, separated by commas."""
        return ", ".join((self._classes[i].name, *self._classes[i].synonyms))

    def top_classes(self, logits: Float32Array, k: int = 5) -> list[tuple[str, float]]:
        """What one picture shows: the k likeliest classes' usual names and their probabilities.

        Args:
            logits: shape (classes,) or (1, classes), float32.
            k: how many.
        """
        rows = logits.reshape(-1, logits.shape[-1])[:1]
        self._check(rows)
        share = _softmax(rows)[0]
        best = np.argsort(-share, kind="stable")[:k]
        return [(self._classes[i].name, float(share[i])) for i in best]

    def _check(self, logits: Float32Array) -> None:
        if logits.ndim != 2 or logits.shape[1] != len(self._classes):
            raise ModelError(
                f"{self.name} takes logits of shape (n, {len(self._classes)}), not {logits.shape}.",
                code="wrong-input",
            )


def load_concept_space(image_encoder: str, cache: Path, text_encoder: TextEncoder) -> ConceptSpace:
    """Load the concept space of an image encoder.

    Its classes' text embeddings are computed once (some seconds) and kept in ``cache``.

    Args:
        image_encoder: name of an image encoder that gives logits.
        cache: where the embeddings are kept; safe to delete.
        text_encoder: turns class names and queries into vectors.

    Raises:
        UnknownModelError: there is no such image encoder.
        ModelError: the encoder names no classes, or the package of class names is missing.
    """
    info = model_info(image_encoder)
    if not info.classes:
        raise ModelError(
            f"{image_encoder} names no classes, so it cannot be searched by words.",
            "Choose one whose taps include logits.",
            code="no-classes",
        )
    classes = CLASSES[info.classes]()
    texts = [_text(c) for c in classes]
    key = digest_texts([text_encoder.name, str(RECIPE), *texts])
    file = f"concepts-{info.classes}-{text_encoder.name}-{key}.npy"
    path = cached(cache / file, lambda: _npy(text_encoder.encode(texts)))
    name = f"{image_encoder}+{text_encoder.name}-v{RECIPE}"
    return ConceptSpace(name, classes, np.load(path), text_encoder)


def _text(name: ClassName) -> str:
    return f"{name.name}: {name.description}" if name.description else name.name


def _softmax(logits: Float32Array) -> Float32Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _unit(rows: Float32Array) -> Float32Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def _npy(array: Float32Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
