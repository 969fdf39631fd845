"""What binary codes of a bit a number lose against the vectors that they are made of.

``python benchmarks/codes.py LIBRARY DATA``: a library of the shared pictures, and the folder with
their sets. A code is the sign of each number, after centring, a projection on principal axes where
one is named, and a rotation, all fitted on the whole library without labels. Codes are compared
with codes ("Hamming"), or queries as they are with codes ("asymmetric"). Each picture of a set is
the query once and the others of the set are searched. What is best may be chosen on the queries of
every other class ("tune"); those of the other classes ("test") are only reported.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.encoders.postprocessing import Transform, fit_transform
from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER
from lookalike.encoders.signs import MOST_DIMS, for_signs
from lookalike.store.binary_codes import pack, unpack
from lookalike.store.lance_store import LanceStore
from measure import RESULTS, machine, say, table
from retrieval import SETS, Floats, average_precisions, manifest

K = 10


@dataclass(frozen=True)
class Score:
    """How one kind of vectors fared in one set.

    Attributes:
        vectors: which kind.
        bytes: that one takes.
        dataset: the set.
        tune: mean average precision in finding pictures of the query's class, half of the classes.
        test: the same for the others.
        overlap: of the ten nearest, how many are those of the centred vectors, 0 to 1.
    """

    vectors: str
    bytes: int
    dataset: str
    tune: float
    test: float
    overlap: float


@dataclass(frozen=True)
class Kind:
    """A way to compare vectors: what it takes, and what queries and pictures become."""

    bytes: int
    queries: Floats
    pictures: Floats


def nearest(queries: Floats, vectors: Floats) -> list[set[int]]:
    """The ten nearest others of each row."""
    scores = queries @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return [set(row) for row in np.argsort(-scores, axis=1, kind="stable")[:, :K].tolist()]


def by_chance(transform: Transform) -> Transform:
    """Followed by a random rotation."""
    dims = transform.dims
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((dims, dims)))
    matrix = turn if transform.matrix is None else transform.matrix @ turn
    return replace(transform, matrix=np.asarray(matrix, np.float32))


def kinds(everything: Floats) -> Iterator[tuple[str, Kind]]:
    """By name: all the pictures' vectors."""
    full = everything.shape[1]
    yield "float16, as encoded", Kind(2 * full, everything, everything)
    for axes in (None, 1024, 512, 256):
        transform, dims = fit_transform(everything, axes), axes or full
        rows = transform(everything)
        called = f"{axes} axes" if axes else "centred"
        yield f"{called}, float16", Kind(2 * dims, rows, rows)
        turns = {"": transform, "turned by chance, ": by_chance(transform)}
        if dims <= MOST_DIMS:
            turns["fitted rotation, "] = for_signs(transform, everything)
        for turn, turned in turns.items():
            rows = turned(everything)
            codes = unpack(pack(rows))
            for how, asked in (("Hamming", codes), ("asymmetric", rows)):
                yield f"{called}, {turn}{dims} bits, {how}", Kind(dims // 8, asked, codes)


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
    sets = {name: labelled(given.data / name, places) for name in SETS}
    centred = fit_transform(everything)(everything)
    best = {name: nearest(centred[rows], centred[rows]) for name, (rows, _) in sets.items()}
    scores: list[Score] = []
    for called, kind in kinds(everything):
        for name, (rows, labels) in sets.items():
            asked, vectors = kind.queries[rows], kind.pictures[rows]
            counted, tune = np.bincount(labels)[labels] > 1, labels % 2 == 0
            found = average_precisions(vectors, labels, asked)
            pairs = zip(nearest(asked, vectors), best[name], strict=True)
            shared = float(np.mean([len(a & b) / K for a, b in pairs]))
            halves = [round(float(found[counted & half].mean()), 3) for half in (tune, ~tune)]
            scores.append(Score(called, kind.bytes, name, *halves, round(shared, 3)))
        own = scores[-len(sets) :]
        say(f"{called}: {np.mean([one.test for one in own]):.3f}")
    result = {"machine": machine(), "scores": [asdict(score) for score in scores]}
    (RESULTS / "codes.json").write_text(json.dumps(result, indent=1) + "\n")
    lines = []
    for called in dict.fromkeys(one.vectors for one in scores):
        own = [one for one in scores if one.vectors == called]
        means = (np.mean([getattr(one, part) for one in own])
                 for part in ("tune", "test", "overlap"))  # fmt: skip
        lines.append([called, own[0].bytes, *(f"{mean:.3f}" for mean in means),
                      *(f"{one.test:.3f}" for one in own)])  # fmt: skip
    print(table(["mean AP", "bytes", "tune", "test", "overlap", *SETS], lines))


def labelled(
    folder: Path, places: list[list[tuple[str, ...]]]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which pictures of the library belong to a set, and numbers of their labels."""
    by_path = {
        (folder.name, *Path(row["path"].removeprefix(f"{folder.name}/")).parts): row["label"]
        for row in manifest(folder)
    }
    found = [next((by_path[p[at:]] for p in paths for at in range(len(p)) if p[at:] in by_path),
                  None) for paths in places]  # fmt: skip
    rows = np.array([label is not None for label in found])
    names = [label for label in found if label is not None]
    return rows, np.unique(names, return_inverse=True)[1]


if __name__ == "__main__":
    main()
