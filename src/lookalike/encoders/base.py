"""What an encoder promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lookalike.imaging.picture import InputSpec, UInt8Array

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """What an image encoder sees in n pictures.

    Attributes:
        vectors: shape (n, dims), float32, rows of length 1.
        logits: shape (n, classes), float32, or None if the encoder names no classes.
    """

    vectors: Float32Array
    logits: Float32Array | None = None


class ImageEncoder(Protocol):
    """Turns pixels into vectors."""

    name: str
    dims: int
    input: InputSpec

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, size, size, 3), RGB, uint8."""
        ...


class TextEncoder(Protocol):
    """Turns words into vectors."""

    name: str
    dims: int

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Encode n texts; returns shape (n, dims), float32, rows of length 1."""
        ...


def unit_rows(rows: Float32Array) -> Float32Array:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
