"""Labelled data sets in the formats that they are handed round in."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lookalike.sources.archives.find import read_member
from lookalike.sources.archives.walk import Walk
from lookalike.sources.datasets.cifar_names import CIFAR10, CIFAR100, CIFAR100_COARSE
from lookalike.sources.datasets.folders import folder_label
from lookalike.sources.datasets.png import png_bytes
from lookalike.sources.entry import Container, Entry, Failure
from lookalike.sources.folder import FolderSource
from lookalike.sources.metadata import Metadata


def found(source: FolderSource) -> dict[str, Entry | Failure]:
    """All pictures and failures of a source by their places in it."""
    items: dict[str, Entry | Failure] = {}
    for item in source.scan():
        inside = Walk(item, lambda _: True) if isinstance(item, Container) else [item]
        items |= {one.location.removeprefix(f"{source.root}/"): one for one in inside}
    return items


def told(entry: Entry | Failure) -> tuple[tuple[str, ...], str]:
    assert isinstance(entry, Entry), entry
    assert entry.row is not None
    return entry.row.tags, entry.row.extra.get("label", "")


def pixels_of(entry: Entry | Failure) -> npt.NDArray[np.uint8]:
    assert isinstance(entry, Entry)
    assert isinstance(entry.content, bytes)
    return np.asarray(Image.open(io.BytesIO(entry.content)))


def noise(count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 3, 32, 32), np.uint8)


def encoded(seed: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(noise(1, seed)[0].transpose(1, 2, 0)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("shape", [(5, 7, 3), (3, 4), (300, 200, 3)])
def test_pixels_come_out_of_the_png_as_they_went_in(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    data = png_bytes(pixels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
    assert data == png_bytes(pixels.copy())


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar10_in_its_python_form(tmp_path: Path, protocol: int) -> None:
    pixels = noise(3)
    batch = {
        b"data": pixels.reshape(3, -1),
        b"labels": [3, 0, 9],
        b"filenames": [b"tabby_s_000001.png", b"jet_s_000002.png", b"jet_s_000002.png"],
    }
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(batch, protocol))
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"x"]}, protocol))
    items = found(FolderSource(tmp_path))
    assert list(items) == [
        "data_batch_1!/cat/tabby_s_000001.png",
        "data_batch_1!/airplane/jet_s_000002.png",
        "data_batch_1!/truck/jet_s_000002.png",
    ]
    cat = items["data_batch_1!/cat/tabby_s_000001.png"]
    assert told(cat) == (("cat",), "cat")
    assert np.array_equal(pixels_of(cat), pixels[0].transpose(1, 2, 0))
    assert read_member(cat.location) == cat.content  # type: ignore[union-attr]


def test_cifar10_as_python_2_wrote_it(tmp_path: Path) -> None:
    # Protocol 2 with texts for bytes and the old module's name, as in the original files.
    pixels = noise(1)
    raw = pixels.tobytes()
    data = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"K\x00\x85U\x01b\x87Rq\x04(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + len(raw).to_bytes(4, "little")
        + raw
        + b"tbU\x06labelsq\x05]q\x06K\x04au."
    )
    (tmp_path / "test_batch").write_bytes(data)
    (entry,) = found(FolderSource(tmp_path)).values()
    assert told(entry)[1] == "deer"
    assert np.array_equal(pixels_of(entry), pixels[0].transpose(1, 2, 0))


def test_cifar100_keeps_fine_and_coarse_labels(tmp_path: Path) -> None:
    batch = {b"data": noise(1).reshape(1, -1), b"fine_labels": [99], b"coarse_labels": [13]}
    (tmp_path / "train").write_bytes(pickle.dumps(batch, 2))
    (entry,) = found(FolderSource(tmp_path)).values()
    assert isinstance(entry, Entry)
    assert entry.row == Metadata(
        tags=("worm", "non-insect_invertebrates"),
        extra={"label": "worm", "coarse_label": "non-insect_invertebrates"},
    )
    assert entry.location.endswith("train!/worm/00000.png")


def test_cifar_in_its_binary_forms(tmp_path: Path) -> None:
    pixels = noise(2)
    rows10 = b"".join(bytes([label]) + p.tobytes() for label, p in zip((9, 1), pixels, strict=True))
    (tmp_path / "data_batch_2.bin").write_bytes(rows10)
    (tmp_path / "test.bin").write_bytes(b"\x00\x04" + pixels[0].tobytes())
    (tmp_path / "train.bin").write_bytes(b"\x01\x02 some other file")
    source = FolderSource(tmp_path)
    items = found(source)
    assert [told(entry)[1] for entry in items.values()] == ["truck", "automobile", "beaver"]
    for entry, index in zip(items.values(), (0, 1, 0), strict=True):
        assert np.array_equal(pixels_of(entry), pixels[index].transpose(1, 2, 0))


def test_cifars_tar_is_entered_as_it_was_downloaded(tmp_path: Path) -> None:
    batch = pickle.dumps({b"data": noise(2).reshape(2, -1), b"labels": [0, 1]}, 2)
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        info.size = len(batch)
        tar.addfile(info, io.BytesIO(batch))
    items = found(FolderSource(tmp_path))
    place = "cifar-10-python.tar.gz!/cifar-10-batches-py/data_batch_1!"
    assert list(items) == [f"{place}/airplane/00000.png", f"{place}/automobile/00001.png"]


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("touch evil-was-here",)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_that_would_run_a_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps({b"data": Evil(), b"labels": [1]}, protocol)
    (tmp_path / "data_batch_1").write_bytes(data)
    (failure,) = found(FolderSource(tmp_path)).values()
    assert isinstance(failure, Failure)
    assert (failure.code, "system" in failure.message) == ("unsafe-pickle", True)
    assert not (tmp_path / "evil-was-here").exists()


@pytest.mark.parametrize(
    "batch",
    [
        {"data": [1, 2], "labels": [1, 2]},
        {"data": np.zeros((2, 10), np.uint8), "labels": [1, 2]},
        {"data": np.zeros((2, 3072), np.float32), "labels": [1, 2]},
        {"data": np.zeros((2, 3072), np.uint8), "labels": [1]},
        {"data": np.zeros((2, 3072), object), "labels": [1, 2]},
    ],
)
def test_a_batch_that_is_none_is_one_failure(tmp_path: Path, batch: dict[str, object]) -> None:
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(batch, 2))
    (failure,) = found(FolderSource(tmp_path)).values()
    assert isinstance(failure, Failure)
    assert failure.code in ("archive-corrupt", "unsafe-pickle")


def test_other_pickles_and_binaries_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(pickle.dumps({"weights": [1.0]}, 2))
    (tmp_path / "test.bin").write_bytes(bytes(100))
    source = FolderSource(tmp_path)
    assert found(source) == {}


def test_the_class_names_are_complete() -> None:
    assert [len(set(names)) for names in (CIFAR10, CIFAR100, CIFAR100_COARSE)] == [10, 100, 20]


def hugging_face(features: dict[str, object]) -> dict[bytes, bytes]:
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def picture_table() -> pa.Table:
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": ["cat", "dog"]},
        "text": {"dtype": "string", "_type": "Value"},
    }
    pictures = [{"bytes": encoded(n, kind), "path": None} for n, kind in ((0, "PNG"), (1, "JPEG"))]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {
        "image": pa.array([*pictures, {"bytes": None, "path": "gone.png"}], kind),
        "label": pa.array([1, 0, 0]),
        "text": pa.array(["A dog in the snow", "", ""]),
    }
    return pa.table(columns).replace_schema_metadata(hugging_face(features))


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def write_file(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("data-00000-of-00001.arrow", write_stream),
        ("file.arrow", write_file),
        ("train-00000.parquet", pq.write_table),
    ],
)
def test_rows_with_pictures_are_pictures(tmp_path: Path, name: str, write: object) -> None:
    write(picture_table(), tmp_path / name)  # type: ignore[operator]
    (tmp_path / "dataset_info.json").write_text("{}")
    items = found(FolderSource(tmp_path))
    assert list(items) == [f"{name}!/000000.png", f"{name}!/000001.jpg"]
    dog = items[f"{name}!/000000.png"]
    assert isinstance(dog, Entry)
    assert dog.content == encoded(0)
    assert told(dog) == (("dog",), "dog")
    assert dog.row is not None
    assert dog.row.caption == "A dog in the snow"
    assert read_member(dog.location) == dog.content


def test_damaged_tables_are_failures_and_other_tables_are_left_alone(tmp_path: Path) -> None:
    pq.write_table(picture_table(), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[:-40])
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "numbers.parquet")
    items = found(FolderSource(tmp_path))
    assert [getattr(item, "code", "") for item in items.values()] == ["archive-corrupt"]


def test_coco_annotations_describe_the_pictures_beside_them(tmp_path: Path) -> None:
    for name in ("000000000139.jpg", "000000000285.jpg"):
        (tmp_path / "val2017").mkdir(exist_ok=True)
        (tmp_path / "val2017" / name).write_bytes(encoded(3, "JPEG"))
    images = [
        {"id": 139, "file_name": "000000000139.jpg"},
        {"id": 285, "file_name": "000000000285.jpg"},
    ]
    categories = [{"id": 62, "name": "chair"}, {"id": 64, "name": "potted plant"}]
    boxes = [{"image_id": 139, "category_id": c, "bbox": [1, 2, 3, 4]} for c in (64, 62, 64, 99)]
    captions = [{"image_id": 139, "caption": text} for text in ("A room.", "A room with a chair.")]
    folder = tmp_path / "annotations"
    folder.mkdir()
    (folder / "instances_val2017.json").write_text(
        json.dumps({"images": images, "annotations": boxes, "categories": categories})
    )
    (folder / "captions_val2017.json").write_text(
        json.dumps({"images": images, "annotations": captions})
    )
    items = found(FolderSource(tmp_path))
    room, other = items["val2017/000000000139.jpg"], items["val2017/000000000285.jpg"]
    assert told(room) == (("potted plant", "chair"), "potted plant, chair")
    assert isinstance(room, Entry)
    assert room.row is not None
    assert room.row.caption == "A room.\nA room with a chair."
    assert isinstance(other, Entry)
    assert not other.row or not other.row.tags


def test_coco_annotations_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(encoded(0))
    document = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "caption": "A fence"}],
    }
    (tmp_path / "words.json").write_text(json.dumps(document))
    items = found(FolderSource(tmp_path / "pictures", tmp_path / "words.json"))
    assert items["a.png"].row == Metadata(caption="A fence")  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["[]", "{", '{"images": 3}', '{"images": [1, {"id": []}]}'])
def test_broken_annotations_cost_no_picture(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(0))
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "captions_x.json").write_text(text)
    assert isinstance(found(FolderSource(tmp_path))["a.png"], Entry)


def test_a_parquet_table_describes_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(0))
    rows = {"file_name": ["a.png"], "label": ["owl"], "score": [0.5]}
    pq.write_table(pa.table(rows), tmp_path / "metadata.parquet")
    items = found(FolderSource(tmp_path))
    assert list(items) == ["a.png"]
    assert told(items["a.png"]) == (("owl",), "owl")


@pytest.mark.parametrize(
    ("location", "label"),
    [
        ("/set/cat/1.png", "cat"),
        ("/set/train/cat/1.png", "cat"),
        ("/set/cat/images/1.png", "cat"),
        ("/set/animals/cat/1.png", "cat"),
        ("/set/1.png", ""),
        ("/set/train/1.png", ""),
        ("/set/a.zip!/cat/1.png", "cat"),
        ("/set/cat.tar.gz!/1.png", "cat"),
        ("/set!/cat/1.png", "cat"),
    ],
)
def test_the_folder_names_the_class(location: str, label: str) -> None:
    assert folder_label(location, "/set") == label


def test_folders_are_labels_on_request_only(tmp_path: Path) -> None:
    for name in ("cat/1.png", "cat/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(0))
    (tmp_path / "cat" / "metadata.csv").write_text("path,label\n2.png,tabby\n")
    plain = found(FolderSource(tmp_path))
    asked = found(FolderSource(tmp_path, label_folders=True))
    assert told(asked["cat/1.png"]) == (("cat",), "cat")
    assert told(asked["cat/2.png"]) == (("tabby",), "tabby")
    assert plain["cat/1.png"].row is None  # type: ignore[union-attr]
    assert plain["cat/1.png"].stamp != asked["cat/1.png"].stamp
    assert plain["cat/2.png"].stamp == asked["cat/2.png"].stamp


def test_ordered_dictionaries_of_others_are_no_data_sets(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(pickle.dumps(OrderedDict(data=1), 2))
    assert found(FolderSource(tmp_path)) == {}
