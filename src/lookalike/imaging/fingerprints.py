"""Perceptual hashes: 256 bits that survive scaling, compression and colour changes.

The bits are the signs of the 16 × 16 lowest frequencies of the picture's luma, as in PDQ (Facebook,
"The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019), but compared with
0 instead of the median: so the hash of a turned or mirrored picture follows from the bits alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.imaging.picture import InputSpec, UInt8Array

SIDE = 64
INPUT = InputSpec(SIDE, "squash")
"""The pixels that :func:`fingerprints` takes."""
BYTES = 32
BITS = 8 * BYTES
ORIENTATIONS = 8
MIN_DETAIL = 8
"""Pictures with less are plain: their bits are chance."""

_FREQUENCIES = 16
_BORDER_SPREAD = 14.0
_MIN_BORDER = 2
_LEAST_INNER = 16
_DETAIL_SCALE = 8.0

Int64Array = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fingerprint:
    """What one picture is recognised by.

    Attributes:
        whole: hash of the whole picture, 32 bytes.
        inner: hash of what lies within a plain border; equal to ``whole`` where there is none.
        detail: how much there is to see, 0 (plain) to 255.
    """

    whole: bytes
    inner: bytes
    detail: int


def fingerprints(pixels: UInt8Array) -> list[Fingerprint]:
    """The fingerprints of n pictures.

    Args:
        pixels: shape (n, 64, 64, 3), RGB, uint8: whole pictures, squashed (:data:`INPUT`).
    """
    luma = _luma(pixels)
    whole = _hashes(luma)
    inner = whole.copy()
    boxes = _inner_boxes(luma)
    trimmed = np.flatnonzero(np.any(boxes != [0, 0, SIDE, SIDE], axis=1))
    if len(trimmed):
        inner[trimmed] = _hashes(np.stack([_cut(luma[at], boxes[at]) for at in trimmed]))
    details = _details(luma)
    return [
        Fingerprint(one.tobytes(), within.tobytes(), int(detail))
        for one, within, detail in zip(whole, inner, details, strict=True)
    ]


def orientations(hashes: UInt8Array) -> UInt8Array:
    """The hashes that turned and mirrored copies would have.

    Args:
        hashes: shape (n, 32), uint8.

    Returns:
        Shape (8, n, 32). The first is the hash itself; number ``o`` is that of the picture
        after :func:`oriented` with ``o``.
    """
    bits = np.unpackbits(hashes, axis=1).reshape(-1, _FREQUENCIES, _FREQUENCIES)
    # Frequency u + 1 is odd about the middle for even u: mirrored, its sign changes.
    odd = (np.arange(_FREQUENCIES) % 2 == 0).astype(np.uint8)
    variants = []
    for number in range(ORIENTATIONS):
        turned = bits.transpose(0, 2, 1) if number & 4 else bits
        if number & 1:
            turned = turned ^ odd[None, None, :]
        if number & 2:
            turned = turned ^ odd[None, :, None]
        variants.append(np.packbits(turned.reshape(len(hashes), -1), axis=1))
    return np.stack(variants)


def oriented(pixels: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
    """A picture turned or mirrored: bit 2 of ``number`` transposes, then bit 0 mirrors left and
    right, bit 1 top and bottom.

    Args:
        pixels: shape (height, width, ...).
        number: 0 (as it is) to 7.
    """
    turned = pixels.swapaxes(0, 1) if number & 4 else pixels
    turned = turned[:, ::-1] if number & 1 else turned
    return np.ascontiguousarray(turned[::-1] if number & 2 else turned)


def distances(one: UInt8Array, others: UInt8Array) -> npt.NDArray[np.int32]:
    """Bits in which hashes differ.

    Args:
        one: shape (32,) or (n, 32), uint8.
        others: shape (n, 32), uint8.

    Returns:
        Shape (n,).
    """
    differing = np.bitwise_count(one.reshape(-1, BYTES).view(np.uint64) ^ others.view(np.uint64))
    return np.asarray(differing.sum(axis=1), np.int32)


@cache
def _basis() -> FloatArray:
    """Rows of the discrete cosine transform, without the constant one, shape (16, 64)."""
    frequency = np.arange(1, _FREQUENCIES + 1)[:, None]
    place = np.arange(SIDE)[None, :] + 0.5
    return np.cos(np.pi / SIDE * frequency * place).astype(np.float32)


def _luma(pixels: UInt8Array) -> FloatArray:
    red, green, blue = (pixels[..., channel].astype(np.float32) for channel in range(3))
    return np.asarray(0.299 * red + 0.587 * green + 0.114 * blue, np.float32)


def _hashes(luma: FloatArray) -> UInt8Array:
    basis = _basis()
    bits = basis @ luma @ basis.T > 0
    return np.packbits(bits.reshape(len(luma), -1), axis=1)


def _details(luma: FloatArray) -> UInt8Array:
    """Mean change from pixel to pixel, in eighths of a grey level."""
    across = np.abs(np.diff(luma, axis=2)).mean(axis=(1, 2))
    down = np.abs(np.diff(luma, axis=1)).mean(axis=(1, 2))
    return np.asarray(np.minimum(_DETAIL_SCALE * (across + down) / 2, 255), np.uint8)


def _inner_boxes(luma: FloatArray) -> Int64Array:
    """Left, top, right and bottom of what lies within a plain border, shape (n, 4)."""
    top, bottom = plain_rows(luma), plain_rows(luma[:, ::-1])
    left, right = plain_rows(luma.swapaxes(1, 2)), plain_rows(luma[:, :, ::-1].swapaxes(1, 2))
    wide = np.maximum.reduce([top, bottom, left, right]) >= _MIN_BORDER
    leaves = np.maximum(top + bottom, left + right) <= SIDE - _LEAST_INNER
    boxes = np.stack([left, top, SIDE - right, SIDE - bottom], axis=1)
    return np.where((wide & leaves)[:, None], boxes, [0, 0, SIDE, SIDE])


def plain_rows(luma: FloatArray) -> Int64Array:
    """How many rows from the first on are of one brightness, shape (n,).

    Args:
        luma: shape (n, height, width), of n pictures.
    """
    off = np.abs(luma - luma[:, :1].mean(axis=2, keepdims=True))
    broken = (off.max(axis=2) > _BORDER_SPREAD) | (off.mean(axis=2) > _BORDER_SPREAD / 2)
    found = np.where(broken.any(axis=1), broken.argmax(axis=1), luma.shape[1])
    return np.asarray(found, np.int64)


def _cut(luma: FloatArray, box: Int64Array) -> FloatArray:
    image, (left, top, right, bottom) = Image.fromarray(luma), box.tolist()
    cut = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return np.asarray(cut, np.float32)
