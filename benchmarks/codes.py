"""What binary codes of a bit a number would lose against the vectors that they are made of.

``python benchmarks/codes.py LIBRARY DATA``: a library of the shared pictures, and the folder with
their sets. A code is the sign of each number, after centring, and after a projection on principal
axes where one is named, both fitted on the whole library without labels; codes are ranked by their
Hamming distance. Each picture of a set is the query once and the others of the set are searched.
Nothing is chosen here, so all labelled pictures count.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lookalike.encoders.base import unit_rows
from lookalike.encoders.postprocessing import fit_transform
from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER
from lookalike.store.lance_store import LanceStore
from measure import RESULTS, machine, table
from retrieval import SETS, Floats, average_precisions, manifest

K = 10


@dataclass(frozen=True)
class Score:
    """How one kind of vectors fared in one set.

    Attributes:
        vectors: which kind.
        bytes: that one takes.
        dataset: the set.
        mean_ap: mean average precision in finding pictures of the query's class.
        overlap: of the ten nearest, how many are those of the centred vectors, 0 to 1.
    """

    vectors: str
    bytes: int
    dataset: str
    mean_ap: float
    overlap: float


def signs(rows: Floats) -> Floats:
    """Codes as rows of length 1: their inner product is 1 - 2 * hamming / dims."""
    return np.where(rows > 0, np.float32(1), np.float32(-1)) / np.float32(np.sqrt(rows.shape[1]))


def nearest(vectors: Floats) -> list[set[int]]:
    """The ten nearest others of each row."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return [set(row) for row in np.argsort(-scores, axis=1, kind="stable")[:, :K].tolist()]


def kinds(everything: Floats) -> dict[str, tuple[int, Callable[[Floats], Floats]]]:
    """By name: bytes, and what makes the vectors that are compared."""
    dims, mean = everything.shape[1], everything.mean(axis=0)
    found: dict[str, tuple[int, Callable[[Floats], Floats]]] = {
        "float16, centred": (2 * dims, lambda rows: unit_rows(rows - mean)),
        "float16, as encoded": (2 * dims, lambda rows: rows),
        f"{dims} bits": (dims // 8, lambda rows: signs(rows - mean)),
    }
    for axes in (256, 512):
        transform = fit_transform(everything, axes)
        found[f"{axes} axes, float16"] = (2 * axes, transform)
        found[f"{axes} axes, {axes} bits"] = (
            axes // 8, lambda rows, project=transform: signs(project(rows))
        )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("library", type=Path)
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    store = LanceStore(given.library)
    keys = store.keys()
    everything = store.vectors(store.description.named(DEFAULT_IMAGE_ENCODER), keys)
    places = [[tuple(Path(place.path).parts) for place in record.locations]
              for record in store.records(keys)]  # fmt: skip
    compared, scores = kinds(everything), list[Score]()
    for name in SETS:
        by_path = {
            (name, *Path(row["path"].removeprefix(f"{name}/")).parts): row["label"]
            for row in manifest(given.data / name)
        }
        found = [next((by_path[p[at:]] for p in paths for at in range(len(p)) if p[at:] in by_path),
                      None) for paths in places]  # fmt: skip
        rows = np.array([label is not None for label in found])
        labels = np.unique([label for label in found if label is not None], return_inverse=True)[1]
        counted = np.bincount(labels)[labels] > 1
        best: list[set[int]] = []
        for kind, (size, make) in compared.items():
            vectors = make(everything[rows])
            near = nearest(vectors)
            best = best or near
            shared = np.mean([len(a & b) / K for a, b in zip(near, best, strict=True)])
            mean_ap = average_precisions(vectors, labels)[counted].mean()
            scores.append(Score(kind, size, name, round(float(mean_ap), 3),
                                round(float(shared), 3)))  # fmt: skip
    result = {"machine": machine(), "scores": [asdict(score) for score in scores]}
    (RESULTS / "codes.json").write_text(json.dumps(result, indent=1) + "\n")
    lines = [
        [kind, size, *(f"{score.mean_ap:.3f} / {score.overlap:.2f}" for score in scores
                       if score.vectors == kind)]
        for kind, (size, _) in compared.items()
    ]  # fmt: skip
    print(table(["mAP / overlap of the ten nearest", "bytes", *SETS], lines))


if __name__ == "__main__":
    main()
