"""Pictures by colour."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.encoders.colours import is_basic
from lookalike.errors import QueryError
from lookalike.search.likeness import Likeness
from lookalike.search.results import Via
from lookalike.search.views import Views
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

_BEYOND = np.float32(0.5)
"""What a picture that is wholly of the colour has more than one that only is rarely so."""
NAMED = Likeness(18, 0.22)
SHADE = Likeness(21, 0.29)
"""What shares of one of the basic colours mean, and of any other: chosen on half of the pictures of
``benchmarks/colours.py``, where a picture is of a colour if a fifth of its pixels are."""


class ColourScorer:
    """The share of a picture that has a colour, against the library's other pictures.

    Shares are far from normally distributed: most pictures have nothing of most colours. The
    surprise is that of the rank in the background sample, minus log10 of the part of it that has
    as much, and half the share itself, so that beyond the sample more is more.

    Args:
        view: the histograms.
        query: shape (dims,): what each of a histogram's colours counts.
        likeness: what shares mean.
    """

    via: Via = "colour"

    def __init__(self, view: VectorView, query: Float32Array, likeness: Likeness) -> None:
        self._view, self._query, self._likeness = view, query, likeness
        self.exact = True

    @cached_property
    def _background(self) -> Float32Array:
        return np.sort(self._view.background @ self._query)

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """The pictures with most of it."""
        del rough
        found = self._view.top(self._query, count, keys)
        self.exact = self.exact and found.exact
        return found.keys

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of these pictures' shares; 0 where the histogram is not known."""
        there, shares = self._shares(keys)
        found = np.zeros(len(keys), np.float32)
        sample = self._background
        as_much = len(sample) - np.searchsorted(sample, shares, side="left")
        rarity = -np.log10((1 + as_much) / (1 + len(sample)))
        found[there] = rarity + _BEYOND * shares
        return found

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely people would name the colour; 0 where the histogram is not known."""
        there, shares = self._shares(keys)
        found = np.zeros(len(keys), np.float32)
        found[there] = self._likeness.chance(shares)
        return found

    def _shares(self, keys: Int64Array) -> tuple[npt.NDArray[np.bool_], Float32Array]:
        there = np.isin(keys, self._view.live, assume_unique=True)
        return there, self._view.scores(self._query[None], keys[there])[0]


def colour_scorer(views: Views, colour: str, query: Float32Array) -> ColourScorer:
    """What scores a colour.

    Args:
        views: the library.
        colour: as it is written.
        query: as for :class:`ColourScorer`.

    Raises:
        QueryError: the library's colours are not known (``no-colours``).
    """
    if views.colour is None:
        raise QueryError(
            "The colours of this library's pictures are not known: it was made before there were "
            "any.",
            "Add them once with `lookalike spaces add colours`.",
            code="no-colours",
        )
    return ColourScorer(views.colour, query, NAMED if is_basic(colour) else SHADE)
