"""One picture as the tests for duplicates look at it."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from lookalike.imaging.fingerprints import BYTES, Fingerprint, plain_rows
from lookalike.imaging.local_features import Features
from lookalike.imaging.picture import UInt8Array
from lookalike.imaging.sketches import INPUT as INPUT
from lookalike.imaging.sketches import Sketch, sketch_of

_LUMA = np.array((0.299, 0.587, 0.114), np.float32)
_LEAST_INNER = 16


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left edge."""

    left: int
    top: int
    right: int
    bottom: int


class Sample:
    """One picture, small; its pixels and features are unpacked when they are first asked for.

    Args:
        sketch: what is kept of the picture; :meth:`of_pixels` makes it.
        fingerprint: of the whole picture.
    """

    def __init__(self, sketch: Sketch, fingerprint: Fingerprint) -> None:
        self._sketch, self.fingerprint = sketch, fingerprint

    @classmethod
    def of_pixels(cls, pixels: UInt8Array, fingerprint: Fingerprint) -> Sample:
        """That of a picture that was just decoded.

        Args:
            pixels: shape (height, width, 3), RGB, uint8, as :data:`INPUT` asks for them.
            fingerprint: of the whole picture.
        """
        return cls(sketch_of(pixels), fingerprint)

    @cached_property
    def pixels(self) -> UInt8Array:
        """Shape (height, width, 3), RGB, uint8; the longer side at most 256."""
        return self._sketch.pixels()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def flatness(self) -> float:
        """The share of pixels that are as their neighbours: much of a drawing."""
        return self._sketch.flatness

    @cached_property
    def frames(self) -> list[tuple[UInt8Array, Box]]:
        """The hash of the whole and, if it has a border, of what lies within, and where each is."""
        own, (wide, high) = self.fingerprint, self.size
        found = [(_as_row(own.whole), Box(0, 0, wide, high))]
        if own.inner != own.whole:
            found.append((_as_row(own.inner), self._inner_box()))
        return found

    def _inner_box(self) -> Box:
        luma = (self.pixels * _LUMA).sum(axis=2, dtype=np.float32)
        sides = (luma, luma[::-1], luma.T, luma.T[::-1])
        top, bottom, left, right = (int(plain_rows(side[None])[0]) for side in sides)
        wide, high = self.size
        if left + right > wide - _LEAST_INNER or top + bottom > high - _LEAST_INNER:
            return Box(0, 0, wide, high)
        return Box(left, top, wide - right, high - bottom)

    @cached_property
    def features(self) -> Features:
        """SIFT features (Lowe, 2004), the strongest 200."""
        return self._sketch.features()

    @cached_property
    def mirrored_features(self) -> Features:
        """Those of the picture mirrored left to right."""
        return mirrored(self.features, self.size[0])


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
