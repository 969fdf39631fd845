"""How likely it is that two things of a space show the same.

What an encoder calls near is the same in every library: two photos of one kind of thing lie at .5
to .7 in the default space, whatever surrounds them, so their inner product says more on whether a
hit is right than its rank among the others or its odds against this library's background
(docs/search.md has the figures). This is Platt's scaling (1999), fitted on labelled pictures of
many kinds by ``benchmarks/cut.py``. Where hits are ranked in a space of blended vectors, three
more numbers say how fine this library and this query distinguish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.segments import BoolArray
from lookalike.store.vectors import VectorView

_AT_MEDIAN = 5.4
"""Minus the log odds of two random pictures to show the same."""
_SPREADS = 4.3
"""So many spreads above the median two pictures are as likely the same as not."""
_MOST_OF_THE_WAY = 0.6
_SAMPLE = 256
_FEWEST = 32
_LEAST_SPREAD = 0.01
_EXPECTED = 10


@dataclass(frozen=True)
class Likeness:
    """A logistic curve over inner products.

    Attributes:
        slope: of the log odds.
        middle: the inner product at which the odds are even.
    """

    slope: float
    middle: float

    def chance(self, scores: Float32Array) -> Float32Array:
        """The probability that it is the same, same shape."""
        odds = np.exp(np.clip(self.slope * (self.middle - scores), -30, 30))
        return np.asarray(1 / (1 + odds), np.float32)


@dataclass(frozen=True)
class BlendedLikeness:
    """Log odds that are linear in what a picture says of a hit in a space of blended vectors.

    Attributes:
        alike: times the inner product of the encoder's own vectors.
        behind: times the inner product in the searched space, less that of the best three hits.
        spread: times how far that of a random picture of the library usually is from their median.
        common: times the median inner product of the encoder's own vectors with random pictures.
        constant: added.
    """

    alike: float
    behind: float
    spread: float
    common: float
    constant: float

    def chance(
        self,
        encoded: Float32Array,
        searched: Float32Array,
        spread: float,
        common: float,
        others: BoolArray | None = None,
    ) -> Float32Array:
        """The probability that hits show the same.

        Args:
            encoded: inner products of the encoder's own vectors, shape (n,).
            searched: those that rank, shape (n,), the best ones among them.
            spread: of the background of ``searched``.
            common: mean of the background of ``encoded``.
            others: shape (n,), which of them are not the query itself; None for all.

        Returns:
            Shape (n,).
        """
        ranked = searched if others is None or not others.any() else searched[others]
        if not len(ranked):
            return np.zeros(0, np.float32)
        best = np.sort(ranked)[-_BEST:].mean()
        odds = self.constant + self.alike * encoded + self.behind * (searched - best)
        odds = odds + self.spread * min(spread, _MOST_SPREAD) + self.common * common
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), np.float32)


_BEST = 3
_MOST_SPREAD = 0.45
"""Nothing wider was measured; a handful of pictures may lie further apart."""
USUAL = Likeness(14, 0.65)
"""Of the default encoder's pictures."""
LOOK: dict[str, Likeness] = {"efficientnet-lite0": USUAL, "fake": USUAL}
"""Of pictures' vectors, by encoder."""
BLENDED: dict[str, BlendedLikeness] = {
    encoder: BlendedLikeness(10.5, 4.7, -11.65, 7.8, -5.92) for encoder in LOOK
}
"""Of pictures' vectors that are ranked by their blends with their neighbours, by encoder."""
CONCEPT = Likeness(6.2, 0.65)
"""Of words and pictures in a concept space."""


def by_surprise(surprise: Float32Array, pictures: int, expected: int = _EXPECTED) -> Float32Array:
    """A chance from odds against the library alone, where inner products have no known meaning.

    Args:
        surprise: minus log10 of the probability of such a match by chance.
        pictures: in the library: so many draws chance has.
        expected: true hits; a picture that chance brings as often is as likely right as wrong.
    """
    alarms = pictures * np.power(10.0, -np.asarray(surprise, np.float64).clip(0, 30))
    return np.asarray(expected / (expected + alarms), np.float32)


def look_likeness(encoder: str, view: VectorView) -> Likeness:
    """The curve of an encoder's space of pictures.

    For an encoder that nobody has measured it is estimated from how near random pictures of the
    library are to one another, in proportion to the default one.
    """
    return LOOK.get(encoder) or estimated(
        view.background[:: max(1, len(view.background) // _SAMPLE)]
    )


def estimated(vectors: Float32Array) -> Likeness:
    """A curve from a sample of vectors that mostly show different things, shape (n, dims).

    Some few vectors say nothing: the default encoder's curve has to do then.
    """
    if len(vectors) < _FEWEST:
        return USUAL
    pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    low, median = np.quantile(pairs, [0.16, 0.5])
    above = _SPREADS * max(float(median - low), _LEAST_SPREAD)
    above = min(above, _MOST_OF_THE_WAY * max(1 - float(median), _LEAST_SPREAD))
    return Likeness(_AT_MEDIAN / above, float(median) + above)
