"""Whether what a picture shows is in the library at all."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.search.presence import LEAST_LOG_ODDS, LEAST_OF_WORDS, log_odds, words_log_odds
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


def told(*scores: float, length: float = 1) -> bool:
    """Whether words are taken to be there."""
    query = np.array([length, 0], np.float32)
    return words_log_odds(query, np.array(scores, np.float32)) >= LEAST_OF_WORDS


def test_words_are_there_where_a_picture_lies_in_their_direction() -> None:
    assert told(0.7, 0.68, 0.66)
    assert not told(0.5, 0.49, 0.43)
    assert not told()


def test_the_only_picture_of_its_kind_may_lie_further_away() -> None:
    assert told(0.1, 0.5, 0.05)
    assert not told(0.3, 0.05)


def test_a_noun_of_many_kinds_has_to_come_nearer() -> None:
    assert told(0.9, 0.9)
    assert not told(0.9, 0.9, length=4)
    assert told(1.5, 1.4, length=4)
