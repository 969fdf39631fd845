"""One picture as the tests for duplicates look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lookalike.imaging.fingerprints import BYTES, Fingerprint, plain_rows
from lookalike.imaging.local_features import Features, find_features
from lookalike.imaging.picture import InputSpec, UInt8Array

SIDE = 256
INPUT = InputSpec(SIDE, "within")
"""The pixels that a :class:`Sample` is made of."""

_FEATURES = 400
_LUMA = (0.299, 0.587, 0.114)
_LEAST_INNER = 16
_FLAT_LEVELS = 2


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left edge."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Sample:
    """One picture, small.

    Attributes:
        pixels: shape (height, width, 3), RGB, uint8; the longer side at most 256.
        fingerprint: of the whole picture.
    """

    pixels: UInt8Array
    fingerprint: Fingerprint

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @cached_property
    def flatness(self) -> float:
        """The share of pixels that are as their neighbours: much of a drawing."""
        levels = self.pixels.astype(np.int16)
        across = np.abs(np.diff(levels, axis=1)).max(axis=2)[:-1]
        down = np.abs(np.diff(levels, axis=0)).max(axis=2)[:, :-1]
        flat = (across <= _FLAT_LEVELS) & (down <= _FLAT_LEVELS)
        return float(flat.mean()) if flat.size else 1.0

    @property
    def frames(self) -> list[tuple[UInt8Array, Box]]:
        """The hash of the whole and, if it has a border, of what lies within, and where each is."""
        own, (wide, high) = self.fingerprint, self.size
        found = [(_as_row(own.whole), Box(0, 0, wide, high))]
        if own.inner != own.whole:
            found.append((_as_row(own.inner), self._inner_box()))
        return found

    def _inner_box(self) -> Box:
        luma = self.pixels.astype(np.float32) @ np.array(_LUMA, np.float32)
        sides = (luma, luma[::-1], luma.T, luma.T[::-1])
        top, bottom, left, right = (int(plain_rows(side[None])[0]) for side in sides)
        wide, high = self.size
        if left + right > wide - _LEAST_INNER or top + bottom > high - _LEAST_INNER:
            return Box(0, 0, wide, high)
        return Box(left, top, wide - right, high - bottom)

    @cached_property
    def features(self) -> Features:
        """SIFT features (Lowe, 2004), the strongest 400, found once."""
        return find_features(self.pixels, _FEATURES)


def _as_row(hash_: bytes) -> UInt8Array:
    return np.frombuffer(hash_, np.uint8).reshape(1, BYTES)


def mirrored(features: Features, width: int) -> Features:
    """The features of the picture mirrored left to right, without looking at it again.

    In a mirrored picture the descriptor's 4 × 4 cells lie upside down about the direction of the
    feature, and its 8 directions run the other way round.
    """
    cells = features.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., -np.arange(8) % 8]
    points = features.points.copy()
    points[:, 0] = width - points[:, 0]
    return Features(points, np.ascontiguousarray(cells.reshape(-1, 128)))
