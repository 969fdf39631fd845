"""Whether what a picture shows is in the library at all."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.search.presence import LEAST_LOG_ODDS, log_odds
from lookalike.store.segments import Segment
from lookalike.store.vectors import VectorView

CLASSES, EACH, DIMS = 6, 10, 64


def kinds(count: int, spread: float) -> Float32Array:
    """Vectors of several classes, which have all of them something in common."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(count, DIMS)) + 0.5
    rows = np.repeat(centres, EACH, axis=0) + random.normal(0, spread, (count * EACH, DIMS))
    return unit_rows(rows.astype(np.float32))


def view_of(rows: Float32Array) -> VectorView:
    keys = np.arange(len(rows), dtype=np.int64)
    return VectorView(DIMS, [Segment.in_memory(DIMS, [(keys, rows)])], keys, None)


def asked(query: Float32Array, view: VectorView, without: tuple[int, ...] = ()) -> float:
    found = view.top(query, 10 + len(without)).keys
    return log_odds(query, view, found[~np.isin(found, without)], without)


def test_a_class_that_was_taken_out_is_known_by_its_kin_being_nearer_to_one_another() -> None:
    rows = kinds(CLASSES, 0.6)
    newcomers, others = rows[:EACH], view_of(rows[EACH:])
    assert all(asked(query, others) < LEAST_LOG_ODDS for query in newcomers)
    everything = view_of(rows)
    assert all(asked(rows[i], everything, (i,)) > LEAST_LOG_ODDS for i in range(EACH))


def test_a_copy_that_is_alone_of_its_kind_is_found() -> None:
    rows = kinds(CLASSES, 0.6)
    alone = unit_rows(rows[:1] + 0.02 * np.random.default_rng(1).normal(size=(1, DIMS)))
    view = view_of(np.concatenate([rows[EACH:], alone.astype(np.float32)]))
    assert asked(rows[0], view) == np.inf


def test_a_few_pictures_tell_nothing() -> None:
    rows = kinds(2, 0.6)
    assert asked(rows[0], view_of(rows[EACH:])) == np.inf
