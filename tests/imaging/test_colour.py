from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from lookalike.imaging.decode import decode, decode_bytes, open_oriented
from lookalike.imaging.picture import InputSpec
from tests.imaging.pictures import LIMITS, WHOLE, encoded, gradient, mean_colour


def shown(image: Image.Image, kind: str = "PNG", **options: Any) -> tuple[int, int, int]:
    data = encoded(image, kind, **options)
    return mean_colour(decode_bytes(data, (WHOLE,), LIMITS, "a").pixels[0])


def test_what_is_transparent_lies_on_white() -> None:
    assert shown(Image.new("RGBA", (8, 8), (255, 0, 0, 0))) == (255, 255, 255)
    assert shown(Image.new("RGBA", (8, 8), (255, 0, 0, 255))) == (255, 0, 0)
    assert shown(Image.new("RGBA", (8, 8), (0, 0, 0, 51))) == (204, 204, 204)
    assert shown(Image.new("LA", (8, 8), (0, 0))) == (255, 255, 255)


def test_transparent_colours_lie_on_white() -> None:
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    assert shown(palette) == (200, 0, 0)
    assert shown(palette, transparency=1) == (255, 255, 255)
    assert shown(palette, "GIF", transparency=1) == (255, 255, 255)
    assert shown(Image.new("L", (8, 8), 7), transparency=7) == (255, 255, 255)
    assert shown(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3)) == (255, 255, 255)


def test_alpha_is_recorded() -> None:
    data = encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG")
    assert decode_bytes(data, (), LIMITS, "a").facts.alpha
    assert not decode_bytes(encoded(gradient(), "PNG"), (), LIMITS, "a").facts.alpha


def test_cmyk_jpegs_of_photoshop_are_not_negatives() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    red_value, green, blue = shown(red, "JPEG", quality=95)
    assert red_value > 240
    assert max(green, blue) < 15


def test_a_cmyk_photo_looks_like_its_rgb_twin(shared_data: Path) -> None:
    folder = shared_data / "nasty_pillow"
    spec = InputSpec(size=32, fit="squash")
    photo = decode(folder / "pil_sample_cmyk.jpg", (spec,), LIMITS)
    twin = decode(folder / "pil_sample_rgb.jpg", (spec,), LIMITS)
    assert photo.facts.mode == "CMYK"
    difference = np.abs(photo.pixels[0].astype(int) - twin.pixels[0].astype(int))
    assert difference.mean() < 25


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256 * 64).reshape(64, 256).astype(np.uint16)
    image, facts = open_oriented(encoded(Image.fromarray(ramp), "PNG"), LIMITS)
    grey = np.asarray(image)[:, :, 0].astype(int)
    assert facts.mode == "I;16"
    assert np.abs(grey - ramp / 257).max() <= 1


def test_a_dark_sixteen_bit_png_stays_dark() -> None:
    assert shown(Image.fromarray(np.full((8, 8), 6425, np.uint16))) == (25, 25, 25)


def test_twelve_bits_in_sixteen_use_the_whole_range() -> None:
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    image, _ = open_oriented(encoded(Image.fromarray(ramp), "TIFF"), LIMITS)
    assert np.abs(np.asarray(image)[:, :, 0] - ramp / 4095 * 255).max() <= 1


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-40.0, 900.0)])
def test_floating_point_is_scaled_by_its_range(low: float, high: float) -> None:
    values = np.linspace(low, high, 64 * 64, dtype=np.float32).reshape(64, 64)
    values[5, 5] = np.nan
    image, facts = open_oriented(encoded(Image.fromarray(values), "TIFF"), LIMITS)
    assert facts.mode == "F"
    assert np.asarray(image)[0, 0, 0] == 0
    assert np.asarray(image)[-1, -1, 0] == 255


def test_constant_numbers_do_not_divide_by_zero() -> None:
    flat = np.full((8, 8), -3.0, np.float32)
    assert shown(Image.fromarray(flat), "TIFF") == (255, 255, 255)


def test_lab_becomes_rgb(shared_data: Path) -> None:
    folder = shared_data / "nasty_pillow"
    spec = InputSpec(size=32, fit="squash")
    lab = decode(folder / "hopper.Lab.tif", (spec,), LIMITS)
    plain = decode(folder / "hopper.ppm", (spec,), LIMITS)
    assert lab.facts.mode == "LAB"
    assert np.abs(lab.pixels[0].astype(int) - plain.pixels[0].astype(int)).mean() < 12


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "YCbCr", "HSV"])
def test_plain_modes_keep_their_colours(mode: str) -> None:
    grey = Image.new("RGB", (8, 8), (255, 255, 255)).convert(mode)
    kind = "PNG" if mode in ("1", "L", "P", "RGB") else "TIFF"
    if mode == "HSV":
        grey = grey.convert("RGB")
    assert min(shown(grey, kind)) >= 253


def test_colour_profiles_are_converted_to_srgb(shared_data: Path) -> None:
    # A picture in ProPhoto RGB; read as if it were sRGB it is pale.
    path = shared_data / "nasty_sharp" / "prophoto.png"
    converted = decode(path, (WHOLE,), LIMITS).pixels[0]
    with Image.open(path) as image:
        profile = image.info["icc_profile"]
        stored = image.convert("RGB").resize((16, 16), Image.Resampling.BICUBIC)
    expected = ImageCms.profileToProfile(
        stored,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    assert expected is not None
    stored_difference = np.abs(converted.astype(int) - np.asarray(stored).astype(int)).mean()
    difference = np.abs(converted.astype(int) - np.asarray(expected).astype(int)).mean()
    assert difference < 2 < stored_difference


def test_a_damaged_or_misplaced_profile_is_passed_over() -> None:
    grey_profile = b"\0" * 200
    assert shown(gradient(), icc_profile=grey_profile) == shown(gradient())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert shown(gradient(), icc_profile=srgb) == shown(gradient())


def test_strips_give_what_the_whole_gives() -> None:
    image = gradient(3000, 1600)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = encoded(image, "PNG", compress_level=1)
    spec = InputSpec(size=64, fit="squash")
    (pixels,) = decode_bytes(data, (spec,), LIMITS, "a").pixels
    whole, _ = open_oriented(data, LIMITS)
    exact = np.asarray(whole.resize((64, 64), Image.Resampling.BICUBIC))
    assert np.abs(pixels.astype(int) - exact.astype(int)).max() <= 2
