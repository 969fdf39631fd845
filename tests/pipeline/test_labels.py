"""Labels of data sets of every kind lie in one place, where filters and measurements find them."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Shelf
from .folders import paint


def class_folders(folder: Path) -> None:
    paint(folder / "train" / "cat" / "1.png", 1)
    paint(folder / "train" / "dog" / "2.png", 2)


def cifar10(folder: Path) -> None:
    batch = {b"data": _noise(2), b"labels": [3, 5], b"filenames": [b"a.png", b"b.png"]}
    (folder / "data_batch_1").write_bytes(pickle.dumps(batch, 2))


def cifar10_binary(folder: Path) -> None:
    rows = b"".join(
        bytes([label]) + row.tobytes() for label, row in zip((3, 5), _noise(2), strict=True)
    )
    (folder / "data_batch_1.bin").write_bytes(rows)


def coco(folder: Path) -> None:
    paint(folder / "val" / "1.png", 1)
    paint(folder / "val" / "2.png", 2)
    document = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in (1, 2)],
        "categories": [
            {"id": 7, "name": "chair"},
            {"id": 8, "name": "cat"},
            {"id": 9, "name": "dog"},
        ],
        "annotations": [
            {"image_id": image, "category_id": category}
            for image, category in ((1, 7), (1, 8), (2, 9), (2, 7))
        ],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "instances_val.json").write_text(json.dumps(document))


def webdataset(folder: Path) -> None:
    with tarfile.open(folder / "shard-000000.tar", "w") as shard:
        for number, label in enumerate(("cat", "dog")):
            _add(shard, f"{number}.png", paint(folder.parent / "x.png", number).read_bytes())
            _add(shard, f"{number}.cls", label.encode())
    (folder.parent / "x.png").unlink()


def webdataset_json(folder: Path) -> None:
    with tarfile.open(folder / "shard-000000.tar", "w") as shard:
        for number, label in enumerate(("cat", "dog")):
            _add(shard, f"{number}.png", paint(folder.parent / "x.png", number).read_bytes())
            _add(shard, f"{number}.json", json.dumps({"label": label}).encode())
    (folder.parent / "x.png").unlink()


def hugging_face_on_disk(folder: Path) -> None:
    table = _rows(folder)
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table)


def hugging_face_from_the_hub(folder: Path) -> None:
    pq.write_table(_rows(folder), folder / "train-00000-of-00001.parquet")


def csv_table(folder: Path) -> None:
    _pictures(folder)
    (folder / "manifest.csv").write_text("path,label\n1.png,cat\n2.png,dog\n")


def json_lines(folder: Path) -> None:
    _pictures(folder)
    rows = ({"file_name": "1.png", "class_name": "cat"}, {"file_name": "2.png", "class": "dog"})
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))


def parquet_table(folder: Path) -> None:
    _pictures(folder)
    rows = {"image": ["1.png", "2.png"], "fine_label": ["cat", "dog"]}
    pq.write_table(pa.table(rows), folder / "metadata.parquet")


@pytest.mark.parametrize(
    "lay_out",
    [
        class_folders,
        cifar10,
        cifar10_binary,
        coco,
        webdataset,
        webdataset_json,
        hugging_face_on_disk,
        hugging_face_from_the_hub,
        csv_table,
        json_lines,
        parquet_table,
    ],
)
def test_a_label_is_found_by_filter_and_as_a_tag(
    shelf: Shelf, lay_out: Callable[[Path], None]
) -> None:
    lay_out(shelf.folder)
    shelf.index(label_folders=lay_out is class_folders)
    everything = shelf.library.search(where="width > 0").hits
    assert len(everything) == 2
    for label in ("cat", "dog"):
        for where in (f"label = {label}", f"tag = {label}"):
            (hit,) = shelf.library.search(where=where).hits
            assert label in hit.picture.metadata.extra["label"].split(", ")
    assert shelf.library.search(where="label = ca").hits == ()


def _pictures(folder: Path) -> None:
    for number in (1, 2):
        paint(folder / f"{number}.png", number)


def _noise(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(count).integers(0, 256, (count, 3072), np.uint8)


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(data)
    shard.addfile(about, io.BytesIO(data))


def _rows(folder: Path) -> pa.Table:
    pictures = []
    for seed in (1, 2):
        path = paint(folder / "x.png", seed)
        pictures.append({"bytes": path.read_bytes(), "path": None})
        path.unlink()
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": ["dog", "cat"]},
    }
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(pictures, kind), "label": pa.array([1, 0])})
    about = json.dumps({"info": {"features": features}}).encode()
    return table.replace_schema_metadata({b"huggingface": about})
