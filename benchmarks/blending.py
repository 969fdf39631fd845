"""What blending vectors with those of their neighbours gains, by how many and how sharply weighted.

``python benchmarks/blending.py DATA``: DATA is the folder with the shared picture sets. Each
picture with a label is the query once, and all pictures of all sets are searched. Everything was
chosen on the queries of every other class ("tune"); those of the other classes ("test") were only
reported.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import unit_rows
from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER, load_image_encoder
from lookalike.pipeline.blending import blend
from measure import machine, say, table
from retrieval import Floats, encode_set, manifest

SETS = ("caltech101", "grocery", "clothing", "coil20", "cifar10", "multiview_scenes")
DISTRACTORS = ("flickr8k", "tuxpaint_stamps", "imagenet_sample", "seed0_flickr")
DEPTH = 1_000
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """How the queries fared."""

    vectors: str
    dataset: str
    tune: float
    test: float
    precision_at_1: float


@dataclass(frozen=True)
class Labelled:
    """The pictures of a set among all: their rows, and numbers of their labels."""

    name: str
    rows: Ints
    labels: Ints


def load(data: Path) -> tuple[Floats, list[Labelled]]:
    with tempfile.TemporaryDirectory() as cache:
        encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, Path(cache))
        found, sets, first = [], [], 0
        for name in (*SETS, *DISTRACTORS):
            say(f"encoding {name}")
            found.append(encode_set(data / name, encoder).vectors)
            labels = [row.get("label") or row.get("group") or "" for row in manifest(data / name)]
            numbers = np.unique(labels, return_inverse=True)[1]
            if name in SETS:
                sets.append(Labelled(name, first + np.arange(len(labels)), numbers))
            first += len(labels)
    return np.concatenate(found), sets


def measure(name: str, queries: Floats, vectors: Floats, sets: list[Labelled]) -> list[Score]:
    scores = []
    for labelled in sets:
        labels = np.full(len(vectors), -1)
        labels[labelled.rows] = labelled.labels
        inner = queries[labelled.rows] @ vectors.T
        inner[np.arange(len(inner)), labelled.rows] = -np.inf
        order = np.argsort(-inner, axis=1, kind="stable")[:, :DEPTH]
        hits = labels[order] == labelled.labels[:, None]
        precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
        others = np.bincount(labelled.labels)[labelled.labels] - 1
        average = (precision * hits).sum(axis=1) / np.maximum(others, 1)
        counted, tune = others > 0, labelled.labels % 2 == 0
        means = [average[counted & part].mean() for part in (tune, ~tune)] + [
            hits[counted, 0].mean()
        ]
        scores.append(Score(name, labelled.name, *(round(float(mean), 3) for mean in means)))
    return scores


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path)
    vectors, sets = load(arguments.parse_args().data)
    centred = unit_rows(vectors - vectors.mean(axis=0))
    scores = measure("as encoded", vectors, vectors, sets)
    scores += measure("centred", centred, centred, sets)
    for neighbours in (5, 8, 12):
        for power in (2.0, 3.0):
            for own in (0.0, 0.5, 0.75, 1.0):
                among = blend(centred, centred, neighbours, power, own)
                name = f"{neighbours} neighbours, power {power:g}, own {own:g}"
                scores += measure(name, centred, among, sets)
    say("\n" + table(list(asdict(scores[0])), [list(asdict(score).values()) for score in scores]))
    sys.stdout.write(json.dumps({"machine": machine(), "scores": [*map(asdict, scores)]}) + "\n")


if __name__ == "__main__":
    main()
