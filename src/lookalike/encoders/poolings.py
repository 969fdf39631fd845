"""How the output of a layer becomes one vector: the poolings, and what each computes.

Each is given twice, by NumPy here and by ONNX operators in
:mod:`lookalike.encoders.onnx_pooling`, which is what runs; a test holds them together.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import UsageError

PoolingKind = Literal["gap", "max", "gem", "rmac", "spoc", "cls", "flat"]

POOLINGS: dict[PoolingKind, str] = {
    "gap": "the mean of all places",
    "max": "the largest value of all places (MAC)",
    "gem": "the generalised mean; gem:2.5 sets its exponent, 3 by default",
    "rmac": "the largest values of overlapping regions, added up",
    "spoc": "the mean with more weight on the centre",
    "cls": "the class token of a transformer",
    "flat": "all numbers as they are",
}
GEM_POWER = 3.0
LEAST = 1e-6
"""Below it nothing is raised to a power or divided by."""
_REGION_LEVELS = 3
_REGION_OVERLAP = 0.4
_CENTRE_SHARE = 3


@dataclass(frozen=True)
class Pooling:
    """A pooling; ``str`` writes it as names do.

    Attributes:
        kind: which one.
        power: of ``gem``, the exponent.
    """

    kind: PoolingKind
    power: float = GEM_POWER

    def __str__(self) -> str:
        exponent = f":{self.power:g}" if self.kind == "gem" and self.power != GEM_POWER else ""
        return f"{self.kind}{exponent}"


def parse_pooling(text: str) -> Pooling:
    """A pooling as names write it, e.g. ``gap`` or ``gem:2.5``.

    Raises:
        UsageError: there is none of this name (``unknown-pooling``).
    """
    kind, _, power = text.partition(":")
    if kind not in POOLINGS:
        near = difflib.get_close_matches(kind, POOLINGS, n=2)
        raise UsageError(
            f"There is no pooling {kind!r}.",
            f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(POOLINGS)}.",
            code="unknown-pooling",
        )
    if not power:
        return Pooling(kind)
    exponent = _number(power)
    if kind != "gem" or not 0 < exponent <= 100:
        raise UsageError(
            f"The pooling {text!r} has no such exponent.",
            "gem takes one above 0 and up to 100, as in gem:2.5; the others take none.",
            code="unknown-pooling",
        )
    return Pooling("gem", exponent)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def pool(maps: Float32Array, pooling: Pooling) -> Float32Array:
    """Pool feature maps.

    Args:
        maps: shape (n, channels, height, width), float32.
        pooling: any but ``cls``, which is for tokens.

    Returns:
        Shape (n, channels); (n, channels * height * width) of ``flat``.
    """
    return np.asarray(_POOL[pooling.kind](maps, pooling), np.float32)


def _gap(maps: Float32Array, _pooling: Pooling) -> Float32Array:
    return np.asarray(maps.mean((2, 3)))


def _max(maps: Float32Array, _pooling: Pooling) -> Float32Array:
    """MAC (Razavian et al., "Visual instance retrieval with deep convolutional networks", 2016)."""
    return np.asarray(maps.max((2, 3)))


def _gem(maps: Float32Array, pooling: Pooling) -> Float32Array:
    """GeM (Radenovic et al., "Fine-tuning CNN image retrieval with no human annotation", 2018)."""
    powers = np.maximum(maps, LEAST) ** pooling.power
    return np.asarray(powers.mean((2, 3)) ** (1 / pooling.power))


def _spoc(maps: Float32Array, _pooling: Pooling) -> Float32Array:
    """SPoC (Babenko and Lempitsky, "Aggregating deep convolutional features ...", 2015).

    With its centre prior; its whitening is for `lookalike spaces add --from`.
    """
    return np.asarray((maps * centre_prior(*maps.shape[2:])).mean((2, 3)))


def _rmac(maps: Float32Array, _pooling: Pooling) -> Float32Array:
    """R-MAC (Tolias, Sicre and Jegou, "Particular object retrieval with integral ...", 2016).

    Without the whitening of the regions.
    """
    total = np.zeros(maps.shape[:2], np.float32)
    for top, left, side in regions(*maps.shape[2:]):
        most = maps[:, :, top : top + side, left : left + side].max((2, 3))
        total += most / np.maximum(np.linalg.norm(most, axis=1, keepdims=True), LEAST)
    return total


def _flat(maps: Float32Array, _pooling: Pooling) -> Float32Array:
    return maps.reshape(len(maps), -1)


_POOL: dict[str, Callable[[Float32Array, Pooling], Float32Array]] = {
    "gap": _gap,
    "max": _max,
    "gem": _gem,
    "spoc": _spoc,
    "rmac": _rmac,
    "flat": _flat,
}


def centre_prior(height: int, width: int) -> Float32Array:
    """SPoC's weights of places: a Gaussian a third as wide as from the centre to the nearest edge.

    Returns:
        Shape (height, width), of mean 1.
    """
    spread = max(min(height, width) / 2 / _CENTRE_SHARE, 0.5)
    down, across = (np.arange(n) - (n - 1) / 2 for n in (height, width))
    weights = np.exp(-(down[:, None] ** 2 + across**2) / (2 * spread**2))
    return np.asarray(weights / weights.mean(), np.float32)


def regions(height: int, width: int) -> Iterator[tuple[int, int, int]]:
    """R-MAC's regions: squares at three scales that overlap by about 40 %.

    Yields:
        Top, left and side of each, in places.
    """
    short, long = min(height, width), max(height, width)
    more = _extra_along(short, long)
    for level in range(1, _REGION_LEVELS + 1):
        side = 2 * short // (level + 1)
        if side == 0:
            return
        wide, high = (level + (more if n == long > short else 0) for n in (width, height))
        for top in _starts(height, side, high):
            for left in _starts(width, side, wide):
                yield top, left, side


def _extra_along(short: int, long: int) -> int:
    """How many more regions fit along the longer side, for an overlap nearest to the wanted one."""
    if short == long:
        return 0

    def off(steps: int) -> float:
        step = (long - short) / steps
        return abs((short - step) / short - _REGION_OVERLAP)

    return min(range(1, 7), key=off)


def _starts(length: int, side: int, count: int) -> list[int]:
    if count == 1:
        return [(length - side) // 2]
    return [math.floor(i * (length - side) / (count - 1)) for i in range(count)]
