"""How well encoders from before neural networks find pictures of a class.

``python benchmarks/classic.py DATA NAME...``: each picture of a set is the query once, the others
are searched; words are learned from 800 of them, without their labels. AP@100 as a share of what
is possible, beside that of random vectors.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array, ImageEncoder, unit_rows
from lookalike.encoders.registry import resolve_model
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import InputSpec, Limits, UInt8Array
from measure import machine, say, table
from retrieval import manifest

SETS = ("caltech101", "cifar10")
NAMES = (
    "bovw:k=500",
    "bovw:k=500,feature=colour,soft=3,pyramid=2,idf=0",
    "bovw:k=500,feature=colour,soft=3,pyramid=3,idf=0",
    "vlad:k=32,dims=256",
    "hog",
    "gist",
    "colour-histogram",
    "dominant-colours",
)
TAUGHT = 800
DEPTH = 100


def pixels_of(folder: Path, spec: InputSpec) -> UInt8Array:
    paths = [folder / row["path"].removeprefix(f"{folder.name}/") for row in manifest(folder)]
    return np.stack([decode(path, [spec], Limits()).pixels[0] for path in paths])


def encoder_of(name: str, pixels: UInt8Array, cache: Path) -> ImageEncoder:
    model = resolve_model(name, cache)
    if model.learning is None:
        return model.load(cache, "auto", 0)
    taught = np.random.default_rng(1).permutation(len(pixels))[:TAUGHT]
    return model.learning.load(model.learning.learn(pixels[taught]))


def possible_precision(
    vectors: Float32Array, classes: npt.NDArray[np.int64], depth: int = DEPTH
) -> float:
    """Mean average precision of the first hits, divided by what so many could reach."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    hits = (
        classes[np.argsort(-scores, axis=1, kind="stable")[:, :-1][:, :depth]] == classes[:, None]
    )
    relevant = np.minimum(np.bincount(classes)[classes] - 1, depth)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return float(((precision * hits).sum(axis=1) / relevant).mean())


def measure(data: Path, dataset: str, names: list[str]) -> list[dict[str, Any]]:
    labels = [row["label"] for row in manifest(data / dataset)]
    classes = np.unique(labels, return_inverse=True)[1]
    noise = np.random.default_rng(0).normal(size=(len(classes), 64)).astype(np.float32)
    found = [
        {"set": dataset, "name": "random", "AP@100": possible_precision(unit_rows(noise), classes)}
    ]
    with tempfile.TemporaryDirectory() as cache:
        for name in names:
            spec = resolve_model(name, Path(cache)).info.input
            assert spec is not None
            pixels = pixels_of(data / dataset, spec)
            vectors = encoder_of(name, pixels, Path(cache)).encode(pixels).vectors
            centred = unit_rows(vectors - vectors.mean(axis=0))
            row = {"set": dataset, "name": name, "AP@100": possible_precision(vectors, classes)}
            found.append(row | {"centred": possible_precision(centred, classes)})
            say(str(found[-1]))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="the folder with the picture sets")
    arguments.add_argument("names", nargs="*", default=NAMES)
    given = arguments.parse_args()
    results = [row for name in SETS for row in measure(given.data, name, [*given.names])]
    columns = ["set", "name", "AP@100", "centred"]
    shown = [[f"{row.get(c, ''):.3f}" if isinstance(row.get(c), float) else row.get(c, "")
              for c in columns] for row in results]  # fmt: skip
    say("\n" + table(columns, shown))
    sys.stdout.write(json.dumps({"machine": machine(), "results": results}) + "\n")


if __name__ == "__main__":
    main()
