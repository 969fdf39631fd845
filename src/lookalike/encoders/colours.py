"""How much of a picture has which colour.

A picture is a histogram over colours spread evenly in CIELAB, into which its pixels are shared out
softly; a colour that is searched for is the weight that each of these has for it. Their inner
product is the share of the picture that has the colour, so one vector search answers it.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from PIL import ImageColor

from lookalike.encoders.base import Features, Float32Array, lone_product
from lookalike.errors import QueryError
from lookalike.imaging.picture import InputSpec, UInt8Array

NAME = "colours"
DIMS = 96
SIDE = 40
RECIPE = 1

_LEVELS = 8
_SOFTNESS = 9.0
"""How far in CIELAB a pixel is shared out between the histogram's colours."""
_NEARNESS = 16.0
"""How far a colour may be from the one searched for: two shades of one colour differ by that."""
_LIGHTNESS = 0.6
"""What a difference in lightness counts beside one in hue: light and shade are no colours."""
_MATRIX = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175],
     [0.0193339, 0.119192, 0.9503041]]
)  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883])

# Each of the basic colour terms (Berlin and Kay, 1969) by some of its shades.
BASIC: dict[str, tuple[str, ...]] = {
    "black": ("#000000", "#1c1c1c"),
    "white": ("#ffffff", "#f2f2f2"),
    "grey": ("#808080", "#a0a0a0", "#606060"),
    "red": ("#e01b1b", "#b01010", "#ff4040", "#801010"),
    "orange": ("#ff8c00", "#f57c20", "#e06a00"),
    "yellow": ("#ffe030", "#f5d000", "#fff060"),
    "green": ("#20a030", "#107020", "#60c040", "#2e7d32", "#80d060"),
    "blue": ("#1e40d0", "#103080", "#4080f0", "#60a0f0", "#2060a0"),
    "purple": ("#8020a0", "#a050d0", "#602080"),
    "pink": ("#ff80b0", "#ffb0c8", "#f05090"),
    "brown": ("#7a4a20", "#5a3418", "#96642e"),
}
_SAME = {"gray": "grey", "violet": "purple"}
_HEX = re.compile(r"#(?:[0-9a-f]{3}){1,2}")


class ColourEncoder:
    """A soft histogram of 96 colours.

    Args:
        spec: the pixels it gets; by default it asks for small ones of its own.
    """

    name = NAME
    dims = DIMS

    def __init__(self, spec: InputSpec | None = None) -> None:
        self.input = spec or InputSpec(SIDE, "squash")

    def encode(self, pixels: UInt8Array) -> Features:
        """Histograms of pictures of shape (n, size, size, 3), RGB, uint8; each sums to 1."""
        step = max(1, pixels.shape[1] // SIDE)
        small = pixels[:, ::step, ::step] // (256 // _LEVELS)
        cells = (small[..., 0].astype(np.intp) * _LEVELS + small[..., 1]) * _LEVELS + small[..., 2]
        n, cubes = len(pixels), _LEVELS**3
        flat = (cells.reshape(n, -1) + np.arange(n)[:, None] * cubes).ravel()
        counts = np.bincount(flat, minlength=n * cubes).reshape(n, cubes).astype(np.float32)
        shares = counts / counts.sum(axis=1, keepdims=True)
        return Features(lone_product(shares, _shared_out()))


def colour_vector(colour: str) -> Float32Array:
    """What a colour is searched with, shape (96,), float32, from 0 to 1.

    Args:
        colour: a name (``red``, ``dark green``, CSS's names) or ``#c02020``.

    Raises:
        QueryError: there is no such colour (``no-such-colour``).
    """
    wanted = _lab(np.array(_shades(colour), np.float64))
    apart = _distance(_centres()[:, None], wanted[None])
    return np.asarray(np.exp(-np.square(apart.min(axis=1) / _NEARNESS) / 2), np.float32)


def is_colour(word: str) -> bool:
    """Whether a word is one of the basic colours, or ``#rrggbb``."""
    return is_basic(word) or _HEX.fullmatch(word.casefold()) is not None


def is_basic(colour: str) -> bool:
    """Whether a colour is one of the basic ones, by name: of these many shades count."""
    lowered = colour.casefold().strip()
    return _SAME.get(lowered, lowered) in BASIC


def _shades(colour: str) -> list[tuple[int, ...]]:
    name = " ".join(colour.casefold().split())
    basic = BASIC.get(_SAME.get(name, name))
    for shades in [basic] if basic else [(name,), (name.replace(" ", ""),)]:
        try:
            return [ImageColor.getrgb(shade)[:3] for shade in shades]
        except ValueError:
            continue
    raise QueryError(
        f"There is no colour {colour[:80]!r}.",
        f"Write #rrggbb or one of: {', '.join(BASIC)}.",
        code="no-such-colour",
    )


@lru_cache(maxsize=1)
def _cubes() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The colours that pixels are rounded to, in CIELAB; shape (512, 3)."""
    level = (np.arange(_LEVELS) + 0.5) * 256 / _LEVELS
    grid = np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1).reshape(-1, 3)
    return _lab(grid)


@lru_cache(maxsize=1)
def _centres() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Colours as far from one another as can be, one after the other; shape (96, 3)."""
    cubes = _cubes()
    chosen = [0]
    nearest = np.linalg.norm(cubes - cubes[0], axis=1)
    while len(chosen) < DIMS:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(cubes - cubes[chosen[-1]], axis=1))
    return cubes[chosen]


@lru_cache(maxsize=1)
def _shared_out() -> Float32Array:
    """How a pixel is shared out between the histogram's colours; shape (512, 96)."""
    apart = np.linalg.norm(_cubes()[:, None] - _centres()[None], axis=-1)
    beyond = np.square(apart) - np.square(apart.min(axis=1, keepdims=True))
    near = np.exp(-beyond / (2 * _SOFTNESS**2))
    return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    apart = one - other
    apart[..., 0] *= _LIGHTNESS
    return np.asarray(np.linalg.norm(apart, axis=-1))


def _lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of sRGB from 0 to 255; shape (..., 3)."""
    unit = rgb / 255
    linear = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _MATRIX.T / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
