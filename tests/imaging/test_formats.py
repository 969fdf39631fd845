"""Formats that need an extra, and files that are easily taken for another format."""

from __future__ import annotations

import base64
import gzip
import sys
from pathlib import Path

import numpy as np
import pylibjxl
import pytest
from PIL import Image

from lookalike.errors import DecodeError
from lookalike.imaging.decode import decode, decode_bytes, open_oriented
from lookalike.imaging.picture import InputSpec, Limits
from lookalike.sources.sniff import sniff
from tests.imaging.pictures import LIMITS, WHOLE, encoded, gradient, mean_colour
from tests.imaging.raw_files import dng

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
RED, BLUE = (255, 0, 0), (0, 0, 255)


def drawing(inside: str, head: str = "") -> bytes:
    return f'{head}<svg {NAMESPACES} width="20" height="10">{inside}</svg>'.encode()


def colour_of(data: bytes) -> tuple[int, int, int]:
    return mean_colour(decode_bytes(data, (WHOLE,), LIMITS, "a picture").pixels[0])


def refused(data: bytes, name: str, limits: Limits = LIMITS) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode_bytes(data, (WHOLE,), limits, name)
    return caught.value


@pytest.mark.parametrize("name", ["a.dng", "a.NEF", "a.tif", "uploaded"])
def test_a_raw_file_is_not_taken_for_its_thumbnail(name: str) -> None:
    found = decode_bytes(dng(), (InputSpec(64, "within"),), LIMITS, name)
    assert (found.facts.format, found.facts.width, found.facts.height) == ("raw", 640, 480)
    left, right = np.split(found.pixels[0].astype(int), 2, axis=1)
    assert left[..., 0].mean() > left[..., 2].mean() + 100, "the scene is red there"
    assert right[..., 2].mean() > right[..., 0].mean() + 100, "and blue there"


def test_a_raw_file_comes_upright_and_with_what_the_camera_wrote() -> None:
    found = decode_bytes(dng(orientation=6), (InputSpec(64, "within"),), LIMITS, "a.dng")
    assert found.pixels[0].shape == (64, 48, 3)
    assert (found.facts.width, found.facts.height, found.facts.orientation) == (480, 640, 6)
    upper, lower = np.split(found.pixels[0].astype(int), 2, axis=0)
    assert upper[..., 0].mean() > lower[..., 0].mean() + 100
    assert (found.metadata.camera, str(found.metadata.taken)) == (
        "Brand One",
        "2019-07-12 10:00:00",
    )


@pytest.mark.parametrize("turned", [False, True], ids=["as the sensor lies", "turned already"])
def test_a_large_preview_stands_for_the_sensor(turned: bool) -> None:
    scene = Image.new("RGB", (1200, 800), (0, 200, 0))
    scene.paste((200, 200, 0), (0, 0, 600, 800))
    preview = scene.transpose(Image.Transpose.ROTATE_270) if turned else scene
    data = dng(1500, 1000, preview=encoded(preview, "JPEG"), orientation=6)
    found = decode_bytes(data, (InputSpec(60, "within"),), LIMITS, "a.dng")
    assert (found.facts.width, found.facts.height) == (1000, 1500)
    upper, lower = np.split(found.pixels[0].astype(int), 2, axis=0)
    assert upper[..., 0].mean() > 150 > 50 > lower[..., 0].mean()


def test_a_small_preview_does_not_stand_for_the_sensor() -> None:
    data = dng(1500, 1000, preview=encoded(Image.new("RGB", (160, 120), (0, 255, 0)), "JPEG"))
    red, green, blue = colour_of(data)
    assert green < min(red, blue)


def test_a_damaged_raw_file_is_a_picture_with_a_reason() -> None:
    error = refused(dng()[:3000], "a.dng")
    assert error.code in ("corrupt", "truncated", "unsupported-format")
    assert "camera RAW file" in error.message


def test_a_raw_file_with_too_many_pixels_is_refused_before_it_is_developed() -> None:
    assert refused(dng(), "a.dng", Limits(max_pixels=300_000)).code == "too-many-pixels"


def test_jpeg_xl_comes_with_its_colours_alpha_and_words() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a boat", 6
    pixels = np.full((30, 50, 4), (255, 0, 0, 255), np.uint8)
    pixels[:, 25:, 3] = 0
    data = pylibjxl.encode(pixels, lossless=True, exif=b"\0\0\0\0" + exif.tobytes()[6:])
    found = decode_bytes(data, (InputSpec(50, "within"),), LIMITS, "a.jxl")
    assert (found.facts.format, found.facts.width, found.facts.height) == ("jxl", 50, 30)
    assert (found.facts.alpha, found.metadata.caption) == (True, "a boat")
    assert tuple(found.pixels[0][15, 5]) == RED
    assert tuple(found.pixels[0][15, 45]) == (255, 255, 255)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_xl_of_one_pixel_and_in_grey(channels: int) -> None:
    data = pylibjxl.encode(np.full((1, 1, channels), 200, np.uint8), lossless=True)
    assert colour_of(data) == (200, 200, 200)


def test_a_damaged_jpeg_xl_is_refused() -> None:
    data = pylibjxl.encode(np.asarray(gradient(300, 200)))
    assert refused(data[: len(data) // 2], "a.jxl").code == "corrupt"
    assert refused(data, "a.jxl", Limits(max_pixels=50_000)).code == "too-many-pixels"


def test_a_drawing_is_drawn_in_its_shape_and_keeps_its_title(shared_data: Path) -> None:
    title = "<title>A red field</title><desc>Nothing else</desc>"
    data = drawing(f'{title}<rect width="20" height="10" fill="#f00"/>')
    found = decode_bytes(data, (WHOLE,), LIMITS, "a.svg")
    assert (found.facts.format, found.facts.width, found.facts.height) == ("svg", 1024, 512)
    assert mean_colour(found.pixels[0]) == RED
    assert (found.metadata.title, found.metadata.caption) == ("A red field", "Nothing else")
    for path in sorted((shared_data / "nasty_sharp").glob("*.svg")):
        image, _ = open_oriented(path, LIMITS)
        assert min(low for low, _ in image.getextrema()) < 200, f"{path.name} is drawn empty"  # type: ignore[misc]


def test_a_compressed_drawing_is_drawn_whatever_its_name() -> None:
    data = gzip.compress(drawing('<rect width="20" height="10" fill="#00f"/>'))
    assert colour_of(data) == BLUE
    assert refused(data[:-12], "a.svgz").code == "truncated"
    kind = sniff(gzip.compress(b"some other text"))
    assert kind is not None
    assert kind.name == "gzip"


def test_a_drawing_does_not_read_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (20, 10), RED).save(secret)
    size = 'width="20" height="10"'
    inner = drawing(f'<image href="{secret}" {size}/>')
    packed = base64.b64encode(inner).decode()
    for inside in (
        f'<image href="{secret}" {size}/>',
        f'<image xlink:href="{secret}" {size}/>',
        f'<image xlink:href="file://{secret}" {size}/>',
        f'<image xlink:href="&p;" {size}/>',
        f'<filter id="f"><feImage href="{secret}"/></filter><rect {size} filter="url(#f)"/>',
        f'<image href="data:image/svg+xml;base64,{packed}" {size}/>',
    ):
        found = colour_of(drawing(inside, f'<!DOCTYPE svg [<!ENTITY p "{secret}">]>'))
        assert found[1:] != (0, 0), inside
    embedded = base64.b64encode(secret.read_bytes()).decode()
    assert colour_of(drawing(f'<image href="data:image/png;base64,{embedded}" {size}/>')) == RED


def test_a_giant_within_a_drawing_is_refused_before_it_takes_memory() -> None:
    giant = base64.b64encode(encoded(Image.new("1", (20_000, 20_000)), "PNG")).decode()
    inside = f'<image width="9" height="9" href="data:image/png;base64,{giant}"/>'
    assert refused(drawing(inside), "a.svg").code == "too-many-pixels"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE svg [<!ENTITY a 'lol'>"
        + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 12 if n else '&a;' * 12}'>" for n in range(12))
        + "<!ENTITY x '&a11;'>]>",
    ],
    ids=["external entity", "billion laughs"],
)
def test_entities_neither_read_files_nor_grow_without_bound(head: str) -> None:
    entity = "x" if "a11" in head else "a"
    error = refused(drawing(f"<text>&{entity};</text>", head), "a.svg")
    assert error.code == "corrupt"


def test_a_drawing_of_any_size_is_drawn_small() -> None:
    for size in (
        'width="1000000000" height="1000000000"',
        'viewBox="0 0 1e9 1e3"',
        'width="0.01" height="0.01"',
    ):
        data = f'<svg {NAMESPACES} {size}><rect width="9" height="9"/></svg>'.encode()
        found = decode_bytes(data, (WHOLE,), LIMITS, "a.svg")
        assert max(found.facts.width, found.facts.height) == 1024


def test_a_drawing_too_deep_to_be_drawn_is_refused() -> None:
    assert refused(drawing("<g>" * 5000 + "</g>" * 5000), "a.svg").code == "corrupt"
    assert refused(drawing("<g>")[:40], "a.svg").code == "truncated"


@pytest.mark.parametrize(
    ("module", "extra", "data"),
    [
        ("rawpy", "raw", dng()),
        ("resvg_py", "svg", drawing("")),
        ("pylibjxl", "jxl", pylibjxl.encode(np.zeros((8, 8, 3), np.uint8))),
    ],
)
def test_a_missing_reader_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, module: str, extra: str, data: bytes
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    error = refused(data, "a file")
    assert error.code == "unsupported-format"
    assert f"`pip install lookalike[{extra}]`" in error.hint


def test_a_later_frame_is_a_picture_of_its_own(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in (RED, BLUE, (0, 255, 0))]
    for name, options in (
        ("a.gif", {}),
        ("a.webp", {"lossless": True}),
        ("a.png", {}),
        ("a.tif", {}),
        ("a.avif", {"quality": 100}),
    ):
        path = tmp_path / name
        frames[0].save(path, save_all=True, append_images=frames[1:], **options)
        first = decode(path, (WHOLE,), LIMITS)
        second = decode(path, (WHOLE,), LIMITS, frame=2)
        assert (first.facts.frames, second.facts.frames) == (3, 1), name
        assert first.id != second.id
        assert len(second.id) == 32
        red, _, blue = mean_colour(second.pixels[0])
        assert blue > 240 > 20 > red, name
        with pytest.raises(DecodeError) as caught:
            decode(path, (WHOLE,), LIMITS, frame=9)
        assert caught.value.code in ("truncated", "corrupt"), name
