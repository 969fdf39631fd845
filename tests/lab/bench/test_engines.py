from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.errors import UsageError
from lookalike.lab.bench.curves import Curve, Point, curves
from lookalike.lab.bench.engines.base import engine_kind, kinds
from lookalike.lab.bench.plot import plot_curves
from lookalike.lab.maps.nearest import nearest


@pytest.fixture(scope="module")
def vectors() -> Float32Array:
    return unit_rows(np.random.default_rng(0).normal(size=(600, 24)).astype(np.float32))


@pytest.mark.parametrize("name", [name for name, kind in kinds().items() if not kind.missing])
def test_every_engine_finds_nearly_all_at_its_largest_effort(
    name: str, vectors: Float32Array, tmp_path: Path
) -> None:
    rows, queries = vectors[20:], vectors[:20]
    engine = engine_kind(name).build(rows, tmp_path)
    best, _ = nearest(queries, rows, 10)
    found = [engine.search(query, 10, engine.efforts[-1]) for query in queries]
    shared = sum(len(np.intersect1d(a, b)) for a, b in zip(found, best, strict=True))
    assert shared / 200 > 0.95
    least = sum(
        len(np.intersect1d(engine.search(query, 10, engine.efforts[0]), one))
        for query, one in zip(queries, best, strict=True)
    )
    assert least <= shared


def test_engines_are_measured_each_in_a_process_of_its_own(vectors: Float32Array) -> None:
    ours, flat = curves(["lookalike", "faiss-flat"], vectors[20:], vectors[:20])
    for curve in (ours, flat):
        assert curve.error == ""
        assert curve.points[0].recall == 1.0
        assert curve.points[0].p50_ms > 0
        assert curve.memory_mb > 0


def test_an_engine_that_is_not_there_says_how_to_get_it(
    vectors: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.lab.bench.engines.base.find_spec", lambda _: None)
    (found,) = curves(["chroma"], vectors, vectors[:1])
    assert found.error == "not installed: pip install chromadb"
    with pytest.raises(UsageError, match=r"Choose of .*faiss-hnsw"):
        engine_kind("fais")


def test_curves_are_drawn_and_read_at_a_recall(tmp_path: Path) -> None:
    points = (Point(1, 0.5, 0.1, 0.2), Point(2, 0.99, 0.4, 0.5), Point(4, 1.0, 0.3, 0.5))
    curve = Curve("lookalike", points=points)
    assert curve.at(0.98) == points[2]
    assert Curve("x", error="no").at(0.1) is None
    plot_curves([curve, Curve("x", error="no")], tmp_path / "c.svg", "600 vectors")
    drawn = (tmp_path / "c.svg").read_text()
    assert "<svg" in drawn
    with pytest.raises(UsageError, match="cannot be written"):
        plot_curves([curve], tmp_path / "no" / "c.svg", "")
