"""Spaces that were added to a library, and how its sources are read, travel with an export."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike.encoders import registry
from lookalike.errors import LibraryError
from lookalike.library import Library
from lookalike.opening import import_library
from lookalike.pipeline import added_spaces
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings
from lookalike.store import exported_spaces
from lookalike.store.lance_store import LanceStore
from lookalike.store.manifest import describe_file
from lookalike.store.sources import read_sources
from tests.pipeline.folders import animate, paint


def _settings(base: Path) -> Settings:
    return Settings(cache=base / "cache")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``library`` with a blended, a reduced and a regions' space, and its export ``out``."""
    base = tmp_path_factory.mktemp("place")
    for seed in range(32):
        paint(base / "pictures" / ("odd" if seed % 2 else "even") / f"{seed:02}.png", seed)
    animate(base / "pictures" / "odd" / "moving.gif", 5)
    plain = registry.model_info
    with (
        pytest.MonkeyPatch.context() as patch,
        lookalike.create(base / "library", encoder="fake", settings=_settings(base)) as library,
    ):
        patch.setattr(  # an encoder that gains from blending
            added_spaces, "model_info", lambda *asked: replace(plain(*asked), neighbours=2)
        )
        options = IndexOptions(workers=1)
        library.index([base / "pictures"], options=options, frames=3, label_folders=True)
        library.add_space("flat", base="fake", dims=8, metric="euclidean")
        library.add_regions()
        library.choose_space("flat")
        library.export(base / "out")
    return base


@pytest.fixture
def exported(place: Path, tmp_path: Path) -> Path:
    """An export that the test may spoil."""
    return Path(shutil.copytree(place / "out", tmp_path / "out"))


def _answers(library: Library, pictures: Path) -> list[object]:
    """Ids, scores and contributions of several kinds of queries."""
    asked = str(pictures / "even" / "04.png")
    queries: list[tuple[str, str]] = [(asked, ""), (asked, "flat"), (asked, "fake+neighbours")]
    queries += [(f"{asked}#xywh=percent:25,25,50,50", "fake"), ("red", "")]
    return [
        (hit.id, hit.score, hit.contributions)
        for clause, space in queries
        for hit in library.search(clause, space=space, cut=None, k=8)
    ]


def _rows(library: Path, name: str) -> tuple[list[int], bytes]:
    """The keys and vectors of a space as they are stored."""
    store = LanceStore(library)
    keys, vectors = zip(*store.vector_batches(store.description.named(name)), strict=True)
    return np.concatenate(keys).tolist(), np.concatenate(vectors).tobytes()


def test_an_import_answers_as_its_library_did_in_every_space(place: Path, tmp_path: Path) -> None:
    with lookalike.open(place / "library", settings=_settings(place)) as library:
        before, spaces = _answers(library, place / "pictures"), library.description.spaces
    assert {space.name for space in spaces if space.added} == {"fake+neighbours", "flat", "regions"}
    with import_library(place / "out", tmp_path / "again", settings=_settings(place)) as again:
        assert again.description.spaces == spaces
        for name in ("fake+neighbours", "flat", "regions"):
            assert _rows(again.path, name) == _rows(place / "library", name)
        assert _answers(again, place / "pictures") == before
        assert again.check().problems == []


def test_the_next_run_reads_the_sources_as_before_and_finds_nothing_to_do(
    place: Path, tmp_path: Path
) -> None:
    with import_library(place / "out", tmp_path / "again", settings=_settings(place)) as again:
        assert read_sources(again.path) == read_sources(place / "library") != {}
        versions = LanceStore(again.path).state
        summary = again.index([place / "pictures"], options=IndexOptions(workers=1))
        assert (summary.added, summary.updated, summary.removed) == (0, 0, 0)
        assert LanceStore(again.path).state == versions
        assert again.add_regions().filled == 0


def test_an_interrupted_import_of_a_space_goes_on_where_it_stopped(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_spaces, "BATCH_ROWS", 10)

    def stop(stage: str, done: int, _: int) -> None:
        if stage == "importing flat" and done > 10:
            raise KeyboardInterrupt

    seen: list[tuple[str, int]] = []
    with pytest.raises(KeyboardInterrupt):
        import_library(place / "out", tmp_path / "again", on_count=stop)
    import_library(
        place / "out", tmp_path / "again", on_count=lambda stage, n, _: seen.append((stage, n))
    ).close()
    assert [n for stage, n in seen if stage == "importing flat"] == [30, 35]
    for name in ("fake+neighbours", "flat", "regions"):
        assert _rows(tmp_path / "again", name) == _rows(place / "library", name)


def test_only_spaces_that_are_whole_travel(place: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(place / "library", tmp_path / "own"))
    told = json.loads((own / "library.json").read_text())
    next(space for space in told["spaces"] if space["name"] == "flat")["ready"] = False
    (own / "library.json").write_text(json.dumps(told))
    with lookalike.open(own) as library:
        assert "flat" not in library.export(tmp_path / "out").vectors
    with import_library(tmp_path / "out", tmp_path / "again") as again:
        assert "flat" not in {space.name for space in again.description.spaces}


def test_an_export_of_an_earlier_version_is_imported_still(exported: Path, tmp_path: Path) -> None:
    told = json.loads((exported / "manifest.json").read_text())
    spaces = [space for space in told["library"]["spaces"] if not space["added"]]
    told["format"], told["library"]["spaces"] = 1, spaces
    told["vectors"] = [space["name"] for space in spaces]
    names = {"pictures.parquet", "failures.parquet", "dismissed.parquet", "ids.txt"}
    names |= {f"vector_{s['kind']}_{s['name'].replace('-', '_')}.npy" for s in spaces}
    told["files"] = {name: told["files"][name] for name in names}
    for path in exported.iterdir():
        if path.name not in names:
            path.unlink()
    (exported / "manifest.json").write_text(json.dumps(told))
    with import_library(exported, tmp_path / "again") as again:
        assert len(again) == 35
        assert [space.name for space in again.description.spaces] == [s["name"] for s in spaces]


def test_vectors_without_their_keys_are_refused(exported: Path, tmp_path: Path) -> None:
    name = "vector_image_flat.keys.npy"
    np.save(exported / name, np.load(exported / name)[:-1])
    told = json.loads((exported / "manifest.json").read_text())
    told["files"][name] = json.loads(describe_file(exported / name).model_dump_json())
    (exported / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(LibraryError, match="34 keys") as caught:
        import_library(exported, tmp_path / "again")
    assert caught.value.code == "export-damaged"
