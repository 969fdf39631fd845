"""How sure a mean over queries is, and whether two systems differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lookalike.lab.judged import Float64Array

RESAMPLES = 2_000
PERMUTATIONS = 10_000
CONFIDENCE = 0.95
_SEED = 20_260_101
_CELLS = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How two systems differ over the same queries.

    Attributes:
        mean: of the differences, first less second.
        interval: 95 % bootstrap confidence interval of it.
        p: two-sided probability of such a mean where only chance told the systems apart.
        better: queries in which the first is better.
        worse: queries in which the second is better.
    """

    mean: float
    interval: Interval
    p: float
    better: int
    worse: int

    def as_dict(self) -> dict[str, Any]:
        """The difference as JSON's types."""
        return {
            "mean": self.mean,
            "interval": [self.interval.low, self.interval.high],
            "p": self.p,
            "better": self.better,
            "worse": self.worse,
        }


def intervals(values: Float64Array) -> list[Interval]:
    """Percentile bootstrap over queries (Efron, 1979), the same queries for each measure.

    Args:
        values: shape (queries, measures).
    """
    if not len(values):
        return [Interval(0.0, 0.0)] * values.shape[1]
    rng = np.random.default_rng(_SEED)
    means = [
        rng.multinomial(len(values), np.full(len(values), 1 / len(values)), size) @ values
        for size in _blocks(RESAMPLES, len(values))
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(means) / len(values), [tail, 1 - tail], axis=0)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def macro_interval(parts: Sequence[Float64Array]) -> Interval:
    """The same for the mean of the means of several sets; each is resampled by itself.

    Args:
        parts: per set one value a query, shape (queries,).
    """
    rng, means = np.random.default_rng(_SEED), np.zeros(RESAMPLES)
    for values in parts:
        even = np.full(len(values), 1 / len(values))
        drawn = [rng.multinomial(len(values), even, n) for n in _blocks(RESAMPLES, len(values))]
        means += np.concatenate([counts @ values for counts in drawn]) / len(values) / len(parts)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def compare(first: Float64Array, second: Float64Array) -> Difference:
    """Paired randomisation test (Fisher; Smucker, Allan and Carterette, 2007).

    Args:
        first: one value a query, shape (queries,).
        second: of the other system, for the same queries.
    """
    differences = first - second
    mean = float(differences.mean()) if len(differences) else 0.0
    return Difference(
        mean=mean,
        interval=intervals(differences[:, None])[0],
        p=_randomisation(differences),
        better=int((differences > 0).sum()),
        worse=int((differences < 0).sum()),
    )


def _randomisation(differences: Float64Array) -> float:
    """The share of random signs that give a mean at least as far from 0."""
    nonzero = differences[differences != 0]
    if not len(nonzero):
        return 1.0
    rng, observed, extreme = np.random.default_rng(_SEED), abs(nonzero.sum()), 0
    for size in _blocks(PERMUTATIONS, len(nonzero)):
        signs = rng.integers(0, 2, (size, len(nonzero)), dtype=np.int8) * 2 - 1
        extreme += int((np.abs(signs @ nonzero) >= observed * (1 - 1e-12)).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)


def _blocks(total: int, width: int) -> Iterator[int]:
    step = max(1, _CELLS // width)
    for start in range(0, total, step):
        yield min(step, total - start)
