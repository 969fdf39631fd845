"""A space is added to a large library while others search in it, is killed, and goes on.

    python benchmarks/add_space.py --work FOLDER                    # 100,000 pictures, 20 readers
    python benchmarks/add_space.py --work FOLDER --pictures 2000

The pictures are real, small files; the encoder is the fake one, which takes no time, so that the
rest of the way is what is measured. The library's records and first vectors are written directly;
those of the added space come the usual way: every file is read, decoded and encoded again. Half
way the adding process is killed (SIGKILL), and the same command follows. Then the new space is
made the default. Every search must find the picture that it asks for, and be answered from a space
that holds all pictures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import lookalike
from add_space_steps import ENCODER
from lookalike.encoders.fake import FakeImageEncoder
from lookalike.imaging.picture import PictureFacts
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.writer import writing
from measure import RESULTS, machine, options, say, table
from pictures import tiny

STEPS = str(Path(__file__).with_name("add_space_steps.py"))
SPACE = "again"
BATCH = 10_000
QUARTERS = (25, 50, 75, 100)
WITHIN_A_STEP_S = 0.6
"""The kill comes so long after a step has begun, not between two."""


def make(count: int, work: Path) -> tuple[Path, Path]:
    """The pictures, and a library that holds them in one space."""
    pictures, place = tiny(count, work), work / f"library-{count}"
    shutil.rmtree(place, ignore_errors=True)
    encoder = FakeImageEncoder()
    space = SpaceDescription(name=ENCODER, kind="image", encoder=ENCODER, dims=encoder.dims)
    store = LanceStore.create(place, (space,))
    files = sorted(pictures.rglob("*.jpg"))
    with writing(store) as writer:
        for first in range(0, count, BATCH):
            some = files[first : first + BATCH]
            pixels = np.stack([np.asarray(Image.open(file)) for file in some])
            records = [_record(file, first + i, pictures) for i, file in enumerate(some)]
            writer.append(records, {ENCODER: encoder.encode(pixels).vectors})
        maintain(store)
    return pictures, place


def _record(file: Path, number: int, root: Path) -> PictureRecord:
    return PictureRecord(
        id=f"{number:032x}",
        locations=(Location(str(file), str(root), f"stamp-{number}", f"picture {number}"),),
        size_bytes=file.stat().st_size,
        facts=PictureFacts("jpeg", 32, 32, "RGB"),
        metadata=Metadata(),
    )


class Crowd:
    """Processes of readers, who search until they are asked what they saw."""

    def __init__(self, place: Path, pictures: Path, given: argparse.Namespace) -> None:
        each = given.readers // given.processes
        command = [sys.executable, STEPS, "read", str(place), SPACE, "--pictures", str(pictures),
                   "--readers", str(each), "--pause", str(given.pause)]  # fmt: skip
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(given.processes)
        ]
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.readline()  # all of them search from here on

    def ask(self) -> list[dict[str, Any]]:
        """Let them end; what each process saw."""
        said = [process.communicate(timeout=300)[0] for process in self._processes]
        return [json.loads(each.strip().splitlines()[-1]) for each in said]

    def end(self) -> None:
        """End those that still run."""
        for process in self._processes:
            process.kill()


def adding(place: Path, count: int, *, killed_at: int = 0) -> dict[str, Any]:
    """Run the adding process; kill it once it has done so many pictures.

    Returns:
        Its peak memory (all of its processes, PSS) until each quarter, and what it said last.
    """
    began, peaks, said = time.perf_counter(), dict[str, float](), dict[str, Any]()
    process = subprocess.Popen(
        [sys.executable, STEPS, "add", str(place), SPACE], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    start: int | None = None
    for line in process.stdout:
        said = json.loads(line)
        done = said.get("done", count)
        start = done if start is None else start
        for quarter in QUARTERS:
            if start < count * quarter // 100 <= done:
                peaks.setdefault(f"{quarter} %", said["peak_pss_mb"])
        if killed_at and done >= killed_at:
            time.sleep(WITHIN_A_STEP_S)
            process.kill()
            break
    process.stdout.close()
    status = process.wait(timeout=60)
    took = round(time.perf_counter() - began, 1)
    return {"status": status, "seconds": took, "peak_pss_mb_until": peaks, "last": said}


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """The whole: build, read, add, kill, go on, switch."""
    count = given.pictures
    say(f"making {count:,} pictures and their library")
    pictures, place = make(count, given.work)
    crowd = Crowd(place, pictures, given)
    try:
        say("adding, until half of it is done")
        first = adding(place, count, killed_at=count // 2)
        kept = _kept(place)
        say(f"killed; {kept:,} pictures are kept. The same again")
        second = adding(place, count)
        say("choosing it as the default")
        with lookalike.open(place) as library:
            began = time.perf_counter()
            library.choose_space(SPACE)
            switch_s = round(time.perf_counter() - began, 3)
        time.sleep(given.after)
        seen = crowd.ask()
    finally:
        crowd.end()
    with lookalike.open(place) as library:
        problems = [str(problem) for problem in library.check().problems]
    return {
        "killed": first, "kept": kept, "again": second, "switch_s": switch_s,
        "readers": _together(seen), "problems": problems,
    }  # fmt: skip


def _kept(place: Path) -> int:
    store = LanceStore(place)
    return len(store.space_table(store.description.named(SPACE)).pictures())


def _together(seen: list[dict[str, Any]]) -> dict[str, Any]:
    def summed(name: str) -> dict[str, int]:
        return dict(sum((Counter(one[name]) for one in seen), Counter[str]()))

    return {
        "searches": summed("searches"),
        "sizes": summed("sizes"),
        **{name: sum(one[name] for one in seen) for name in ("added", "refused", "failed")},
        "failures": [failure for one in seen for failure in one["failures"]],
        "p50_ms": float(np.median([one["p50_ms"] for one in seen])),
        "p99_ms": max(one["p99_ms"] for one in seen),
    }


def report(result: dict[str, Any]) -> str:
    """A table of it."""
    readers, killed, again = result["readers"], result["killed"], result["again"]
    peaks = {**again["peak_pss_mb_until"], **killed["peak_pss_mb_until"]}
    rows = [
        ["until the kill", f"{killed['seconds']} s, {result['kept']:,} pictures kept"],
        ["the same command again", f"{again['seconds']} s, {again['last'].get('filled')} filled"],
        *([f"peak memory until {quarter}", f"{peaks[quarter]} MB"] for quarter in sorted(
            peaks, key=lambda text: int(text.split()[0]))),
        ["choosing the default", f"{result['switch_s']} s"],
        ["searches by default space", readers["searches"]],
        ["searches in the new space by name", readers["added"]],
        ["told that it is not ready yet", readers["refused"]],
        ["pictures in the searched spaces", readers["sizes"]],
        ["failed searches", readers["failed"]],
        ["time of a search", f"p50 {readers['p50_ms']} ms, p99 {readers['p99_ms']} ms"],
        ["problems found by check", len(result["problems"])],
    ]  # fmt: skip
    return table(["", ""], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--processes", type=int, default=4, help="that the readers are threads of")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between searches of one")
    parser.add_argument("--after", type=float, default=5, help="seconds after the switch")
    parser.add_argument("--work", type=Path, required=True, help="for pictures and library")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    result = {"options": options(given), "machine": machine(), **measure(given)}
    given.results.mkdir(parents=True, exist_ok=True)
    (given.results / "add_space.json").write_text(json.dumps(result, indent=1) + "\n")
    print(report(result))
    if result["readers"]["failed"] or result["problems"]:
        raise SystemExit(str(result["readers"]["failures"] + result["problems"]))


if __name__ == "__main__":
    main()
