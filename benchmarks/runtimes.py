"""Runtimes, precisions and batches of the default network: speed, and what is left of the ranking.

    python benchmarks/runtimes.py DATA

DATA is the folder with the shared picture sets. The speed is that of the network alone; all take
turns, the quickest of some rounds counts. Beside pictures per second stand those per second of one
processor core, which say the same on a machine that others use, too. The overlap is the share of
a picture's ten nearest in fp32 that are among its ten nearest in another precision, the mean over
real pictures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import unit_rows
from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.runtimes import onnxruntime, openvino
from lookalike.errors import DecodeError
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import Limits
from measure import RESULTS, machine, say, table

BATCHES = (1, 4, 8, 16, 32, 64)
TORCH_BATCHES = (1, 8, 32)
ROUNDS = 2
TIMED = 64
TIMED_TORCH = 8
REAL = 400
TORCH_REAL = 100
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Run = Callable[[Pixels], Any]


@dataclass
class Row:
    """One way to run the network."""

    runtime: str
    precision: str
    batch: int
    pictures_per_s: float = 0.0
    per_core_s: float = 0.0
    overlap: float | None = None


def network_ways(onnx: Path) -> dict[tuple[str, str], Callable[[int], Run]]:
    """By runtime and precision what loads the network for a size of batch."""
    ways: dict[tuple[str, str], Callable[[int], Run]] = {
        ("ONNX Runtime", "fp32"): lambda n: onnxruntime.OnnxSession(onnx, batch=n).run
    }
    if openvino.is_available():
        ways["OpenVINO", "fp32"] = lambda n: openvino.OpenVinoSession(onnx, batch=n).run
        if openvino.has_bf16():
            bf16 = lambda n: openvino.OpenVinoSession(onnx, bf16=True, batch=n).run  # noqa: E731
            ways["OpenVINO", "bf16"] = bf16
    return ways


def torch_ways() -> dict[tuple[str, str], Callable[[int], Run]]:
    """The same in torch, pooled in the plain way."""
    import torch

    from torch_loop import load

    model = load()

    def run(pixels: Pixels, size: int, *, bf16: bool) -> list[Floats]:
        found = []
        with (
            torch.inference_mode(),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16),
        ):
            for at in range(0, len(pixels), size):
                part = torch.from_numpy(pixels[at : at + size]).permute(0, 3, 1, 2).float()
                found.append(model((part - 127) / 128)[0].float().numpy())
        return [np.concatenate(found)]

    return {
        ("torch", "fp32"): lambda n: lambda pixels: run(pixels, n, bf16=False),
        ("torch", "bf16"): lambda n: lambda pixels: run(pixels, n, bf16=True),
    }


def time_all(rows: dict[tuple[str, str, int], Row], calls: dict[tuple[str, str, int], Run]) -> None:
    """Fill in the speeds."""
    random = np.random.default_rng(0)
    side = LITE0.scaling.size
    pixels = random.integers(0, 256, (TIMED, side, side, 3), np.uint8)
    for round_ in range(ROUNDS):
        say(f"round {round_ + 1} of {ROUNDS}")
        for key, call in calls.items():
            some = pixels[: TIMED_TORCH if key[0] == "torch" else TIMED]
            some = np.tile(some, (-(-key[2] // len(some)), 1, 1, 1))
            wall, core = time.perf_counter(), time.process_time()
            call(some)
            wall, core = time.perf_counter() - wall, time.process_time() - core
            row = rows[key]
            row.pictures_per_s = max(row.pictures_per_s, round(len(some) / wall, 1))
            row.per_core_s = max(row.per_core_s, round(len(some) / core, 1))


def real_pixels(data: Path) -> Pixels:
    """Pictures of all the sets, evenly chosen."""
    files = sorted(file for file in data.rglob("*") if file.suffix in {".jpg", ".png", ".jpeg"})
    found: list[Pixels] = []
    for file in files[:: max(1, len(files) // REAL)][:REAL]:
        try:
            found.append(decode(file, (LITE0.input,), Limits()).pixels[0])
        except DecodeError:  # some are broken on purpose
            continue
    return np.stack(found)


def nearest_ten(vectors: Floats) -> npt.NDArray[np.intp]:
    """The numbers of the ten nearest others of each row."""
    rows = unit_rows(vectors)
    scores = rows @ rows.T
    np.fill_diagonal(scores, -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


def overlap(one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]) -> float:
    """The mean share of the ten that both have."""
    both = [len(np.intersect1d(a, b)) / 10 for a, b in zip(one, other, strict=True)]
    return round(float(np.mean(both)), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--no-torch", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways = network_ways(LITE0.onnx(Path(folder)))
        if not given.no_torch:
            ways |= torch_ways()
        calls = {
            (*way, n): make(n)
            for way, make in ways.items()
            for n in (TORCH_BATCHES if way[0] == "torch" else BATCHES)
        }
        rows = {key: Row(*key) for key in calls}
        time_all(rows, calls)
        pixels = real_pixels(given.data)
        say(f"overlap on {len(pixels)} pictures")
        nearest: dict[tuple[str, str], npt.NDArray[np.intp]] = {}
        for runtime, precision in ways:
            some = pixels[:TORCH_REAL] if runtime == "torch" else pixels
            nearest[runtime, precision] = nearest_ten(calls[runtime, precision, 8](some)[0])
            same = "torch" if runtime == "torch" else "ONNX Runtime"
            shared = overlap(nearest[runtime, precision], nearest[same, "fp32"])
            for key, row in rows.items():
                if key[:2] == (runtime, precision):
                    row.overlap = shared
    results = [asdict(row) for row in rows.values()]
    say("\n" + table(list(results[0]), [list(row.values()) for row in results]))
    told = {"machine": machine(), "pictures": len(pixels), "results": results}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "runtimes.json").write_text(json.dumps(told, indent=1))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
