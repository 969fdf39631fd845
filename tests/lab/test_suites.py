"""The standing suites, with guard bands: a drop below means that search became worse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.errors import NotFoundError, UsageError
from lookalike.lab.suites.base import SUITES, Bench, Row, run_suites, suites_named
from lookalike.library import Library
from lookalike.opening import measured_library
from lookalike.settings import Settings

SETS = ("clothing", "coil20", "multiview_scenes", "imagenet_sample")

# What the default encoder reached on these sets when this was written, less a margin.
LEAST: dict[tuple[str, str], dict[str, float]] = {
    ("retrieval", "clothing"): {"AP": 0.56, "P@1": 0.74},
    ("retrieval", "coil20"): {"AP": 0.85, "P@1": 0.97},
    ("retrieval", "multiview_scenes"): {"AP": 0.72, "P@1": 0.63},
    ("words", "imagenet_sample, names of classes"): {"R@1": 0.88, "RR": 0.92},
    ("orientation", "upright"): {"P@1": 1.0},
    ("orientation", "mirrored"): {"P@1": 1.0},
    ("orientation", "upside down"): {"RR": 0.8},
    ("orientation", "turned left"): {"RR": 0.7},
    ("recompression", "JPEG quality 30"): {"P@1": 1.0},
    ("recompression", "half the size"): {"P@1": 1.0},
    ("feedback", "clothing, unknown words"): {"P@20 round 1": 0.35, "P@20 round 2": 0.6},
    ("recompression", "cropped to 80 % of the area"): {"P@1": 0.9},
    ("duplicates", "JPEG quality 30"): {"recall": 0.99, "precision": 0.99},
    ("duplicates", "rotated 90°"): {"recall": 0.99, "precision": 0.99},
    ("duplicates", "border"): {"recall": 0.9, "precision": 0.99},
    ("duplicates", "overlaid text"): {"recall": 0.8, "precision": 0.99},
    ("duplicates", "cropped to 60 % of each side"): {"recall": 0.8, "precision": 0.99},
    ("cut", "clothing"): {"ratio": 0.7},
    ("cut", "coil20"): {"ratio": 0.7},
    ("cut", "absent: picture of another set"): {"empty": 0.85},
    ("cut", "absent: class taken out"): {"empty": 0.25},
    ("cut", "absent: nonsense words"): {"empty": 0.8},
}


@pytest.fixture(scope="module")
def data(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in SETS:
        (folder / name).symlink_to(shared_data / name)
    return folder


@pytest.fixture(scope="module")
def library(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(cache=tmp_path_factory.mktemp("cache"))
    with measured_library([data / name for name in SETS], settings=settings) as made:
        yield made


@pytest.mark.model
def test_the_quick_suites_are_within_their_guard_bands(library: Library, data: Path) -> None:
    suites, quick = suites_named("quick")
    rows = run_suites(suites, Bench(library, data, quick))
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        found.setdefault((row.suite, row.name), row)  # the first one is among its own folder
    assert {suite for suite, _ in found} == set(SUITES)
    assert all(row.queries for row in rows)
    everywhere = [row for row in rows if row.among == "all folders"]
    assert everywhere
    assert min(row.values.get("AP", 1) for row in everywhere) > 0.3
    low = {
        (place, measure): found[place].values[measure]
        for place, least in LEAST.items()
        for measure, value in least.items()
        if found[place].values[measure] < value
    }
    assert low == {}


def test_a_suite_without_its_data_says_so(library: Library, data: Path, tmp_path: Path) -> None:
    suites, _ = suites_named("all")
    with pytest.raises(UsageError, match="none of the data sets"):
        run_suites(suites, Bench(library, data / SETS[0]))
    with pytest.raises(NotFoundError, match="holds no picture"):
        run_suites(suites, Bench(library, tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match="There are quick, all, retrieval, words"):
        suites_named("everything")
