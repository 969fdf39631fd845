"""Leave-one-out over labels: each picture is the query once, those of its class are relevant."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.topics import Half, TestCollection, Topic, half_of, keys_array, picture_query
from lookalike.search.filter import compile_filter
from lookalike.search.views import Views
from lookalike.store.known import Int64Array

Labels = tuple[str, ...]

_SOURCES: Mapping[str, tuple[str, Callable[[Any], Iterable[str]]]] = {
    "folder": ("location", lambda path: [PurePath(path).parent.name]),
    "tag": ("tags", list),
    "camera": ("camera", lambda text: [text]),
    "format": ("format", lambda text: [text]),
    "title": ("title", lambda text: [text]),
}
SHARED_FIELDS = tuple(_SOURCES)
"""What labels may be taken from besides the columns of the library's own metadata."""


def labels_of(views: Views, field: str, where: str = "") -> dict[int, Labels]:
    """The labels of each picture; none is an empty tuple.

    Args:
        views: the library.
        field: ``folder``, ``tag``, ``camera``, ``format``, ``title``, or a column that metadata
            brought along, e.g. ``label``.
        where: only these pictures.

    Raises:
        UsageError: no picture has such a field (``no-labels``).
    """
    column, read = _SOURCES.get(field, ("extra", lambda extra: _named(extra, field)))
    condition = compile_filter(where) if where else None
    table = views.store.facets(["key", column], condition)
    found = {
        key: tuple(dict.fromkeys(filter(None, read(value))))
        for key, value in zip(*(table[name].to_pylist() for name in ("key", column)), strict=True)
    }
    if not any(found.values()):
        there = ", ".join(_fields(views, condition))
        raise UsageError(
            f"No picture has a {field!r} to go by.",
            f"There is {there}." if there else "Index with --label-folders or --table.",
            code="no-labels",
        )
    return found


def by_labels(
    views: Views,
    field: str,
    *,
    where: str = "",
    asked: Int64Array | None = None,
    name: str = "",
    measures: tuple[str, ...] = ("AP", "P@1", "P@10"),
) -> TestCollection:
    """Each picture asks for the others with one of its labels.

    The halves are made of classes: what was chosen on some classes is shown on others.

    Args:
        views: the library.
        field: see :func:`labels_of`.
        where: only these pictures are searched.
        asked: keys of the pictures that are queries; None for all.
        name: for tables.
        measures: what is usually measured.

    Raises:
        UsageError: no picture has such a field, or all have the same label (``one-class``).
    """
    labels = labels_of(views, field, where)
    members = _members(labels)
    if len(members) == 1 and all(labels.values()):
        raise UsageError(
            f"All {len(labels):,} pictures have the {field} {next(iter(members))!r}.",
            "Whatever is found is right then: there is nothing to measure.",
            code="one-class",
        )
    queries = labels if asked is None else {key: labels.get(key, ()) for key in asked.tolist()}
    return _collection(
        views, queries, members, where=where, name=name or f"by {field}", measures=measures
    )


def between(
    views: Views,
    asked: Mapping[int, Labels],
    searched: Mapping[int, Labels],
    *,
    name: str,
    measures: tuple[str, ...] = ("AP", "P@1", "P@10"),
) -> TestCollection:
    """Some pictures ask for others with one of their labels, e.g. test pictures for training ones.

    Args:
        views: the library.
        asked: labels of the pictures that are queries, by key.
        searched: labels of the pictures that are searched, by key.
        name: for tables.
        measures: what is usually measured.
    """
    found = _collection(views, asked, _members(searched), where="", name=name, measures=measures)
    return replace(found, searched=keys_array(searched))


def _collection(
    views: Views, asked: Mapping[int, Labels], members: Mapping[str, Int64Array], *, where: str,
    name: str, measures: tuple[str, ...]
) -> TestCollection:  # fmt: skip
    halves: dict[str, Half] = {label: half_of(n) for n, label in enumerate(sorted(members))}
    table = views.store.facets(["key", "id"])
    ids = dict(zip(table["key"].to_pylist(), table["id"].to_pylist(), strict=True))
    left_out: Counter[str] = Counter()
    topics = []
    for key in sorted(asked):
        known = [label for label in asked.get(key, ()) if label in members]
        relevant = _together([members[label] for label in known])
        if not asked[key]:
            left_out["pictures have no label (searched, but not asked for)"] += 1
        elif not np.any(relevant != key):
            left_out["pictures are alone in their class (searched, but not asked for)"] += 1
        else:
            half = halves[known[0]]
            topics.append(Topic(ids[key], picture_query(ids[key]), relevant, key=key, half=half))
    return TestCollection(name, tuple(topics), where, measures=measures, left_out=left_out)


def _members(labels: Mapping[int, Labels]) -> dict[str, Int64Array]:
    found: dict[str, list[int]] = defaultdict(list)
    for key, names in labels.items():
        for name in names:
            found[name].append(key)
    return {name: keys_array(keys) for name, keys in found.items()}


def _together(parts: list[Int64Array]) -> Int64Array:
    """The classes' arrays themselves where there is one: thousands of queries share them."""
    if len(parts) == 1:
        return parts[0]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _named(extra: str, field: str) -> list[str]:
    value = json.loads(extra).get(field, "") if f'"{field}": ' in extra else ""
    return [value] if value else []


def _fields(views: Views, condition: str | None) -> list[str]:
    """Fields that at least two pictures share a value of."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in views.store.facets(["extra"], condition)["extra"].to_pylist():
        for name, value in json.loads(text or "{}").items():
            counts[name][value] += 1
    useful = [name for name, seen in counts.items() if max(seen.values()) > 1 and len(seen) > 1]
    return [*sorted(useful), "folder", "tag"]
