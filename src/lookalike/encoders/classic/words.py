"""Bags of visual words, and VLAD: pictures as statistics of their local descriptors."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from lookalike.encoders.base import Features, Float32Array, check_pixels, unit_rows
from lookalike.encoders.classic.descriptors import SIDE, Feature, Found, describe
from lookalike.encoders.postprocessing import Transform, fit_transform
from lookalike.errors import ModelError, UsageError
from lookalike.imaging.picture import InputSpec, UInt8Array

INPUT = InputSpec(SIDE, "squash")
VLAD_DIMS = 512
_DESCRIPTORS = 60_000
"""That a vocabulary is made of: more of them change it hardly."""
_ROUNDS = 10
_SEED = 0


@dataclass(frozen=True)
class WordOptions:
    """How pictures become bags of words, or VLADs.

    Attributes:
        kind: ``bovw`` or ``vlad``.
        k: words.
        feature: the local descriptors.
        soft: to how many of the nearest words a descriptor counts.
        pyramid: levels of the spatial pyramid: 1 for the whole picture, 2 for its quarters, too.
        dims: axes that are kept of a VLAD; 0 for all.
        idf: whether rare words of a bag count more.
    """

    kind: Literal["bovw", "vlad"] = "bovw"
    k: int = 1000
    feature: Feature = "dense"
    soft: int = 1
    pyramid: int = 1
    dims: int = 0
    idf: int = 1

    def __str__(self) -> str:
        named = {name: value for name, value in vars(self).items() if name != "kind"}
        usual = vars(default_options(self.kind))
        told = [f"{name}={value}" for name, value in named.items() if value != usual[name]]
        return f"{self.kind}:{','.join(told)}" if told else self.kind

    @property
    def cells(self) -> int:
        """Parts of the picture that are counted by themselves."""
        return sum(4**level for level in range(self.pyramid))


def default_options(kind: Literal["bovw", "vlad"]) -> WordOptions:
    """What is meant by the plain name."""
    return WordOptions() if kind == "bovw" else WordOptions("vlad", k=64, dims=VLAD_DIMS)


_BOUNDS = {"k": (2, 100_000), "soft": (1, 20), "pyramid": (1, 3), "dims": (0, 4096), "idf": (0, 1)}


def parse_options(kind: Literal["bovw", "vlad"], text: str) -> WordOptions:
    """Read ``k=1000,feature=orb,soft=3,pyramid=2``; what is not named is as usual.

    Raises:
        UsageError: there is no such option, or it cannot have this value (``bad-model-name``).
    """
    found: dict[str, Any] = dict(vars(default_options(kind)))
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name == "feature" and value in get_args(Feature):
            found[name] = value
        elif name in _BOUNDS and value.isdecimal() and _fits(int(value), *_BOUNDS[name]):
            found[name] = int(value)
        else:
            raise UsageError(
                f"{kind} has no option {part!r}.",
                f"Write for instance {kind}:k=500,feature=sift,soft=3,pyramid=2; features are "
                f"{', '.join(get_args(Feature))}.",
                code="bad-model-name",
            )
    if kind == "bovw" and found["dims"]:
        raise UsageError(
            "bovw keeps all its words.", "Leave dims out, or take vlad.", code="bad-model-name"
        )
    return WordOptions(**found)


def _fits(value: int, least: int, most: int) -> bool:
    return least <= value <= most


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What was learned from a sample of a library.

    Attributes:
        words: shape (k, dims), float32: the centres.
        weights: shape (k,): of each word, the rarer the more (inverse document frequency).
        width: how far descriptors lie from their words, for soft assignment.
        axes: of a VLAD the principal axes; None to keep all.
    """

    words: Float32Array
    weights: Float32Array
    width: float
    axes: Transform | None = None

    def to_bytes(self) -> bytes:
        """The content of a file; :meth:`from_bytes` reads it."""
        arrays: dict[str, Any] = {"words": self.words, "weights": self.weights}
        arrays["width"] = np.float32(self.width)
        if self.axes is not None:
            arrays |= {"mean": self.axes.mean, "matrix": self.axes.matrix}
        with io.BytesIO() as file:
            np.savez(file, allow_pickle=False, **arrays)
            return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Vocabulary:
        """Read what :meth:`to_bytes` made.

        Raises:
            ModelError: it is something else (``model-damaged``).
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                found: Mapping[str, Any] = {name: arrays[name] for name in arrays.files}
            axes = Transform(found["mean"], found["matrix"]) if "matrix" in found else None
            return cls(found["words"], found["weights"], float(found["width"]), axes)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise ModelError(
                f"The vocabulary of a space is damaged ({type(error).__name__}).",
                "Drop the space, and add it again.",
                code="model-damaged",
            ) from error


class WordEncoder:
    """Bags of visual words (Sivic and Zisserman, 2003), or VLADs (Jegou et al., 2010).

    Args:
        options: how.
        vocabulary: what was learned by :func:`learn_words` with the same options.
    """

    input = INPUT

    def __init__(self, options: WordOptions, vocabulary: Vocabulary) -> None:
        import faiss

        self.name, self._options, self._vocabulary = str(options), options, vocabulary
        self._nearest = faiss.IndexFlatL2(vocabulary.words.shape[1])
        self._nearest.add(vocabulary.words)
        self.dims = dims_of(options)

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, 128, 128, 3), RGB, uint8."""
        check_pixels(pixels, SIDE, self.name)
        rows = [self.vector(describe(one, self._options.feature)) for one in pixels]
        found = np.array(rows, np.float32).reshape(len(pixels), -1)
        axes = self._vocabulary.axes
        if axes is not None:
            found = axes(found) if len(found) else np.zeros((0, self.dims), np.float32)
        return Features(unit_rows(found) if len(found) else found.reshape(0, self.dims))

    def vector(self, found: Found) -> Float32Array:
        """The vector of one picture's descriptors, before the principal axes are taken."""
        places, rows = found
        words, options = self._vocabulary.words, self._options
        width = 1 if options.kind == "bovw" else words.shape[1]
        cells = np.zeros((options.cells, len(words), width), np.float32)
        if len(rows):
            soft = min(options.soft, len(words))
            apart, nearest = self._nearest.search(np.ascontiguousarray(rows), soft)
            shares = np.exp(-(apart - apart[:, :1]) / (2 * self._vocabulary.width**2))
            shares /= shares.sum(axis=1, keepdims=True)
            for cell in _cells_of(places, options.pyramid):
                if options.kind == "bovw":
                    np.add.at(cells[:, :, 0], (cell[:, None], nearest), shares)
                else:
                    away = (rows[:, None] - words[nearest]) * shares[:, :, None]
                    np.add.at(cells, (cell[:, None], nearest), away)
        if options.kind == "bovw":
            weighted = np.sqrt(cells[:, :, 0]) * self._vocabulary.weights
            return np.asarray(weighted.ravel(), np.float32)
        return _normalised_residuals(cells)


def dims_of(options: WordOptions) -> int:
    """Length of a vector."""
    from lookalike.encoders.classic.descriptors import DIMS

    if options.kind == "bovw":
        return options.k * options.cells
    return options.dims or options.k * options.cells * DIMS[options.feature]


def learn_words(pictures: Iterable[UInt8Array], options: WordOptions) -> Vocabulary:
    """Learn a vocabulary from a sample of pictures.

    Args:
        pictures: of shape (128, 128, 3), RGB.
        options: how many words, of which descriptors.

    Raises:
        UsageError: they have too few descriptors (``too-few-pictures``).
    """
    import faiss

    found = [describe(one, options.feature) for one in pictures]
    found = [one for one in found if len(one[1])]
    rows = np.concatenate([one[1] for one in found]) if found else np.zeros((0, 1), np.float32)
    if len(rows) < max(2 * options.k, 1) or (options.dims and len(found) <= options.dims):
        raise UsageError(
            f"{len(found):,} pictures with {len(rows):,} local features are too few for {options}.",
            f"Index more pictures, or ask for less: {options.kind}:k=100"
            + (",dims=0." if options.dims else "."),
            code="too-few-pictures",
        )
    rng = np.random.default_rng(_SEED)
    sample = rows[np.sort(rng.permutation(len(rows))[:_DESCRIPTORS])]
    means = faiss.Kmeans(
        rows.shape[1], options.k, niter=_ROUNDS, seed=_SEED, min_points_per_centroid=1,
        max_points_per_centroid=256,
    )  # fmt: skip
    means.train(np.ascontiguousarray(sample))
    words = np.asarray(means.centroids, np.float32).reshape(options.k, -1)
    apart, _ = means.index.search(np.ascontiguousarray(sample[:10_000]), 1)
    width = float(np.sqrt(np.median(apart))) or 1.0
    seen = np.zeros(options.k)
    for _, descriptors in found:
        _, nearest = means.index.search(np.ascontiguousarray(descriptors), 1)
        seen[np.unique(nearest)] += 1
    weights = np.log((len(found) + 1) / (seen + 1)) + 1e-3 if options.idf else np.ones(options.k)
    vocabulary = Vocabulary(words, np.asarray(weights, np.float32), width)
    if options.kind == "bovw" or not options.dims:
        return vocabulary
    plain = WordEncoder(options, vocabulary)
    vlads = np.stack([plain.vector(one) for one in found])
    return Vocabulary(words, vocabulary.weights, width, fit_transform(vlads, options.dims))


def _cells_of(places: Float32Array, pyramid: int) -> Iterable[Any]:
    """For each level of the pyramid, in which cell each place lies."""
    first = 0
    for level in range(pyramid):
        side = 2**level
        at = np.minimum((places * side).astype(np.intp), side - 1)
        yield first + at[:, 1] * side + at[:, 0]
        first += side * side


def _normalised_residuals(cells: Float32Array) -> Float32Array:
    """Each word's residual of length 1 (Arandjelovic and Zisserman, 2013), then square roots."""
    lengths = np.linalg.norm(cells, axis=2, keepdims=True)
    inside = (cells / np.maximum(lengths, 1e-12)).ravel()
    rooted = np.sign(inside) * np.sqrt(np.abs(inside))
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-12), np.float32)
