"""What a space learned from one half of CIFAR-10 does for pictures of the other half.

``python benchmarks/adapt.py DATA``: AP@100 of the pictures that were held out, as a share of what
is possible: among each other, and among all pictures, those that were learned from included.
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

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.encoders.efficientnet_lite import MEMBERS
from lookalike.encoders.registry import load_image_encoder
from lookalike.lab.adaptation.examples import Examples, HoldOut, part
from lookalike.lab.adaptation.methods import choose_way, ways_of
from measure import machine, say, table
from retrieval import encode_set, manifest

DEPTH = 100
Ints = npt.NDArray[np.int64]


def possible_precision(asked: Ints, among: Ints, vectors: Float32Array, classes: Ints) -> float:
    """Mean average precision of the first hits, divided by what so many could reach."""
    scores = vectors[asked] @ vectors[among].T
    scores[asked[:, None] == among] = -np.inf
    order = among[np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]]
    hits = classes[order] == classes[asked][:, None]
    relevant = np.minimum(np.bincount(classes[among])[classes[asked]] - 1, DEPTH)
    precision = np.cumsum(hits, axis=1) / np.arange(1, DEPTH + 1)
    return float(((precision * hits).sum(axis=1) / relevant).mean())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="the folder with the picture sets")
    folder = arguments.parse_args().data / "cifar10"
    labels = [row["label"] for row in manifest(folder)]
    names, classes = np.unique(labels, return_inverse=True)
    every = np.arange(len(classes))
    learned, held = part(Examples(every, classes, tuple(names)), HoldOut(0.5))
    with tempfile.TemporaryDirectory() as cache:
        encoders = [load_image_encoder(member.name, Path(cache)) for member in MEMBERS]
        seen = [encode_set(folder, encoder).vectors for encoder in encoders]
    results: list[dict[str, Any]] = []
    for name, parts in (("lite0", seen[:1]), ("lite2", seen[1:]), ("lite0 and lite2", seen)):
        rows = np.concatenate(parts, axis=1)
        ways = ways_of("auto")
        way, *_ = choose_way(ways, rows[learned.keys], learned.classes, whole=False)
        adapted = way.way.learn(rows[learned.keys], learned.classes)(rows)
        for how, vectors in (("as encoded", unit_rows(rows)), (way.way.method, adapted)):
            results.append(
                {
                    "vectors": name,
                    "how": how,
                    "among unseen": possible_precision(held.keys, held.keys, vectors, classes),
                    "among all": possible_precision(held.keys, every, vectors, classes),
                }
            )
            say(str(results[-1]))
    say("\n" + table(list(results[0]), [list(row.values()) for row in results]))
    sys.stdout.write(json.dumps({"machine": machine(), "results": results}) + "\n")


if __name__ == "__main__":
    main()
