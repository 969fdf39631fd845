"""The ways to learn a space, and the choice among them by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform
from lookalike.errors import UsageError
from lookalike.lab.adaptation.contrastive import HIDDEN, learn_contrast
from lookalike.lab.adaptation.examples import folds
from lookalike.lab.adaptation.linear import class_scores, discriminants, whitening
from lookalike.lab.judged import Float64Array
from lookalike.store.known import Int64Array

Method = Literal["auto", "whiten", "lda", "classes", "linear", "mlp"]
METHODS: tuple[Method, ...] = get_args(Method)
_FOLDS = 3
Learn = Callable[[Float32Array, Int64Array], Transform]


@dataclass(frozen=True)
class Way:
    """One way to learn a space, with its settings.

    Attributes:
        method: as people name it.
        settings: for people; empty if there are none.
        learn: from vectors of shape (n, dims) and classes of shape (n,).
    """

    method: Method
    settings: str
    learn: Learn


_WITHIN: tuple[tuple[Method, Callable[..., Transform]], ...] = (
    ("whiten", whitening),
    ("lda", discriminants),
)
WAYS: tuple[Way, ...] = (
    *(
        Way(method, f"shrinkage {shrinkage}", partial(learn, shrinkage=shrinkage))
        for method, learn in _WITHIN
        for shrinkage in (0.3, 0.7, 0.95)
    ),
    *(
        Way("classes", f"ridge {ridge:g}", partial(class_scores, ridge=ridge))
        for ridge in (0.5, 1, 4)
    ),
    Way("linear", "", partial(learn_contrast, hidden=0)),
    Way("mlp", f"hidden {HIDDEN}", partial(learn_contrast, hidden=HIDDEN)),
)


@dataclass(frozen=True)
class Tried:
    """What cross-validation said of one way.

    Attributes:
        way: which one.
        precision: mean average precision in the folds that it was not learned from.
    """

    way: Way
    precision: float


def ways_of(method: str) -> list[Way]:
    """The ways that a name stands for; all for ``auto``.

    Raises:
        UsageError: there is no such method (``bad-method``).
    """
    if method not in METHODS:
        raise UsageError(
            f"There is no method {method!r}.", f"Choose {', '.join(METHODS)}.", code="bad-method"
        )
    return [way for way in WAYS if method in ("auto", way.method)]


def choose_way(
    ways: Sequence[Way],
    rows: Float32Array,
    classes: Int64Array,
    *,
    whole: bool,
    on_done: Callable[[int, int], None] = lambda *_: None,
) -> list[Tried]:
    """Try each way in folds of what may be learned from.

    Args:
        ways: one or more.
        rows: shape (n, dims).
        classes: shape (n,).
        whole: whether folds are made of whole classes, as they are when unseen ones count.
        on_done: told how many trials of how many are done.

    Returns:
        All ways, best first.
    """
    count = max(2, min(_FOLDS, len(np.unique(classes)) // 2)) if whole else _FOLDS
    fold = folds(classes, count, whole=whole)
    numbers = np.unique(fold)
    found, done = [], 0
    for way in ways:
        values = []
        for number in numbers if len(ways) > 1 else ():
            seen, unseen = fold != number, fold == number
            if len(np.unique(classes[seen])) < 2:
                continue
            learned = way.learn(rows[seen], classes[seen])
            values.append(average_precisions(learned(rows[unseen]), classes[unseen]))
            done += 1
            on_done(done, len(ways) * len(numbers))
        found.append(Tried(way, float(np.concatenate(values).mean()) if values else 0.0))
    return sorted(found, key=lambda tried: -tried.precision)


def average_precisions(vectors: Float32Array, classes: Int64Array) -> Float64Array:
    """Average precision of each row that is not alone in its class, the others being searched.

    Args:
        vectors: shape (n, dims), rows of length 1.
        classes: shape (n,).
    """
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :-1]
    hits = classes[order] == classes[:, None]
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    relevant = hits.sum(axis=1)
    found = (precision * hits).sum(axis=1) / np.maximum(relevant, 1)
    return np.asarray(found[relevant > 0], np.float64)
