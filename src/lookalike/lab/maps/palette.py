"""Colours of the clusters on a map."""

from __future__ import annotations

NONE = "#9a9a9a"
"""Of what belongs to no cluster."""

PALETTE = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377",
    "#ee7733", "#009988", "#bb5566", "#5d6fb3", "#88a03d", "#a5673f",
)  # fmt: skip
"""Distinguishable with the usual colour blindnesses (after Paul Tol's schemes), on any ground."""


def colour_of(number: int) -> str:
    """A cluster's colour, ``#rrggbb``; colours repeat after twelve."""
    return NONE if number < 0 else PALETTE[number % len(PALETTE)]
