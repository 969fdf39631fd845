from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.pipeline.folders import paint

from .shell import Shell


def test_all_steps_are_measured_and_two_results_compared(shell: Shell, tmp_path: Path) -> None:
    for seed in range(9):
        paint(tmp_path / "pictures" / f"p{seed}.png", seed)
    out = tmp_path / "now.json"
    done = shell("bench", str(tmp_path / "pictures"), "--encoder", "fake", "--json", "--out", out)
    assert done.status == 0, done.err
    found = done.json
    assert found == json.loads(out.read_text())
    assert [step["step"] for step in found["steps"]] == ["decode", "encode", "plain loop", "index"]
    assert all(step["per_second"] > 0 for step in found["steps"])
    assert found["steps"][3]["pictures"] == 9
    assert {asked["query"] for asked in found["searches"]} >= {"new words", "words and picture"}
    assert found["memory_mb"]["indexing"] > 20
    assert dict(found["versions"])["lookalike"]
    before = tmp_path / "before.json"
    found["steps"][3]["per_second"] /= 2
    found["cores"] = 99
    before.write_text(json.dumps(found))
    compared = shell("bench", "--compare", before, out, "--json").json
    (index,) = [row for row in compared["figures"] if row["figure"].startswith("index")]
    assert index["times_as_good"] == 2
    assert compared["setups"] == [f"cores: 99 before, {json.loads(out.read_text())['cores']} now"]


def test_what_cannot_be_measured_is_told(shell: Shell, tmp_path: Path) -> None:
    paint(tmp_path / "pictures" / "only.png", 1)
    few = shell("bench", str(tmp_path / "pictures"))
    assert (few.status, "too-few-pictures" in few.err) == (2, True)
    (tmp_path / "other.json").write_text("{}")
    other = shell("bench", "--compare", tmp_path / "other.json", tmp_path / "other.json")
    assert (other.status, "not-a-bench" in other.err) == (2, True)
    np.save(tmp_path / "v.npy", np.eye(20, dtype=np.float32))
    engines = shell("bench", "--engines", "nope", "--vectors", tmp_path / "v.npy")
    assert (engines.status, "unknown-engine" in engines.err) == (2, True)
