"""Pictures inside archives, from the scan to the library."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.sources.archives import kinds, walk
from lookalike.store.archives import ARCHIVES
from tests.pipeline.conftest import Shelf
from tests.pipeline.folders import BROKEN, paint, tell


def packed(target: Path, folder: Path) -> Path:
    """Pack a folder's files; the name of the archive says how."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, name in zip(files, names, strict=True):
                archive.write(path, name)
    elif target.suffix == ".7z":
        py7zr = pytest.importorskip("py7zr")
        with py7zr.SevenZipFile(target, "w") as archive:
            for path, name in zip(files, names, strict=True):
                archive.write(path, name)
    elif target.suffix == ".zst":
        zstd = pytest.importorskip("backports.zstd")
        plain = packed(target.with_suffix(""), folder)
        target.write_bytes(zstd.compress(plain.read_bytes()))
        plain.unlink()
    else:
        mode = {".tar": "w", ".gz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}[target.suffix]
        with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
            for path, name in zip(files, names, strict=True):
                archive.add(path, name)
    return target


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder that is not indexed: what archives are made of."""
    folder = tmp_path / "loose"
    for seed in range(4):
        paint(folder / "in" / f"{seed}.png", seed)
    (folder / "notes.md").write_text("nothing to see")
    return folder


def test_members_are_searched_in_place(shelf: Shelf, pictures: Path) -> None:
    packed(shelf.folder / "a.zip", pictures)
    summary = shelf.index()
    assert (summary.added, summary.failed, summary.ignored) == (4, 0, 1)
    assert sum(summary.as_dict()["ignored_kinds"].values()) == 1
    assert shelf.files() == [f"a.zip!/in/{seed}.png" for seed in range(4)]


@pytest.mark.parametrize(
    "name", ["b.tar", "b.tar.gz", "b.tar.bz2", "b.tar.xz", "b.tar.zst", "b.7z"]
)
def test_every_kind_of_archive_gives_the_pictures_of_the_folder(
    shelf: Shelf, pictures: Path, name: str
) -> None:
    shelf.index(pictures)
    ids = set(shelf.library._store.keys())
    packed(shelf.folder / name, pictures)
    summary = shelf.index()
    assert (summary.added, summary.updated, summary.failed) == (0, 4, 0)
    assert set(shelf.library._store.keys()) == ids


def test_the_same_bytes_in_a_folder_and_an_archive_are_one_picture_with_two_places(
    shelf: Shelf, pictures: Path
) -> None:
    packed(shelf.folder / "a.zip", pictures)
    paint(shelf.folder / "0.png", 0)
    shelf.index()
    assert ["0.png", "a.zip!/in/0.png"] in [sorted(names) for names in shelf.places().values()]


def test_an_archive_is_a_source_of_its_own(shelf: Shelf, pictures: Path) -> None:
    archive = packed(shelf.folder / "a.zip", pictures)
    assert shelf.index(archive).added == 4
    assert shelf.index(archive).unchanged == 4
    shelf.index()
    assert len(shelf.files()) == 4


def test_an_unchanged_archive_is_not_opened_again(
    shelf: Shelf, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pictures / "in" / "broken.png").write_bytes(BROKEN)
    packed(shelf.folder / "a.zip", pictures)
    packed(shelf.folder / "b.tar.gz", pictures)
    first = shelf.index()
    assert first.failed == 2

    def refuse(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(walk, "open_archive", refuse)
    again = shelf.index()
    assert (again.unchanged, again.failed_before, again.ignored) == (8, 2, 2)
    assert (again.added, again.updated, again.removed, again.failed) == (0, 0, 0, 0)
    assert len(shelf.files()) == 8
    assert len(shelf.library.failures()) == 2


def test_of_a_changed_archive_only_changed_members_are_decoded(
    shelf: Shelf, pictures: Path, encoded: object
) -> None:
    packed(shelf.folder / "a.zip", pictures)
    shelf.index()
    paint(pictures / "in" / "0.png", 100)
    (pictures / "in" / "1.png").unlink()
    packed(shelf.folder / "a.zip", pictures)
    summary = shelf.index()
    assert (summary.added, summary.unchanged, summary.removed) == (1, 2, 2)
    assert shelf.files() == [f"a.zip!/in/{seed}.png" for seed in (0, 2, 3)]


def test_a_deleted_archive_takes_its_pictures_along(shelf: Shelf, pictures: Path) -> None:
    packed(shelf.folder / "a.zip", pictures)
    paint(shelf.folder / "stays.png", 7)
    shelf.index()
    (shelf.folder / "a.zip").unlink()
    assert shelf.index().removed == 4
    assert shelf.files() == ["stays.png"]


def test_what_was_lost_of_an_archives_pictures_is_found_again(shelf: Shelf, pictures: Path) -> None:
    packed(shelf.folder / "a.zip", pictures)
    shelf.index()
    (shelf.library.path / ARCHIVES).unlink()
    assert shelf.index().unchanged == 4
    (shelf.library.path / ARCHIVES).write_text("{ no json")
    assert shelf.index().unchanged == 4


def test_archives_inside_archives_are_entered_to_a_depth(shelf: Shelf, pictures: Path) -> None:
    inner = pictures
    for depth, name in enumerate(("d.zip", "c.tar.gz", "b.tar"), 1):
        outer = pictures.parent / f"level{depth}"
        packed(outer / name, inner)
        inner = outer
    packed(shelf.folder / "a.zip", inner)
    summary = shelf.index()
    assert summary.failures == {"archive-bomb": 1}
    assert shelf.failed() == {"d.zip": "archive-bomb"}
    shutil.copy(inner / "b.tar", shelf.folder / "three.tar")
    assert shelf.index().added == 4
    assert shelf.files()[0] == "three.tar!/c.tar.gz!/d.zip!/in/0.png"


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_words_beside_a_picture_come_along(shelf: Shelf, pictures: Path, name: str) -> None:
    tell(pictures / "in" / "0.png", title="Red fox", tags=["snow"])
    (pictures / "in" / "1.txt").write_text("A crow on a fence")
    (pictures / "in" / "2.cls").write_text("owl")
    packed(shelf.folder / name, pictures)
    shelf.index()
    store = shelf.library._store
    told = {Path(r.locations[0].path).name: r.metadata for r in store.records(store.keys())}
    assert (told["0.png"].title, told["0.png"].tags) == ("Red fox", ("snow",))
    assert told["1.png"].caption == "A crow on a fence"
    assert (told["2.png"].tags, told["2.png"].extra) == (("owl",), {"label": "owl"})


def test_a_metadata_table_in_an_archive_describes_its_pictures(
    shelf: Shelf, pictures: Path
) -> None:
    (pictures / "metadata.csv").write_text("path,title\nin/3.png,Heron\n")
    packed(shelf.folder / "a.zip", pictures)
    shelf.index()
    store = shelf.library._store
    titles = {r.locations[0].path[-5:]: r.metadata.title for r in store.records(store.keys())}
    assert titles == {"0.png": "", "1.png": "", "2.png": "", "3.png": "Heron"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.7z", "a.tar!"])
def test_originals_and_thumbnails_are_served_from_the_archive(
    shelf: Shelf, pictures: Path, name: str
) -> None:
    if name.endswith("!"):
        packed(pictures.parent / "outer" / "in.tar.xz", pictures)
        archive = packed(shelf.folder / "a.tar", pictures.parent / "outer")
    else:
        archive = packed(shelf.folder / name, pictures)
    shelf.index()
    wanted = (pictures / "in" / "2.png").read_bytes()
    found = [
        (shelf.library.original_bytes(id_), id_)
        for id_, places in shelf.places().items()
        if places[0].endswith("2.png")
    ]
    assert [content for content, _ in found] == [(wanted, "2.png")]
    assert shelf.library.thumbnail(found[0][1]).read_bytes().startswith(b"\xff\xd8\xff")
    archive.unlink()
    with pytest.raises(Exception, match="not there any more"):
        shelf.library.original_bytes(found[0][1])


def test_a_truncated_archive_gives_what_it_still_holds(shelf: Shelf, tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    for seed in range(6):
        noise.mkdir(exist_ok=True)
        paint(noise / f"{seed}.png", seed)
    for name in ("a.zip", "b.tar", "c.tar.gz"):
        data = packed(tmp_path / name, noise).read_bytes()
        (shelf.folder / name).write_bytes(data[: len(data) // 2])
    summary = shelf.index()
    for name in ("a.zip", "b.tar", "c.tar.gz"):
        assert 1 <= sum(place.startswith(name) for place in shelf.files()) < 6, name
    codes = set(shelf.failed().values())
    assert codes <= {"archive-corrupt", "truncated"}
    assert summary.failed >= 3


def test_a_member_that_is_no_picture_is_one_failure_with_its_place(
    shelf: Shelf, pictures: Path
) -> None:
    (pictures / "in" / "page.jpg").write_text("<!doctype html><html>404</html>")
    packed(shelf.folder / "a.zip", pictures)
    assert shelf.index().added == 4
    (failure,) = (entry.failure for entry in shelf.library.failures())
    assert failure.location == f"{shelf.folder}/a.zip!/in/page.jpg"
    assert (failure.code, failure.location in failure.message) == ("not-a-picture", True)


def test_a_failure_in_an_archive_is_tried_again_on_request(shelf: Shelf, pictures: Path) -> None:
    (pictures / "in" / "broken.png").write_bytes(BROKEN)
    packed(shelf.folder / "a.tar.gz", pictures)
    shelf.index()
    assert shelf.index().failed_before == 1
    assert shelf.index(retry=True).failed == 1
    assert shelf.index(retry=True, retry_code="encrypted").failed_before == 1


def test_a_mended_archive_clears_the_ledger(shelf: Shelf, pictures: Path) -> None:
    whole = packed(pictures.parent / "whole.zip", pictures).read_bytes()
    (shelf.folder / "a.zip").write_bytes(whole[:40])
    assert shelf.index().failed == 1
    (shelf.folder / "a.zip").write_bytes(whole)
    assert shelf.index().added == 4
    assert shelf.failed() == {}


def test_a_hostile_archive_writes_nothing_and_costs_only_itself(
    shelf: Shelf, pictures: Path, tmp_path: Path
) -> None:
    evil = paint(tmp_path / "evil.png", 50).read_bytes()
    names = ["../../out.png", "/abs.png", "C:\\win.png", "..\\up.png", "a/../../b.png", "fine.png"]
    with zipfile.ZipFile(shelf.folder / "evil.zip", "w") as archive:
        for name in names:
            archive.writestr(name, evil)
    with tarfile.open(shelf.folder / "evil.tar.gz", "w:gz") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"odd{kind.decode()}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    packed(shelf.folder / "good.zip", pictures)
    before = set(tmp_path.rglob("*.png"))
    summary = shelf.index()
    assert set(tmp_path.rglob("*.png")) == before
    assert summary.added == 5
    assert summary.failures == {"unsafe-name": 5, "archive-link": 2, "archive-device": 2}


def bomb_of_zeros(target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", b"\x89PNG\r\n\x1a\n" + bytes(40 * 2**20))


def bomb_of_overlaps(target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", bytes(2**20))
        first = archive.infolist()[0]
        for number in range(1, 50):
            info = zipfile.ZipInfo(f"{number}.png")
            for slot in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(info, slot, getattr(first, slot))
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info


def quine(target: Path) -> None:
    data = b""
    for _ in range(6):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("again.zip", data)
        data = buffer.getvalue()
    target.write_bytes(data)


@pytest.mark.parametrize("make", [bomb_of_zeros, bomb_of_overlaps, quine])
def test_bombs_do_not_go_off(shelf: Shelf, make: Callable[[Path], None]) -> None:
    make(shelf.folder / "bomb.zip")
    paint(shelf.folder / "good.png", 1)
    summary = shelf.index()
    assert (summary.added, dict(summary.failures)) == (1, {"archive-bomb": 1})


def test_an_archive_by_another_name_is_found_and_a_document_is_not_entered(
    shelf: Shelf, pictures: Path
) -> None:
    archive = packed(pictures.parent / "a.zip", pictures)
    shutil.copy(archive, shelf.folder / "comic.cbz")
    shutil.copy(archive, shelf.folder / "download")
    shutil.copy(archive, shelf.folder / "report.docx")
    summary = shelf.index()
    assert (len(shelf.files()), summary.ignored) == (8, 3)


def test_a_missing_reader_is_told_with_the_way_to_get_it(
    shelf: Shelf, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(shelf.folder / "a.7z", pictures)
    monkeypatch.setitem(__import__("sys").modules, "py7zr", None)
    paint(shelf.folder / "good.png", 1)
    shelf.index()
    (failure,) = (entry.failure for entry in shelf.library.failures())
    assert failure.code == "unsupported-format"
    assert "pip install lookalike[archives]" in failure.message
    assert kinds.promised_kind("a.7z") == "7z"


def test_the_memory_for_a_streamed_archive_stays_bounded(shelf: Shelf, tmp_path: Path) -> None:
    import tracemalloc

    big = os.urandom(3 * 2**20)
    with tarfile.open(shelf.folder / "big.tar.gz", "w:gz", compresslevel=0) as archive:
        for number in range(60):
            info = tarfile.TarInfo(f"{number}.jpg")
            info.size = len(big)
            archive.addfile(info, io.BytesIO(big))
    paint(shelf.folder / "good.png", 1)
    tracemalloc.start()
    try:
        summary = shelf.index()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert summary.failed == 60
    assert peak < 110 * 2**20
