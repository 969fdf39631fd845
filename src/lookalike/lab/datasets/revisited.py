"""Revisited Oxford and Paris (Radenović et al., 2018): easy, medium and hard, junk removed.

``gnd_roxford5k.pkl`` (or the same as JSON) lists the pictures, the queries with the part of each
that is meant, and per query what is easy, hard and junk. AP is the area under the precision-recall
curve by trapezoids, as in the set's own program.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError
from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.places import Places
from lookalike.lab.topics import NO_KEYS, TestCollection, Topic, half_of, keys_array
from lookalike.search.clause import Clause
from lookalike.search.query import Query
from lookalike.search.region import Region
from lookalike.search.views import Views
from lookalike.sources.datasets.array_pickle import load_numbers

PROTOCOLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "easy": (("easy",), ("junk", "hard")),
    "medium": (("easy", "hard"), ("junk",)),
    "hard": (("hard",), ("junk", "easy")),
}
"""Per protocol what is relevant, and what does not count."""

_MEASURES = ("AP_trap", "P@1", "P@5", "P@10")

_DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    AttributeError,
    pickle.UnpicklingError,
)


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("gnd_*.pkl"), *folder.glob("gnd_*.json")])


def read_truth(path: Path) -> dict[str, Any]:
    """Read the pictures, the queries and what each should find.

    Raises:
        SourceError: the pickle asks for code to be run (``unsafe-pickle``).
        UsageError: the file holds something else.
    """
    try:
        with path.open("rb") as file:
            found = json.load(file) if path.suffix == ".json" else load_numbers(file)
        return {name: list(found[name]) for name in ("imlist", "qimlist", "gnd")}
    except _DAMAGED as error:
        raise UsageError(
            f"{path} cannot be read as the truth of revisited Oxford or Paris: {error!r}.",
            "It holds imlist, qimlist and gnd.",
            code="bad-truth",
        ) from error


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    (file, *_) = _files(folder)
    truth, places = read_truth(file), Places(views, folder)
    keys = [_found(places, name) for name in truth["imlist"]]
    asked = [_found(places, name) for name in truth["qimlist"]]
    searched = keys_array(key for key in keys if key is not None)
    names = {key: name for key, name in zip(keys, truth["imlist"], strict=True) if key is not None}
    name = file.stem.removeprefix("gnd_")
    return [
        TestCollection(
            f"{name} {protocol}",
            _topics(places, truth, keys, asked, protocol),
            searched=searched, names=names, measures=_MEASURES,
            left_out={
                "pictures are not in the library (those that are relevant count as not found)":
                    keys.count(None),
                "query pictures are not in the library (not asked)": asked.count(None),
            },
        )
        for protocol in PROTOCOLS
    ]  # fmt: skip


def _topics(
    places: Places, truth: dict[str, Any], keys: Sequence[int | None], asked: Sequence[int | None],
    protocol: str,
) -> tuple[Topic, ...]:  # fmt: skip
    wanted, ignored = PROTOCOLS[protocol]
    topics = []
    for number, (key, told) in enumerate(zip(asked, truth["gnd"], strict=True)):
        rows = [int(row) for name in wanted for row in told.get(name, [])]
        if key is None or not rows:
            continue
        junk = [keys[int(row)] for name in ignored for row in told.get(name, [])]
        clause = Clause("picture", places.id_by_key[key], region=_region(places, key, told))
        topics.append(
            Topic(
                str(truth["qimlist"][number]),
                Query((clause,)),
                keys_array(one for row in rows if (one := keys[row]) is not None),
                junk=keys_array(one for one in junk if one is not None) if junk else NO_KEYS,
                absent={str(truth["imlist"][row]): 1 for row in rows if keys[row] is None},
                key=key,
                half=half_of(number),
            )
        )
    return tuple(topics)


def _found(places: Places, name: object) -> int | None:
    key = places.find(str(name))
    return places.find(f"{name}.jpg") if key is None else key


def _region(places: Places, key: int, told: dict[str, Any]) -> Region | None:
    """The part of the query picture that is meant, within its edges."""
    if "bbx" not in told:
        return None
    width, height = places.sizes[key]
    left, upper, right, lower = (float(edge) for edge in told["bbx"])
    left, upper = max(0.0, left), max(0.0, upper)
    right, lower = min(right, float(width)), min(lower, float(height))
    return Region(left, upper, right - left, lower - upper, "pixel")


KIND = Kind(
    name="revisited",
    what="revisited Oxford or Paris: easy, medium and hard, junk removed",
    matches=lambda folder: bool(_files(folder)),
    collections=_collections,
)
