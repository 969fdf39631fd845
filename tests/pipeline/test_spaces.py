"""Spaces are added, completed, chosen and dropped beside the one a library was made with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike.errors import LookalikeError, NotFoundError, UsageError
from lookalike.pipeline import fill
from lookalike.store.lance_store import LanceStore

from .conftest import Counter, Shelf
from .folders import paint


def fill_shelf(shelf: Shelf, count: int = 12, first: int = 0) -> list[Path]:
    painted = [
        paint(shelf.folder / f"{n:02}.png", n, (48, 36)) for n in range(first, first + count)
    ]
    shelf.index()
    return painted


def ranked(shelf: Shelf, picture: Path, space: str = "") -> list[str]:
    return [
        Path(hit.location).name for hit in shelf.library.search(str(picture), space=space, cut=None)
    ]


def vectors(shelf: Shelf, space: str) -> dict[str, list[float]]:
    store = LanceStore(shelf.library.path)
    keys = store.keys_in(store.description.named(space))
    rows = store.vectors(store.description.named(space), keys)
    names = [Path(r.locations[0].path).name for r in store.records(keys)]
    return {name: row.tolist() for name, row in zip(names, rows, strict=True)}


def test_a_space_of_the_same_encoder_has_the_same_vectors(shelf: Shelf) -> None:
    first, *_ = fill_shelf(shelf)
    summary = shelf.library.add_space("again", encoder="fake")
    assert (summary.filled, summary.lacking) == (12, 0)
    assert vectors(shelf, "again") == vectors(shelf, "fake")
    assert ranked(shelf, first, "again") == ranked(shelf, first)


def test_pictures_that_come_and_go_later_do_so_in_every_space(shelf: Shelf) -> None:
    first, second, *_ = fill_shelf(shelf)
    shelf.library.add_space("again", encoder="fake")
    shelf.library.add_space("flat", base="again", dims=4)
    second.unlink()
    fill_shelf(shelf, 3, first=50)
    for space in ("again", "flat"):
        assert set(vectors(shelf, space)) == set(shelf.files())
        assert {"50.png", "51.png", "52.png"} <= set(ranked(shelf, first, space))
    assert shelf.library.check().problems == []


def test_a_transformed_space_treats_queries_like_pictures(shelf: Shelf) -> None:
    painted = fill_shelf(shelf)
    shelf.library.add_space("flat", base="fake", dims=5, whiten=0.5)
    rows = np.array([*vectors(shelf, "flat").values()])
    assert rows.shape == (12, 5)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-2)
    assert [ranked(shelf, picture, "flat")[0] for picture in painted] == [p.name for p in painted]
    shelf.library.add_space("flatter", base="flat", dims=3)
    assert [ranked(shelf, picture, "flatter")[0] for picture in painted] == [
        picture.name for picture in painted
    ]


def test_the_default_space_is_the_one_that_was_chosen(shelf: Shelf) -> None:
    first, *_ = fill_shelf(shelf)
    shelf.library.add_space("flat", base="fake", dims=2)
    with lookalike.open(shelf.library.path, settings=shelf.library.settings) as reader:
        before = [hit.id for hit in reader.search(str(first))]
        shelf.library.choose_space("flat")
        assert reader.refresh()
        after = [hit.id for hit in reader.search(str(first))]
    assert after == [hit.id for hit in shelf.library.search(str(first), space="flat")]
    assert before == [hit.id for hit in shelf.library.search(str(first), space="fake")]
    fill_shelf(shelf, 2, first=70)  # the first space still is the one that indexing fills first
    assert len(vectors(shelf, "fake")) == len(vectors(shelf, "flat")) == 14


def test_a_space_is_not_searched_before_it_is_whole_and_goes_on_where_it_stopped(
    shelf: Shelf, encoded: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = fill_shelf(shelf)
    monkeypatch.setattr(fill, "STEP", 5)

    def stop(what: str, done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    encoded.pictures = 0
    summary = shelf.library.add_space("again", encoder="fake", on_count=stop)
    assert (summary.filled, summary.interrupted) == (10, True)
    with pytest.raises(NotFoundError) as caught:
        shelf.library.search(str(first), space="again")
    assert caught.value.code == "space-not-ready"
    with pytest.raises(UsageError):
        shelf.library.choose_space("again")
    summary = shelf.library.add_space("again", encoder="fake")
    assert (summary.filled, summary.interrupted) == (2, False)
    assert encoded.pictures == 12
    assert vectors(shelf, "again") == vectors(shelf, "fake")


def test_pictures_whose_files_are_gone_are_told(shelf: Shelf) -> None:
    first, second, *_ = fill_shelf(shelf)
    second.unlink()
    summary = shelf.library.add_space("again", encoder="fake")
    assert (summary.filled, summary.lacking) == (12, 1)
    found = ranked(shelf, first, "again")
    assert found[0] == first.name
    assert any("again" in problem for problem in shelf.library.check().problems)


def test_pictures_in_archives_are_read_there(shelf: Shelf, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(shelf.folder / "a.zip", "w") as archive:
        for number in range(3):
            archive.write(paint(tmp_path / f"{number}.png", number), f"in/{number}.png")
    shelf.index()
    assert shelf.library.add_space("again", encoder="fake").lacking == 0
    assert vectors(shelf, "again") == vectors(shelf, "fake")


def test_a_dropped_space_leaves_nothing(shelf: Shelf) -> None:
    fill_shelf(shelf)
    shelf.library.add_space("flat", base="fake", dims=2)
    shelf.library.add_space("flatter", base="flat", dims=1)
    with pytest.raises(UsageError, match="flatter is based on it"):
        shelf.library.drop_space("flat")
    shelf.library.drop_space("flatter")
    shelf.library.drop_space("flat")
    assert [space.name for space in shelf.library.description.ready if space.added] == []
    assert [*(shelf.library.path / "spaces").iterdir()] == []
    shelf.library.add_space("flat", base="fake", dims=3)
    assert len(next(iter(vectors(shelf, "flat").values()))) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"name": "fake", "encoder": "fake"}, "space-exists"),
        ({"name": "x", "base": "fke"}, "no-such-space"),
        ({"name": "x", "encoder": "efficientnet-lite9"}, "unknown-model"),
        ({"name": "x", "base": "fake", "dims": 4000}, "too-many-dims"),
        ({}, "bad-request"),
    ],
)
def test_what_cannot_be_added_is_told_and_changes_nothing(
    shelf: Shelf, arguments: dict[str, object], code: str
) -> None:
    fill_shelf(shelf)
    before = shelf.library.description
    with pytest.raises(LookalikeError) as caught:
        shelf.library.add_space(**arguments)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert shelf.library.description == before


def test_the_space_a_library_was_made_with_stays(shelf: Shelf) -> None:
    with pytest.raises(UsageError, match="made so"):
        shelf.library.drop_space("fake")
    with pytest.raises(NotFoundError, match="fake"):
        shelf.library.drop_space("fakes")


def test_an_export_is_imported_without_the_added_spaces(shelf: Shelf, tmp_path: Path) -> None:
    from lookalike.opening import import_library

    first, *_ = fill_shelf(shelf)
    shelf.library.add_space("flat", base="fake", dims=2)
    shelf.library.choose_space("flat")
    shelf.library.export(tmp_path / "out")
    with import_library(tmp_path / "out", tmp_path / "in", settings=shelf.library.settings) as made:
        assert [space.name for space in made.description.made_with] == [
            space.name for space in shelf.library.description.made_with
        ]
        assert Path(made.search(str(first))[0].location).name == first.name
