"""What is kept of pictures to compare them: made once, in step, and of one recipe."""

from pathlib import Path

import lance
import numpy as np
import pytest
from PIL import Image

from lookalike.imaging.sketches import sketch_of
from lookalike.pipeline import duplicates, sketching
from lookalike.search.duplicates import book
from lookalike.store.pairs import PairTable
from lookalike.store.sketches import SketchTable
from tests.pipeline.conftest import Shelf

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "pictures" / "animals"
NAMES = ("bison", "camels", "alpaca")


def put(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        picture = Image.open(SAMPLES / f"{name}.jpg")
        picture.thumbnail((240, 240))
        picture.save(folder / f"{name}.png")


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    put(shelf.folder, *NAMES)
    shelf.index()
    return shelf


def test_a_new_picture_is_compared_without_reading_the_old_files(
    filled: Shelf, tmp_path: Path
) -> None:
    filled.library.compare()
    for file in filled.folder.iterdir():
        file.unlink()  # the library does not know
    put(tmp_path / "more", "camels")
    again = tmp_path / "more" / "camels.png"
    Image.open(again).transpose(Image.Transpose.ROTATE_180).save(again)
    filled.index(tmp_path / "more")
    assert filled.library.compare().same == 1


def test_a_stopped_run_goes_on_with_what_it_had_read(
    filled: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketching, "_STEP", 2)

    def stop(doing: str, done: int, of: int) -> None:
        if doing == "reading" and done == 2:
            raise KeyboardInterrupt

    assert filled.library.compare(stop).interrupted
    assert len(SketchTable(filled.library.path).keys) == 2
    (filled.folder / "bison.png").unlink()
    assert filled.library.compare().pictures == 3
    table = SketchTable(filled.library.path)
    assert len(table.of(table.keys.tolist())) == 3


def test_sketches_of_pictures_that_are_gone_are_removed(filled: Shelf) -> None:
    filled.library.compare()
    (filled.folder / "bison.png").unlink()
    filled.index()
    filled.library.compare()
    table = SketchTable(filled.library.path)
    assert table.keys.tolist() == filled.library._store.keys().tolist()
    assert set(table.of(range(9))) == set(table.keys.tolist())


def test_pairs_of_another_recipe_are_found_anew(
    filled: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.open(filled.folder / "bison.png").convert("L").save(filled.folder / "grey.png")
    filled.index()
    filled.library.compare()
    for module in (duplicates, book):
        monkeypatch.setattr(module, "RECIPE", duplicates.RECIPE + 1)
    assert filled.library.uncompared == 4
    assert len(filled.library.duplicates()) == 1  # shown until it is looked for again
    done = filled.library.compare()
    assert (done.pictures, done.same) == (4, 1)
    assert len(PairTable(filled.library.path).all()) == 1


def test_pairs_that_do_not_tell_their_recipe_are_found_anew(filled: Shelf) -> None:
    filled.library.compare()
    path = str(filled.library.path / "pairs.lance")
    earlier = lance.dataset(path).to_table().drop_columns(["recipe"])
    lance.write_dataset(earlier, path, mode="overwrite")
    assert filled.library.uncompared == 3
    assert filled.library.compare().pictures == 3
    assert filled.library.uncompared == 0


def test_a_sketch_keeps_drawings_exactly_and_photos_nearly() -> None:
    drawing = np.zeros((90, 120, 3), np.uint8)
    drawing[20:50, 30:80] = (200, 40, 10)
    assert (sketch_of(drawing).pixels() == drawing).all()
    photo = np.asarray(Image.open(SAMPLES / "bison.jpg").convert("RGB").resize((200, 150)))
    sketch = sketch_of(photo)
    assert np.abs(sketch.pixels().astype(int) - photo).mean() < 3
    assert 20 < len(sketch.features().points) <= 210
    assert sketch.features().points.max() <= 200
