"""A library survives the way out and back in, bit by bit, or the fault is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import lookalike
from lookalike.errors import LibraryError, LibraryFormatError, NotFoundError, UsageError
from lookalike.library import Library
from lookalike.opening import import_library
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings
from lookalike.store import imports
from lookalike.store.lance_store import LanceStore
from lookalike.store.manifest import describe_file
from tests.pipeline.folders import BROKEN, content, paint, tell


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder ``pictures`` with words, twins and a broken file, and its ``library``."""
    base = tmp_path_factory.mktemp("filled")
    for seed in range(30):
        paint(base / "pictures" / f"{seed:02}.png", seed)
    words = {"title": "Füchse im Schnee", "tags": ["fox", "雪"], "latitude": 1.5, "longitude": 2}
    tell(base / "pictures" / "00.png", **words, taken="2019-05-04 10:11:12", licence="CC0")
    shutil.copy(base / "pictures" / "01.png", base / "pictures" / "twin of 01.png")
    (base / "pictures" / "broken.jpg").write_bytes(BROKEN)
    with lookalike.create(base / "library", encoder="fake", settings=_settings(base)) as library:
        library.index([base / "pictures"], options=IndexOptions(workers=1))
        library.export(base / "exported", pictures=True)
    return base


@pytest.fixture
def exported(filled: Path, tmp_path: Path) -> Path:
    """An export that the test may spoil."""
    return Path(shutil.copytree(filled / "exported", tmp_path / "exported"))


def _settings(base: Path) -> Settings:
    return Settings(cache=base / "cache")


def _rows(library: Path) -> list[object]:
    """Every row as it is stored, vectors and all."""
    rows: list[object] = LanceStore(library).table.to_table().sort_by("key").to_pylist()
    return rows


def test_an_import_is_the_same_library(filled: Path, tmp_path: Path) -> None:
    with import_library(filled / "exported", tmp_path / "again") as again:
        assert _rows(again.path) == _rows(filled / "library")
        assert content(again.path) == content(filled / "library")
        assert [f.when for f in again.failures()] == [
            f.when for f in LanceStore(filled / "library").failures.all()
        ]
        assert again.description.created == LanceStore(filled / "library").description.created
        assert again.check().problems == []


def test_an_import_can_be_searched_and_goes_on_being_indexed(filled: Path, tmp_path: Path) -> None:
    with import_library(filled / "exported", tmp_path / "again", settings=_settings(filled)) as got:
        (hit,) = got.search("füchse", match="words")
        assert len(got.search(f"id:{hit.id}", k=5, cut=None).hits) == 5
        summary = got.index([filled / "pictures"], options=IndexOptions(workers=1))
        assert (summary.added, summary.updated, summary.removed) == (0, 0, 0)
        keys = {record.key for record in got._store.records(got._store.keys())}
        paint(tmp_path / "new" / "a.png", 99)
        got.index([tmp_path / "new"], options=IndexOptions(workers=1))
        assert max(got._store.keys()) > max(keys)


def test_pictures_that_came_along_are_there_when_the_files_are_not(
    filled: Path, tmp_path: Path
) -> None:
    moved = filled.parent / "moved"
    (filled / "pictures").rename(moved)
    try:
        with import_library(filled / "exported", tmp_path / "again") as again:
            (hit,) = again.search("füchse", match="words")
            assert again.original(hit.id).read_bytes() == (moved / "00.png").read_bytes()
            assert again.thumbnail(hit.id).read_bytes().startswith(b"\xff\xd8")
        bare = import_library(filled / "exported", tmp_path / "bare", pictures=False)
        with bare, pytest.raises(NotFoundError):
            bare.original(hit.id)
    finally:
        moved.rename(filled / "pictures")


def test_other_tools_find_metadata_vectors_and_ids_in_one_order(filled: Path) -> None:
    folder = filled / "exported"
    table = pq.read_table(folder / "pictures.parquet")
    ids = (folder / "ids.txt").read_text().split()
    vectors = np.load(folder / "vector_image_fake.npy", mmap_mode="r")
    assert table["id"].to_pylist() == ids
    assert vectors.shape == (30, 32)
    store = LanceStore(filled / "library")
    (space,) = (space for space in store.description.spaces if space.kind == "image")
    keys = [store.key_of(picture_id) for picture_id in ids]
    assert np.array_equal(store.vectors(space, keys), np.asarray(vectors, np.float32))
    (failed,) = pq.read_table(folder / "failures.parquet")["location"].to_pylist()
    assert failed.endswith("broken.jpg")


def test_without_vectors_it_is_for_other_tools_only(filled: Path, tmp_path: Path) -> None:
    with lookalike.open(filled / "library") as library:
        summary = library.export(tmp_path / "plain", vectors=False)
    assert (summary.pictures, summary.vectors, summary.originals) == (30, (), 0)
    assert list((tmp_path / "plain").glob("*.npy")) == []
    with pytest.raises(UsageError, match="without its vectors"):
        import_library(tmp_path / "plain", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_files_that_are_gone_or_changed_are_named(filled: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(filled / "pictures", tmp_path / "pictures"))
    with lookalike.create(tmp_path / "own", encoder="fake", settings=_settings(filled)) as library:
        library.index([folder], options=IndexOptions(workers=1))
        ids = {Path(p.locations[0].path).name: p.id for p in _records(library)}
        (folder / "05.png").unlink()
        paint(folder / "06.png", 1000)
        summary = library.export(tmp_path / "out", pictures=True)
    assert set(summary.missing) == {ids["05.png"], ids["06.png"]}
    with import_library(tmp_path / "out", tmp_path / "again") as again:
        assert len(again) == 30


def _records(library: Library) -> list[object]:
    records: list[object] = library._store.records(library._store.keys())
    return records


def test_an_empty_library_can_be_exported(filled: Path, tmp_path: Path) -> None:
    with lookalike.create(tmp_path / "own", encoder="fake", settings=_settings(filled)) as library:
        library.export(tmp_path / "out", pictures=True)
    with import_library(tmp_path / "out", tmp_path / "again") as again:
        assert len(again) == 0


def test_an_export_goes_nowhere_but_into_an_empty_folder(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with lookalike.open(filled / "library") as library:
        for folder in (tmp_path / "full", filled / "exported", tmp_path / "full" / "letter.txt"):
            with pytest.raises(LibraryError) as caught:
                library.export(folder)
            assert caught.value.code == "not-empty"
    assert (tmp_path / "full" / "letter.txt").read_text() == "mine"


def test_an_interrupted_export_is_no_export_and_can_be_done_again(
    filled: Path, tmp_path: Path, exported: Path
) -> None:
    (exported / "manifest.json").unlink()
    with (exported / "pictures.parquet").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(NotFoundError) as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "no-export"
    with lookalike.open(filled / "library") as library:
        library.export(exported, pictures=True)
    with import_library(exported, tmp_path / "again") as again:
        assert content(again.path) == content(filled / "library")


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [_shorten, _flip, Path.unlink])
@pytest.mark.parametrize(
    "name", ["pictures.parquet", "vector_image_fake.npy", "failures.parquet", "ids.txt"]
)
def test_a_damaged_file_is_named_and_nothing_is_made_of_it(
    exported: Path, tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    spoil(exported / name)
    with pytest.raises(LibraryError, match=name) as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "export-damaged"
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("spoil", [_flip, Path.unlink])
def test_a_damaged_picture_is_named_and_mended_the_import_goes_on(
    filled: Path, exported: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    picture = sorted((exported / "pictures").rglob("*.png"))[7]
    whole = picture.read_bytes()
    spoil(picture)
    with pytest.raises(LibraryError, match="pictures") as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "export-damaged"
    with pytest.raises(NotFoundError):
        lookalike.open(tmp_path / "again")
    picture.write_bytes(whole)
    with import_library(exported, tmp_path / "again") as again:
        assert content(again.path) == content(filled / "library")


@pytest.mark.parametrize("where", [("format",), ("library", "format")])
def test_a_newer_format_is_refused_with_the_version_that_reads_it(
    exported: Path, tmp_path: Path, where: tuple[str, ...]
) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    inner = manifest if len(where) == 1 else manifest[where[0]]
    inner[where[-1]] = 99
    manifest["written_by"] = "9.8.7"
    (exported / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(LibraryFormatError, match=r"9\.8\.7"):
        import_library(exported, tmp_path / "again")


def test_what_is_there_is_never_overwritten(filled: Path, exported: Path, tmp_path: Path) -> None:
    place = tmp_path / "again"
    import_library(exported, place).close()
    with pytest.raises(LibraryError) as caught:
        import_library(exported, place)
    assert caught.value.code == "library-exists"
    (tmp_path / "other").mkdir()
    letter = tmp_path / "other" / "letter.txt"
    letter.write_text("mine")
    for taken in (letter.parent, letter):
        with pytest.raises(LibraryError) as caught:
            import_library(exported, taken)
        assert caught.value.code == "not-a-library"
    assert list(letter.parent.iterdir()) == [letter]


def test_an_import_that_stopped_goes_on_but_not_with_another_export(
    filled: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_ROWS", 7)
    place = tmp_path / "again"

    def stop(stage: str, done: int, _: int) -> None:
        if stage == "importing" and done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_library(exported, place, on_count=stop)
    with pytest.raises(NotFoundError):
        lookalike.open(place)
    with pytest.raises(LibraryError, match="lookalike import"):
        lookalike.create(place, encoder="fake", settings=_settings(filled))
    manifest = exported / "manifest.json"
    other = Path(shutil.copytree(exported, tmp_path / "other"))
    (other / "manifest.json").write_text(manifest.read_text() + "\n")
    with pytest.raises(LibraryError) as caught:
        import_library(other, place)
    assert caught.value.code == "other-import"
    seen: list[int] = []
    with import_library(exported, place, on_count=lambda s, d, _: seen.append(d)) as again:
        assert content(again.path) == content(filled / "library")
    assert seen[:2] == [0, 21]  # rows that were there were not written once more


def _tampered(exported: Path, name: str, change: Callable[[Path], None]) -> None:
    """Change a file, and the manifest with it."""
    change(exported / name)
    manifest = json.loads((exported / "manifest.json").read_text())
    manifest["files"][name] = json.loads(describe_file(exported / name).model_dump_json())
    (exported / "manifest.json").write_text(json.dumps(manifest))


def test_ids_from_outside_never_become_paths(exported: Path, tmp_path: Path) -> None:
    def change(path: Path) -> None:
        table = pq.read_table(path)
        ids = ["../../../../evil", *table["id"].to_pylist()[1:]]
        pq.write_table(table.set_column(1, "id", [ids]), path)

    _tampered(exported, "pictures.parquet", change)
    with pytest.raises(LibraryError, match=r"pictures\.parquet") as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "export-damaged"


def test_vectors_of_another_shape_are_refused(exported: Path, tmp_path: Path) -> None:
    wrong = np.zeros((30, 31), np.float16)
    _tampered(exported, "vector_image_fake.npy", lambda path: np.save(path, wrong))
    with pytest.raises(LibraryError, match=r"vector_image_fake\.npy") as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "export-damaged"
