"""What is done to vectors before they are compared, written as one word.

``none``; ``centre``; ``pca:256`` keeps so many principal axes; ``whiten`` evens out the axes,
``whiten:0.5`` half-way; ``power:0.5`` takes that power of each number and keeps its sign
(Perronnin, Sanchez and Mensink, "Improving the Fisher kernel for large-scale image
classification", 2010);
``blend:8`` blends each picture's vector with those of its 8 nearest, see
:mod:`lookalike.pipeline.blending`; ``expand:2`` joins each query with its 2 nearest pictures, see
:mod:`lookalike.search.expansion`. Joined by ``+``, they are done one after the other; ``pca`` and
``whiten`` beside each other are one step, as in ``lookalike spaces add --from --pca --whiten``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.encoders.postprocessing import fit_transform
from lookalike.errors import UsageError
from lookalike.pipeline.blending import blend
from lookalike.search.expansion import NEAREST, all_expanded
from lookalike.store.known import Int64Array

Map = Callable[[Float32Array], Float32Array]

FITTED_TO = 20_000
_SEED = 20_260_101
_STEPS = ("centre", "pca", "whiten", "power", "blend", "expand")
_DEFAULTS = {"whiten": 1.0, "power": 0.5, "blend": 8.0, "expand": float(NEAREST)}
_LAST = ("blend", "expand")


@dataclass(frozen=True, eq=False)
class Processed:
    """Vectors after what was done to them.

    Attributes:
        pictures: shape (n, dims), float32: what is searched.
        maps: what was done to each vector, one after the other.
        expand: so many pictures join a query.
    """

    pictures: Float32Array
    maps: tuple[Map, ...] = ()
    expand: int = 0

    def as_query(self, queries: Float32Array, own: Int64Array) -> Float32Array:
        """Do the same to the vectors of queries.

        Args:
            queries: shape (q, before).
            own: shape (q,), the number of the row among the pictures that a query is itself.

        Returns:
            Shape (q, dims).
        """
        for step in self.maps:
            queries = step(queries)
        return all_expanded(queries, self.pictures, own, self.expand) if self.expand else queries


@dataclass(frozen=True)
class _Step:
    name: str
    value: float | None = None


def parse_post(text: str) -> tuple[_Step, ...]:
    """The steps of a post-processing; ``none`` has none.

    Raises:
        UsageError: it cannot be understood (``bad-post``).
    """
    steps = tuple(_step(part, text) for part in text.split("+") if text != "none")
    names = [step.name for step in steps]
    last = [name for name in names if name in _LAST]
    if names[len(names) - len(last) :] != last or last not in ([], *([n] for n in _LAST), [*_LAST]):
        raise _bad(text, "blend, then expand, come last: a query is not blended")
    return steps


def process(post: str, vectors: Float32Array) -> Processed:
    """Fit a post-processing to a library's vectors, and apply it.

    Args:
        post: as :func:`parse_post` reads it.
        vectors: of all pictures of the library, shape (n, dims); a row of zeros has no vector.

    Raises:
        UsageError: it cannot be understood, or asks for more axes than there are.
    """
    maps: list[Map] = []
    expand = 0
    for name, dims, value in _merged(parse_post(post)):
        if name == "blend":
            blended = blend(unit_rows(vectors), unit_rows(vectors), int(value))
            vectors = np.where(vectors.any(axis=1, keepdims=True), blended, 0)
            maps.append(unit_rows)
            continue
        if name == "expand":
            expand = int(value)
            vectors = unit_rows(vectors)
            maps.append(unit_rows)
            continue
        step = _power(value) if name == "power" else _affine(vectors, dims, value)
        vectors = step(vectors)
        maps.append(step)
    return Processed(vectors, tuple(maps), expand)


def _affine(vectors: Float32Array, dims: int | None, whiten: float) -> Map:
    there = vectors[vectors.any(axis=1)]
    if len(there) > FITTED_TO:
        there = there[np.random.default_rng(_SEED).choice(len(there), FITTED_TO, replace=False)]
    return fit_transform(there, dims, whiten)


def _power(exponent: float) -> Map:
    return lambda v: unit_rows(np.asarray(np.sign(v) * np.abs(v) ** exponent, np.float32))


def _merged(steps: tuple[_Step, ...]) -> Iterator[tuple[str, int | None, float]]:
    """Name, dims and value of each step; ``pca`` and a ``whiten`` after it are one."""
    position = 0
    while position < len(steps):
        step, after = steps[position], steps[position + 1 : position + 2]
        position += 1
        if step.name == "pca":
            whiten = after[0].value if after and after[0].name == "whiten" else None
            position += whiten is not None
            yield "pca", int(step.value or 0), whiten or 0.0
        else:
            yield step.name, None, step.value or 0.0


def _step(part: str, text: str) -> _Step:
    name, _, written = part.partition(":")
    if name not in _STEPS:
        raise _bad(text, f"there is no {name!r}")
    if not written:
        if name == "pca":
            raise _bad(text, "pca needs a number of axes, e.g. pca:128")
        return _Step(name, _DEFAULTS.get(name))
    try:
        value = float(written)
    except ValueError:
        raise _bad(text, f"{written!r} is no number") from None
    whole = name in ("pca", *_LAST)
    if not value > 0 or (whole and value != int(value)) or (name == "whiten" and value > 1):
        raise _bad(text, f"{written} is out of range")
    if name == "centre":
        raise _bad(text, "centre takes no number")
    return _Step(name, value)


def _bad(text: str, reason: str) -> UsageError:
    return UsageError(
        f"The post-processing {text!r} cannot be understood: {reason}.",
        f"Write none, or {', '.join(_STEPS)} joined by +, e.g. pca:128+whiten:0.5.",
        code="bad-post",
    )
