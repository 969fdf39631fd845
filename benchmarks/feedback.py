"""How much a search learns from judgments: simulated users, round after round.

``python benchmarks/feedback.py DATA`` measures; DATA is the folder with the shared picture sets.
The pictures lie in one library under names that say nothing, without their words. Each class is
searched for among its own set: by a word that nobody knows (the user shows one picture in the first
round, as the page asks for), and by the class's name as far as the encoder knows it.

Everything that can be chosen was chosen on every other class of each set ("tune"); those of the
other classes ("test") were only ever reported.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lookalike
from lookalike.lab.simulated_users import Choice, Round, SimulatedUser
from lookalike.library import Library
from lookalike.search.clause import Clause
from lookalike.search.feedback import learned
from lookalike.search.feedback.model import fit_direction, rocchio_direction
from lookalike.search.query import Query
from measure import machine, say, table

SETS = ("caltech101", "grocery", "clothing")
ROUNDS = 6
METHODS = ("none", "rocchio", "learned", "learned, suggestions")
SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


@dataclass(frozen=True)
class Task:
    """A class to search for: its set, its name, its pictures' ids."""

    dataset: str
    name: str
    relevant: frozenset[str]


@dataclass
class LibrarySession:
    """A query in a real library."""

    library: Library
    words: str
    dataset: str
    learns: bool

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return (Clause("text", self.words),)

    def query(self, k: int) -> Query:
        where = f"folder = {self.dataset}"
        return Query(self.clauses, where, k, match="concept", cut=None, learned=self.learns)

    def ranking(self, count: int) -> Sequence[str]:
        return [hit.id for hit in self.library.search(self.query(count))]

    def judge(self, relevant: Collection[str], not_relevant: Collection[str]) -> None:
        self.library.teaching.judge(self.clauses, relevant, not_relevant)

    def suggested(self, count: int) -> Sequence[str]:
        return [picture.id for picture in self.library.suggest(self.query(count), count)]


def collect(data: Path, folder: Path) -> dict[str, tuple[str, str]]:
    """Copy the pictures under names that say nothing; their sets and classes by the new path."""
    found = {}
    for dataset in SETS:
        (folder / dataset).mkdir(parents=True)
        with (data / dataset / "manifest.csv").open(encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file)):
                source = data / dataset / row["path"]
                target = folder / dataset / f"{number:04}{source.suffix}"
                shutil.copyfile(source, target)
                found[str(target)] = (dataset, row["label"])
    return found


def tasks(library: Library, classes: dict[str, tuple[str, str]], half: int) -> list[Task]:
    """Every other class of each set."""
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for hit in library.search(where="width > 0", k=len(library)):
        for place in hit.picture.locations:
            members[classes[place.path]].add(hit.id)
    chosen = []
    for dataset in SETS:
        names = sorted(name for found, name in members if found == dataset)[half::2]
        chosen += [Task(dataset, name, frozenset(members[dataset, name])) for name in names]
    return chosen


def made_up(task: Task) -> tuple[str, str]:
    """A word that nobody knows, and the picture that is shown for it: the same every time."""
    random = np.random.default_rng([ord(letter) for letter in task.dataset + task.name])
    word = "".join(random.choice(SYLLABLES, 4))
    return word, str(random.choice(sorted(task.relevant)))


def run(library: Library, task: Task, method: str, *, unknown: bool) -> list[Round]:
    """One user's rounds; what was judged is forgotten afterwards."""
    word, example = made_up(task)
    words = word if unknown else task.name.replace("_", " ").replace("-", " ")
    session = LibrarySession(library, words, task.dataset, method != "none")
    choice: Choice = "suggested" if method.endswith("suggestions") else "top"
    user = SimulatedUser(task.relevant, choice=choice, example=example if unknown else None)
    learned.fit_direction = _rocchio if method == "rocchio" else fit_direction  # type: ignore
    try:
        return user.rounds(session, ROUNDS)
    finally:
        library.teaching.forget(library.teaching.judgments())


def _rocchio(examples: Any, targets: Any, background: Any) -> Any:
    return rocchio_direction(examples, targets)


def rows(library: Library, chosen: Sequence[Task]) -> Iterator[dict[str, Any]]:
    for unknown in (True, False):
        for method in METHODS:
            found: dict[str, list[list[Round]]] = defaultdict(list)
            for task in chosen:
                found[task.dataset].append(run(library, task, method, unknown=unknown))
            found["all"] = [rounds for dataset in SETS for rounds in found[dataset]]
            for dataset in (*SETS, "all"):
                row = _row(found[dataset], "unknown word" if unknown else "class name", method)
                yield {"set": dataset, **row}


def _row(users: Sequence[Sequence[Round]], query: str, method: str) -> dict[str, Any]:
    seen = np.array([[r.seen for r in rounds] for rounds in users])
    residual = np.array(
        [[np.nan if r.residual is None else r.residual for r in rounds] for rounds in users]
    )
    return {
        "query": query,
        "method": method,
        "classes": len(users),
        "median": np.round(np.median(seen, axis=0), 2).tolist(),
        "mean": np.round(seen.mean(axis=0), 3).tolist(),
        "residual": np.round(np.nanmean(residual, axis=0), 3).tolist(),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="the folder with the picture sets")
    arguments.add_argument("--half", choices=("tune", "test"), default="test")
    given = arguments.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        classes = collect(given.data, folder / "pictures")
        with lookalike.create(folder / "library") as library:
            library.index([folder / "pictures"])
            for row in rows(library, tasks(library, classes, int(given.half == "test"))):
                results.append(row)
                say(json.dumps(row))
    shown = [
        [row["query"], row["set"], row["method"], *(f"{x:.2f}" for x in row["median"])]
        for row in results
    ]
    head = ["query", "set", "method", *map(str, range(ROUNDS + 1))]
    say("\n" + table(head, shown))
    sys.stdout.write(json.dumps({"machine": machine(), "results": results}) + "\n")


if __name__ == "__main__":
    main()
