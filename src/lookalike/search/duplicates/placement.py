"""Where a part without local features lies in a picture: tried at many sizes, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from lookalike.imaging.picture import UInt8Array

_GRID = 40
"""Pixels of the longer side of the whole, while the part is looked for in it."""
_STEP = 1.05
_LEAST_SHARE = 0.25
_LEAST_SIDE = 8
_LEAST_SPREAD = 3.0
_FOUND = 0.85


@dataclass(frozen=True)
class Placement:
    """A place of a part in a whole.

    Attributes:
        scale: pixels of the whole for one of the part.
        left: where the part's upper left edge lies, in pixels of the whole.
        top: see there.
        correlation: of the brightness there, at most 1.
    """

    scale: float
    left: float
    top: float
    correlation: float


def placement(part: UInt8Array, whole: UInt8Array) -> Placement | None:
    """The place at which the part's brightness correlates best with that of the whole.

    The part is tried at sizes from a quarter of the whole's area up to as much as fits (template
    matching by the normalised correlation coefficient; Lewis, 1995).

    Args:
        part: shape (height, width, 3), RGB, uint8; upright, as it lies in the whole.
        whole: the same of the picture that it may have been cut out of.

    Returns:
        None if it correlates nowhere.
    """
    high, wide = part.shape[:2]
    shrink = min(1.0, _GRID / max(whole.shape[:2]))
    small = _scaled(_grey(whole), shrink, shrink)
    own, best = _grey(part), None
    coarse = min(1.0, 2 * _GRID / max(high, wide))
    own = _scaled(own, coarse, coarse)  # once, from which all sizes are made
    if float(own.std()) < _LEAST_SPREAD:
        return None
    most = min(small.shape[1] / wide, small.shape[0] / high)
    scale = float(np.sqrt(_LEAST_SHARE * small.size / (wide * high)))
    while scale <= most * 1.001:
        found = _best_place(_scaled(own, scale / coarse, scale / coarse), small)
        if found is not None and (best is None or found[2] > best.correlation):
            left, top, correlation = found
            best = Placement(scale / shrink, left / shrink, top / shrink, correlation)
        scale *= _STEP
    return best if best is not None and best.correlation >= _FOUND else None


def _best_place(part: UInt8Array, whole: UInt8Array) -> tuple[int, int, float] | None:
    if min(part.shape) < _LEAST_SIDE:
        return None
    if part.shape[0] > whole.shape[0] or part.shape[1] > whole.shape[1]:
        return None
    scores = cv2.matchTemplate(whole, part, cv2.TM_CCOEFF_NORMED)
    _, most, _, (left, top) = cv2.minMaxLoc(scores)
    return left, top, float(most)


def _grey(pixels: UInt8Array) -> UInt8Array:
    return cast(UInt8Array, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def _scaled(grey: UInt8Array, across: float, down: float) -> UInt8Array:
    size = (max(1, round(grey.shape[1] * across)), max(1, round(grey.shape[0] * down)))
    how = cv2.INTER_AREA if across < 1 else cv2.INTER_LINEAR
    return cast(UInt8Array, cv2.resize(grey, size, interpolation=how))
