"""How many of the pictures that were found have which value, and the filter that keeps those.

Every count is what a search with its filter would find among the same pictures.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.search.filter_fields import field_called
from lookalike.search.filter_values import MONTHS, local_time
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore

MAX_VALUES = 20
"""The commonest values are listed; the others are counted."""

Counts = list[tuple[str, int, str]]
"""Values with their counts and filters."""


@dataclass(frozen=True)
class FacetValue:
    """One value of a field.

    Attributes:
        value: for people.
        count: pictures that have it.
        where: the filter that keeps just those.
    """

    value: str
    count: int
    where: str


@dataclass(frozen=True)
class Facet:
    """The values of one field among the pictures that were found.

    Attributes:
        field: its name in filters.
        values: the commonest, or in their order where they have one.
        others: how many further values there are.
        missing: pictures without any.
    """

    field: str
    values: tuple[FacetValue, ...]
    others: int
    missing: int

    def as_dict(self) -> dict[str, Any]:
        """The facet as JSON's types."""
        return {**vars(self), "values": [dict(vars(value)) for value in self.values]}


def count_facets(
    store: LanceStore, names: Sequence[str], keys: Int64Array | None
) -> tuple[Facet, ...]:
    """Count the values of some fields.

    Args:
        store: the library's store.
        names: fields of a filter.
        keys: shape (n,): the pictures that count; None for all.

    Raises:
        FilterError: there is no such field.
    """
    return tuple(_facet(store, field_called(name, store.extra_names).name, keys) for name in names)


def _facet(store: LanceStore, name: str, keys: Int64Array | None) -> Facet:
    column, counted = _COUNTED.get(name, ("extra", lambda column: _of_extra(column, name)))
    columns = [column] if isinstance(column, str) else list(column)
    rows = store.facets(columns) if keys is None else store.columns(keys, columns)
    values, missing = counted(rows if len(columns) > 1 else rows[columns[0]])
    shown = [FacetValue(*value) for value in values[:MAX_VALUES]]
    return Facet(name, tuple(shown), max(0, len(values) - MAX_VALUES), missing)


def _listed(name: str) -> Callable[[pa.ChunkedArray], tuple[Counts, int]]:
    def count(column: pa.ChunkedArray) -> tuple[Counts, int]:
        distinct = (set(map(_key(name), row)) for row in column.to_pylist())
        counted: Counter[str] = Counter()
        missing = 0
        for values in distinct:
            counted.update(values)
            missing += not values
        return _commonest(counted, name), missing

    return count


def _key(name: str) -> Callable[[str], str]:
    return str.lower if name == "class" else str


def _folders(column: pa.ChunkedArray) -> tuple[Counts, int]:
    """Folders by their bare names."""
    counted = Counter(
        name for row in column.to_pylist() for name in row if name and os.sep not in name
    )
    return _commonest(counted, "folder"), 0


def _plain(name: str) -> Callable[[pa.ChunkedArray], tuple[Counts, int]]:
    def count(column: pa.ChunkedArray) -> tuple[Counts, int]:
        return _texts(name, column.to_pylist())

    return count


def _texts(name: str, values: Iterable[str]) -> tuple[Counts, int]:
    """Texts that differ in case only are one value, in its commonest spelling."""
    spelled: dict[str, Counter[str]] = {}
    missing = 0
    for value in values:
        if value.strip():
            spelled.setdefault(value.lower(), Counter())[value] += 1
        else:
            missing += 1
    counted = Counter({c.most_common(1)[0][0]: c.total() for c in spelled.values()})
    return _commonest(counted, name), missing


def _of_extra(column: pa.ChunkedArray, name: str) -> tuple[Counts, int]:
    return _texts(name, (_named(row, name) for row in column.to_pylist()))


def _named(row: str, name: str) -> str:
    found = json.loads(row) if row else {}
    return next((str(value) for key, value in found.items() if key.lower() == name), "")


def _commonest(counted: Counter[str], name: str) -> Counts:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [(value, count, f"{name} = {quoted(value)}") for value, count in ordered]


def quoted(value: str) -> str:
    """A value as a filter takes it, in quotes."""
    return '"' + "".join(f"\\{c}" if c in '\\"*' else c for c in value) + '"'


def _truth(column: pa.ChunkedArray) -> tuple[Counts, int]:
    yes = int(pc.sum(column.cast(pa.int64())).as_py() or 0)
    both = [("yes", yes), ("no", len(column) - yes)]
    return [(value, count, f"alpha = {value}") for value, count in both if count], 0


def _dates(name: str) -> Callable[[pa.ChunkedArray], tuple[Counts, int]]:
    """Years; where there is one year only its months, where there is one month only its days."""

    def count(column: pa.ChunkedArray) -> tuple[Counts, int]:
        known = [moment for moment in column.to_pylist() if moment is not None]
        local = known if name == "date" else [local_time(moment) for moment in known]
        counted: Counter[str] = Counter()
        for pattern in ("%Y", "%Y-%m", "%Y-%m-%d"):
            counted = Counter(moment.strftime(pattern).zfill(4) for moment in local)
            if len(counted) > 1:
                break
        newest = sorted(counted.items(), reverse=True)
        return [(v, n, f"{name} = {v}") for v, n in newest], len(column) - len(known)

    return count


def _parts_of_dates(
    name: str, part: Callable[[datetime], int], spelled: Callable[[int], str]
) -> Callable[[pa.ChunkedArray], tuple[Counts, int]]:
    """Months or days of any year, in their order."""

    def count(column: pa.ChunkedArray) -> tuple[Counts, int]:
        known = [moment for moment in column.to_pylist() if moment is not None]
        ordered = sorted(Counter(map(part, known)).items())
        counts = [(spelled(number), n, f"{name} = {spelled(number)}") for number, n in ordered]
        return counts, len(column) - len(known)

    return count


def _ranges(name: str, bounds: Sequence[tuple[int, str]]) -> Callable[[Any], tuple[Counts, int]]:
    """Ranges of a number: below the first bound, between two, from the last on."""

    def count(column: pa.ChunkedArray | pa.Table) -> tuple[Counts, int]:
        numbers = _product(column)
        at = np.searchsorted([bound for bound, _ in bounds], numbers, side="right")
        counts = np.bincount(at, minlength=len(bounds) + 1).tolist()
        named = [(*_range(name, bounds, i), n) for i, n in enumerate(counts) if n]
        return [(label, n, where) for label, where, n in named], len(column) - len(numbers)

    return count


def _product(column: pa.ChunkedArray | pa.Table) -> Any:
    if isinstance(column, pa.Table):
        return np.prod([column[c].to_numpy().astype(np.int64) for c in column.schema.names], 0)
    return column.drop_null().to_numpy()


def _range(name: str, bounds: Sequence[tuple[int, str]], i: int) -> tuple[str, str]:
    low = bounds[i - 1][1] if i else ""
    high = bounds[i][1] if i < len(bounds) else ""
    if not low:
        return f"under {high}", f"{name} < {high}"
    if not high:
        return f"{low} and more", f"{name} >= {low}"
    return f"{low} to {high}", f"{name} >= {low} and {name} < {high}"


def _steps(bounds: Iterable[int]) -> list[tuple[int, str]]:
    return [(bound, str(bound)) for bound in bounds]


_SIDES = _steps((100, 300, 1000, 2000, 4000))
_SIZES = [(10_000, "10kB"), (100_000, "100kB"), (10**6, "1MB"), (10**7, "10MB"), (10**8, "100MB")]
_PIXELS = [(10_000, "10000"), (100_000, "100000"), (10**6, "1MP"), (10**7, "10MP")]
_DEGREES = _steps(range(-170, 180, 10))

_COUNTED: dict[str, tuple[str | Sequence[str], Callable[[Any], tuple[Counts, int]]]] = {
    "tag": ("tag_words", _listed("tag")),
    "folder": ("folders", _folders),
    "class": ("classes", _listed("class")),
    "name": ("name", _plain("name")),
    "title": ("title", _plain("title")),
    "caption": ("caption", _plain("caption")),
    "camera": ("camera", _plain("camera")),
    "format": ("format", _plain("format")),
    "date": ("taken", _dates("date")),
    "month": ("taken", _parts_of_dates("month", lambda t: t.month, lambda m: MONTHS[m - 1])),
    "day": ("taken", _parts_of_dates("day", lambda taken: taken.day, str)),
    "added": ("added", _dates("added")),
    "size": ("bytes", _ranges("size", _SIZES)),
    "width": ("width", _ranges("width", _SIDES)),
    "height": ("height", _ranges("height", _SIDES)),
    "pixels": (("width", "height"), _ranges("pixels", _PIXELS)),
    "frames": ("frames", _ranges("frames", _steps((2, 10, 100)))),
    "alpha": ("alpha", _truth),
    "latitude": ("latitude", _ranges("latitude", _DEGREES)),
    "longitude": ("longitude", _ranges("longitude", _DEGREES)),
}
