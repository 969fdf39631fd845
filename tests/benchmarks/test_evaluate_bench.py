from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_benchmark_of_evaluation_runs_and_agrees_with_its_loop() -> None:
    small = ["--pictures", "1500", "--queries", "30", "--dims", "16", "--loop", "10"]
    command = [sys.executable, "evaluate.py", *small]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert set(results["seconds"]) == {"rank", "judge", "measure", "intervals"}
