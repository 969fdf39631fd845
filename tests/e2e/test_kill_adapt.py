"""Learning a space is killed at any moment: the library stays sound, and the same call does it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import lookalike
from lookalike.settings import Settings
from tests.cli.shell import environment
from tests.pipeline.folders import paint

KILLS = 2
PICTURES = 90
DRIVER = """
import sys, time
import lookalike
from lookalike.pipeline import fill

fill.STEP = 5

def told(what, done, total):
    print(what, done, flush=True)
    time.sleep(0.01)

with lookalike.open(sys.argv[1]) as library:
    done = library.adapt("label", method="whiten", name="mine", default=True, force=True,
                         on_count=told)
    print("filled", done.summary.filled, flush=True)
"""


def test_a_killed_adaptation_leaves_a_sound_library_and_starts_anew(tmp_path: Path) -> None:
    for number in range(PICTURES):
        paint(tmp_path / "pictures" / f"kind {number % 3}" / f"{number}.png", number)
    place, settings = tmp_path / "library", Settings(cache=tmp_path / "cache")
    asked = tmp_path / "pictures" / "kind 1" / "4.png"
    with lookalike.create(place, encoder="fake", settings=settings) as library:
        library.index([tmp_path / "pictures"], label_folders=True)
        before = [hit.id for hit in library.search(str(asked), k=20)]
    moments, seen = random.Random(1), list[str]()
    for kill in range(KILLS + 1):
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, place],
            env=environment(tmp_path / "cache"),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        # The first is killed while it learns, the others while the vectors are made.
        told = _until(process, "learning" if kill == 0 else "encoding")
        if kill < KILLS:
            time.sleep(moments.uniform(0.0, 0.2) if kill else 0)
            process.send_signal(signal.SIGKILL)
        seen.append(told)
        rest = process.communicate(timeout=60)[0]
        if kill == KILLS:
            assert rest.endswith(f"filled {PICTURES}\n")
            break
        with lookalike.open(place, settings=settings) as library:
            assert library.check().problems == []
            assert [hit.id for hit in library.search(str(asked), k=20)] == before
            assert not any(space.name == "mine" for space in library.description.ready)
    assert seen == ["learning", *["encoding"] * KILLS]
    with lookalike.open(place, settings=settings) as library:
        assert library.check().problems == []
        assert library.views().space.name == "mine"
        assert Path(library.search(str(asked), k=1)[0].location) == asked


def _until(process: subprocess.Popen[str], wanted: str) -> str:
    """Read what the process tells until it does what is wanted; returns what it does then."""
    assert process.stdout is not None
    for line in process.stdout:
        what, _, _ = line.partition(" ")
        if what == wanted:
            return what
    return ""
