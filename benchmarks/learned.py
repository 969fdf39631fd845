"""Searches that were taught: where their lists end, and how they stand beside a picture.

Usage: ``python learned.py LIBRARY SHARED`` with a library of the shared pictures (default encoder);
judgments are given to a copy of it. Simulated users search for a class by its name, or by a word
that nobody knows and one picture, and judge ten hits a round, for three rounds, within the class's
set and among all pictures. After each round: F1 of the list against the best threshold on the score
in hindsight for each set, and precision among the first 20. Then the taught word is searched
together with a picture of another class, and with one of the same class.

Classes fall into two halves by a checksum of their names; what can be chosen was chosen on half 0.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cut import half
from lookalike.library import Library
from lookalike.opening import open_library
from lookalike.search.query import parse_query
from measure import RESULTS, as_named, machine, say

SETS = ("caltech101", "grocery", "clothing", "cifar10")
ROUNDS, PER_ROUND, DEPTH = 3, 10, 1500
SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
Scores = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Task:
    """A class to search for: its set, its name, its pictures, those of other classes of the set."""

    dataset: str
    name: str
    relevant: frozenset[str]
    others: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True)
class State:
    """A taught search: what it found in full, what it showed.

    Attributes:
        scores: shape (n,), best first.
        hits: shape (n,): which are relevant.
        shown: how many the list shows.
        total: relevant pictures.
    """

    group: str
    half: int
    round: int
    scores: Scores
    hits: np.ndarray[Any, np.dtype[np.bool_]]
    shown: int
    total: int

    def f1(self, count: int) -> float:
        """F1 of the first ``count``."""
        return 2 * float(self.hits[:count].sum()) / max(count + self.total, 1)


def tasks(library: Library, shared: Path) -> Iterator[Task]:
    """Every class of the sets."""
    store = library.views().store
    at = {p.path: r.id for r in store.records(store.keys()) for p in r.locations}
    for name in SETS:
        members: dict[str, set[str]] = defaultdict(set)
        with (shared / name / "manifest.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                if (found := at.get(str(shared / name / line["path"]))) is not None:
                    members[line["label"]].add(found)
        classes = {label: frozenset(ids) for label, ids in sorted(members.items()) if len(ids) > 3}
        for label, ids in classes.items():
            others = tuple(pair for pair in classes.items() if pair[0] != label)
            yield Task(name, label, ids, others)


def taught(library: Library, task: Task, *, unknown: bool, within: bool) -> Iterator[State]:
    """The states of one user's search; what was judged is forgotten afterwards."""
    random = np.random.default_rng([ord(letter) for letter in task.dataset + task.name])
    word = "".join(random.choice(SYLLABLES, 4)) if unknown else task.name.replace("-", " ")
    where = f"folder = {task.dataset}" if within else ""
    group = f"{'unknown' if unknown else 'name'}/{'own' if within else 'all'}/{task.dataset}"
    full = parse_query([word], where=where, match="concept", literal=True, cut=None, k=DEPTH)
    judged: set[str] = set()
    ranking: list[str] = [str(random.choice(sorted(task.relevant)))] if unknown else []
    try:
        for number in range(ROUNDS + 1):
            if number or not unknown:
                found = library.search(full)
                ranking = [hit.id for hit in found]
            if number:
                shown = len(library.search(replace(full, cut=1.0)))
                hits = np.isin(ranking, sorted(task.relevant))
                scores = np.array([hit.score for hit in found])
                total = len(task.relevant)
                yield State(group, half(task.name), number, scores, hits, shown, total)
            fresh = [picture for picture in ranking if picture not in judged][:PER_ROUND]
            judged |= set(fresh)
            fits = [picture for picture in fresh if picture in task.relevant]
            library.judge(word, relevant=fits, not_relevant=sorted({*fresh} - {*fits}))
        if unknown and within:
            yield from beside(library, task, word, random)
    finally:
        library.teaching.forget(library.teaching.judgments())


def beside(library: Library, task: Task, word: str, random: Any) -> Iterator[State]:
    """The taught word together with a picture: of another class, and of the same."""
    _, other = task.others[int(random.integers(len(task.others)))]
    for kind, wanted, from_ in (
        ("beside another class: the taught", task.relevant, other),
        ("beside another class: the picture's", other, other),
        ("beside its own class", task.relevant, task.relevant),
    ):
        picture = sorted(from_)[0]
        fields = {"match": "concept", "literal": True}
        found = library.search(word, f"id:{picture}", cut=None, k=20, **fields)  # type: ignore
        hits = np.isin([hit.id for hit in found], sorted(wanted))
        yield State(kind, half(task.name), 0, np.zeros(len(hits)), hits, 20, len(wanted))


def oracle(states: list[State]) -> float:
    """Mean F1 of the best threshold on the score, chosen in hindsight for these searches."""
    best = np.concatenate([state.scores[:300] for state in states])
    tried = np.unique(np.quantile(best, np.linspace(0, 1, 200)))
    return max(float(np.mean([s.f1(int((s.scores >= t).sum())) for s in states])) for t in tried)


def report(states: list[State]) -> dict[str, Any]:
    """For each group F1 of the list, the oracle's, their ratio, precision at 20 by round."""
    found: dict[str, Any] = {}
    for group in sorted({state.group for state in states}):
        mine = [state for state in states if state.group == group]
        if group.startswith("beside"):
            found[group] = round(float(np.mean([s.hits.sum() for s in mine])), 2)
            continue
        f1, best = float(np.mean([s.f1(s.shown) for s in mine])), oracle(mine)
        rounds = [
            np.mean([s.hits[:20].sum() / min(20, s.total) for s in mine if s.round == number])
            for number in range(1, ROUNDS + 1)
        ]
        found[group] = {
            "searches": len(mine),
            "f1": round(f1, 3),
            "oracle": round(best, 3),
            "ratio": round(f1 / best, 3),
            "shown": float(np.median([s.shown for s in mine])),
            "precision": [round(float(p), 3) for p in rounds],
        }
    for kind in ("unknown/own", "unknown/all", "name/own", "name/all"):
        ratios = [row["ratio"] for group, row in found.items() if group.startswith(kind)]
        found[f"mean ratio {kind}"] = round(float(np.mean(ratios)), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS / "learned.json")
    given = parser.parse_args()
    states: list[State] = []
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "library"
        shutil.copytree(given.library, copy)
        library = open_library(copy)
        for task in tasks(library, as_named(given.shared)):
            say(f"{task.dataset} {task.name}")
            for unknown in (True, False):
                for within in (True, False):
                    states += taught(library, task, unknown=unknown, within=within)
    halves = [report([s for s in states if s.half == which]) for which in (0, 1)]
    result = {"machine": machine(), "tuned on": halves[0], "reported": halves[1]}
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: v for k, v in result.items() if k != "machine"}, indent=1))


if __name__ == "__main__":
    main()
