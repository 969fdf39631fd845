"""Neighbours that the library keeps stand in for searches by each picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.opening import create_library
from lookalike.search.duplicates.candidates import HashIndex, candidates
from lookalike.settings import Settings
from lookalike.store.fingerprints import FingerprintTable
from tests.lab.conftest import paint_colours


def test_the_candidates_are_the_same_with_kept_neighbours_and_without(tmp_path: Path) -> None:
    paint_colours(tmp_path / "pictures", each=8)
    settings = Settings(cache=tmp_path / "cache")
    with create_library(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([tmp_path / "pictures"])
        library.compare()
        lists = library.neighbour_lists()
        views = library.views()
        prints = FingerprintTable(library.path).all()
        keys = views.store.keys()
        searched = list(candidates(keys, prints, HashIndex(prints), views.look))
        kept = list(candidates(keys, prints, HashIndex(prints), views.look, lists))
    assert len(kept) > len(keys)
    cosines = {pair[:2]: pair[2] for pair in searched}
    assert {pair[:2]: pair[2] for pair in kept} == pytest.approx(cosines, abs=1e-3)
