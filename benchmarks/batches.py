"""Whether one size of batches does for networks of any size, by runtime.

``python benchmarks/batches.py [NAME=FILE]...``: the networks that come with the installation, and
further ones in ONNX (uint8 pixels of shape (n, side, side, 3) in), such as conversions in the
cache folder. All ways to run a network take turns over the same random pixels, the quickest of
some rounds counts; a picture's share of the processor's time is told beside the clock's, since it
says the same on a machine that others use, too (ONNX Runtime's threads wait actively, which counts;
so it is run with one thread).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.efficientnet_lite import LITE0, MEMBERS
from lookalike.encoders.efficientnet_regions import LiteRegions
from lookalike.encoders.regions import whitening_of
from lookalike.encoders.runtimes import Session, onnxruntime, openvino
from measure import RESULTS, machine, say, table

BATCHES = (1, 2, 4, 8, 16, 32)
ASKED = 128
"""Pictures that the pipeline hands over at once."""
SHORT_S, ROUNDS = 1.0, 3


@dataclass
class Row:
    """One way to run one network."""

    network: str
    runtime: str
    batch: int
    usual: int
    pictures_per_s: float = 0.0
    per_core_s: float = 0.0


def networks(given: list[str], folder: Path) -> dict[str, Path]:
    found = {member.name: member.onnx(folder) for member in MEMBERS}
    found["efficientnet-lite0 at 320"] = LITE0.at(320).onnx(folder)
    LiteRegions(LITE0, whitening_of(LITE0.name), folder, lambda path: _Kept(found, path))
    return found | {name: Path(path) for name, _, path in (one.partition("=") for one in given)}


class _Kept:
    """Notes where the network of regions is; runs nothing."""

    def __init__(self, found: dict[str, Path], path: Path) -> None:
        found["regions of efficientnet-lite0"] = path

    def run(self, batch: Any) -> list[Any]:
        raise NotImplementedError


def ways(path: Path) -> dict[tuple[str, int], Callable[[], Session]]:
    """By runtime and batch what opens a network."""
    found: dict[tuple[str, int], Callable[[], Session]] = {}
    for batch in BATCHES:
        found["onnxruntime fp32", batch] = (
            lambda n=batch: onnxruntime.OnnxSession(path, threads=1, batch=n)
        )  # fmt: skip
        if openvino.is_available() and openvino.has_bf16():
            found["openvino bf16", batch] = (
                lambda n=batch: openvino.OpenVinoSession(path, bf16=True, batch=n)
            )  # fmt: skip
        elif openvino.is_available():
            found["openvino fp32", batch] = (
                lambda n=batch: openvino.OpenVinoSession(path, batch=n)
            )  # fmt: skip
    return found


def side_of(path: Path) -> int:
    session = onnxruntime.load(path, 1)
    return int(session.get_inputs()[0].shape[1])


def usual_of(runtime: str, side: int) -> int:
    """The size of batches that is taken by default."""
    if runtime.startswith("onnxruntime"):
        return 1
    from openvino import PartialShape

    return openvino.usual_batch(PartialShape([-1, side, side, 3]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*", metavar="NAME=FILE")
    parser.add_argument("--only", default="", help="networks whose names contain this")
    given, rows = parser.parse_args(), list[Row]()
    with tempfile.TemporaryDirectory() as folder:
        for name, path in networks(given.networks, Path(folder)).items():
            if given.only in name:
                rows += measure(name, path)
    if not given.only:
        result = {"machine": machine(), "rows": [asdict(row) for row in rows]}
        (RESULTS / "batches.json").write_text(json.dumps(result, indent=1) + "\n")
    lines = []
    for network, runtime in dict.fromkeys((row.network, row.runtime) for row in rows):
        own = [row for row in rows if (row.network, row.runtime) == (network, runtime)]
        best = max(row.per_core_s for row in own)
        usual = next(row for row in own if row.batch == row.usual)
        lines.append([network, runtime, *(f"{row.per_core_s:.0f}" for row in own),
                      f"{usual.per_core_s / best:.2f}"])  # fmt: skip
    print(table(["per core second", "", *BATCHES, "default / best"], lines))


def measure(name: str, path: Path) -> list[Row]:
    side, rows = side_of(path), list[Row]()
    pixels = np.random.default_rng(0).integers(0, 256, (ASKED, side, side, 3), np.uint8)
    for (runtime, batch), open_session in ways(path).items():
        say(f"{name}: {runtime}, batches of {batch}")
        session, row = open_session(), Row(name, runtime, batch, usual_of(runtime, side))
        session.run(pixels[:batch])
        few = max(batch, 4)
        began = time.perf_counter()
        session.run(pixels[:few])
        rate = few / (time.perf_counter() - began)
        some = pixels[: int(np.clip(-(-int(rate * SHORT_S) // 32) * 32, 32, ASKED))]
        for _ in range(ROUNDS):
            wall, core = time.perf_counter(), time.process_time()
            session.run(some)
            wall, core = time.perf_counter() - wall, time.process_time() - core
            row.pictures_per_s = max(row.pictures_per_s, round(len(some) / wall, 1))
            row.per_core_s = max(row.per_core_s, round(len(some) / core, 1))
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
