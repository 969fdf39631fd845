from __future__ import annotations

import json
from pathlib import Path

from .shell import Shell


def test_a_map_is_drawn_listed_and_written(shell: Shell, filled: Path, tmp_path: Path) -> None:
    page, image, points = tmp_path / "m.html", tmp_path / "m.png", tmp_path / "m.jsonl"
    files = ("--html", str(page), "--png", str(image), "--points", str(points))
    done = shell("map", "--method", "pca", "--json", *files, cwd=filled)
    assert done.status == 0, done.err
    assert done.json["pictures"] == 3
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert image.read_bytes().startswith(b"\x89PNG")
    rows = [json.loads(line) for line in points.read_text("utf-8").splitlines()]
    assert {"id", "location", "x", "y", "cluster", "placed", "key"} == set(rows[0])
    assert len(rows) == 3


def test_what_cannot_be_drawn_is_told(shell: Shell, filled: Path, tmp_path: Path) -> None:
    unknown = shell("map", "--method", "isomap", cwd=filled)
    assert unknown.status == 2
    assert "umap, densmap, tsne, pca" in unknown.err
    nowhere = shell("map", "--method", "pca", "--html", str(tmp_path / "no" / "m.html"), cwd=filled)
    assert nowhere.status == 2
    assert "file-unwritable" in nowhere.err
