"""What a space is learned from and measured on: pictures with classes, and how they are parted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.store.judgments import Judgment
from lookalike.store.known import Int64Array

LEAST_OF_A_CLASS = 4
"""Two to learn from, two to measure with."""
_SEED = 0
_WRITTEN = re.compile(r"(classes)?:?(0?\.\d+|\d{1,2}%)?")
_SHARE = 0.3


@dataclass(frozen=True)
class HoldOut:
    """What is kept away from learning.

    Attributes:
        share: of the pictures of each class, or of the classes; above 0, below 1.
        classes: whether whole classes are held out.
    """

    share: float = _SHARE
    classes: bool = False


def parse_hold_out(text: str) -> HoldOut:
    """Read ``0.3``, ``30%``, ``classes`` or ``classes:0.3``.

    Raises:
        UsageError: it is something else (``bad-hold-out``).
    """
    written = _WRITTEN.fullmatch(text.strip())
    number = written[2] if written else None
    share = _SHARE
    if number:
        share = float(number.rstrip("%")) / (100 if number.endswith("%") else 1)
    if written is None or not text.strip() or not 0 < share < 1:
        raise UsageError(
            f"{text!r} does not say what is held out.",
            "Write 0.3, or classes, or classes:0.3: above 0 and below 1, "
            "as something must be learned from and something measured.",
            code="bad-hold-out",
        )
    return HoldOut(share, classes=bool(written[1]))


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures with one class each.

    Attributes:
        keys: shape (n,), ascending.
        classes: shape (n,): numbers from 0.
        names: of the classes.
        left_out: labelled pictures that were too few of their class.
    """

    keys: Int64Array
    classes: Int64Array
    names: tuple[str, ...]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, chosen: npt.NDArray[np.bool_]) -> Examples:
        """Those that are chosen; the numbers of the classes stay."""
        return Examples(self.keys[chosen], self.classes[chosen], self.names)

    def members(self) -> dict[str, Int64Array]:
        """Keys by class."""
        return {self.names[c]: self.keys[self.classes == c] for c in np.unique(self.classes)}


def by_first_label(labels: Mapping[int, Sequence[str]], living: Int64Array) -> Examples:
    """Examples of labelled pictures: each counts for its first label.

    Args:
        labels: by key; an empty sequence for none.
        living: keys of the pictures that can be used.

    Raises:
        UsageError: hardly any picture has a label (``no-labels``), or there are not two classes
            (``one-class``).
    """
    usable = set(living.tolist())
    grouped: dict[str, list[int]] = defaultdict(list)
    for key, names in labels.items():
        if names and key in usable:
            grouped[names[0]].append(key)
    return _examples(grouped)


def by_judgments(judgments: Iterable[Judgment], keys: Mapping[str, int]) -> Examples:
    """Examples of judged pictures: those that fit one query are one class.

    Args:
        judgments: what people said; the last word on a picture and a query counts.
        keys: of the library's pictures, by id.

    Raises:
        UsageError: as for :func:`by_first_label`.
    """
    said = {(j.query, j.picture): j.relevant for j in judgments}
    grouped: dict[str, list[int]] = defaultdict(list)
    taken = set()
    for (query, picture), relevant in said.items():
        if relevant and picture in keys and picture not in taken:
            taken.add(picture)
            grouped[query].append(keys[picture])
    return _examples(grouped)


def _examples(grouped: Mapping[str, list[int]]) -> Examples:
    kept = {name: keys for name, keys in grouped.items() if len(keys) >= LEAST_OF_A_CLASS}
    labelled = sum(map(len, grouped.values()))
    if not labelled:
        raise UsageError(
            "No picture has a label that could be learned from.",
            "Index with --label-folders or --table, or judge pictures first.",
            code="no-labels",
        )
    if len(kept) < 2:
        few = f"{len(grouped):,} classes, {len(kept):,} of them"
        raise UsageError(
            f"There are {few} with {LEAST_OF_A_CLASS} or more pictures: too little to learn from."
            if len(grouped) > 1
            else f"All {labelled:,} labelled pictures are of one class, {next(iter(grouped))!r}.",
            "Two classes are needed, and rather five with twenty pictures each.",
            code="one-class",
        )
    names = tuple(sorted(kept))
    pairs = sorted((key, number) for number, name in enumerate(names) for key in kept[name])
    keys, classes = np.array(pairs, np.int64).T
    return Examples(keys, classes, names, labelled - len(pairs))


def part(examples: Examples, hold_out: HoldOut) -> tuple[Examples, Examples]:
    """What is learned from, and what is measured with; the same every time.

    Raises:
        UsageError: one of them would have less than two classes (``all-held-out``).
    """
    rng = np.random.default_rng(_SEED)
    held = np.zeros(len(examples), bool)
    if hold_out.classes:
        order = rng.permutation(len(examples.names))
        count = max(2, round(hold_out.share * len(order)))
        held = np.isin(examples.classes, order[:count])
    else:
        for number in range(len(examples.names)):
            rows = rng.permutation(np.flatnonzero(examples.classes == number))
            count = int(np.clip(round(hold_out.share * len(rows)), 2, len(rows) - 2))
            held[rows[:count]] = True
    learned, measured = examples.part(~held), examples.part(held)
    if min(len(np.unique(one.classes)) for one in (learned, measured)) < 2:
        raise UsageError(
            f"With {len(examples.names)} classes there are not two to learn from and two to "
            "hold out.",
            "Hold out pictures of each class instead: --hold-out 0.3.",
            code="all-held-out",
        )
    return learned, measured


def folds(classes: Int64Array, count: int, *, whole: bool) -> Int64Array:
    """A fold from 0 for each example, shape (n,): each class in all of them, or in one."""
    rng = np.random.default_rng(_SEED)
    found = np.zeros(len(classes), np.int64)
    for number, one in enumerate(rng.permutation(np.unique(classes))):
        rows = np.flatnonzero(classes == one)
        found[rows] = number % count if whole else rng.permutation(len(rows)) % count
    return found
