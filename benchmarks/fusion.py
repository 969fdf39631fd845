"""Combined queries: how their clauses' scores are put together, compared on labelled pictures.

Usage: ``python fusion.py LIBRARY SHARED [--blended]`` with a library of the shared pictures
(default encoder). Every query has two clauses or three, made from a class: its name and one of its
pictures, two of its pictures, or these and, as what is not wanted, a picture of another class that
is near to it. All pictures of the library are ranked; relevant is what has the label. Vectors are
the encoder's own, or with ``--blended`` as in a library's default space: blended with those of
their neighbours, and joined by the nearest two where they are searched for. Words are compared as
concepts. ``surprise_N`` counts a concept beside pictures N hundredths. Figures: mean average
precision at 100, with 95 % bootstrap intervals of the difference to the engine's sum of surprise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cut import Data, half
from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.search.expansion import expanded
from lookalike.search.fusion import Background
from lookalike.search.likeness import CONCEPT, USUAL, Likeness
from lookalike.search.scored import WANTED_SPARES
from lookalike.search.scorers import CONCEPT_BESIDE_PICTURES
from measure import RESULTS, as_named, machine, say

SETS = ("caltech101", "grocery", "clothing", "cifar10", "coil20")
A_CLASS = 4
DEPTH = 100
SAMPLE = 1024
DRAWS = 2000


@dataclass(frozen=True)
class Part:
    """One clause: inner products with all pictures, the encoder's own of these, and its weight.

    ``likeness`` says what the encoder's own mean.
    """

    scores: Float32Array
    encoded: Float32Array
    likeness: Likeness
    sample: Float32Array
    weight: float = 1.0


Fuse = Callable[[list[Part]], Float32Array]


def surprise(
    parts: list[Part],
    share: float = CONCEPT_BESIDE_PICTURES,
    spares: float = float(WANTED_SPARES),
) -> Float32Array:
    """What the engine does: concepts beside pictures count less, and pictures not wanted spare."""
    each = _surprises(parts, share)
    wanted = [p.weight > 0 for p in parts]
    total = sum(p.weight * s for p, s in zip(parts, each, strict=True) if p.weight > 0)
    spared = np.float32(spares) * total / sum(p.weight for p in parts if p.weight > 0)
    for part, value, good in zip(parts, each, wanted, strict=True):
        if not good:
            total = total + part.weight * np.maximum(value - spared, 0)
    return np.asarray(total, np.float32)


def spares_50(parts: list[Part]) -> Float32Array:
    """What is not wanted spares half of what is wanted."""
    return surprise(parts, spares=0.5)


def spares_100(parts: list[Part]) -> Float32Array:
    """What is not wanted spares all of what is wanted."""
    return surprise(parts, spares=1)


def taken_off(parts: list[Part]) -> Float32Array:
    """The same, and pictures that are not wanted count as a whole."""
    each = _surprises(parts, CONCEPT_BESIDE_PICTURES)
    return np.asarray(sum(p.weight * s for p, s in zip(parts, each, strict=True)), np.float32)


def wanted_only(parts: list[Part]) -> Float32Array:
    """The same, without what is not wanted."""
    return surprise([part for part in parts if part.weight > 0])


def _surprises(parts: list[Part], share: float) -> list[Float32Array]:
    pictures = any(part.likeness is not CONCEPT for part in parts)
    return [
        np.float32(share if pictures and p.likeness is CONCEPT else 1)
        * Background.of(p.sample).surprise(p.scores)
        for p in parts
    ]


def surprise_10(parts: list[Part]) -> Float32Array:
    """A concept counts a tenth."""
    return surprise(parts, 0.1)


def surprise_30(parts: list[Part]) -> Float32Array:
    """A concept counts three tenths."""
    return surprise(parts, 0.3)


def surprise_50(parts: list[Part]) -> Float32Array:
    """A concept counts half."""
    return surprise(parts, 0.5)


def plain_surprise(parts: list[Part]) -> Float32Array:
    """Surprise as it is."""
    return sum_of(parts, lambda p: Background.of(p.sample).surprise(p.scores))


def chance(parts: list[Part]) -> Float32Array:
    """Log odds of the chance to be right."""
    return sum_of(parts, lambda p: p.likeness.slope * (p.encoded - p.likeness.middle))


def standardised(parts: list[Part]) -> Float32Array:
    """Robust z-scores."""
    return sum_of(parts, lambda p: (p.scores - Background.of(p.sample).mean)
                  / Background.of(p.sample).spread)  # fmt: skip


def min_max(parts: list[Part]) -> Float32Array:
    """Scores moved to the range from 0 to 1."""
    return sum_of(parts, lambda p: (p.scores - p.scores.min()) / np.ptp(p.scores))


def reciprocal_ranks(parts: list[Part]) -> Float32Array:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009), k = 60."""
    return sum_of(parts, lambda p: 1 / (60 + np.argsort(np.argsort(-p.scores))))


def raw(parts: list[Part]) -> Float32Array:
    """Inner products as they are."""
    return sum_of(parts, lambda p: p.scores)


def first(parts: list[Part]) -> Float32Array:
    """The first clause alone."""
    return parts[0].scores


def second(parts: list[Part]) -> Float32Array:
    """The second clause alone."""
    return parts[1].scores


WAYS: tuple[Fuse, ...] = (
    surprise, spares_50, spares_100, taken_off, wanted_only, surprise_10, surprise_30,
    surprise_50, plain_surprise, chance, standardised, min_max, reciprocal_ranks, raw, first,
    second,
)  # fmt: skip


def sum_of(parts: list[Part], value: Callable[[Part], Any]) -> Float32Array:
    """The weighted sum."""
    return np.asarray(sum(p.weight * value(p) for p in parts), np.float32)


def average_precision(scores: Float32Array, relevant: Any) -> float:
    """AP at :data:`DEPTH`, of at most so many relevant ones."""
    hits = relevant[np.argsort(-scores, kind="stable")[:DEPTH]]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / min(int(relevant.sum()), DEPTH))


def share_of(scores: Float32Array, members: Any) -> float:
    """How many of the first 20 are members."""
    return float(members[np.argsort(-scores, kind="stable")[:20]].mean())


def queries(
    data: Data, name: str, *, blended: bool
) -> Iterator[tuple[str, int, list[Part], Any, Any]]:
    """Kind of query, half of its class, clauses, what is relevant, and what is of the other class.

    The query's pictures are left out.
    """
    rows, labels = data.sets[name]
    known = np.full(len(data.look), "", dtype=object)
    known[rows] = labels
    for label in sorted(set(labels) - {""}):
        mine = rows[labels == label]
        if len(mine) < 3:
            continue
        meaning = data.concepts.query(label.replace("-", " ").lower())
        word = _part(data.concept @ meaning, CONCEPT)
        for _ in range(A_CLASS):
            one, other = data.random.permutation(mine)[:2].tolist()
            picture, again = (_seen(data, at, blended=blended) for at in (one, other))
            wrong = np.flatnonzero((known != label) & (known != ""))
            near = int(wrong[np.argsort(-picture.encoded[wrong])[data.random.integers(5)]])
            away = replace(_seen(data, near, blended=blended), weight=-1.0)
            half_away = replace(away, weight=-0.5)
            left = np.setdiff1d(np.arange(len(known)), [one, other, near])
            relevant, unwanted = (known == label)[left], (known == known[near])[left]
            for kind, parts in (("word + picture", [word, picture]),
                                ("picture + picture", [picture, again]),
                                ("picture - picture", [picture, away]),
                                ("word + picture - picture", [word, picture, away]),
                                ("word + picture - picture / 2",
                                 [word, picture, half_away])):  # fmt: skip
                kept = [replace(part, scores=part.scores[left], encoded=part.encoded[left])
                        for part in parts]  # fmt: skip
                yield kind, half(label), kept, relevant, unwanted


def _seen(data: Data, at: int, *, blended: bool) -> Part:
    """A picture as a clause. Where the library's are blended, its two nearest ones join it."""
    encoded = data.look @ data.look[at]
    if not blended:
        return _part(encoded, USUAL)
    centred = unit_rows((data.look[at] - data.all.mean)[None])[0]
    moved = expanded(centred, data.all.view, (at,))
    return _part(data.all.view.all_scores(moved[None])[0], USUAL, encoded)


def _part(scores: Float32Array, likeness: Likeness, encoded: Float32Array | None = None) -> Part:
    scores = np.asarray(scores, np.float32)
    random = np.random.default_rng(0)
    sample = random.choice(len(scores), min(SAMPLE, len(scores)), replace=False)
    return Part(scores, scores if encoded is None else encoded, likeness, scores[sample])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--blended", action="store_true")
    given = parser.parse_args()
    data = Data(given.library, as_named(given.shared))
    found: dict[tuple[str, int], list[list[list[float]]]] = {}
    for name in SETS:
        say(name)
        for kind, which, parts, *truth in queries(data, name, blended=given.blended):
            relevant, unwanted = truth
            ranked = [way(parts) for way in WAYS]
            values = [[average_precision(scores, relevant) for scores in ranked],
                      [share_of(scores, unwanted) for scores in ranked]]  # fmt: skip
            found.setdefault((kind, which), []).append(values)
    result: dict[str, Any] = {"machine": machine()}
    for (kind, which), lists in sorted(found.items()):
        result[f"{kind}, half {which}"] = _summary(np.array(lists))
    (RESULTS / f"fusion{'-blended' if given.blended else ''}.json").write_text(
        json.dumps(result, indent=1) + "\n"
    )
    print(json.dumps({k: v for k, v in result.items() if k != "machine"}, indent=1))


def _summary(both: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """Of shape (queries, 2, ways): average precision, and the other class among the first 20."""
    values, unwanted = both[:, 0], both[:, 1].mean(axis=0)
    random, n = np.random.default_rng(0), len(values)
    apart = values - values[:, :1]
    means = apart[random.integers(n, size=(DRAWS, n))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    ways = {
        way.__name__: [round(float(v), 3) for v in (values[:, i].mean(), low[i], high[i])]
        for i, way in enumerate(WAYS)
    }
    others = {way.__name__: round(float(unwanted[i]), 3) for i, way in enumerate(WAYS)}
    return {
        "queries": n,
        "MAP@100, and the difference's interval": ways,
        "the other class among the first 20": others,
    }


if __name__ == "__main__":
    main()
