"""What was learned for a query or a clause, as something that scores pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.search.cut import chances
from lookalike.search.feedback.model import fit_direction
from lookalike.search.feedback.votes import Votes
from lookalike.search.fusion import Background
from lookalike.search.likeness import Likeness, by_surprise
from lookalike.search.presence import words_log_odds
from lookalike.search.results import Via
from lookalike.search.scorers import ScoredClause, VectorScorer
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

_BACKGROUND_ROWS = 256
_ALIKE = Likeness(8.3, 0.6)
"""What nearness to a learned direction means, as a share of its own examples' nearness: chosen on
half of the classes of benchmarks/feedback_cut.py; docs/feedback.md has the figures of the other."""
_FITS, _DOES_NOT = np.float32(0.95), np.float32(0.02)
_LEAST_REACH = 1e-3
_EXPECTED_OF_WORDS = 1
"""docs/joint.md has the figures for this and for ten."""


@dataclass(frozen=True)
class Learned:
    """What judgments taught.

    Attributes:
        direction: shape (dims,), in the look space.
        wanted: whether pictures in that direction fit; False where nothing relevant is known yet.
        priors: by key what the votes on a picture add to its nearness to the direction, in powers
            of ten.
        judged: how many pictures were judged.
        reach: mean inner product of the direction with the pictures that it was learned from.
        loudness: the surprise of that.
        verdicts: by key whether a picture is what the direction leads to; where people agree.
    """

    direction: Float32Array
    wanted: bool = True
    priors: Mapping[int, float] = field(default_factory=dict)
    judged: int = 0
    reach: float = 1.0
    loudness: float = 0.0
    verdicts: Mapping[int, bool] = field(default_factory=dict)


def learn(
    votes: Mapping[int, Votes], examples: Sequence[Float32Array], view: VectorView
) -> Learned:
    """Learn from votes on pictures.

    Args:
        votes: by the key of the picture.
        examples: vectors of pictures that the query itself gives, each (dims,).
        view: the look space.
    """
    # In fixed order: the same judgments must give the same direction, to the last bit.
    keys = np.array(sorted(votes), dtype=np.int64)
    told = [votes[key] for key in keys.tolist()]
    targets = [(1.0 if vote.relevant else -1.0) * vote.weight for vote in told]
    rows = np.concatenate([view.vectors(keys), *(row[None] for row in examples)])
    weights = np.array([*targets, *(1.0 for _ in examples)], np.float32)
    wanted = bool((weights > 0).any())
    if wanted:
        direction = fit_direction(rows, weights, _thinned(view.background))
    else:
        direction = unit_rows((rows.mean(axis=0) - view.background.mean(axis=0))[None])[0]
    side = 1 if wanted else -1  # a direction to stay away from counts negatively
    judged = list(zip(keys.tolist(), told, strict=True))
    priors = {key: side * vote.prior for key, vote in judged if vote.prior}
    reach = np.mean((rows[weights > 0] if wanted else rows) @ direction, keepdims=True)
    usual = Background.of(view.scores_of(direction, view.background))
    return Learned(
        direction,
        wanted,
        priors,
        len(keys),
        reach=float(reach[0]),
        loudness=float(usual.surprise(reach)[0]),
        verdicts={key: vote.relevant == wanted for key, vote in judged if vote.weight},
    )


def trust_in(concept: Float32Array, relevant: Iterable[int], view: VectorView) -> float:
    """How well what a model makes of words agrees with what people judged; from 0 to 1.

    Nobody's judgment: 1. A word that the model knows puts the relevant pictures above nearly all
    of the library, one that it does not know puts them anywhere: their mean rank tells, as in a
    Mann-Whitney test, shrunk towards 1 by one imaginary picture.

    Args:
        concept: what the model makes of the words, shape (dims,).
        relevant: keys of pictures that fit.
        view: the concept space.
    """
    keys = np.array(sorted(relevant), dtype=np.int64)
    usual = np.sort(view.background @ concept)
    ranks = np.searchsorted(usual, view.vectors(keys) @ concept) / len(usual)
    return max(0.0, float((1 + (2 * ranks - 1).sum()) / (1 + len(keys))))


def _thinned(background: Float32Array) -> Float32Array:
    """Evenly chosen rows of a sample; 256 teach as much as 1,024, in a tenth of the time."""
    if len(background) <= _BACKGROUND_ROWS:
        return background
    return background[np.linspace(0, len(background) - 1, _BACKGROUND_ROWS).astype(np.intp)]


class TrustedScorer(VectorScorer):
    """Nearness of vectors that counts as far as it is trusted.

    Args:
        view: the space's vectors.
        query: shape (dims,).
        via: as for :class:`~lookalike.search.scorers.VectorScorer`.
        trust: from 0 to 1.
    """

    def __init__(self, view: VectorView, query: Float32Array, via: Via, trust: float) -> None:
        super().__init__(view, query, via)
        self._trust = np.float32(trust)

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the inner products, less what is not trusted."""
        return self._trust * super().surprise(keys)

    def chance(self, keys: Int64Array) -> Float32Array:
        """What the inner products mean, less what is not trusted."""
        return self._trust * super().chance(keys)

    def presence(self, first: Int64Array) -> float | None:
        """Log odds that the library shows what the words mean."""
        there = self.view.holds(first)
        keys = np.sort(first if there is None else first[there])
        return words_log_odds(self.query, self.inner(keys)) if self._trust == 1 else None


class JointScorer(TrustedScorer):
    """Nearness of words to pictures in a joint space.

    What its inner products mean differs from model to model: CLIP's lie about .25, SigLIP's about
    .1 where words fit. So a chance is read off the odds against the library.
    """

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely the words fit these pictures, by their surprise."""
        return by_surprise(self.surprise(keys), len(self.view), _EXPECTED_OF_WORDS)

    def presence(self, first: Int64Array) -> float | None:
        """Nobody measured that."""
        return None


class LearnedScorer(VectorScorer):
    """Nearness to a learned direction, and what people said of single pictures.

    Args:
        view: the look space.
        learned: what was learned.
        negated: whether its clause says "not this": then no picture's value is below 0, so that
            none is raised.
    """

    def __init__(self, view: VectorView, learned: Learned, *, negated: bool = False) -> None:
        super().__init__(view, learned.direction, "learned")
        self._learned, self._negated = learned, negated
        self._priors = learned.priors

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """The nearest pictures, and those that many people accepted."""
        liked = np.array([key for key, prior in self._priors.items() if prior > 0], dtype=np.int64)
        allowed = liked if keys is None else np.intersect1d(liked, keys)
        return np.union1d(super().candidates(count, keys, rough=rough), allowed)

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the inner products, plus the priors of judged pictures."""
        values = super().surprise(keys)
        for key, prior in self._priors.items():
            at = int(np.searchsorted(keys, key))
            if at < len(keys) and keys[at] == key:
                values[at] += prior
        return np.maximum(values, 0) if self._negated else values

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely these pictures fit: by their nearness, or since people said so."""
        values = self._of_those_there(keys, self._alike.chance)
        for key, fits in self._learned.verdicts.items():
            at = int(np.searchsorted(keys, key))
            if at < len(keys) and keys[at] == key:
                values[at] = max(values[at], _FITS) if fits else _DOES_NOT
        return values

    @cached_property
    def _alike(self) -> Likeness:
        usual = self.background.mean
        reach = max(self._learned.reach - usual, _LEAST_REACH)
        return Likeness(_ALIKE.slope / reach, usual + reach * _ALIKE.middle)


class BlendScorer:
    """Several clauses as one: their weighted mean, as of a concept made of words and pictures.

    Args:
        parts: the clauses with their own scorers; one at least has a positive weight.
        negated: as for :class:`LearnedScorer`.
    """

    via: Via = "learned"

    def __init__(self, parts: Sequence[ScoredClause], *, negated: bool = False) -> None:
        self._parts, self._negated = parts, negated
        self._total = np.float32(sum(max(part.weight, 0) for part in parts))

    @property
    def exact(self) -> bool:
        """Whether every part was."""
        return all(scorer.exact for part in self._parts for scorer in part.scorers)

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """What the wanted parts name."""
        wanted = [part for part in self._parts if part.weight > 0]
        found = [s.candidates(count, keys, rough=rough) for part in wanted for s in part.scorers]
        return np.unique(np.concatenate(found))

    def surprise(self, keys: Int64Array) -> Float32Array:
        """The weighted mean of the parts' surprise."""
        total = np.sum([part.score(keys)[0] for part in self._parts], axis=0) / self._total
        values = np.asarray(total, np.float32)
        return np.maximum(values, 0) if self._negated else values

    def chance(self, keys: Int64Array) -> Float32Array:
        """The parts' chances, pooled as those of clauses."""
        return chances(self._parts, keys)
