"""Reads a library whole and says whether it is sound."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lookalike.errors import LibraryError
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore, create_indices, missing_indices
from lookalike.store.maintenance import MIN_RECALL, maintain, probe
from lookalike.store.space_table import CACHES
from lookalike.store.vector_cache import VectorCache
from lookalike.store.writer import writing

_SAMPLE = 1000
_TOLERANCE = 2e-3


@dataclass
class CheckReport:
    """What :func:`check` found.

    Attributes:
        pictures: rows that were read.
        problems: what is not sound, for people.
        repaired: what was written anew.
    """

    pictures: int = 0
    problems: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON's types."""
        return {
            "pictures": self.pictures,
            "problems": self.problems,
            "repaired": self.repaired,
            "sound": not self.problems,
        }

    def lines(self) -> list[str]:
        """The report for people."""
        lines = [f"Read {self.pictures:,} pictures.", *self.repaired, *self.problems]
        return [*lines, "The library is not sound." if self.problems else "The library is sound."]


def check(store: LanceStore, *, repair: bool = False) -> CheckReport:
    """Read every row and compare the caches with them.

    Args:
        store: the library's store.
        repair: write indices and caches anew first; the pictures themselves are not touched.

    Raises:
        LibraryLockedError: to be repaired while another process writes.
    """
    report = CheckReport()
    if repair:
        with writing(store):
            create_indices(store.table)
            shutil.rmtree(store.path / CACHES, ignore_errors=True)
            store.refresh()
            maintain(store)
        report.repaired.append("Indices and caches were written anew.")
    try:
        _check_rows(store, report)
        store.failures.all()
        for space in store.description.ready:
            _check_space(store, space, report)
    except LibraryError as error:
        report.problems.append(str(error))
    missing = missing_indices(store.table)
    if missing:
        report.problems.append(f"No index over {', '.join(missing)}: run with --repair.")
    return report


def _check_rows(store: LanceStore, report: CheckReport) -> None:
    rows = store.facets(["key", "id", "locations"])
    report.pictures = len(rows)
    for column in ("key", "id"):
        if len(rows[column].unique()) != len(rows):
            report.problems.append(f"Some pictures share their {column}: index again.")
    empty = sum(1 for places in rows["locations"].to_pylist() if not places)
    if empty:
        report.problems.append(f"{empty:,} pictures lie nowhere.")


def _check_space(store: LanceStore, space: SpaceDescription, report: CheckReport) -> None:
    bad = 0
    for _, vectors in store.vector_batches(space):
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        bad += int((~np.isfinite(lengths) | (lengths < _TOLERANCE)).sum())
    if bad:
        report.problems.append(f"{bad:,} pictures have no usable vector in {space.name}.")
    view = VectorCache(store, space).view()
    keys = np.random.default_rng(0).permutation(store.keys_in(space))[:_SAMPLE]
    if len(keys) and not np.allclose(view.vectors(keys), store.vectors(space, keys), atol=1e-6):
        report.problems.append(f"The vector files of {space.name} differ from the table: --repair.")
    if view.index is not None and probe(view) is None:
        report.problems.append(
            f"The index of {space.name} finds less than {MIN_RECALL:.0%} of the nearest: --repair."
        )
