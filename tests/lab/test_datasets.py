"""Each kind of data set asks what its protocol says."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import LookalikeError, NotFoundError, SourceError, UsageError
from lookalike.lab import evaluate
from lookalike.lab.datasets.kinds import collections_in, kind_of
from lookalike.lab.datasets.revisited import read_truth
from lookalike.lab.topics import TestCollection
from lookalike.library import Library
from lookalike.opening import measured_library
from lookalike.settings import Settings
from tests.pipeline.folders import paint

Open = Callable[[Path], tuple[Library, tuple[TestCollection, ...]]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Indexes a data set's folder and gives its library and what it asks."""
    libraries: list[Library] = []

    def measured(folder: Path) -> tuple[Library, tuple[TestCollection, ...]]:
        library = measured_library(
            [folder],
            encoder="fake",
            label_folders=kind_of(folder).label_folders,
            settings=Settings(cache=tmp_path / "cache"),
        )
        libraries.append(library)
        return library, collections_in(library.views(), folder)

    yield measured
    for library in libraries:
        library.close()


def _relevant(collection: TestCollection, library: Library) -> dict[str, set[str]]:
    """Names of what each query should find, by the file's name."""
    store = library.views().store
    return {
        topic.id: {Path(r.locations[0].path).name for r in store.records(topic.relevant)}
        for topic in collection.topics
    }


def test_class_folders(tmp_path: Path, opened: Open) -> None:
    for seed, name in enumerate(("cat/a", "cat/b", "dog/c", "dog/d", "dog/e", "fox/f")):
        paint(tmp_path / "set" / f"{name}.png", seed)
    library, (collection,) = opened(tmp_path / "set")
    assert kind_of(tmp_path / "set").name == "classes"
    assert len(collection) == 5
    assert "1 pictures are alone in their class (searched, but not asked for)" in collection.notes()
    assert set().union(*_relevant(collection, library).values()) == {
        "a.png", "b.png", "c.png", "d.png", "e.png",
    }  # fmt: skip


def test_test_pictures_ask_for_training_pictures(tmp_path: Path, opened: Open) -> None:
    for seed, name in enumerate(("train/cat/a", "train/cat/b", "train/dog/c", "test/cat/d",
                                 "test/dog/e", "test/owl/f")):  # fmt: skip
        paint(tmp_path / "set" / f"{name}.png", seed)
    library, (collection,) = opened(tmp_path / "set")
    assert sorted(map(sorted, _relevant(collection, library).values())) == [
        ["a.png", "b.png"], ["c.png"],
    ]  # fmt: skip
    report = evaluate(library, collection)
    assert report.pictures == 3
    assert report.measures == ("AP@100", "AP_cap@100", "P@1", "P@5", "P@10", "P@20")
    assert np.array_equal(evaluate(library, collection, engine=True).values, report.values)


def test_cifar_as_it_is_downloaded(tmp_path: Path, opened: Open) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    random = np.random.default_rng(1)
    for name, labels in (("data_batch_1", [0, 0, 1, 1]), ("test_batch", [0, 1])):
        data = random.integers(0, 255, (len(labels), 3072), dtype=np.uint8)
        batch = {b"data": data, b"labels": labels, b"batch_label": name.encode()}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    library, (collection,) = opened(folder)
    assert len(collection) == 2
    assert [len(topic.relevant) for topic in collection.topics] == [2, 2]
    assert evaluate(library, collection).pictures == 4


def test_ukbench_counts_the_query_among_four(tmp_path: Path, opened: Open) -> None:
    for number in range(8):
        # The four pictures of an object are nearly the same.
        paint(tmp_path / "set" / f"ukbench{number:05}.jpg", number // 4, (48 + number, 36))
    library, (collection,) = opened(tmp_path / "set")
    assert {len(topic.relevant) for topic in collection.topics} == {4}
    assert evaluate(library, collection, measures=["NS", "P@1"]).means == {"NS": 4.0, "P@1": 1.0}


def test_holidays_take_the_first_of_each_scene_out_of_its_ranking(
    tmp_path: Path, opened: Open
) -> None:
    for seed, name in enumerate(("100000", "100001", "100002", "100100", "100101", "100200")):
        paint(tmp_path / "set" / f"{name}.jpg", seed)
    library, (collection,) = opened(tmp_path / "set")
    assert [topic.id for topic in collection.topics] == ["100000.jpg", "100100.jpg"]
    assert collection.notes() == ["1 scenes have a single picture (not asked for)"]
    report = evaluate(library, collection)
    assert report.measures[0] == "AP_trap"
    assert [int(n) for n in report.judged.relevant] == [2, 1]
    assert [int(n) for n in report.ranking.found] == [5, 5]


def _truth(folder: Path) -> dict[str, object]:
    for seed in range(6):
        paint(folder / "jpg" / f"building_{seed}.jpg", seed)
    paint(folder / "jpg" / "asked.jpg", 99, (64, 48))
    gnd = {"bbx": np.array([4.0, 2.0, 60.5, 60.0]), "easy": np.array([0, 1]), "hard": [2],
           "junk": [np.int64(3)]}  # fmt: skip
    return {"imlist": [f"building_{n}" for n in range(6)], "qimlist": ["asked"], "gnd": [gnd]}


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_revisited_oxford_has_three_grades_and_removes_junk(
    tmp_path: Path, opened: Open, protocol: int
) -> None:
    folder = tmp_path / "set"
    truth = _truth(folder)
    (folder / "gnd_roxford5k.pkl").write_bytes(pickle.dumps(truth, protocol=protocol))
    library, collections = opened(folder)
    found = {c.name.split()[-1]: (_relevant(c, library)["asked"], len(c.topics[0].junk))
             for c in collections}  # fmt: skip
    numbered = {name: {int(n[9]) for n in names} for name, (names, _) in found.items()}
    assert numbered == {"easy": {0, 1}, "medium": {0, 1, 2}, "hard": {2}}
    assert [junk for _, junk in found.values()] == [2, 1, 3]
    reports = [evaluate(library, one) for one in collections]
    # Six pictures less the junk of each; the query is not among them.
    assert [int(report.ranking.found[0]) for report in reports] == [4, 5, 3]
    region = collections[0].topics[0].query.clauses[0].region
    assert region is not None
    assert (region.x, region.y, region.width, region.height) == (4, 2, 56.5, 46)


def test_revisited_oxford_as_json_is_the_same(tmp_path: Path) -> None:
    truth = _truth(tmp_path)
    (tmp_path / "gnd_a.pkl").write_bytes(pickle.dumps(truth))
    plain = json.loads(json.dumps(truth, default=lambda value: value.tolist()))
    (tmp_path / "gnd_b.json").write_text(json.dumps(plain))
    assert read_truth(tmp_path / "gnd_a.pkl") == read_truth(tmp_path / "gnd_b.json") == plain


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return eval, ("1",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pickle.dumps({"gnd": _Evil()}), "unsafe-pickle"),
        (pickle.dumps({"gnd": np.array(["text"])}), "bad-truth"),
        (pickle.dumps({"imlist": []}), "bad-truth"),
        (b"nothing", "bad-truth"),
        (b"", "bad-truth"),
    ],
)
def test_a_truth_that_is_none_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "gnd_x.pkl").write_bytes(content)
    with pytest.raises((SourceError, UsageError)) as caught:
        read_truth(tmp_path / "gnd_x.pkl")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "captions.txt",
            'image,caption\na.jpg,"A dog, brown"\na.jpg,A dog\nb.jpg,A cat\nz.jpg,?\n',
        ),
        (
            "Flickr8k.token.txt",
            "a.jpg#0\tA dog, brown\na.jpg#1\tA dog\nb.jpg#0\tA cat\nz.jpg#0\t?\n",
        ),
        (
            "results.csv",
            "image_name| comment_number| comment\n"
            "a.jpg| 0| A dog, brown\na.jpg| 1| A dog\nb.jpg| 0| A cat\nz.jpg| 0| ?\n",
        ),
    ],
)
def test_captions_ask_for_their_pictures(
    tmp_path: Path, opened: Open, name: str, content: str
) -> None:
    for seed, file in enumerate(("a", "b", "c")):
        paint(tmp_path / "set" / "Images" / f"{file}.jpg", seed)
    (tmp_path / "set" / name).write_text(content)
    library, (collection,) = opened(tmp_path / "set")
    asked = [str(topic.query.clauses[0]) for topic in collection.topics]
    assert sorted(asked) == ["A cat", "A dog", "A dog, brown"]
    assert collection.notes() == ["1 captioned pictures are not in the library (not asked for)"]
    assert evaluate(library, collection, measures=["R@3"]).means == {"R@3": 1.0}


def test_captions_of_coco(tmp_path: Path, opened: Open) -> None:
    for seed, file in enumerate(("a", "b")):
        paint(tmp_path / "set" / "val2017" / f"{file}.jpg", seed)
    annotations = tmp_path / "set" / "annotations" / "captions_val2017.json"
    annotations.parent.mkdir()
    annotations.write_text(json.dumps({
        "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
        "annotations": [{"image_id": 1, "caption": "A dog"}, {"image_id": 1, "caption": "Brown"},
                        {"image_id": 2, "caption": "A cat"}],
    }))  # fmt: skip
    _, (collection,) = opened(tmp_path / "set")
    assert [str(topic.query.clauses[0]) for topic in collection.topics] in (
        ["A dog", "Brown", "A cat"], ["A cat", "A dog", "Brown"],
    )  # fmt: skip


def test_a_table_gives_labels_groups_and_captions(tmp_path: Path, opened: Open) -> None:
    rows = ["path,label,group,caption", "a.png,x,1,one", "b.png,x,,", "c.png,y,1,", "d.png,y,,"]
    for seed, row in enumerate(rows[1:]):
        paint(tmp_path / "set" / row.partition(",")[0], seed)
    (tmp_path / "set" / "manifest.csv").write_text("\n".join(rows))
    _, collections = opened(tmp_path / "set")
    assert {one.name: len(one) for one in collections} == {
        "set: label": 4, "set: group": 2, "set: captions": 1,
    }  # fmt: skip


def test_the_queries_beside_the_shared_sets(shared_data: Path, opened: Open) -> None:
    library, collections = opened(shared_data / "multiview_scenes")
    assert [one.name for one in collections] == [
        "multiview_scenes: pictures", "multiview_scenes: group",
    ]  # fmt: skip
    # The judgments say what the groups say.
    reports = [evaluate(library, one, measures=["AP"]) for one in collections]
    assert reports[0].means == pytest.approx(reports[1].means)


def test_a_data_set_is_indexed_once(tmp_path: Path, opened: Open) -> None:
    folder = tmp_path / "set"
    for seed, name in enumerate(("cat/a", "cat/b", "dog/c", "dog/d")):
        paint(folder / f"{name}.png", seed)
    first, _ = opened(folder)
    version = first.version
    again, _ = opened(folder)
    assert (again.path, again.version) == (first.path, version)
    paint(folder / "dog" / "e.png", 9)
    more, (collection,) = opened(folder)
    assert (more.path, len(collection)) == (first.path, 5)


def test_a_library_without_the_pictures_of_the_folder_is_refused(
    tmp_path: Path, library: Library
) -> None:
    paint(tmp_path / "set" / "cat" / "a.png", 1)
    with pytest.raises(NotFoundError, match="holds no picture") as caught:
        collections_in(library.views(), tmp_path / "set")
    assert caught.value.code == "not-in-library"


def test_what_is_no_data_set_is_named(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="There is no folder"):
        kind_of(tmp_path / "absent")
    paint(tmp_path / "set" / "a.png", 1)
    with pytest.raises(LookalikeError) as caught:
        opened(tmp_path / "set")
    assert caught.value.code in ("no-labels", "one-class", "nothing-to-evaluate")
