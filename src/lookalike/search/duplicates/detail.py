"""What differs between two aligned drawings, pixel by pixel: a mouth, the hand of a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array

_LEVELS = 24.0
_COLOUR_LEVELS = 40.0
_AROUND_PX = 5.0
_BAND = 2.5
_AROUND = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Detail:
    """Which pixels differ.

    Attributes:
        spot: the largest connected region of pixels that differ, as a share of all compared.
        width: from the leftmost to the rightmost pixel that differs, as a share of the width.
        band: the width of the widest connected region that is much wider than high, as words are;
            as a share of the width.
    """

    spot: float
    width: float
    band: float = 0.0


NO_DETAIL = Detail(0.0, 0.0)


def differing_detail(
    first: Float32Array, second: Float32Array, both: npt.NDArray[np.bool_]
) -> Detail:
    """Find what differs by more than edges do that lie a pixel off.

    A pixel differs if it lies beyond all nine pixels around the same place of the other picture by
    more than 24 levels of brightness or 40 of colour. Brightness is that against the surroundings,
    so that a light area that was made lighter is no detail.

    Args:
        first: shape (height, width, 1 or 3), of levels from 0 to 255: luma, colour differences.
        second: the same of the other picture.
        both: shape (height, width): which pixels count.
    """
    inside = cv2.erode(both.astype(np.uint8), _AROUND, borderValue=1)
    count = int(inside.sum())
    if not count:
        return NO_DETAIL
    off = _beyond(_standing_out(first, both), _standing_out(second, both)) > _LEVELS
    for channel in range(1, first.shape[2]):
        off |= _beyond(first[..., channel], second[..., channel]) > _COLOUR_LEVELS
    off &= inside > 0
    regions, _, stats, _ = cv2.connectedComponentsWithStats(off.astype(np.uint8), connectivity=8)
    if regions < 2:
        return NO_DETAIL
    columns = np.flatnonzero(off.any(axis=0))
    across = int(both.any(axis=0).sum())
    width = (columns[-1] - columns[0] + 1) / across
    wide, high = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    band = int(wide[wide >= _BAND * high].max(initial=0)) / across
    return Detail(int(stats[1:, cv2.CC_STAT_AREA].max()) / count, float(width), band)


def _standing_out(picture: Float32Array, both: npt.NDArray[np.bool_]) -> Float32Array:
    """The luma less that of the surroundings."""
    inside = both.astype(np.float32)
    luma = picture[..., 0] * inside
    around = cv2.GaussianBlur(luma, (0, 0), _AROUND_PX)
    share = cv2.GaussianBlur(inside, (0, 0), _AROUND_PX)
    return np.asarray(luma - inside * around / np.maximum(share, 1e-3), np.float32)


def _beyond(one: Float32Array, other: Float32Array) -> Float32Array:
    """How far each pixel lies above or below the other picture around it; the same way round."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    sides = (
        one - cast(Float32Array, cv2.dilate(other, _AROUND)),
        cast(Float32Array, cv2.erode(other, _AROUND)) - one,
        other - cast(Float32Array, cv2.dilate(one, _AROUND)),
        cast(Float32Array, cv2.erode(one, _AROUND)) - other,
    )
    return cast(Float32Array, np.maximum.reduce(sides))
