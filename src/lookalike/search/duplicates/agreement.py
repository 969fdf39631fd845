"""Whether two pictures that lie on each other show the same, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.search.duplicates.detail import NO_DETAIL, Detail, differing_detail
from lookalike.search.duplicates.overlay import Overlay

_BLOCKS = 12
_BLOCK_PX = (4, 16)
_TEXTURE = 6.0
_SAME_SHAPE = 0.8
_SAME_BRIGHTNESS = 16.0
_SAME_COLOUR = 28.0
_GREY = 5.0
_ROUNDS = 3
_MOST_DIFFERING = 0.6
_PLAIN = 2.0

BoolArray = npt.NDArray[np.bool_]
_Value = TypeVar("_Value", np.float32, np.bool_)


@dataclass(frozen=True)
class Agreement:
    """How far two aligned pictures agree.

    A block is textured if its brightness varies. Textured blocks agree if their brightness varies
    alike (normalised correlation), plain ones if they are equally bright, and both only if their
    colours are alike.

    Attributes:
        blocks: blocks that were compared.
        agreeing: of them textured, and alike.
        differing: the share of blocks that are not alike.
        correlation: the median over the textured blocks that are alike.
        lopsided: whether what is not alike was painted over in one of the pictures, as by text: 1
            if it was, 0 if both show as much there.
        gain: brightness of the first picture = gain × that of the second + offset.
        offset: see there.
        roughness: the root mean square of what is left between them, in grey levels; that of the
            block at the 90th percentile of those that are alike.
        grey: whether one of them is without colour and the other is not.
        detail: what differs pixel by pixel, if that was asked.
    """

    blocks: int
    agreeing: int
    differing: float
    correlation: float
    lopsided: float
    gain: float
    offset: float
    roughness: float
    grey: bool
    detail: Detail = NO_DETAIL


def agreement(overlay: Overlay, *, drawing: bool = False) -> Agreement | None:
    """Compare; None if less than two blocks lie in both pictures, or more than 60 % differ.

    Args:
        overlay: the aligned pictures.
        drawing: whether details count: look for what differs pixel by pixel.
    """
    height, width = overlay.both.shape
    side = min(max(round(max(height, width) / _BLOCKS), _BLOCK_PX[0]), _BLOCK_PX[1])
    inside = np.asarray(_blocks(overlay.both, side).all(axis=1), np.bool_)
    if inside.sum() < 2:
        return None
    first = _blocks(overlay.first[..., 0], side)[inside]
    second = _blocks(overlay.second[..., 0], side)[inside]
    rough_1, correlation = first.std(axis=1), _correlation(first, second)
    unlike = (rough_1 > _TEXTURE) & (correlation <= _SAME_SHAPE)
    if unlike.mean() > _MOST_DIFFERING:  # whatever was done to brightness and colours
        return None
    gain, offset = _brightness(overlay)
    second = gain * second + offset
    rough_2 = second.std(axis=1)
    mean_1, mean_2 = first.mean(axis=1), second.mean(axis=1)
    correlation *= np.sign(gain)
    textured = np.maximum(rough_1, rough_2) > _TEXTURE
    alike = np.where(
        textured, correlation > _SAME_SHAPE, np.abs(mean_1 - mean_2) < _SAME_BRIGHTNESS
    )
    colours = _colours(overlay, side, inside)
    alike &= colours.alike
    if 1 - alike.mean() > _MOST_DIFFERING:
        return None
    good = textured & alike
    left = np.sqrt(((first - second) ** 2).mean(axis=1))
    return Agreement(
        blocks=len(alike),
        agreeing=int(good.sum()),
        differing=float(1 - alike.mean()),
        correlation=float(np.median(correlation[good])) if good.any() else 0.0,
        lopsided=_lopsided(overlay, side, inside, ~alike),
        gain=gain,
        offset=offset,
        roughness=float(np.quantile(left[alike], 0.9)) if alike.any() else 255.0,
        grey=colours.grey,
        detail=_detail(overlay, gain, offset, colours) if drawing else NO_DETAIL,
    )


def _blocks(values: npt.NDArray[_Value], side: int) -> npt.NDArray[_Value]:
    """Whole blocks of ``side`` × ``side`` pixels, shape (n, side²)."""
    down, across = values.shape[0] // side, values.shape[1] // side
    cut = values[: down * side, : across * side].reshape(down, side, across, side)
    return cut.swapaxes(1, 2).reshape(down * across, side * side)


def _correlation(first: Float32Array, second: Float32Array) -> Float32Array:
    """Of the brightness of each block, shape (n,)."""
    first = first - first.mean(axis=1, keepdims=True)
    second = second - second.mean(axis=1, keepdims=True)
    spread = np.sqrt((first**2).mean(axis=1) * (second**2).mean(axis=1))
    return np.asarray((first * second).mean(axis=1) / np.maximum(spread, 1e-3), np.float32)


def _brightness(overlay: Overlay) -> tuple[float, float]:
    """The gain and offset that most pixels agree on: least squares, then without what is off."""
    first = overlay.first[..., 0][overlay.both]
    second = overlay.second[..., 0][overlay.both]
    kept = np.ones(len(first), bool)
    gain, offset = 1.0, 0.0
    for _ in range(_ROUNDS):
        x, y = second[kept], first[kept]
        spread = float(x.var())
        if spread < 1:
            return 1.0, float(y.mean() - x.mean())
        gain = float(((x - x.mean()) * (y - y.mean())).mean() / spread)
        offset = float(y.mean() - gain * x.mean())
        off = np.abs(first - gain * second - offset)
        kept = off <= max(6.0, 2 * float(np.median(off)))
    return gain, offset


@dataclass(frozen=True)
class _Colours:
    """Which blocks have like colours; whether one picture is grey and the other not; and how much
    stronger the first one's colours are, and how they are shifted."""

    alike: BoolArray
    grey: bool
    strength: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


def _colours(overlay: Overlay, side: int, inside: BoolArray) -> _Colours:
    """Colours may be stronger throughout, or shifted a little: both are taken out first."""
    first, second = _chroma(overlay.first, side, inside), _chroma(overlay.second, side, inside)
    strong_1 = float(np.quantile(np.abs(first).max(axis=1), 0.95))
    strong_2 = float(np.quantile(np.abs(second).max(axis=1), 0.95))
    if min(strong_1, strong_2) < _GREY:
        return _Colours(np.ones(len(first), bool), max(strong_1, strong_2) > 2 * _GREY)
    strength = float((first * second).sum() / max(float((second**2).sum()), 1e-3))
    strength = min(max(strength, 0.6), 1.6)
    off = first - strength * second
    shift = np.clip(np.median(off, axis=0), -_GREY * 2, _GREY * 2)
    alike = np.linalg.norm(off - shift, axis=1) < _SAME_COLOUR
    return _Colours(alike, False, strength, (float(shift[0]), float(shift[1])))


def _detail(overlay: Overlay, gain: float, offset: float, colours: _Colours) -> Detail:
    first, second = overlay.first.copy(), overlay.second.copy()
    second[..., 0] = gain * second[..., 0] + offset
    if colours.grey:
        first, second = first[..., :1], second[..., :1]
    else:
        second[..., 1:] = colours.strength * (second[..., 1:] - 128) + 128 + colours.shift
    return differing_detail(first, second, overlay.both)


def _chroma(picture: Float32Array, side: int, inside: BoolArray) -> Float32Array:
    parts = [_blocks(picture[..., c] - 128, side)[inside].mean(axis=1) for c in (1, 2)]
    return np.stack(parts, axis=1).astype(np.float32)


def _lopsided(overlay: Overlay, side: int, inside: BoolArray, off: BoolArray) -> float:
    """Whether one of the pictures was painted over in these blocks.

    It has the more edges throughout, or is plain or made of two shades: a band, and the letters on
    it.
    """
    if not off.any():
        return 1.0
    lumas = [overlay.first[..., 0], overlay.second[..., 0]]
    own, its = (_blocks(_edges(luma), side)[inside][off] for luma in lumas)
    more = own.mean(axis=1) - its.mean(axis=1)
    rougher = abs(float(more.sum())) / max(float(np.abs(more).sum()), 1e-3)
    plainer = abs(float((own < _PLAIN).mean() - (its < _PLAIN).mean()))
    first, second = (_blocks(luma, side)[inside][off] for luma in lumas)
    flatter = abs(_in_two_shades(first) - _in_two_shades(second))
    return max(rougher, min(1.0, 2 * flatter), min(1.0, 2 * plainer))


def _edges(luma: Float32Array) -> Float32Array:
    """How much each pixel differs from the next ones."""
    across = np.abs(np.diff(luma, axis=1, append=luma[:, -1:]))
    down = np.abs(np.diff(luma, axis=0, append=luma[-1:]))
    return np.asarray(across + down, np.float32)


def _in_two_shades(luma: Float32Array) -> float:
    """The share of pixels in the two commonest of 16 ranges of brightness."""
    counts, _ = np.histogram(luma, 16, (0, 256))
    return float(np.sort(counts)[-2:].sum() / luma.size)
