"""Descriptors of whole pictures that learn nothing: colours, gradients, texture."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Features, Float32Array, check_pixels, unit_rows
from lookalike.imaging.picture import InputSpec, UInt8Array

_HOG_SIDE, _GIST_SIDE, _COLOUR_SIDE = 128, 128, 64
_BINS = (6, 8, 8)
_CELL, _ANGLES = 16, 9
_SCALES, _DIRECTIONS, _PLACES = 4, 8, 4
_DOMINANT = 6
_ROUNDS = 8
_NEARNESS = 15.0
"""How far in CIELAB a dominant colour is spread over the grid of colours."""
_GRID = 5


class HogEncoder:
    """Histograms of oriented gradients (Dalal and Triggs, 2005), square roots of blocks."""

    name = "hog"
    dims = (_HOG_SIDE // _CELL - 1) ** 2 * 4 * _ANGLES
    input = InputSpec(_HOG_SIDE, "squash")

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 128, 128, 3), RGB, uint8; vectors (n, 1764)."""
        check_pixels(pixels, _HOG_SIDE, self.name)
        return _features([_gradients(one) for one in pixels], self.dims)


class GistEncoder:
    """The energy of 32 Gabor filters in 16 parts of the picture (Oliva and Torralba, 2001)."""

    name = "gist"
    dims = _SCALES * _DIRECTIONS * _PLACES**2
    input = InputSpec(_GIST_SIDE, "squash")

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 128, 128, 3), RGB, uint8; vectors (n, 512)."""
        check_pixels(pixels, _GIST_SIDE, self.name)
        return _features([_energies(one) for one in pixels], self.dims)


class LabHistogram:
    """A histogram of 6 lightnesses by 8 by 8 colours in CIELAB, square roots of the shares.

    Inner products are Bhattacharyya coefficients (1943).
    """

    name = "colour-histogram"
    dims = int(np.prod(_BINS))
    input = InputSpec(_COLOUR_SIDE, "squash")

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 64, 64, 3), RGB, uint8; vectors (n, 384)."""
        check_pixels(pixels, _COLOUR_SIDE, self.name)
        rows = []
        for one in pixels:
            counts, _ = np.histogramdd(_lab(one), _BINS, [(0, 100.001), (-80, 80), (-80, 80)])
            rows.append(np.sqrt(counts.ravel()))
        return _features(rows, self.dims)


class DominantColours:
    """The six colours that a picture is mostly made of (k-means in CIELAB), and their shares.

    Each is spread over a grid of colours, so that near colours of two pictures meet; MPEG-7's
    dominant colour descriptor (Manjunath et al., 2001) compares them one by one.
    """

    name = "dominant-colours"
    dims = _GRID**3
    input = InputSpec(_COLOUR_SIDE, "squash")

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 64, 64, 3), RGB, uint8; vectors (n, 125)."""
        check_pixels(pixels, _COLOUR_SIDE, self.name)
        return _features([_spread(*dominant_colours(one)) for one in pixels], self.dims)


def dominant_colours(pixels: UInt8Array) -> tuple[Float32Array, Float32Array]:
    """The colours that a picture is mostly made of, the largest first.

    Args:
        pixels: shape (height, width, 3), RGB.

    Returns:
        Shares, shape (6,), and colours in CIELAB, shape (6, 3).
    """
    colours = _lab(pixels)
    # Starts spread over the picture's own range of lightness: the same every time.
    order = np.argsort(colours[:, 0], kind="stable")
    centres = colours[order[np.linspace(0, len(order) - 1, _DOMINANT).astype(int)]]
    for _ in range(_ROUNDS):
        apart = ((colours[:, None] - centres) ** 2).sum(axis=2)
        nearest = apart.argmin(axis=1)
        counts = np.bincount(nearest, minlength=_DOMINANT)
        sums = np.stack([np.bincount(nearest, c, _DOMINANT) for c in colours.T], axis=1)
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    best = np.argsort(-counts, kind="stable")
    return np.asarray(counts[best] / len(colours), np.float32), np.asarray(
        centres[best], np.float32
    )


def _gradients(pixels: UInt8Array) -> Float32Array:
    """Blocks of 2 by 2 cells, each of length 1, in 9 directions that know no sign."""
    rooted = np.sqrt(pixels.astype(np.float32))
    down, across = np.gradient(rooted, axis=(0, 1))
    strength = np.hypot(down, across)
    channel = strength.argmax(axis=2)[..., None]  # the channel that changes most counts
    size = np.take_along_axis(strength, channel, 2)[..., 0]
    angle = np.take_along_axis(np.arctan2(down, across), channel, 2)[..., 0]
    at = (angle % np.pi) / np.pi * _ANGLES - 0.5
    lower = np.floor(at).astype(np.intp)
    side = _HOG_SIDE // _CELL
    rows, columns = np.indices(size.shape) // _CELL
    cells = np.zeros((side, side, _ANGLES), np.float32)
    for step, share in ((0, lower + 1 - at), (1, at - lower)):
        np.add.at(cells, (rows, columns, (lower + step) % _ANGLES), size * share)
    windows = np.lib.stride_tricks.sliding_window_view(cells, (2, 2), axis=(0, 1))
    blocks = windows.reshape(-1, 4 * _ANGLES)
    blocks = blocks / np.sqrt((blocks**2).sum(axis=1, keepdims=True) + 1e-3)
    return np.asarray(np.sqrt(blocks).ravel(), np.float32)


def _spread(shares: Float32Array, colours: Float32Array) -> Float32Array:
    apart = ((_colour_grid()[:, None] - colours) ** 2).sum(axis=2)
    near = np.exp(-apart / (2 * _NEARNESS**2))
    near /= near.sum(axis=0)
    return np.asarray(np.sqrt(near @ shares), np.float32)


@cache
def _colour_grid() -> Float32Array:
    ranges = [np.linspace(10, 90, _GRID), *[np.linspace(-60, 60, _GRID)] * 2]
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1)
    return np.asarray(grid.reshape(-1, 3), np.float32)


def _lab(pixels: UInt8Array) -> Float32Array:
    """CIELAB of pixels, shape (pixels, 3): lightness 0 to 100, colours about -100 to 100."""
    scaled = pixels.astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB).reshape(-1, 3), np.float32)


def _energies(pixels: UInt8Array) -> Float32Array:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = np.log1p(grey)
    # Local contrast, as the authors prefilter: without it light and shade say most.
    light -= cv2.GaussianBlur(light, (0, 0), 4)
    light /= np.sqrt(cv2.GaussianBlur(light**2, (0, 0), 8)) + 0.2
    spectrum = np.fft.fft2(light)
    found = np.abs(np.fft.ifft2(spectrum * _gabors()))
    part = _GIST_SIDE // _PLACES
    cells = found.reshape(-1, _PLACES, part, _PLACES, part).mean(axis=(2, 4))
    return np.asarray(cells.ravel(), np.float32)


@cache
def _gabors() -> npt.NDArray[np.float64]:
    """Transfer functions of the filters, shape (filters, side, side)."""
    across = np.fft.fftfreq(_GIST_SIDE)
    radius = np.hypot(across[:, None], across)
    angle = np.arctan2(across[:, None], across)
    filters = []
    for scale in range(_SCALES):
        centre = 0.3 / 1.85**scale
        for direction in range(_DIRECTIONS):
            turned = angle - np.pi * direction / _DIRECTIONS
            turned = (turned + np.pi) % (2 * np.pi) - np.pi
            along = np.exp(-10 * 0.35 * (radius / centre - 1) ** 2)
            filters.append(along * np.exp(-2 * np.pi * 0.2 * _DIRECTIONS * turned**2))
    return np.stack(filters)


def _features(rows: list[Float32Array], dims: int) -> Features:
    found = np.array(rows, np.float32).reshape(len(rows), dims)
    return Features(unit_rows(found) if len(found) else found)
