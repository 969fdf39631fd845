"""How well pictures find pictures of their class, and how fast the networks run.

``python benchmarks/retrieval.py DATA`` measures mean average precision, each picture of a set
being the query once and the others the library; DATA is the folder with the shared picture sets.
``python benchmarks/retrieval.py speed`` runs every network in every runtime.

Everything that can be chosen was chosen on the queries of every other class ("tune"); those of the
other classes ("test") were only ever reported.
"""

from __future__ import annotations

import argparse
import csv
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

from lookalike.encoders.base import Features, ImageEncoder, unit_rows
from lookalike.encoders.efficientnet_lite import LITE0, MEMBERS, Member
from lookalike.encoders.registry import load_image_encoder
from lookalike.encoders.runtimes import Session, onnxruntime, openvino
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import InputSpec, Limits, UInt8Array
from measure import machine, say, table

Floats = npt.NDArray[np.float32]

SETS = ("caltech101", "grocery", "clothing", "coil20", "cifar10")
ROUNDS = 5
PICTURES = 256
BATCH = 64


@dataclass(frozen=True)
class Score:
    """Mean average precision in one set."""

    vectors: str
    dataset: str
    tune: float
    test: float
    all: float


class PlainLite0:
    """What a first attempt would use: ImageNet's crop, and the mean over the last feature map."""

    name = "plain efficientnet-lite0"
    dims = 1280
    input = InputSpec(size=224, crop_share=0.875)

    def __init__(self, cache: Path) -> None:
        import onnx
        from onnxruntime import InferenceSession

        model = onnx.load(str(LITE0.onnx(cache)))
        self._last = [node.output[0] for node in model.graph.node if node.op_type == "Clip"][-1]
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(self._last))
        self._session = InferenceSession(model.SerializeToString())

    def encode(self, pixels: UInt8Array) -> Features:
        (maps,) = self._session.run([self._last], {"pixels": pixels})
        return Features(unit_rows(maps.mean(axis=(2, 3))))


def encode_set(folder: Path, encoder: ImageEncoder) -> Features:
    """Decode and encode all pictures of a set, in the manifest's order."""
    paths = [folder / row["path"].removeprefix(f"{folder.name}/") for row in manifest(folder)]
    parts = []
    for i in range(0, len(paths), BATCH):
        batch = [decode(path, [encoder.input], Limits()).pixels[0] for path in paths[i : i + BATCH]]
        parts.append(encoder.encode(np.stack(batch)))
    logits = [part.logits for part in parts if part.logits is not None]
    vectors = np.concatenate([part.vectors for part in parts])
    return Features(vectors, np.concatenate(logits) if logits else None)


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def average_precisions(
    vectors: Floats, labels: npt.NDArray[np.int64], queries: Floats | None = None
) -> Floats:
    """Each picture's average precision in finding the others of its class.

    Args:
        vectors: shape (n, dims).
        labels: shape (n,).
        queries: what the pictures are asked with, shape (n, dims); None for ``vectors``.
    """
    scores = (vectors if queries is None else queries) @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :-1]
    hits = labels[order] == labels[:, None]
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.asarray((precision * hits).sum(1) / np.maximum(hits.sum(1), 1), np.float32)


def measure(data: Path, dataset: str, encoder: ImageEncoder) -> Score:
    names = [row["label"] for row in manifest(data / dataset)]
    labels = np.unique(names, return_inverse=True)[1]
    precisions = average_precisions(encode_set(data / dataset, encoder).vectors, labels)
    counted = np.bincount(labels)[labels] > 1
    tune = labels % 2 == 0
    means = [precisions[counted & part].mean() for part in (tune, ~tune, np.ones_like(tune))]
    return Score(encoder.name, dataset, *(round(float(mean), 3) for mean in means))


def quality(data: Path) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        encoders: list[ImageEncoder] = [PlainLite0(cache)]
        encoders += [load_image_encoder(member.name, cache) for member in MEMBERS]
        scores = [measure(data, dataset, encoder) for encoder in encoders for dataset in SETS]
    return [asdict(score) for score in scores]


def runtimes() -> dict[str, Callable[[Path], Session]]:
    found: dict[str, Callable[[Path], Session]] = {"onnxruntime fp32": onnxruntime.OnnxSession}
    if openvino.is_available():
        found["openvino fp32"] = openvino.OpenVinoSession
        if openvino.has_bf16():
            found["openvino bf16"] = lambda path: openvino.OpenVinoSession(path, bf16=True)
    return found


def speed() -> list[dict[str, Any]]:
    """The quickest of some rounds over the same pictures, taking turns; decoding not counted."""
    results: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        calls = {
            (member.name, name): _call(open_session(member.onnx(Path(folder))).run, member)
            for member in MEMBERS
            for name, open_session in runtimes().items()
        }
        for member in MEMBERS:
            if (original := _torch(member)) is not None:
                calls[(member.name, "torch fp32")] = _call(original, member)
        for _ in range(ROUNDS):
            for key, call in calls.items():
                results[key] = min(results.get(key, np.inf), call())
    return [
        {"network": network, "runtime": name, "pictures_per_s": round(PICTURES / seconds, 1)}
        for (network, name), seconds in results.items()
    ]


def _call(run: Callable[[UInt8Array], Any], member: Member) -> Callable[[], float]:
    shape = (PICTURES, member.scaling.size, member.scaling.size, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)

    def call() -> float:
        began = time.perf_counter()
        for i in range(0, PICTURES, BATCH):
            run(pixels[i : i + BATCH])
        return time.perf_counter() - began

    return call


def _torch(member: Member) -> Callable[[UInt8Array], Any] | None:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    try:
        from tests.encoders import torch_reference
    except ImportError:  # torch is not installed
        return None
    original = torch_reference.load(member.weights(), member.scaling.width, member.scaling.depth)
    return lambda pixels: torch_reference.run(original, pixels)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", help="the folder with the picture sets, or: speed")
    given = arguments.parse_args()
    results = speed() if given.data == "speed" else quality(Path(given.data))
    say("\n" + table(list(results[0]), [list(row.values()) for row in results]))
    sys.stdout.write(json.dumps({"machine": machine(), "results": results}) + "\n")


if __name__ == "__main__":
    main()
