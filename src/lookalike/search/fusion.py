"""One scale for scores that cannot be added as they are: how surprising is this match?

A score becomes minus the decimal logarithm of the probability that a random picture of
this library reaches it, as in a-contrario detection (Desolneux, Moisan and Morel, 2000).
For inner products the tail is a normal one, fitted on a background sample of the library;
a BM25 score is a sum of minus logarithms of word probabilities already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array

_NORMAL_UP_TO = 3.0
_SLOPE = 1.43
"""Of the normal tail's logarithm, where the exponential one takes over."""
_LEAST_SPREAD = 1e-4
_SMALL_CHANCE = 1e-9


@dataclass(frozen=True)
class Background:
    """How inner products with one query are spread over a library.

    Attributes:
        mean: of the background sample.
        spread: its standard deviation.
    """

    mean: float
    spread: float

    @classmethod
    def of(cls, scores: Float32Array, *, upper: bool = False) -> Background:
        """Fit to the scores of a background sample, shape (n,).

        Args:
            scores: of the sample.
            upper: measure how far the best tenth is above the median, matches and all, rather than
                the spread below.
        """
        if len(scores) < 2:
            return cls(0.0, 1.0)
        # The upper tail of the sample may be full of matches: they are no background.
        middle, edge = np.quantile(scores, [0.5, 0.9 if upper else 0.16])
        return cls(float(middle), max(abs(float(middle - edge)), _LEAST_SPREAD))

    def surprise(self, scores: Float32Array) -> Float32Array:
        """Minus log10 of the probability of such a score, same shape."""
        return tail_surprise((scores - self.mean) / self.spread)


def tail_surprise(z: Float32Array) -> Float32Array:
    """Minus log10 of the upper tail: a normal one up to 3 spreads, an exponential one beyond.

    A sample of a thousand says nothing about what lies further out, where a normal tail
    would claim odds of one in 10^80. The normal one is approximated within 5 % after
    Karagiannidis and Lioumpas (2007).
    """
    beyond = np.maximum(z - _NORMAL_UP_TO, 0)
    size = np.clip(np.abs(z), 1e-6, None)
    size = np.where(z > 0, np.minimum(size, _NORMAL_UP_TO), size)
    log_tail = (
        np.log1p(-np.exp(-1.4 * size)) - size**2 / 2 - np.log(1.135 * np.sqrt(2 * np.pi) * size)
    )
    upper = -log_tail / np.log(10) + _SLOPE * beyond
    lower = -np.log1p(-np.exp(log_tail)) / np.log(10)
    return np.asarray(np.where(z > 0, upper, lower), np.float32)


def best_of(
    surprises: Sequence[Float32Array],
) -> tuple[npt.NDArray[np.intp], Float32Array]:
    """Which of several ways to match surprises most, and how much the best of them does.

    The best of n ways is good by chance more often than one: with the probability
    1 - (1 - p)^n, were they independent.

    Args:
        surprises: n of shape (pictures,).
    """
    each, count = np.stack(surprises), len(surprises)
    best = each.max(axis=0)
    by_chance = np.clip(np.power(10.0, -best.astype(np.float64)), _SMALL_CHANCE, 1 - 1e-12)
    at_all = -np.expm1(count * np.log1p(-by_chance))
    rare = best > -np.log10(_SMALL_CHANCE)  # there it is n p
    surprise = np.where(rare, best - np.log10(count), -np.log10(at_all))
    return each.argmax(axis=0), np.asarray(surprise, np.float32)


def bm25_surprise(scores: Float32Array) -> Float32Array:
    """Surprise of BM25 scores; 0 stays 0."""
    return np.asarray(scores / np.log(10), np.float32)
