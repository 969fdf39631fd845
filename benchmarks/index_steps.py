"""The steps of the indexing benchmark, each in a process of its own."""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from measure import answer

BATCH = 32
TORCH_BATCHES = (1, 8)
SAMPLES_A_SECOND = 5


def decode(folder: Path, count: int) -> dict[str, Any]:
    """All cores decode; nobody looks at the pixels."""
    from lookalike.encoders.registry import describe_model
    from lookalike.imaging.picture import Limits
    from lookalike.imaging.workers import DecodePool

    entries = _entries(folder)
    spec = describe_model("efficientnet-lite0").info.input
    assert spec is not None
    with DecodePool(cores(), (spec,), Limits()) as pool:
        for _ in pool.run(entries[:64]):  # until every worker has started
            pass
        began = time.perf_counter()
        done = sum(1 for _ in pool.run(entries[:count]))
        took = time.perf_counter() - began
    return {"pictures": done, "seconds": round(took, 3), "per_second": round(done / took, 1)}


def ready_pixels(folder: Path, count: int) -> list[Any]:
    """Decoded pictures, as the encoder takes them."""
    from lookalike.encoders.registry import describe_model
    from lookalike.imaging.picture import Decoded, Limits
    from lookalike.imaging.workers import DecodePool

    spec = describe_model("efficientnet-lite0").info.input
    assert spec is not None
    with DecodePool(cores(), (spec,), Limits()) as pool:
        outcomes = [outcome for _, outcome in pool.run(_entries(folder)[:count])]
    return [outcome.pixels[0] for outcome in outcomes if isinstance(outcome, Decoded)]


def encode(folder: Path, count: int) -> dict[str, Any]:
    """All that a library's encoders make of pixels that are ready: vectors, concepts, colours."""
    import lookalike
    from lookalike.pipeline.encoding import load_encoding
    from lookalike.pipeline.run import IndexOptions
    from lookalike.settings import Settings

    settings, batch = Settings.from_environment(), IndexOptions().batch
    with tempfile.TemporaryDirectory() as empty, lookalike.create(Path(empty) / "l") as library:
        encoding = load_encoding(library.description, settings.cache)
    pixels = ready_pixels(folder, count)
    encoding.encode(pixels[:batch])
    began = time.perf_counter()
    for start in range(0, len(pixels), batch):
        encoding.encode(pixels[start : start + batch])
    took = time.perf_counter() - began
    found = len(pixels)
    return {"pictures": found, "seconds": round(took, 3), "per_second": round(found / took, 1)}


def model(folder: Path, count: int) -> dict[str, Any]:
    """The encoder on pixels that are ready."""
    from lookalike.encoders.registry import load_image_encoder
    from lookalike.settings import Settings

    pixels = np.stack(ready_pixels(folder, 256))
    encoder = load_image_encoder("efficientnet-lite0", Settings.from_environment().cache)
    encoder.encode(pixels[:BATCH])
    began, done = time.perf_counter(), 0
    while done < count:
        start = done % (len(pixels) - BATCH + 1)
        done += len(encoder.encode(pixels[start : start + BATCH]).vectors)
    took = time.perf_counter() - began
    return {"pictures": done, "seconds": round(took, 3), "per_second": round(done / took, 1)}


def torch_loop(folder: Path, count: int) -> dict[str, Any]:
    """Pillow and torch, with the better of two batch sizes."""
    import torch

    import torch_loop as plain

    torch.set_num_threads(cores())
    network = plain.load()
    files = [entry.path for entry in _entries(folder)[:count]]
    rates = {}
    for size in TORCH_BATCHES:
        plain.loop(network, files[:size], size)
        began = time.perf_counter()
        done = plain.loop(network, files, size)
        rates[f"batch {size}"] = round(done / (time.perf_counter() - began), 1)
    return {"pictures": len(files), "per_second": max(rates.values()), "rates": rates}


def index(folder: Path, library: Path, marks: list[int]) -> dict[str, Any]:
    """The whole way, from nothing: library made, scanned, decoded, encoded, written, tidied."""
    import lookalike

    began = time.perf_counter()
    with lookalike.create(library) as opened, Watch(marks) as watch:
        created = time.perf_counter()
        summary = opened.index([folder], on_progress=lambda report: watch.note(report.done))
        pictures = len(opened)
    took = time.perf_counter() - created
    return {
        "pictures": pictures,
        "failed": summary.failed,
        "create_s": round(created - began, 3),
        "seconds": round(took, 3),
        "per_second": round(pictures / took, 1),
        "peak_pss_mb": watch.peak,
        "peak_pss_mb_at": watch.peaks,
    }


class Watch:
    """Samples the memory of this process and its children.

    Args:
        marks: numbers of pictures; the peak until each is kept.
    """

    def __init__(self, marks: list[int]) -> None:
        self.peak = 0.0
        self.peaks: dict[int, float] = {}
        self._marks = sorted(marks)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def note(self, done: int) -> None:
        """So many pictures are done."""
        while self._marks and done >= self._marks[0]:
            self.peaks[self._marks.pop(0)] = self.peak

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for mark in self._marks:
            self.peaks[mark] = self.peak

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._over.wait(1 / SAMPLES_A_SECOND):
            pids = [this.pid, *(child.pid for child in this.children(recursive=True))]
            self.peak = max(self.peak, round(sum(_pss_mb(pid) for pid in pids), 1))


def _pss_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it ended meanwhile
        return 0.0
    return (
        next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    )


def _entries(folder: Path) -> list[Any]:
    from lookalike.sources.entry import Entry
    from lookalike.sources.folder import FolderSource

    return [found for found in FolderSource(folder).scan() if isinstance(found, Entry)]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["decode", "model", "encode", "torch", "index"])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=10**9)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--marks", type=int, nargs="*", default=[])
    given = parser.parse_args()
    if given.step == "index":
        return answer(index(given.pictures, given.library, given.marks))
    steps = {"decode": decode, "model": model, "encode": encode, "torch": torch_loop}
    return answer(steps[given.step](given.pictures, given.count))


if __name__ == "__main__":
    main()
