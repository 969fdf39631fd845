"""Words find pictures that nobody described: concept search by way of a classifier's classes.

After ConSE (Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR
2014): what a picture shows is a blend of classes, and texts tell how near each class is to a query.
Here the query, too, becomes a blend of classes, and the two blends are compared (Lampert et al.,
"Attribute-based classification", 2014, compare so, too): it finds more than comparing two text
embeddings, because a blurred mean of texts is near everything. Both blends are written in axes
that the class texts span, so that a picture needs some hundred numbers instead of a thousand.

It knows the nouns of the classifier's classes and their relatives, not people, actions or colours.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array, TextEncoder, lone_product, unit_rows
from lookalike.encoders.class_names import CLASSES, ClassName
from lookalike.encoders.names import parse_name
from lookalike.encoders.packaged import cached, digest_texts
from lookalike.encoders.registry import model_info
from lookalike.errors import ModelError

RECIPE = 2
"""Part of the space's name: vectors of different recipes cannot be compared."""

_REMEMBERED = 256

SHIPPED = Path(__file__).parent / "data"

# Chosen on half of the queries of benchmarks/words.py; figures in docs/encoders.md.
_PICTURE_TEMPERATURE = 1 / 0.3
_QUERY_TEMPERATURE = 0.06
_RIDGE = 0.01

# Chosen on half of the queries of benchmarks/wordnet.py; figures in docs/encoders.md.
_KINDS_ALONE = 4
"""A noun for so many classes is the blend of these, whatever its text is near to."""
_KINDS_AT_ALL = 2
_MANY_KINDS = 150
"""Of more classes those count more whose texts are near: their plain mean is near to nothing."""
_KINDS_TEMPERATURE = 0.12


@dataclass(frozen=True)
class ClassTexts:
    """The text side of a set of classes.

    Attributes:
        meanings: shape (classes, dims), float32: each class's text embedding.
        axes: shape (classes, dims), float32: takes a blend of classes into the space.
    """

    meanings: Float32Array
    axes: Float32Array


class ConceptSpace:
    """A space that pictures (by their logits) and words share; larger inner product is nearer.

    Args:
        name: identifies the space: image encoder, text encoder and recipe.
        classes: what the logits stand for.
        texts: the classes' text embeddings and axes.
        text_encoder: what made them.
        prompt: what a query's words are put into.
        kinds: numbers of the classes that are what a noun says.
    """

    def __init__(
        self,
        name: str,
        classes: Sequence[ClassName],
        texts: ClassTexts,
        text_encoder: TextEncoder,
        prompt: str = "{}",
        kinds: Callable[[str], Sequence[int]] = lambda _: (),
    ) -> None:
        self.name = name
        self.dims = texts.axes.shape[1]
        self._classes = tuple(classes)
        self._texts = texts
        self._text_encoder = text_encoder
        self._prompt = prompt
        self._kinds = kinds
        self._near = lru_cache(maxsize=_REMEMBERED)(self._nearness)

    def embed(self, logits: Float32Array) -> Float32Array:
        """What n pictures show.

        Args:
            logits: shape (n, classes), float32.

        Returns:
            Shape (n, dims), float32, rows of length 1.

        Raises:
            ModelError: the logits are not of these classes.
        """
        self._check(logits)
        return unit_rows(lone_product(_softmax(logits / _PICTURE_TEMPERATURE), self._texts.axes))

    def query(self, text: str, *, of_kinds: bool = True) -> Float32Array:
        """What words mean; returns shape (dims,), float32.

        Its length is 1; for a noun that stands for several classes ("animal") as much as makes
        the inner product with a picture of one of them 1 in the mean: so inner products mean the
        same for all words.

        Args:
            text: words.
            of_kinds: whether a noun may stand for the classes below it.
        """
        kinds = [*self._kinds(text)] if of_kinds else []
        near = self._near(text)
        if len(kinds) >= _KINDS_ALONE:
            return self._any_of(kinds, near)
        plain = unit_rows(_softmax(near[None] / _QUERY_TEMPERATURE) @ self._texts.axes)
        if len(kinds) >= _KINDS_AT_ALL:
            plain = unit_rows(plain + unit_rows(self._any_of(kinds, near)[None]))
        return np.asarray(plain[0], np.float32)

    def _any_of(self, kinds: Sequence[int], near: Float32Array) -> Float32Array:
        """The blend of some classes."""
        axes, shares = self._texts.axes[list(kinds)], np.full(len(kinds), 1 / len(kinds))
        if len(kinds) > _MANY_KINDS:
            shares = _softmax(near[None, list(kinds)] / _KINDS_TEMPERATURE)[0]
        blend = unit_rows((shares @ axes)[None])[0]
        return np.asarray(blend / (shares @ (unit_rows(axes) @ blend)), np.float32)

    def kinds(self, text: str) -> list[str]:
        """The usual names of the classes that a noun stands for, in their order; maybe none.

        One that stands for a single class means just what its text does.
        """
        kinds = self._kinds(text)
        return [self._classes[i].name for i in kinds] if len(kinds) >= _KINDS_AT_ALL else []

    def _nearness(self, text: str) -> Float32Array:
        """How near each class's meaning is to that of a text, shape (classes,)."""
        meaning = self._text_encoder.encode([self._prompt.format(text)])
        return np.asarray((meaning @ self._texts.meanings.T)[0], np.float32)

    def related(self, text: str, k: int = 5) -> list[str]:
        """The usual names of the k classes whose meanings are nearest to that of words."""
        near = self._near(text)
        return [self._classes[i].name for i in np.argsort(-near, kind="stable")[:k]]

    def class_names(self, i: int) -> str:
        """All names of class ``i``, the usual one first, separated by commas."""
        return ", ".join((self._classes[i].name, *self._classes[i].synonyms))

    def top_classes(self, logits: Float32Array, k: int = 5) -> list[list[tuple[str, float]]]:
        """What pictures show: the k likeliest classes' usual names and their probabilities.

        Args:
            logits: shape (n, classes), float32.
            k: how many.

        Returns:
            For each picture, best first.

        Raises:
            ModelError: the logits are not of these classes.
        """
        self._check(logits)
        likely = np.argpartition(-logits, min(k, logits.shape[1]) - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(logits, likely, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(likely, order, axis=1)
        shares = np.take_along_axis(_softmax(logits), best, axis=1)
        return [
            [(self._classes[i].name, share) for i, share in zip(row, its, strict=True)]
            for row, its in zip(best.tolist(), shares.tolist(), strict=True)
        ]

    def _check(self, logits: Float32Array) -> None:
        if logits.ndim != 2 or logits.shape[1] != len(self._classes):
            raise ModelError(
                f"{self.name} takes logits of shape (n, {len(self._classes)}), not {logits.shape}.",
                code="wrong-input",
            )


def load_concept_space(image_encoder: str, cache: Path, text_encoder: TextEncoder) -> ConceptSpace:
    """Load the concept space of an image encoder.

    The text side of the default models is shipped. Others are computed once (some seconds) and
    kept in ``cache``. All image encoders with the same classes share them.

    Args:
        image_encoder: name of an image encoder that gives logits.
        cache: where the embeddings are kept; safe to delete.
        text_encoder: turns class names and queries into vectors.

    Raises:
        UnknownModelError: there is no such image encoder.
        ModelError: the encoder names no classes, the package of class names is missing, or the
            kept file is damaged.
    """
    info = model_info(image_encoder, cache)
    if not info.classes:
        raise ModelError(
            f"{image_encoder} names no classes, so it cannot be searched by words.",
            "Choose one whose taps include logits.",
            code="no-classes",
        )
    class_set = CLASSES[info.classes]
    classes = class_set.names()
    file = texts_file(info.classes, text_encoder.name)
    path = SHIPPED / file
    if not path.is_file():
        path = cached(cache / file, lambda: to_bytes(class_texts(classes, text_encoder)))
    # Weights in a file are told apart by the space of the pictures, which comes first.
    name = f"{parse_name(image_encoder).plain}+{text_encoder.name}-v{RECIPE}"
    return ConceptSpace(name, classes, _read(path), text_encoder, class_set.prompt, class_set.kinds)


def texts_file(classes: str, text_encoder: str) -> str:
    """Name of the file that holds the text side; it changes with all that the content depends on.

    Args:
        classes: name of a set of classes.
        text_encoder: name of a text encoder.
    """
    words = [text for c in CLASSES[classes].names() for text in (*_names(c), _described(c))]
    key = digest_texts([text_encoder, str(RECIPE), *words])
    return f"concepts-{classes}-{text_encoder}-{key}.npz"


def class_texts(classes: Sequence[ClassName], text_encoder: TextEncoder) -> ClassTexts:
    """Embed the names and descriptions of classes.

    A class means the mean of its names, and as much again its first sentence of description. The
    axes are the orthogonal polar factor of the centred meanings, with a ridge: of all orthonormal
    axes in their span the nearest to them, so that vectors made on machines whose text embeddings
    differ in the last bits stay comparable, which eigenvectors would not.
    """
    described = text_encoder.encode([_described(c) for c in classes])
    named = [unit_rows(text_encoder.encode(_names(c)).mean(axis=0)[None])[0] for c in classes]
    meanings = np.asarray((np.stack(named) + described) / 2, np.float32)
    apart = unit_rows(meanings - meanings.mean(axis=0)).astype(np.float64)
    spread, directions = np.linalg.eigh(apart.T @ apart)
    evened = (directions / np.sqrt(np.maximum(spread, 0) + _RIDGE)) @ directions.T
    return ClassTexts(meanings, np.asarray(apart @ evened, np.float32))


def _names(c: ClassName) -> list[str]:
    return [c.name, *c.synonyms]


def _described(c: ClassName) -> str:
    first, _, _ = c.description.partition(". ")
    return f"{c.name}: {first.removesuffix('.')}." if first else c.name


def _softmax(logits: Float32Array) -> Float32Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def to_bytes(texts: ClassTexts) -> bytes:
    """The content of a file that :func:`load_concept_space` reads; numbers as float16."""
    file = io.BytesIO()
    np.savez(file, meanings=texts.meanings.astype(np.float16), axes=texts.axes.astype(np.float16))
    return file.getvalue()


def _read(path: Path) -> ClassTexts:
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            return ClassTexts(file["meanings"].astype(np.float32), file["axes"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} cannot be read: {error}.", "Delete it and try again.", code="model-damaged"
        ) from error
