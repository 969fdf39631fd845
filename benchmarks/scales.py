"""What it gains to look at a picture at several sizes, and mirrored.

``python benchmarks/scales.py DATA``: DATA is the folder with the shared picture sets. Vectors of
EfficientNet-Lite0, made from the whole network at other sizes of its input, each of length 1, are
added up. Each picture of a set is the query once and the others of the set are searched. What is
best may be chosen on the queries of every other class ("tune"); those of the other classes
("test") are only reported. ``--named`` measures what is offered by name instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import ImageEncoder, unit_rows
from lookalike.encoders.efficientnet_lite import LITE0, EfficientNetLite
from lookalike.encoders.registry import load_image_encoder
from lookalike.encoders.runtimes import choose_runtime
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import Limits, UInt8Array
from lookalike.pipeline.blending import blend
from measure import RESULTS, machine, say, table
from retrieval import BATCH, SETS, Floats, average_precisions, manifest

SIZES = (160, 192, 224, 256, 288, 320)
SETS_OF_SIZES = (
    *((size,) for size in SIZES),
    (224, 160), (224, 192), (224, 256), (224, 288), (224, 320),
    (160, 224, 288), (192, 224, 256), (224, 256, 288), (160, 224, 320), SIZES,
)  # fmt: skip
NAMED = ("efficientnet-lite0", "efficientnet-lite0/scales", "efficientnet-lite2",
         "efficientnet-lite2/scales")  # fmt: skip
NEIGHBOURS = 8
MEANS = ("tune", "test", "blended_tune", "blended_test")


@dataclass(frozen=True)
class Score:
    """Mean average precision in one set, of vectors as encoded and blended with neighbours."""

    vectors: str
    dataset: str
    tune: float
    test: float
    blended_tune: float
    blended_test: float
    ms: float = 0.0


def score(vectors: str, dataset: str, rows: Floats, data: Path, ms: float = 0.0) -> Score:
    """Search a set, and measure."""
    labels = np.unique([row["label"] for row in manifest(data / dataset)], return_inverse=True)[1]
    counted, tune = np.bincount(labels)[labels] > 1, labels % 2 == 0
    centred = unit_rows(rows - rows.mean(axis=0))
    blended = blend(centred, centred, NEIGHBOURS)
    found = [average_precisions(rows, labels), average_precisions(blended, labels, centred)]
    halves = [each[counted & part].mean() for each in found for part in (tune, ~tune)]
    return Score(vectors, dataset, *(round(float(half), 3) for half in halves), round(ms, 2))


def batches(folder: Path, encoder: ImageEncoder) -> Iterator[UInt8Array]:
    """The pixels of a set, in the manifest's order."""
    paths = [folder / row["path"].removeprefix(f"{folder.name}/") for row in manifest(folder)]
    for i in range(0, len(paths), BATCH):
        yield np.stack([decode(path, [encoder.input], Limits()).pixels[0]
                        for path in paths[i : i + BATCH]])  # fmt: skip


def tried(data: Path) -> Iterator[Score]:
    """All sizes, alone and together."""
    for name in SETS:
        vectors: dict[tuple[int, bool], Floats] = {}
        with tempfile.TemporaryDirectory() as cache:
            for size in SIZES:
                say(f"{name} at {size}")
                encoder = EfficientNetLite(LITE0.at(size), Path(cache), choose_runtime().open)
                pairs = [(encoder.encode(pixels).vectors, encoder.encode(mirror(pixels)).vectors)
                         for pixels in batches(data / name, encoder)]  # fmt: skip
                for mirrored in (False, True):
                    vectors[size, mirrored] = np.concatenate([pair[mirrored] for pair in pairs])
        for sizes in SETS_OF_SIZES:
            for mirrored in (False, True):
                kept = [vectors[size, m] for size in sizes for m in {False, mirrored}]
                called = " + ".join(map(str, sizes)) + (", mirrored" if mirrored else "")
                yield score(called, name, unit_rows(np.sum(kept, axis=0)), data)


def mirror(pixels: UInt8Array) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(pixels[:, :, ::-1])


def offered(data: Path) -> Iterator[Score]:
    """What has a name, and its milliseconds of the processor per picture."""
    with tempfile.TemporaryDirectory() as cache:
        for named in NAMED:
            encoder = load_image_encoder(named, Path(cache))
            for name in SETS:
                say(f"{name} by {named}")
                found, took = [], 0.0
                for pixels in batches(data / name, encoder):
                    began = time.process_time()
                    found.append(encoder.encode(pixels).vectors)
                    took += time.process_time() - began
                rows = np.concatenate(found)
                yield score(named, name, rows, data, 1000 * took / len(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--named", action="store_true")
    given = parser.parse_args()
    scores = [*(offered if given.named else tried)(given.data)]
    result = {"machine": machine(), "scores": [asdict(one) for one in scores]}
    file = RESULTS / ("scales-named.json" if given.named else "scales.json")
    file.write_text(json.dumps(result, indent=1) + "\n")
    rows = []
    for called in dict.fromkeys(one.vectors for one in scores):
        own = [one for one in scores if one.vectors == called]
        rows.append([called, *(f"{np.mean([getattr(one, m) for one in own]):.4f}" for m in MEANS),
                     *(one.blended_test for one in own),
                     f"{np.mean([one.ms for one in own]):.2f}"])  # fmt: skip
    print(table(["vectors", *MEANS, *SETS, "ms of a core"], rows))


if __name__ == "__main__":
    main()
