"""An EfficientNet-Lite that looks at each picture at three sizes: better, and several times slower.

Small things are found in the large one, the whole is seen in the small one. After the multi-scale
vectors of Gordo et al. ("End-to-end learning of deep visual representations for image retrieval",
2017), which are added up, each of length 1. Which sizes were tried is told in docs/encoders.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Features, check_pixels, unit_rows
from lookalike.encoders.efficientnet_graph import CLASSES, POOL_DIMS
from lookalike.encoders.efficientnet_lite import EfficientNetLite, Member
from lookalike.encoders.runtimes import Session
from lookalike.imaging.picture import UInt8Array

RECIPE = 1
"""Raise it when the vectors change."""
_SCALES = (5 / 7, 1.0, 10 / 7)
_OWN = 1
"""The one of them that the network was trained at: the classes are taken from it."""


def sides(member: Member) -> tuple[int, ...]:
    """The sides of the squares that pictures are looked at in, in pixels, ascending."""
    return tuple(round(scale * member.input.size) for scale in _SCALES)


class SeveralScales:
    """The sum of the vectors at three sizes, and the logits of the middle one.

    Args:
        name: what the registry calls it.
        member: which network.
        cache: where the converted networks are kept.
        open_session: loads an ONNX file, e.g. ``choose_runtime().open``.

    Raises:
        ModelError: the weights are missing or damaged.
    """

    dims, classes = POOL_DIMS, CLASSES

    def __init__(
        self, name: str, member: Member, cache: Path, open_session: Callable[[Path], Session]
    ) -> None:
        self.name = name
        at = [member if side == member.input.size else member.at(side) for side in sides(member)]
        self._networks = [EfficientNetLite(one, cache, open_session) for one in at]
        self.input = self._networks[-1].input

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of the largest size, shape (n, side, side, 3), RGB, uint8.

        Returns:
            vectors (n, 1280), rows of length 1; logits (n, 1000).

        Raises:
            ModelError: the pixels have another shape or type.
        """
        check_pixels(pixels, self.input.size, self.name)
        seen = [network.encode(_scaled(pixels, network.input.size)) for network in self._networks]
        vectors = np.sum([features.vectors for features in seen], axis=0)
        return Features(unit_rows(vectors), seen[_OWN].logits)


def _scaled(pixels: UInt8Array, side: int) -> UInt8Array:
    """Squares scaled down with antialiasing, shape (n, side, side, 3)."""
    from PIL import Image

    if pixels.shape[1] == side:
        return pixels
    smaller = [
        np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC))
        for one in pixels
    ]
    return np.stack(smaller) if smaller else np.zeros((0, side, side, 3), np.uint8)
