import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
ROWS = 1500


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_tiny_run_measures_both_sides_against_the_exact_answers(tmp_path: Path) -> None:
    arguments = ("--rows", ROWS, "--data", "synthetic", "--peers", "faiss-flat")
    places = ("--work", tmp_path / "work", "--results", tmp_path / "results")
    said = run("search.py", *arguments, *places)
    result = json.loads((tmp_path / "results" / f"search-{ROWS}-synthetic.json").read_text())
    assert result["machine"]["cores"] >= 1
    assert len(result["machine"]["load_average"]) == 3
    ours = result["sets"]["synthetic"]["lookalike"]
    for measured in ours["search"]["filters"].values():
        assert measured["recall"] >= 0.98
        assert 0 < measured["p50_ms"] <= measured["p99_ms"]
    memory = ours["search"]["memory_mb"]["plain"]
    assert 0 < memory["anonymous"] <= memory["uss"] <= memory["rss"]
    flat = result["sets"]["synthetic"]["faiss-flat"]["search"]["filters"]
    assert all(measured["recall"] == 1 for measured in flat.values())
    assert "| lookalike" in said
    assert "| clusters 5%, from inside" in said

    began = json.loads(
        (tmp_path / "work" / f"synthetic-{ROWS}" / "steps" / "ours-build.json").read_text()
    )
    run("search.py", *arguments, *places)
    again = json.loads((tmp_path / "results" / f"search-{ROWS}-synthetic.json").read_text())
    built = again["sets"]["synthetic"]["lookalike"]["build"]
    assert built == began, "a step that was done is not done again"


def test_recall_counts_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from truth import exact  # type: ignore[import-not-found]
    from vectors import make  # type: ignore[import-not-found]

    vectors = make("synthetic", 500, tmp_path / "set", tmp_path)
    filters = vectors.filters()
    truth = exact(vectors, filters)
    for asked in filters:
        rows = np.arange(500) if asked.rows is None else asked.rows
        scores = vectors.queries[asked.queries] @ vectors.rows[rows].T
        best = rows[np.argsort(-scores, axis=1)[:, :10]]
        assert truth.recall(vectors, asked, best) == 1
        if best.shape[1] == 10:
            assert truth.recall(vectors, asked, best[:, :5]) == 0.5


def test_filters_that_follow_clusters_have_queries_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from vectors import make

    vectors = make("synthetic", 2000, tmp_path / "set", tmp_path)
    by_name = {found.name: found for found in vectors.filters()}
    labels = np.load(vectors.folder / "labels.npy")
    asked = np.load(vectors.folder / "query_labels.npy")
    for side, inside in (("inside", True), ("outside", False)):
        found = by_name[f"clusters 5%, from {side}"]
        kept = set(labels[found.rows])
        assert 0.02 < len(found.rows) / 2000 < 0.15
        assert np.isin(labels, list(kept)).sum() == len(found.rows), "whole clusters"
        assert all((label in kept) == inside for label in asked[found.queries])
