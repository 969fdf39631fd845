"""Where results end: F1 of the cut against the best threshold in hindsight, and absent subjects.

Usage: ``python cut.py LIBRARY SHARED`` with a library of the shared pictures (default encoder).
Classes fall into two halves by a checksum of their names; the constants of ``likeness.py`` and
``presence.py`` in ``lookalike/search`` were chosen on half 0. Pictures are ranked by centred
vectors, blended with 8 neighbours, and the query is joined by its two nearest, as in the default
space; see docs/search.md. Whether there is anything at all is asked as a search does, of the
vectors of the same set.
"""

from __future__ import annotations

import argparse
import csv
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.opening import open_library
from lookalike.pipeline.blending import blend
from lookalike.search.cut import length
from lookalike.search.encode_query import load_concepts
from lookalike.search.expansion import expanded
from lookalike.search.likeness import BLENDED, CONCEPT, BlendedLikeness
from lookalike.search.presence import LEAST_LOG_ODDS, LEAST_OF_WORDS, log_odds, words_log_odds
from lookalike.search.scorers import VectorScorer
from lookalike.settings import Settings
from lookalike.store.segments import Segment
from lookalike.store.vectors import VectorView
from measure import RESULTS, as_named, machine, say

SETS = {
    "caltech101": "label",
    "grocery": "label",
    "clothing": "label",
    "coil20": "label",
    "cifar10": "label",
    "multiview_scenes": "group",
    "nearduplicates": "group",
}
WORD_SETS = ("caltech101", "cifar10", "clothing", "grocery")
NONSENSE = (
    "xqzzy brablu", "florp", "qwertzuiop", "blorgal snee", "zzxxyyqq", "asdf ghjk", "wumbo jimble",
    "trelk", "vashnoq", "plindo grek", "oofta lirm", "skrrt mibble", "grawlix ptoo", "hnnng",
    "jibberwock tansu", "quuxly", "mrrp florb", "lorem ipsum dolor", "kxjv", "bleem snorf",
)  # fmt: skip
NEIGHBOURS = 8
MOST_QUERIES = 120
Rows = np.ndarray[Any, np.dtype[np.int64]]
Texts = np.ndarray[Any, np.dtype[np.object_]]


CURVE = BLENDED["efficientnet-lite0"]


@dataclass(frozen=True)
class Told:
    """What the chances of a picture's hits are read from: see ``BlendedLikeness.chance``."""

    encoded: Float32Array
    searched: Float32Array
    spread: float
    common: float

    def chance(self, curve: BlendedLikeness) -> Float32Array:
        """Of each hit to be right, shape (n,)."""
        return curve.chance(self.encoded, self.searched, self.spread, self.common)


@dataclass(frozen=True)
class Asked:
    """One query: the ranked chances, scores and relevance of its best hits."""

    group: str
    half: int
    chance: Float32Array
    scores: Float32Array
    relevant: np.ndarray[Any, np.dtype[np.bool_]]
    total: int
    presence: float = np.inf
    told: Told | None = None
    least: float = LEAST_LOG_ODDS

    @property
    def count(self) -> int:
        """How many hits are shown."""
        return length(self.chance, 1.0) if self.presence >= self.least else 0

    def f1(self, count: int) -> float:
        """F1 of the first ``count`` hits."""
        return 2 * float(self.relevant[:count].sum()) / max(count + self.total, 1)


class Data:
    """Vectors of a library, and which of its pictures are of which set and class."""

    def __init__(self, library: Path, shared: Path) -> None:
        opened = open_library(library)
        store = opened.views().store
        keys = store.keys()
        spaces = {space.kind: space for space in store.description.made_with}
        self.look = unit_rows(store.vectors(spaces["image"], keys))
        self.concept = unit_rows(store.vectors(spaces["concept"], keys))
        self.concepts = load_concepts(spaces["image"].encoder, Settings().cache)
        self.random = np.random.default_rng(0)
        self.all = Searched(self.look)
        places = {p.path: i for i, r in enumerate(store.records(keys)) for p in r.locations}
        self.sets = {name: self._read(shared, name, column, places)
                     for name, column in SETS.items()}  # fmt: skip

    def _read(
        self, shared: Path, name: str, column: str, places: dict[str, int]
    ) -> tuple[Rows, Texts]:
        found: dict[int, str] = {}
        with (shared / name / "manifest.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                at = places.get(str(shared / name / line["path"]))
                if at is not None:
                    found.setdefault(at, line[column])
        rows = np.array(sorted(found))
        return rows, np.array([found[at] for at in rows.tolist()], dtype=object)


def half(label: str) -> int:
    """Which half a class is in."""
    return zlib.crc32(label.encode()) % 2


def view_of(base: Float32Array) -> VectorView:
    """Vectors as a search sees them; keys are their places."""
    keys = np.arange(len(base), dtype=np.int64)
    segment = Segment.in_memory(base.shape[1], [(keys, base)])
    return VectorView(base.shape[1], [segment], keys, None)


class Searched:
    """Some pictures as a library of their own: its default space, and the encoder's own vectors.

    Args:
        base: shape (n, dims), as encoded, rows of length 1.
    """

    def __init__(self, base: Float32Array) -> None:
        self.mean = base.mean(axis=0)
        centred = unit_rows(base - self.mean)
        self.encoded, self.view = view_of(base), view_of(blend(centred, centred, NEIGHBOURS))

    def asked(
        self, group: str, label: str, query: Float32Array, relevant: Any, own: tuple[int, ...] = ()
    ) -> Asked:
        """The best 2,000 as a search ranks them.

        Args:
            group: where it is counted.
            label: what the query is of.
            query: one of the encoder's vectors, of this library or not.
            relevant: shape (n,).
            own: the query's own place.
        """
        moved = expanded(unit_rows((query - self.mean)[None])[0], self.view, own)
        scores = self.view.all_scores(moved[None])[0]
        order = np.argsort(-scores, kind="stable")
        order = order[~np.isin(order, own)][:2000]
        encoded = VectorScorer(self.encoded, query, "look")
        told = Told(
            self.encoded.all_scores(query[None])[0][order],
            scores[order],
            VectorScorer(self.view, moved, "look").background.spread,
            encoded.background.mean,
        )
        present = log_odds(query, self.encoded, order, own)
        return Asked(group, half(label), told.chance(CURVE), scores[order], relevant[order],
                     int(relevant.sum()), present, told)  # fmt: skip


def pictures(data: Data, name: str, *, everything: bool) -> Iterator[Asked]:
    """Leave-one-out within a set, or among all pictures."""
    rows, labels = data.sets[name]
    searched = data.all if everything else Searched(data.look[rows])
    where = rows if everything else np.arange(len(rows))
    known = np.full(len(searched.view), "", dtype=object)
    known[where] = labels
    asked = [i for i in range(len(rows)) if labels[i] and (labels == labels[i]).sum() > 1]
    group = f"{'all' if everything else 'own'}/{name}"
    for i in data.random.permutation(asked)[:MOST_QUERIES].tolist():
        own = int(where[i])
        others = (known == labels[i]) & (np.arange(len(known)) != own)
        yield searched.asked(group, labels[i], data.look[rows[i]], others, (own,))


def uploads(data: Data, name: str) -> Iterator[Asked]:
    """Pictures that the library does not hold: a tenth of the set at a time."""
    rows, labels = data.sets[name]
    held = np.zeros(len(rows), dtype=bool)
    held[data.random.permutation(np.flatnonzero(labels != ""))[: max(8, len(rows) // 10)]] = True
    searched = Searched(data.look[rows[~held]])
    for i in np.flatnonzero(held)[:MOST_QUERIES].tolist():
        if (relevant := labels[~held] == labels[i]).any():
            yield searched.asked(f"upload/{name}", labels[i], data.look[rows[i]], relevant)


def absent_pictures(data: Data, name: str) -> Iterator[Asked]:
    """Pictures of other sets, and of classes that were taken out."""
    rows, labels = data.sets[name]
    every = Searched(data.look[rows])
    for other, (there, theirs) in data.sets.items():
        for i in data.random.permutation(len(there))[:5].tolist() if other != name else []:
            yield _nothing(
                "absent: picture of another set", str(theirs[i]), every, data.look[there[i]]
            )
    for label in data.random.permutation(sorted(set(labels) - {""}))[:8]:
        gone = np.flatnonzero(labels == label)
        left = Searched(np.delete(data.look[rows], gone, axis=0))
        for i in data.random.permutation(gone)[:4].tolist():
            yield _nothing("absent: picture, class taken out", label, left, data.look[rows[i]])


def _nothing(group: str, label: str, searched: Searched, query: Float32Array) -> Asked:
    return searched.asked(group, label, query, np.zeros(len(searched.view), dtype=bool))


def words(data: Data, name: str) -> Iterator[Asked]:
    """Class names as words: there, taken out, of other sets, and nonsense; concepts only."""
    rows, labels = data.sets[name]
    base = data.concept[rows]
    names = sorted(set(labels) - {""})
    for label in names:
        same = labels == label
        yield _word(data, f"words/{name}", label, label, base, same)
        yield _word(data, "absent: word, class taken out", label, label, base[~same],
                    np.zeros(int((~same).sum()), dtype=bool))  # fmt: skip
    nothing = np.zeros(len(base), dtype=bool)
    for other in sorted(set(WORD_SETS) - {name}):
        for label in data.random.permutation(sorted(set(data.sets[other][1]) - {""}))[:10]:
            if not any(_words(label) in _words(n) or _words(n) in _words(label) for n in names):
                yield _word(data, "absent: word of another set", label, label, base, nothing)
    for text in NONSENSE:
        yield _word(data, "absent: nonsense", text, text, base, nothing)


def _words(label: str) -> str:
    return " ".join(label.replace("_", " ").replace("-", " ").lower().split())


def _word(data: Data, group: str, label: str, text: str, base: Float32Array, same: Any) -> Asked:
    vector = data.concepts.query(_words(text))
    found = base @ vector
    order = np.argsort(-found)[:2000]
    return Asked(group, half(label), CONCEPT.chance(found[order]), found[order], same[order],
                 int(same.sum()), words_log_odds(vector, found), least=LEAST_OF_WORDS)  # fmt: skip


def of_every_kind(data: Data, name: str) -> Iterator[Asked]:
    """The pictures of a set, asked alone, among all, and as uploads."""
    yield from pictures(data, name, everything=False)
    yield from pictures(data, name, everything=True)
    yield from uploads(data, name)


def oracle(asked: list[Asked]) -> float:
    """Mean F1 of the best threshold on the ranking score, chosen in hindsight for these queries."""
    tried = np.linspace(-0.2, 1, 241)
    means = [np.mean([a.f1(int((a.scores >= t).sum())) for a in asked]) for t in tried]
    return float(max(means))


def report(asked: list[Asked], which: int) -> dict[str, Any]:
    """For each group: F1 of the cut, of the oracle, their ratio; or the share of empty answers."""
    found: dict[str, Any] = {}
    for group in sorted({a.group for a in asked}):
        mine = [a for a in asked if a.group == group and a.half == which]
        if not mine:
            continue
        counts = [a.count for a in mine]
        if group.startswith("absent"):
            found[group] = {"queries": len(mine), "empty": round(float(np.mean(
                [c == 0 for c in counts])), 3)}  # fmt: skip
            continue
        f1, best = (
            float(np.mean([a.f1(c) for a, c in zip(mine, counts, strict=True)])),
            oracle(mine),
        )
        found[group] = {"queries": len(mine), "f1": round(f1, 3), "oracle": round(best, 3),
                        "ratio": round(f1 / best, 3) if best else None,
                        "empty": round(float(np.mean([c == 0 for c in counts])), 3)}  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("shared", type=Path)
    given = parser.parse_args()
    data = Data(given.library, as_named(given.shared))
    asked: list[Asked] = []
    for name in SETS:
        say(name)
        asked += of_every_kind(data, name)
        asked += absent_pictures(data, name)
        if name in WORD_SETS:
            asked += words(data, name)
    result = {"machine": machine(), "tuned on": report(asked, 0), "reported": report(asked, 1)}
    (RESULTS / "cut.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: v for k, v in result.items() if k != "machine"}, indent=1))


if __name__ == "__main__":
    main()
