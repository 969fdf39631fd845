"""Groups on a map, and names for them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.maps.layout import library
from lookalike.store.known import Int64Array

NAMED_BY = 200
"""So many pictures of a cluster have a say in its name."""

_NEEDED = ((0.2, 3.0), (0.05, 2.0))
_WORDS = 3


@dataclass(frozen=True)
class Cluster:
    """Pictures that lie together on a map.

    Attributes:
        name: what tells them from the others, by their words and what the encoder sees in them.
        size: how many they are.
        x: where their middle is.
        y: the same.
        example: key of the picture that lies most in the middle.
    """

    name: str
    size: int
    x: float
    y: float
    example: int


def cluster(places: Float32Array, smallest: int | None = None) -> Int64Array:
    """Groups of places by HDBSCAN (Campello, Moulavi and Sander, 2013).

    Args:
        places: shape (n, 2), float32.
        smallest: the fewest pictures that make a cluster; by default half the root of n, at least
            5.

    Returns:
        The number of each one's cluster, shape (n,), the largest first; -1 for none.

    Raises:
        UsageError: scikit-learn is not installed (``extra-missing``).
    """
    n = len(places)
    smallest = smallest or max(5, round(n**0.5 / 2))
    if n < 2 * smallest:
        return np.full(n, -1, np.int64)
    model = library("sklearn.cluster").HDBSCAN(
        min_cluster_size=smallest, min_samples=min(5, smallest), copy=True
    )
    found = np.asarray(model.fit_predict(places), np.int64)
    sizes = np.bincount(found[found >= 0], minlength=1)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return np.asarray(np.where(found >= 0, number[found], -1), np.int64)


def middles(places: Float32Array, clusters: Int64Array) -> Int64Array:
    """For each cluster the row of the place that is nearest to its median, shape (clusters,)."""
    found = []
    for number in range(int(clusters.max(initial=-1)) + 1):
        rows = np.flatnonzero(clusters == number)
        away = np.abs(places[rows] - np.median(places[rows], axis=0)).sum(axis=1)
        found.append(rows[away.argmin()])
    return np.asarray(found, np.int64)


def name_clusters(groups: Sequence[Sequence[Mapping[str, float]]]) -> list[str]:
    """Names of clusters: the terms that their pictures have far more often than the others'.

    A term is ranked by its share in the cluster times the logarithm of how much larger that is
    than its mean share in all clusters, as class-based tf-idf does (Grootendorst, 2022).

    Args:
        groups: for each cluster some pictures, each with its terms and how sure each is, 0 to 1.

    Returns:
        Up to three terms each, joined by commas; empty where nothing is typical.
    """
    shares = [_shares(pictures) for pictures in groups]
    everywhere: Counter[str] = Counter()
    for share in shares:
        everywhere.update(share)
    return [_name(share, everywhere, len(shares)) for share in shares]


def _shares(pictures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for terms in pictures:
        total.update(terms)
    return {term: weight / len(pictures) for term, weight in total.items()}


def _name(share: Mapping[str, float], everywhere: Mapping[str, float], groups: int) -> str:
    for least, lift in _NEEDED:
        worth = {
            term: own * math.log(1 + own * groups / everywhere[term])
            for term, own in share.items()
            if own >= least and own * groups >= min(lift, groups / 2) * everywhere[term]
        }
        if worth:
            return ", ".join(_best(worth))
    return ""


def _best(worth: Mapping[str, float]) -> list[str]:
    chosen: list[str] = []
    order = sorted(worth, key=lambda term: (-worth[term], term))
    for term in order:
        if worth[term] < worth[order[0]] / 3 or len(chosen) == _WORDS:
            break
        if not _said(term, chosen):
            chosen.append(term)
    return chosen


def _said(term: str, chosen: Sequence[str]) -> bool:
    """Whether a term's words, plural or not, say no more than another's, or no less."""
    words = _stems(term)
    return any(words <= _stems(other) or words >= _stems(other) for other in chosen)


def _stems(term: str) -> set[str]:
    return {word.rstrip("s") for word in term.split()}
