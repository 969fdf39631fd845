"""Vectors laid out in the plane: UMAP, densMAP, t-SNE, principal axes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import UsageError
from lookalike.lab.maps.nearest import nearest
from lookalike.store.known import Int64Array

Method = Literal["umap", "densmap", "tsne", "pca"]
METHODS: tuple[Method, ...] = get_args(Method)

FEWEST = 10
"""Fewer pictures are laid out by principal axes: they have too few neighbours for more."""

_AXES = 50
_OUTSIDE, _KNEE = 0.02, 0.9


@dataclass(frozen=True)
class LayoutOptions:
    """How a space is laid out.

    Attributes:
        method: ``umap`` (McInnes, Healy and Melville, 2018), ``densmap`` (Narayan, Berger and Cho,
            2021), ``tsne`` (van der Maaten and Hinton, 2008) or ``pca``.
        neighbours: how many neighbours of each picture count; t-SNE's perplexity.
        min_dist: of UMAP and densMAP: how close pictures may lie.
        seed: the same seed gives the same map.
    """

    method: Method = "umap"
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(
                f"There is no way {self.method!r} to draw a map.", f"Choose {', '.join(METHODS)}."
            )
        if self.neighbours < 2:
            raise UsageError(
                f"A map needs at least 2 neighbours, not {self.neighbours}.", "15 is usual."
            )
        if not 0 <= self.min_dist <= 1:
            raise UsageError(
                f"The least distance must be from 0 to 1, not {self.min_dist}.", "0.1 is usual."
            )


def lay_out(
    vectors: Float32Array,
    options: LayoutOptions,
    near: tuple[Int64Array, Float32Array] | None = None,
) -> Float32Array:
    """Places in the plane.

    Args:
        vectors: shape (n, dims), float32.
        options: how.
        near: for UMAP and densMAP, if they are known, the nearest others of each, best first: rows
            and cosines, shape (n, k) each, k at least one less than ``neighbours``.

    Returns:
        Shape (n, 2), float32, centred, at most 1 away from the centre along either axis.

    Raises:
        UsageError: what draws such maps is not installed (``extra-missing``).
    """
    start = principal(vectors)
    if len(vectors) < FEWEST or options.method == "pca":
        return _framed(start)
    if options.method == "tsne":
        return _framed(_tsne(vectors, start, options))
    return _framed(_umap(vectors, start, options, near))


def principal(vectors: Float32Array, axes: int = 2) -> Float32Array:
    """Places along the axes of largest variance, shape (n, axes), float32; signs are fixed."""
    centred = np.asarray(vectors, np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, found = np.linalg.eigh(centred.T @ centred)
    chosen = found[:, ::-1][:, :axes]
    chosen = chosen * np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    places = np.zeros((len(vectors), axes), np.float32)
    places[:, : chosen.shape[1]] = centred @ chosen
    return places


def _umap(
    vectors: Float32Array,
    start: Float32Array,
    options: LayoutOptions,
    near: tuple[Int64Array, Float32Array] | None,
) -> Float32Array:
    umap = library("umap")
    count = min(options.neighbours, len(vectors) - 1)
    # Its own search for neighbours is approximate, and compiles for half a minute.
    if near is None:
        rows, cosines = nearest(vectors, vectors, count)
    else:
        # UMAP counts each one as its own nearest.
        own = np.arange(len(vectors))[:, None]
        rows = np.hstack([own, near[0][:, : count - 1]])
        cosines = np.hstack([np.ones_like(own, np.float32), near[1][:, : count - 1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one seed means one thread, and no new pictures
        reducer = umap.UMAP(
            n_neighbors=count,
            min_dist=options.min_dist,
            metric="cosine",
            random_state=options.seed,
            init=10 * _framed(start),
            densmap=options.method == "densmap",
            precomputed_knn=(rows, np.maximum(1 - cosines, 0).astype(np.float32), None),
        )
        return np.asarray(reducer.fit_transform(vectors), np.float32)


def _tsne(vectors: Float32Array, start: Float32Array, options: LayoutOptions) -> Float32Array:
    manifold = library("sklearn.manifold")
    perplexity = min(options.neighbours, (len(vectors) - 1) / 3)
    reduced = principal(vectors, min(_AXES, vectors.shape[1]))
    tsne = manifold.TSNE(
        perplexity=perplexity,
        init=1e-4 * start / max(float(start.std()), 1e-12),
        random_state=options.seed,
    )
    return np.asarray(tsne.fit_transform(reduced), np.float32)


def _framed(places: Float32Array) -> Float32Array:
    """Centred, and as large as fits into -1 to 1; islands far off are moved nearer, in order."""
    low, high = np.quantile(places, [_OUTSIDE, 1 - _OUTSIDE], axis=0)
    moved = places - (low + high) / 2
    reach = float((high - low).max()) / 2
    if reach == 0:
        return np.asarray(moved, np.float32)
    scaled = moved / reach * _KNEE
    beyond = np.maximum(np.abs(scaled) - _KNEE, 0)
    squashed = _KNEE + (1 - _KNEE) * np.tanh(beyond)
    return np.asarray(np.where(beyond > 0, np.sign(scaled) * squashed, scaled), np.float32)


def library(name: str) -> Any:
    """A module of the extra ``lab``.

    Raises:
        UsageError: it is not installed (``extra-missing``).
    """
    from importlib import import_module

    try:
        return cast(Any, import_module(name))
    except ImportError as error:
        raise UsageError(
            f"Maps are drawn with {name.split('.')[0]}, which is not installed.",
            'Install it with `pip install "lookalike[lab]"`, or choose the method pca.',
            code="extra-missing",
        ) from error
