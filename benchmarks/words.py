"""How well words find pictures that nobody described: captions withheld, the classifier alone.

``python benchmarks/words.py DATA`` measures; DATA is the folder with the shared picture sets.
``python benchmarks/words.py --ship`` writes the class texts that the package carries.

Everything that can be chosen was chosen on the queries with even numbers ("tune"); the others
("test") were only ever reported.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lookalike.encoders.class_names import CLASSES
from lookalike.encoders.concepts import (
    SHIPPED,
    ConceptSpace,
    class_texts,
    load_concept_space,
    texts_file,
    to_bytes,
)
from lookalike.encoders.registry import load_image_encoder, load_text_encoder
from measure import machine, say, table
from retrieval import Floats, encode_set

SETS = (
    "tuxpaint_stamps",
    "flickr8k",
    "grocery",
    "imagenet_sample",
    "caltech101",
    "cifar10",
    "emoji",
)
ENCODERS = ("efficientnet-lite0", "efficientnet-lite2")
WORDS_IN = {"imagenet_sample": "label", "caltech101": "label", "cifar10": "label", "emoji": "title"}
"""Column of the manifest that serves as query, where the set has no queries of its own."""


@dataclass(frozen=True)
class Score:
    """How one half of a set's queries fared."""

    encoder: str
    dataset: str
    half: str
    queries: int
    recall_at_10: float
    mean_average_precision: float


def queries(data: Path, dataset: str) -> list[tuple[str, list[int]]]:
    """Each query's words and the numbers of the pictures it means."""
    with (data / dataset / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    meant: dict[str, list[int]] = defaultdict(list)
    if dataset in WORDS_IN:
        for i, row in enumerate(rows):
            meant[row[WORDS_IN[dataset]].replace("_", " ")].append(i)
        return [*meant.items()]
    numbers = {
        f"{dataset}/{row['path'].removeprefix(dataset + '/')}": i for i, row in enumerate(rows)
    }
    for line in (data / "qrels.txt").read_text("utf-8").splitlines():
        query, _, path, _ = line.split(" ")
        if query.startswith(f"{dataset}__"):
            meant[query.removeprefix(f"{dataset}__")].append(numbers[path.replace("%20", " ")])
    with (data / "queries.csv").open(encoding="utf-8") as file:
        asked = [row for row in csv.DictReader(file) if row["dataset"] == dataset]
    return [(row["query"], meant[row["qid"]]) for row in asked if row["type"].startswith("text")]


def ranks_of(scores: Floats, meant: Sequence[int]) -> Floats:
    """Ranks, from 1, of the pictures that a query means."""
    order = np.argsort(-scores, kind="stable")
    return np.flatnonzero(np.isin(order, meant)) + 1.0


def measure(
    data: Path, dataset: str, encoder: str, space: ConceptSpace, logits: Floats
) -> list[Score]:
    """Search all words of a set; vectors are stored as float16, as a library does."""
    stored = space.embed(logits).astype(np.float16).astype(np.float32)
    found: dict[str, list[tuple[float, float]]] = {"tune": [], "test": []}
    for i, (words, meant) in enumerate(queries(data, dataset)):
        ranks = ranks_of(stored @ space.query(words), meant)
        precision = float(np.mean(np.arange(1, len(ranks) + 1) / ranks))
        found["test" if i % 2 else "tune"].append((float(ranks[0] <= 10), precision))
    return [
        Score(
            encoder, dataset, half, len(each), *(round(float(m), 3) for m in np.mean(each, axis=0))
        )
        for half, each in found.items()
    ]


def run(data: Path, sets: Sequence[str]) -> list[Score]:
    text = load_text_encoder()
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as cache:
        for name in ENCODERS:
            encoder = load_image_encoder(name, Path(cache))
            space = load_concept_space(name, Path(cache), text)
            for dataset in sets:
                say(f"{name}: {dataset}")
                logits = encode_set(data / dataset, encoder).logits
                scores += measure(data, dataset, name, space, logits)
    return scores


def ship() -> None:
    """Write the class texts of the default models into the package."""
    classes, text = "imagenet-1k", load_text_encoder()
    for old in SHIPPED.glob(f"concepts-{classes}-{text.name}-*.npz"):
        old.unlink()
    content = to_bytes(class_texts(CLASSES[classes].names(), text))
    (SHIPPED / texts_file(classes, text.name)).write_bytes(content)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, nargs="?")
    arguments.add_argument("--sets", nargs="*", default=SETS)
    arguments.add_argument("--ship", action="store_true")
    given = arguments.parse_args()
    if given.ship:
        ship()
        return
    if given.data is None:
        arguments.error("name the folder with the picture sets")
    scores = run(given.data, given.sets)
    rows = [list(asdict(score).values()) for score in scores]
    say("\n" + table(list(asdict(scores[0])), rows))
    sys.stdout.write(json.dumps({"machine": machine(), "scores": [*map(asdict, scores)]}) + "\n")


if __name__ == "__main__":
    main()
