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
from collections.abc import Callable
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
    """What inner products find."""
    return ranked(name, lambda rows: queries[rows] @ vectors.T, len(vectors), sets)


def ranked(
    name: str, nearness: Callable[[Ints], Floats], count: int, sets: list[Labelled]
) -> list[Score]:
    """What any nearness of some rows to all ``count`` rows finds."""
    scores = []
    for labelled in sets:
        labels = np.full(count, -1)
        labels[labelled.rows] = labelled.labels
        inner = np.array(nearness(labelled.rows))
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


def expanded(vectors: Floats, among: Floats, neighbours: int, power: float) -> Floats:
    """Each query with its nearest, weighted by their inner products (Radenović et al., 2019)."""
    found = np.empty_like(vectors)
    for start in range(0, len(vectors), 512):
        inner = vectors[start : start + 512] @ among.T
        rows = np.arange(len(inner))
        inner[rows, start + rows] = -1  # what is asked for is not known to be in the library
        near = np.argpartition(-inner, neighbours, axis=1)[:, :neighbours]
        weights = np.maximum(np.take_along_axis(inner, near, axis=1), 0) ** power
        mean = np.einsum("nk,nkd->nd", weights, among[near])
        found[start : start + 512] = vectors[start : start + 512] + mean
    return unit_rows(found)


def diffused(vectors: Floats, neighbours: int, power: float, alpha: float) -> Floats:
    """Nearness along the graph of mutual neighbours, in closed form (Iscen et al., 2017)."""
    inner = vectors @ vectors.T
    np.fill_diagonal(inner, 0)
    least = np.partition(inner, -neighbours, axis=1)[:, -neighbours][:, None]
    kept = np.where((inner >= least) & (inner >= least.T), np.maximum(inner, 0) ** power, 0)
    degree = 1 / np.sqrt(np.maximum(kept.sum(axis=1), 1e-9))
    graph = degree[:, None] * kept * degree[None]
    return np.linalg.inv(np.eye(len(graph), dtype=np.float32) - alpha * graph) + 1e-3 * inner


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
    blended = blend(centred, centred, 8, 2.0, 0.75)
    for neighbours in (2, 3, 5, 10):
        for power in (1.0, 3.0):
            name = f"query expanded by {neighbours}, power {power:g}"
            scores += measure(name, expanded(centred, centred, neighbours, power), centred, sets)
            name = f"blended, {name}"
            scores += measure(name, expanded(centred, blended, neighbours, power), blended, sets)
    for neighbours in (10, 20, 50):
        for power in (1.0, 3.0):
            for alpha in (0.8, 0.95, 0.99):
                found = diffused(centred, neighbours, power, alpha)
                name = f"diffusion, {neighbours} neighbours, power {power:g}, alpha {alpha:g}"
                scores += ranked(name, found.__getitem__, len(found), sets)
    say("\n" + table(list(asdict(scores[0])), [list(asdict(score).values()) for score in scores]))
    sys.stdout.write(json.dumps({"machine": machine(), "scores": [*map(asdict, scores)]}) + "\n")


if __name__ == "__main__":
    main()
