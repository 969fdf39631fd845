"""Choose the numbers of ``BlendedLikeness``: the largest F1, as shares of the best thresholds'.

Usage: ``python cut_fit.py LIBRARY SHARED`` as for ``cut.py``. Only classes of half 0 are asked for:
in their sets, among all pictures, as uploads, and in twelve random mixtures of classes and pictures
without any label. The four numbers and the constant are changed one by one while that helps. Then
each set is left out of the choosing in turn, which tells how the numbers do on a set that nobody
has seen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from cut import CURVE, SETS, Asked, Data, Searched, half, of_every_kind, oracle
from lookalike.encoders.base import Float32Array
from measure import as_named, say

MIXTURES = 12
SCALES = np.array([2.0, 1.0, 4.0, 4.0, 0.5])
"""First steps of the numbers; those of the last round are an eighth of them."""
ROUNDS = 4
ENOUGH = 30
"""A group of so many queries counts as much as a larger one."""
DEPTH = 500


class Objective:
    """Mean F1 of groups of queries, each as a share of that of its best threshold."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.groups = sorted({a.group for a in asked})
        members = [[a for a in asked if a.group == group] for group in self.groups]
        ordered = [a for group in members for a in group]
        self.first = np.cumsum([0, *map(len, members)])
        self.best = np.array([oracle(group) for group in members])
        self.weights = np.sqrt([min(len(group), ENOUGH) for group in members])
        shape = (len(ordered), DEPTH)
        self.there = np.zeros(shape, bool)
        self.columns = np.zeros((4, *shape), np.float32)
        self.f1 = np.zeros(shape, np.float32)
        for row, a in enumerate(ordered):
            assert a.told is not None
            n = min(DEPTH, len(a.scores))
            behind = a.told.searched[:n] - np.sort(a.told.searched)[-3:].mean()
            self.there[row, :n] = True
            self.columns[0, row, :n], self.columns[1, row, :n] = a.told.encoded[:n], behind
            self.columns[2, row], self.columns[3, row] = a.told.spread, a.told.common
            right = np.cumsum(a.relevant[:n])
            self.f1[row, :n] = 2 * right / (np.arange(1, n + 1) + a.total)

    def shares(self, numbers: Sequence[float]) -> Float32Array:
        """Of each group."""
        odds = np.tensordot(np.asarray(numbers[:-1], np.float32), self.columns, 1) + numbers[-1]
        sums = np.cumsum(self.there / (1 + np.exp(-odds.clip(-30, 30))), axis=1)
        expected = sums / (np.arange(1, DEPTH + 1) + sums[:, -1:])
        count = np.where(self.there, expected, -1).argmax(axis=1)
        f1 = self.f1[np.arange(len(count)), count]
        means = np.add.reduceat(f1, self.first[:-1]) / np.diff(self.first)
        return np.asarray(means / self.best, np.float32)

    def value(self, numbers: Sequence[float], without: str = "") -> float:
        """To be made large; groups of a set may be left out."""
        kept = np.array([group.split("/")[1] != without for group in self.groups])
        return float(np.average(self.shares(numbers).clip(max=1.05)[kept],
                                weights=self.weights[kept]))  # fmt: skip


def chosen(objective: Objective, start: Sequence[float], without: str = "") -> list[float]:
    """The numbers that do best, changed one by one with smaller and smaller steps."""
    numbers, best = [*start], objective.value(start, without)
    for step in [SCALES / 2**n for n in range(ROUNDS)]:
        moved = True
        while moved:
            moved = False
            for at, size in enumerate(step):
                for change in (size, -size):
                    tried = [*numbers]
                    tried[at] += float(change)
                    if (value := objective.value(tried, without)) > best + 1e-4:
                        numbers, best, moved = tried, value, True
                        break
    return numbers


def mixtures(data: Data) -> Iterator[Asked]:
    """Libraries of some of the classes, of any size, among pictures of anything."""
    classes = [
        rows[labels == label]
        for rows, labels in data.sets.values()
        for label in sorted(set(labels) - {""})
        if half(label) == 0
    ]
    of = {int(row): name for name, (rows, _) in data.sets.items() for row in rows}
    others = np.setdiff1d(np.arange(len(data.look)), [*of])
    for size in np.repeat([0, 50, 300, 1500], MIXTURES // 4):
        some = data.random.permutation(len(classes))[: data.random.integers(8, len(classes))]
        kept = [data.random.permutation(classes[at])[: data.random.integers(2, 60)] for at in some]
        rows = np.concatenate([*kept, data.random.permutation(others)[:size]])
        number = np.concatenate([*(np.full(len(k), i) for i, k in enumerate(kept)),
                                 np.full(size, -1)])  # fmt: skip
        searched = Searched(data.look[rows])
        for at in data.random.permutation(np.flatnonzero(number >= 0))[:40].tolist():
            relevant = (number == number[at]) & (np.arange(len(rows)) != at)
            if relevant.any():
                name = f"mixed/{of[int(rows[at])]}"
                yield searched.asked(name, "", data.look[rows[at]], relevant, (at,))


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
    objective = Objective([a for a in asked if a.half == 0] + [*mixtures(data)])
    numbers = chosen(objective, astuple(CURVE))
    left_out = {}
    for name in SETS:
        say(f"without {name}")
        shares = named(objective, chosen(objective, astuple(CURVE), without=name))
        left_out |= {group: share for group, share in shares.items() if group.endswith(name)}
    found = {
        "numbers": numbers,
        "value": round(objective.value(numbers), 4),
        "shares": named(objective, numbers),
        "sets left out": left_out,
    }
    print(json.dumps(found, indent=1))


def named(objective: Objective, numbers: Sequence[float]) -> dict[str, float]:
    """The shares by group."""
    return dict(zip(objective.groups, objective.shares(numbers).round(3).tolist(), strict=True))


if __name__ == "__main__":
    main()
