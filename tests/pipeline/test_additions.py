"""Pictures that are sent to the library itself."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from PIL import Image

from lookalike.opening import import_library
from lookalike.pipeline.additions import NewPicture
from lookalike.store.known import Known
from lookalike.store.lance_store import LanceStore

from .conftest import Shelf
from .folders import BROKEN, animate, paint


def _bytes(shelf: Shelf, seed: int) -> bytes:
    path = paint(shelf.folder.parent / f"{seed}.png", seed)
    data = path.read_bytes()
    path.unlink()
    return data


def _own(shelf: Shelf) -> list[Path]:
    return sorted((shelf.library.path / "pictures").rglob("*.*"))


def test_a_picture_with_its_words_is_kept_and_found(shelf: Shelf) -> None:
    sent = NewPicture(_bytes(shelf, 1), "red-fox.png", "Fuchs", "Ein Fuchs", "snow; winter; fox")
    (added,) = shelf.library.add_pictures([sent])
    assert (added.name, added.known, added.error) == ("red-fox.png", False, None)
    record = shelf.library.picture(added.id)
    assert (record.metadata.title, record.metadata.caption) == ("Fuchs", "Ein Fuchs")
    assert record.metadata.tags == ("snow", "winter", "fox")
    for words in ("fuchs", "red fox"):
        assert [hit.id for hit in shelf.library.search(words, match="words")] == [added.id]
    assert shelf.library.original(added.id).read_bytes() == sent.data
    assert "pictures" not in record.text


def test_what_is_no_picture_is_told_and_leaves_nothing_behind(shelf: Shelf) -> None:
    good, bad = NewPicture(_bytes(shelf, 1), "a.png"), NewPicture(BROKEN, "b.jpg")
    text, cut = NewPicture(b"only words", "c.txt"), NewPicture(_bytes(shelf, 2)[:-40], "d.png")
    told = shelf.library.add_pictures([bad, good, text, cut])
    assert [picture.name for picture in told] == ["b.jpg", "a.png", "c.txt", "d.png"]
    assert [bool(picture.id) for picture in told] == [False, True, False, False]
    assert all(p.error and p.name in p.error.message for p in told if not p.id)
    assert len(shelf.library) == 1
    assert len(_own(shelf)) == 2  # the picture and its words
    assert shelf.library.failures() == []


def test_taking_in_asks_the_library_about_what_comes_only(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(5):
        paint(shelf.folder / f"{seed}.png", seed)
    shelf.index()
    known, asked = LanceStore.known, []

    def counted(self: LanceStore, ids: Collection[str] | None = None) -> Known:
        found = known(self, ids)
        asked.append(len(found))
        return found

    monkeypatch.setattr(LanceStore, "known", counted)
    sent = [NewPicture((shelf.folder / "3.png").read_bytes()), NewPicture(_bytes(shelf, 9))]
    told = shelf.library.add_pictures(sent)
    assert [picture.known for picture in told] == [True, False]
    assert asked == [1], "of the five that were there the one that came again"
    assert len(shelf.library) == 6
    assert len(shelf.library.picture(told[0].id).locations) == 2


def test_an_animation_comes_with_its_frames_and_goes_with_them(shelf: Shelf) -> None:
    path = animate(shelf.folder.parent / "a.gif", 5)
    data = path.read_bytes()
    (added,) = shelf.library.add_pictures([NewPicture(data, "a.gif")], frames=3)
    assert len(shelf.library) == 3
    (again,) = shelf.library.add_pictures([NewPicture(data, "a.gif")], frames=3)
    assert (again.id, again.known, len(shelf.library)) == (added.id, True, 3)
    assert shelf.library.info().sources == {}
    kept = animate(shelf.folder / "a.gif", 5)
    shelf.index(frames=2)
    assert len(shelf.library) == 3, "first, third, last"
    shelf.library.remove([added.id])
    store = LanceStore(shelf.library.path)
    places = [p.path for record in store.records(store.keys()) for p in record.locations]
    assert set(places) >= {f"{kept}#frame=5"}, "what lies in a folder of people's own stays"
    assert f"{kept}#frame=3" not in places
    assert len(shelf.library) == 1


def test_the_same_picture_again_is_known_and_its_new_words_count(shelf: Shelf) -> None:
    first = shelf.library.add_pictures([NewPicture(_bytes(shelf, 1), "a.png", "Old")])[0]
    again = shelf.library.add_pictures([NewPicture(_bytes(shelf, 1), "a.png", "New")])[0]
    assert (again.id, again.known) == (first.id, True)
    assert shelf.library.picture(first.id).metadata.title == "New"
    shelf.library.add_pictures([NewPicture(_bytes(shelf, 1))])
    assert shelf.library.picture(first.id).metadata.title == "New"
    assert len(shelf.library) == 1


def test_twins_in_one_request_are_one_picture(shelf: Shelf) -> None:
    told = shelf.library.add_pictures([NewPicture(_bytes(shelf, 1), n) for n in ("a", "b")])
    assert told[0].id == told[1].id != ""
    assert len(shelf.library) == 1


def test_a_format_that_only_its_name_tells_is_kept_under_it(shelf: Shelf) -> None:
    path = shelf.folder.parent / "a.tga"
    Image.new("RGB", (30, 20), (200, 30, 30)).save(path)
    (added,) = shelf.library.add_pictures([NewPicture(path.read_bytes(), "a.TGA")])
    assert (added.error, len(shelf.library)) == (None, 1)


def test_a_users_file_and_a_sent_one_are_one_picture_at_two_places(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    shelf.index()
    (added,) = shelf.library.add_pictures([NewPicture((shelf.folder / "a.png").read_bytes())])
    assert added.known
    assert len(shelf.library.picture(added.id).locations) == 2
    (removed,) = shelf.library.remove([added.id])
    assert (removed.deleted, len(removed.dismissed)) == (True, 1)
    assert _own(shelf) == []
    assert (shelf.folder / "a.png").is_file()
    assert shelf.index().added == 0


def test_a_removed_picture_that_is_sent_is_wanted(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    shelf.index()
    (picture_id,) = shelf.places()
    shelf.library.remove([picture_id])
    (added,) = shelf.library.add_pictures([NewPicture((shelf.folder / "a.png").read_bytes())])
    assert (added.id, added.known) == (picture_id, False)
    shelf.library.remove([picture_id])
    (again,) = shelf.library.add_pictures([NewPicture((shelf.folder / "a.png").read_bytes())])
    assert again.id == picture_id


def test_an_index_run_leaves_sent_pictures_alone(shelf: Shelf) -> None:
    (added,) = shelf.library.add_pictures([NewPicture(_bytes(shelf, 1))])
    paint(shelf.folder / "a.png", 2)
    shelf.index()
    shelf.index(shelf.folder.parent)
    assert shelf.library.picture(added.id).locations[0].path.endswith(f"{added.id}.png")


def test_sent_pictures_move_with_an_export(shelf: Shelf, tmp_path: Path) -> None:
    data = _bytes(shelf, 1)
    (added,) = shelf.library.add_pictures([NewPicture(data, "a.png", "Fox")])
    shelf.library.export(tmp_path / "exported", pictures=True)
    with import_library(tmp_path / "exported", tmp_path / "again") as again:
        record = again.picture(added.id)
        assert record.locations[0].path == str(again.original(added.id))
        assert Path(record.locations[0].path).is_relative_to(again.path)
        assert (record.metadata.title, record.id) == ("Fox", added.id)
        assert again.original(added.id).read_bytes() == data
        again.settings = shelf.library.settings
        again.add_pictures([NewPicture(data)])
        assert again.picture(added.id).metadata.title == "Fox"
        assert len(again.picture(added.id).locations) == 1


def test_what_was_removed_stays_away_from_an_imported_library(shelf: Shelf, tmp_path: Path) -> None:
    paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index()
    removed = min(shelf.places())
    shelf.library.remove([removed])
    shelf.library.export(tmp_path / "exported")
    with import_library(tmp_path / "exported", tmp_path / "again") as again:
        again.settings = shelf.library.settings
        summary = again.index([shelf.folder])
        assert (summary.added, summary.dismissed, len(again)) == (0, 1, 1)
