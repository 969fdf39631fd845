"""Duplicates in a real library: found, remembered, kept in step, judged."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import NotFoundError, UsageError
from lookalike.opening import import_library
from lookalike.search.duplicates.groups import DuplicateGroup
from lookalike.search.query import parse_query
from tests.pipeline.conftest import Shelf

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "pictures" / "animals"
NAMES = ("bison", "camels", "alpaca")


def photo(name: str) -> Image.Image:
    return Image.open(SAMPLES / f"{name}.jpg").convert("RGB")


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    """Three photos; of the first also a small copy and a turned one."""
    for name in NAMES:
        shutil.copy(SAMPLES / f"{name}.jpg", shelf.folder)
    first = photo(NAMES[0])
    first.resize((first.width // 2, first.height // 2)).save(shelf.folder / "bison (1).jpg")
    first.transpose(Image.Transpose.ROTATE_90).save(shelf.folder / "turned.png")
    shelf.index()
    return shelf


def names(group: DuplicateGroup) -> tuple[str, set[str]]:
    return Path(group.keeper.location).name, {Path(copy.location).name for copy in group.copies}


def test_copies_of_a_picture_form_a_group_with_its_best_file_as_keeper(filled: Shelf) -> None:
    done = filled.library.compare()
    assert (done.pictures, done.same) == (5, 3)
    (group,) = filled.library.duplicates()
    assert names(group) == ("turned.png", {"bison.jpg", "bison (1).jpg"})
    assert "lossless format" in group.reasons
    relations = {Path(copy.location).name: copy.relation for copy in group.copies}
    assert "rotated by 90°" in relations["bison.jpg"]
    assert "smaller" in relations["bison (1).jpg"]


def test_turned_copies_can_count_as_other_pictures(filled: Shelf) -> None:
    filled.library.compare()
    (group,) = filled.library.duplicates(upright=True)
    assert names(group) == ("bison.jpg", {"bison (1).jpg"})


def test_only_what_came_since_is_compared(filled: Shelf) -> None:
    filled.library.compare()
    assert filled.library.compare().pictures == 0
    photo("camels").save(filled.folder / "again.png")
    filled.index()
    assert filled.library.compare().pictures == 1
    assert {names(group)[0] for group in filled.library.duplicates()} == {"turned.png", "again.png"}


def test_a_picture_that_is_gone_is_in_no_group(filled: Shelf) -> None:
    filled.library.compare()
    for name in ("turned.png", "bison (1).jpg"):
        (filled.folder / name).unlink()
    filled.index()
    assert filled.library.duplicates() == []


def test_pictures_that_people_told_apart_stay_apart(filled: Shelf) -> None:
    filled.library.compare()
    ids = {places[0]: id_ for id_, places in filled.places().items()}
    pair = (ids["turned.png"], ids["bison (1).jpg"])
    filled.library.mark_distinct(pair[0][:12], pair[1])
    (group,) = filled.library.duplicates()
    assert names(group) == ("turned.png", {"bison.jpg"})
    filled.library.mark_distinct(*pair, forget=True)
    assert len(filled.library.duplicates()[0].copies) == 2


def test_a_verdict_needs_two_pictures(filled: Shelf) -> None:
    own = next(iter(filled.places()))
    with pytest.raises(UsageError):
        filled.library.mark_distinct(own, own)
    with pytest.raises(NotFoundError):
        filled.library.mark_distinct(own, "0" * 32)


def test_files_with_the_same_bytes_are_a_class_of_their_own(filled: Shelf) -> None:
    shutil.copy(filled.folder / "camels.jpg", filled.folder / "camels copy.jpg")
    filled.index()
    (group,) = filled.library.duplicates("same-bytes")
    assert names(group) == ("camels.jpg", {"camels copy.jpg"})
    assert group.reasons == ("not named like a copy",)


def test_an_original_that_is_gone_is_compared_with_nothing(filled: Shelf) -> None:
    (filled.folder / "turned.png").unlink()  # the library does not know yet
    done = filled.library.compare()
    assert not done.interrupted
    (group,) = filled.library.duplicates()
    assert names(group) == ("bison.jpg", {"bison (1).jpg"})


def test_hits_that_are_one_picture_can_be_shown_as_one(filled: Shelf) -> None:
    filled.library.compare()
    asked = parse_query([], where="width > 0", k=10)
    assert len(filled.library.search(asked)) == 5
    results = filled.library.search(replace(asked, collapse=True))
    assert len(results) == 3
    (hit,) = [hit for hit in results if hit.copies]
    family = {Path(place).name for place in (hit.location, *hit.copies)}
    assert family == {"bison.jpg", "bison (1).jpg", "turned.png"}
    assert set(hit.as_dict()["duplicates"]) == set(hit.copies)


def test_collapsed_pages_hold_each_picture_once(filled: Shelf) -> None:
    filled.library.compare()
    asked = parse_query([], where="width > 0", k=1, collapse=True)
    met, after = [], ""
    while True:
        results = filled.library.search(replace(asked, after=after))
        met += [hit.id for hit in results]
        after = results.next
        if not after:
            break
    assert len(met) == len(set(met)) == 3


def test_groups_and_verdicts_travel_with_an_export(filled: Shelf, tmp_path: Path) -> None:
    filled.library.compare()
    (group,) = filled.library.duplicates()
    filled.library.mark_distinct(group.keeper.id, group.copies[0].id)
    filled.library.export(tmp_path / "exported")
    with import_library(tmp_path / "exported", tmp_path / "again") as again:
        assert again.uncompared == 0
        assert again.duplicates() == filled.library.duplicates()
        again.mark_distinct(group.keeper.id, group.copies[0].id, forget=True)
        assert again.duplicates() == [group]
