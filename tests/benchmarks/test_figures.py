"""Every benchmark has its place in the one command that makes all figures again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STEPS = {"add_space_steps", "cold_start", "figures", "index_steps", "ours", "peers", "vectors"}
"""Run by other scripts."""


def test_every_script_is_listed_with_a_page_that_is_there() -> None:
    command = [sys.executable, str(BENCHMARKS / "figures.py"), "nowhere", "--list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    scripts = {
        path.stem
        for path in BENCHMARKS.glob("*.py")
        if '__name__ == "__main__"' in path.read_text("utf-8")
    }
    rows = [line.split() for line in done.stdout.splitlines()]
    run = {
        word.removesuffix(".py").removeprefix("benchmarks.")
        for row in rows
        for word in row
        if word.endswith(".py") or word.startswith("benchmarks.")
    }
    assert scripts - STEPS == run
    pages = {word for row in rows for word in row if word.startswith("docs/")}
    assert all((BENCHMARKS.parent / page).is_file() for page in pages)
