"""A box in the query picture is the query, whatever kind of clause the picture is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import NotFoundError, QueryError
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import Box, InputSpec, Limits
from lookalike.library import Library
from lookalike.opening import create_library, open_library
from lookalike.settings import Settings

RED, BLUE = (220, 30, 30), (40, 60, 220)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (200, 120), left)
    image.paste(right, (100, 0, 200, 120))
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    for name, image in {
        "red": halves(RED, (210, 40, 30)),
        "blue": halves(BLUE, (50, 50, 210)),
        "both": halves(RED, BLUE),
    }.items():
        image.save(made / f"{name}.png")
    return made


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    place = folder.parent / f"{folder.name}-library"
    settings = Settings(cache=folder.parent / "cache")
    with create_library(place, encoder="fake", settings=settings) as made:
        made.index([folder])
        yield made


def found(library: Library, clause: str) -> list[str]:
    return [Path(hit.location).stem for hit in library.search(clause, cut=None)]


@pytest.mark.parametrize(("left", "best"), [(0, "red"), (50, "blue")])
def test_the_part_is_what_is_looked_for(
    library: Library, folder: Path, left: int, best: str
) -> None:
    file = folder / "both.png"
    (both,) = (hit.id for hit in library.search(where="name = both.png"))
    upload = library.add_upload(file.read_bytes())
    box = f"#xywh=percent:{left},0,50,100"
    assert found(library, f"id:{both}{box}")[0] == best
    for clause in (f"{file}{box}", f"upload:{upload}{box}"):
        scores = {Path(hit.location).stem: hit.score for hit in library.search(clause, cut=None)}
        assert scores[best] == max(scores["red"], scores["blue"])
    pixels = f"#xywh={2 * left},0,100,120"
    assert found(library, f"{file}{pixels}") == found(library, f"{file}{box}")


def test_a_region_outside_of_the_picture_is_refused(library: Library, folder: Path) -> None:
    (both,) = (hit.id for hit in library.search(where="name = both.png"))
    for _ in range(2):
        for clause in (f"{folder}/both.png#xywh=150,0,60,60", f"id:{both}#xywh=0,100,50,50"):
            with pytest.raises(QueryError) as caught:
                library.search(clause)
            assert caught.value.code == "bad-region"


def test_a_process_of_its_own_cuts_out_the_same(library: Library, folder: Path) -> None:
    clause = f"{folder}/both.png#xywh=90,10,60,60"
    with open_library(library.path, settings=library.settings, isolate_decoding=True) as apart:
        there = [(hit.id, hit.score) for hit in apart.search(clause)]
    assert there == [(hit.id, hit.score) for hit in library.search(clause)]


def test_a_part_of_a_picture_whose_file_is_gone_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    halves(RED, BLUE).save(folder / "a.png")
    halves(RED, RED).save(folder / "b.png")
    settings = Settings(cache=tmp_path / "cache")
    with create_library(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([folder])
        (gone,) = (hit.id for hit in library.search(where="name = a.png"))
        (folder / "a.png").unlink()
        assert len(library.search(f"id:{gone}", cut=None)) == 1
        with pytest.raises(NotFoundError) as caught:
            library.search(f"id:{gone}#xywh=percent:0,0,50,50")
        assert caught.value.code == "original-gone"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_box_counts_in_the_picture_as_it_is_seen(tmp_path: Path, orientation: int) -> None:
    seen = np.zeros((300, 200, 3), np.uint8)
    seen[200:, 100:] = 255
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.rot90(seen, turns)).save(tmp_path / "a.jpg", quality=95, exif=exif)
    boxes = (Box(100, 200, 100, 100, "pixel"), Box(0, 0, 50, 60), Box(50, 66.67, 80, 80))
    specs = [InputSpec(16, "squash", box=box) for box in boxes]
    white, black, cut_off = decode(tmp_path / "a.jpg", specs, Limits()).pixels
    assert white.mean() > 245
    assert black.mean() < 10
    assert cut_off.mean() > 245


def test_a_small_part_of_a_large_jpeg_keeps_its_pixels(tmp_path: Path) -> None:
    stripes = np.zeros((2400, 3200), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = stripes[:, 3::8] = 255
    Image.fromarray(stripes).convert("RGB").save(tmp_path / "a.jpg", quality=95)
    spec = InputSpec(128, "squash", box=Box(40, 40, 4, 4))
    (pixels,) = decode(tmp_path / "a.jpg", [spec], Limits()).pixels
    assert pixels.std() > 100  # at the scale of the whole picture all would be grey
