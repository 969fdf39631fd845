from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import DecodeError
from lookalike.imaging.decode import decode, decode_bytes, open_oriented
from lookalike.imaging.headers import size_in_header
from lookalike.imaging.picture import InputSpec, Limits
from tests.imaging.pictures import LIMITS, WHOLE, encoded, gradient, saved

T = Image.Transpose
# What has to be done to the upright picture so that the orientation undoes it.
STORED = {
    2: T.FLIP_LEFT_RIGHT,
    3: T.ROTATE_180,
    4: T.FLIP_TOP_BOTTOM,
    5: T.TRANSPOSE,
    6: T.ROTATE_90,
    7: T.TRANSVERSE,
    8: T.ROTATE_270,
}
LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}


def refusal(source: Path | bytes, limits: Limits = LIMITS) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        open_oriented(source, limits, reduce_to=32)
    return caught.value


@pytest.mark.parametrize("kind", sorted(LOSSLESS))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_upright_pixels(kind: str, orientation: int) -> None:
    upright = gradient()
    method = STORED.get(orientation)
    stored = upright if method is None else upright.transpose(method)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image, facts = open_oriented(encoded(stored, kind, exif=exif, **LOSSLESS[kind]), LIMITS)
    assert np.array_equal(np.asarray(image), np.asarray(upright))
    assert (facts.width, facts.height) == upright.size
    assert facts.orientation == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpegs_are_turned_upright(shared_data: Path, orientation: int) -> None:
    folder = shared_data / "nearduplicates" / "exif_orientation_sharp"
    spec = InputSpec(size=8, fit="squash")
    first, other = (
        decode(folder / f"Landscape_{number}.jpg", (spec,), LIMITS) for number in (1, orientation)
    )
    assert other.facts.orientation == orientation
    assert (other.facts.width, other.facts.height) == (600, 450)
    # A large digit in the middle differs, the rest is the same photo.
    difference = np.abs(first.pixels[0].astype(int) - other.pixels[0].astype(int))
    assert np.median(difference) <= 3


def test_heif_that_its_reader_turned_is_not_turned_again(tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    upright = gradient(96, 64)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(
        upright.transpose(STORED[6]), tmp_path / "turned.heic", exif=exif.tobytes(), quality=95
    )
    image, facts = open_oriented(path, LIMITS)
    assert image.size == upright.size
    assert (facts.width, facts.height, facts.format) == (96, 64, "heif")
    difference = np.abs(np.asarray(image).astype(int) - np.asarray(upright).astype(int))
    assert difference.mean() < 4


def test_the_id_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    path = saved(gradient(), tmp_path / "a.png")
    data = path.read_bytes()
    decoded = decode(path, (WHOLE, InputSpec(size=20)), LIMITS)
    assert decoded.id == hashlib.sha256(data).hexdigest()[:32]
    assert decoded.size_bytes == len(data)
    assert [array.shape for array in decoded.pixels] == [(16, 16, 3), (20, 20, 3)]
    assert all(array.dtype == np.uint8 for array in decoded.pixels)


def test_names_do_not_decide(tmp_path: Path) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(encoded(gradient(), "PNG"))
    assert decode(path, (WHOLE,), LIMITS).facts.format == "png"


def test_tga_is_known_by_its_name_only(tmp_path: Path) -> None:
    data = encoded(gradient(), "TGA")[:-26]  # without the footer that newer writers add
    named, unnamed = tmp_path / "a.tga", tmp_path / "a.dat"
    named.write_bytes(data)
    unnamed.write_bytes(data)
    assert decode(named, (WHOLE,), LIMITS).facts.format == "tga"
    assert refusal(unnamed).code == "not-a-picture"


def test_crop_squash_and_pad_show_what_they_promise() -> None:
    wide = Image.new("RGB", (300, 100), (0, 0, 255))
    wide.paste((255, 0, 0), (100, 0, 200, 100))
    specs = [InputSpec(size=60, fit=fit, crop_share=1.0) for fit in ("crop", "squash", "pad")]
    data = encoded(wide, "PNG")
    crop, squash, pad = decode_bytes(data, specs, LIMITS, "wide").pixels
    red, blue = [255, 0, 0], [0, 0, 255]
    assert (crop[:, 5:-5] == red).all()
    assert squash[30, 2].tolist() == blue
    assert squash[30, 30].tolist() == red
    assert pad[30, 2].tolist() == blue
    assert pad[2, 30].tolist() == pytest.approx([85, 0, 170], abs=2)  # the mean colour


def test_crop_keeps_the_middle_share() -> None:
    framed = Image.new("RGB", (400, 400), (255, 255, 255))
    framed.paste((0, 0, 0), (50, 50, 350, 350))
    spec = InputSpec(size=64, fit="crop", crop_share=0.75)
    (pixels,) = decode_bytes(encoded(framed, "PNG"), (spec,), LIMITS, "framed").pixels
    assert (pixels[2:-2, 2:-2] == 0).all()
    assert pixels.mean() < 5


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (34, 500)])
def test_odd_shapes_fill_every_fit(size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size, (10, 200, 30)), "PNG")
    specs = [InputSpec(size=32, fit=fit) for fit in ("crop", "squash", "pad")]
    for pixels in decode_bytes(data, specs, LIMITS, "odd").pixels:
        assert (pixels == [10, 200, 30]).all()


def test_a_large_jpeg_is_decoded_small_and_looks_the_same(shared_data: Path) -> None:
    path = shared_data / "hires_photos" / "nature" / "Blinds.jpg"
    spec = InputSpec(size=112)
    decoded = decode(path, (spec,), LIMITS)
    with Image.open(path) as image:
        assert (decoded.facts.width, decoded.facts.height) == image.size
        whole = image.convert("RGB")
    data = encoded(whole, "PNG", compress_level=1)
    exact = decode_bytes(data, (spec,), LIMITS, "whole").pixels[0]
    difference = np.abs(decoded.pixels[0].astype(int) - exact.astype(int))
    assert difference.mean() < 2


def test_jpeg_counts_its_pixels_at_the_reduced_scale(tmp_path: Path) -> None:
    path = saved(Image.new("RGB", (2000, 1500), (9, 99, 199)), tmp_path / "large.jpg")
    limits = Limits(max_pixels=500_000)
    assert decode(path, (WHOLE,), limits).facts.width == 2000
    progressive = saved(Image.open(path), tmp_path / "progressive.jpg", progressive=True)
    assert refusal(progressive, limits).code == "too-many-pixels"
    assert refusal(saved(Image.open(path), tmp_path / "a.png"), limits).code == "too-many-pixels"


def test_animations_and_documents_count_their_frames_and_show_the_first(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (level, 0, 0)) for level in (250, 150, 50)]
    for name in ("a.gif", "a.webp", "a.png", "a.tif"):
        path = saved(frames[0], tmp_path / name, save_all=True, append_images=frames[1:])
        decoded = decode(path, (WHOLE,), LIMITS)
        assert decoded.facts.frames == 3, name
        assert decoded.pixels[0][0, 0, 0] > 240, name


def test_counting_the_frames_of_an_endless_animation_stops() -> None:
    one = encoded(Image.new("P", (1, 1)), "GIF")
    start = one.index(b",")
    data = one[:start] + one[start:-1] * 5000 + b";"
    assert decode_bytes(data, (WHOLE,), LIMITS, "long.gif").facts.frames == 1000


def test_what_is_no_picture_is_named() -> None:
    error = refusal(b"<!DOCTYPE html><html><body>404</body></html>")
    assert error.code == "not-a-picture"
    assert error.message.startswith("the picture: is an HTML page")
    assert error.hint
    assert refusal(os.urandom(3) + b"\x00" * 2000).code == "not-a-picture"
    assert refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n").code == "unsupported-format"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "PPM"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_that_ends_early_is_never_taken_in(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    error = refusal(data[: int(len(data) * share)])
    assert error.code in ("truncated", "corrupt" if kind in ("AVIF", "TIFF") else "truncated")
    assert error.hint


def test_damage_in_the_middle_is_corrupt() -> None:
    data = bytearray(encoded(gradient(200, 200), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert refusal(bytes(data)).code == "corrupt"


def test_a_picture_without_area_says_so() -> None:
    header = struct.pack(">LLBBBBB", 0, 5, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + chunk
    assert refusal(data + struct.pack(">L", zlib.crc32(chunk))).code == "zero-size"


def test_a_page_without_area_says_so() -> None:
    pages = io.BytesIO()
    Image.new("RGB", (8, 8)).save(
        pages, "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 7))]
    )
    data = pages.getvalue()
    height = struct.pack("<HHLL", 0x0101, 4, 1, 7)
    assert data.count(height) == 1
    data = data.replace(height, struct.pack("<HHLL", 0x0101, 4, 1, 0))
    with pytest.raises(DecodeError) as caught:
        decode(data, (WHOLE,), LIMITS, name="a", frame=2)
    assert caught.value.code == "zero-size"


def test_a_damaged_exif_block_does_not_cost_the_picture() -> None:
    data = encoded(gradient(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xee" * 40)
    assert decode_bytes(data, (WHOLE,), LIMITS, "a").facts.orientation == 1


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.jpg").code == "vanished"
    assert refusal(tmp_path).code == "unreadable"
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert refusal(pipe).code == "unreadable"
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert refusal(empty).code == "empty-file"
    large = saved(gradient(), tmp_path / "a.png")
    assert refusal(large, Limits(max_bytes=100)).code == "too-large"
    assert "a.png" in refusal(large, Limits(max_bytes=100)).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_says_so(tmp_path: Path) -> None:
    path = saved(gradient(), tmp_path / "a.png")
    path.chmod(0)
    assert refusal(path).code == "permission-denied"


def test_pillow_warnings_stay_off_the_terminal(shared_data: Path) -> None:
    path = shared_data / "nasty_pillow" / "exif_typeerror.jpg"
    script = (
        "import sys; from pathlib import Path\n"
        "from lookalike.imaging.decode import decode\n"
        "from lookalike.imaging.picture import InputSpec, Limits\n"
        "decode(Path(sys.argv[1]), (InputSpec(32),), Limits())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=True)
    assert done.stderr == b""


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}])
def test_webp_is_measured_before_its_reader_takes_memory(options: dict[str, Any]) -> None:
    data = encoded(gradient(300, 200), "WEBP", **options)
    assert size_in_header("webp", data) == (300, 200)
    assert refusal(data, Limits(max_pixels=50_000)).code == "too-many-pixels"
