"""What an encoder promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lookalike.errors import EncoderError, LookalikeError, ModelError
from lookalike.imaging.picture import InputSpec, UInt8Array

_PIECE_ROWS = 32
_BLAS_ALONE = 2**18
"""OpenBLAS computes a product of so many multiplications in the calling thread."""

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


@contextmanager
def encoder_errors(name: str) -> Iterator[None]:
    """Turn whatever an encoder raises into an error of ours.

    What a runtime raises is of its own kinds, and without a word of what was being done.

    Raises:
        EncoderError: it failed; ``out-of-memory`` if it lacked memory.
    """
    try:
        yield
    except LookalikeError:
        raise
    except MemoryError as error:
        raise EncoderError(
            f"The encoder {name} lacks memory.",
            "Close other programs, or set LOOKALIKE_THREADS=1; what was finished is kept.",
            code="out-of-memory",
        ) from error
    except Exception as error:
        lines = str(error).strip().splitlines()
        reason = f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
        raise EncoderError(
            f"The encoder {name} failed ({reason}).",
            "What was finished is kept: run the same command again to go on. If it fails again, "
            "try LOOKALIKE_RUNTIME=onnxruntime.",
        ) from error


def lone_product(left: Float32Array, right: Float32Array) -> Float32Array:
    """``left @ right`` in pieces so small that BLAS starts no threads.

    Having computed, its threads wait for more with a busy loop. Between the batches of an index
    run they took a third of the processors' time from the model.

    Args:
        left: shape (n, m).
        right: shape (m, k).
    """
    total = np.zeros((len(left), right.shape[1]), dtype=np.float32)
    depth = max(1, _BLAS_ALONE // (_PIECE_ROWS * right.shape[1]))
    for top in range(0, len(left), _PIECE_ROWS):
        rows = slice(top, top + _PIECE_ROWS)
        for first in range(0, len(right), depth):
            part = slice(first, first + depth)
            total[rows] += left[rows, part] @ right[part]
    return total


def unit_rows(rows: Float32Array) -> Float32Array:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def check_pixels(pixels: UInt8Array, side: int, name: str) -> None:
    """Make sure that pixels are of shape (n, side, side, 3), uint8, as the encoder ``name`` takes.

    Raises:
        ModelError: they are not.
    """
    if pixels.dtype != np.uint8 or pixels.shape[1:] != (side, side, 3):
        raise ModelError(
            f"{name} takes uint8 pixels of shape (n, {side}, {side}, 3), "
            f"not {pixels.dtype} of shape {pixels.shape}.",
            code="wrong-input",
        )
