"""A tiny deterministic encoder, so that everything around encoders can be tested without a model.

The picture side is the colour layout of MPEG-7 (Kasutani and Yamada, 2001): low-frequency DCT
coefficients of a coarse luminance and chrominance grid, so near-identical pictures get near
vectors. Its ten classes are plain colours. The word side hashes words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from lookalike.encoders.base import Features, Float32Array
from lookalike.encoders.region_grid import GRID
from lookalike.imaging.picture import InputSpec, UInt8Array

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (10, 10, 10),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (220, 30, 30),
    "green": (30, 180, 50),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 40),
    "orange": (240, 140, 30),
    "purple": (140, 40, 180),
    "brown": (120, 70, 30),
}

KINDS = {"warm": ("red", "yellow", "orange", "brown"), "cold": ("green", "blue")}
"""What words stand for several classes."""

_SIDE = 32
_GRID = 8
_KEPT = (16, 8, 8)
_YCBCR = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)


class FakeImageEncoder:
    """32 colour-layout coefficients, and ten colours as classes."""

    name = "fake"
    dims = sum(_KEPT)
    classes = len(COLOURS)
    input = InputSpec(size=_SIDE, fit="squash")

    def __init__(self) -> None:
        self._dct, self._order = _dct_basis(_GRID), _low_frequencies_first(_GRID)
        self._colours = np.array([*COLOURS.values()], np.float32)

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 32, 32, 3), RGB, uint8; vectors (n, 32), logits (n, 10)."""
        n, cell = len(pixels), _SIDE // _GRID
        cells = pixels.reshape(n, _GRID, cell, _GRID, cell, 3).mean((2, 4), dtype=np.float32)
        layout = np.einsum("ui,nijc,vj,kc->nkuv", self._dct, cells - 120, self._dct, _YCBCR)
        flat = layout.reshape(n, 3, -1)[:, :, self._order]
        vectors = np.concatenate([flat[:, c, :kept] for c, kept in enumerate(_KEPT)], axis=1)
        vectors[:, -1] += 1  # so that no picture has the zero vector
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Features(vectors.astype(np.float32), self._logits(cells))

    def _logits(self, cells: Float32Array) -> Float32Array:
        apart = np.linalg.norm(cells[:, :, :, None, :] - self._colours, axis=-1)
        nearest = np.exp(-apart / 20)
        share = (nearest / nearest.sum(-1, keepdims=True)).mean((1, 2))
        return np.asarray(np.log(share + 1e-6), np.float32)


class FakeRegions:
    """The vectors of a grid's boxes, each encoded by itself."""

    name = "fake regions"
    dims = len(GRID) * FakeImageEncoder.dims
    input = InputSpec(size=2 * _SIDE, fit="squash")

    def __init__(self) -> None:
        self._encoder = FakeImageEncoder()

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 64, 64, 3), RGB, uint8; vectors (n, boxes * 32)."""
        side = pixels.shape[1]
        parts = []
        for left, upper, wide, high in GRID:
            across = ((left + wide * (np.arange(_SIDE) + 0.5) / _SIDE) * side).astype(int)
            down = ((upper + high * (np.arange(_SIDE) + 0.5) / _SIDE) * side).astype(int)
            parts.append(self._encoder.encode(pixels[:, down][:, :, across]).vectors)
        return Features(np.concatenate(parts, axis=1))


class FakeTextEncoder:
    """A bag of hashed words: texts that share words are near each other."""

    name = "fake-text"
    dims = 32

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Encode n texts; returns shape (n, 32), float32, rows of length 1."""
        rows = [np.sum([_word(w) for w in _words(t)], axis=0) for t in texts]
        stacked = np.array(rows, np.float32).reshape(len(rows), self.dims)
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold()) or [""]


def _word(word: str) -> Float32Array:
    digest = hashlib.blake2b(word.encode(), digest_size=FakeTextEncoder.dims).digest()
    return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5


def _dct_basis(n: int) -> Float32Array:
    at = np.arange(n)
    basis = np.cos(np.pi * at[:, None] * (2 * at[None] + 1) / (2 * n)) * np.sqrt(2 / n)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis, np.float32)


def _low_frequencies_first(n: int) -> list[int]:
    return sorted(range(n * n), key=lambda i: (i // n + i % n, i))
