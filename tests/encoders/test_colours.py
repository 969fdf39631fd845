import numpy as np
import pytest

from lookalike.encoders.colours import BASIC, DIMS, ColourEncoder, colour_vector, is_colour
from lookalike.errors import QueryError
from lookalike.imaging.picture import InputSpec

SHADES = {
    "red": (205, 30, 30), "orange": (240, 130, 20), "yellow": (240, 220, 50),
    "green": (40, 140, 50), "blue": (40, 80, 200), "purple": (130, 50, 160),
    "pink": (250, 150, 190), "brown": (110, 70, 35), "black": (12, 12, 12),
    "white": (250, 250, 250), "grey": (128, 128, 128),
}  # fmt: skip


def plain(*colours: tuple[int, int, int], side: int = 40) -> np.ndarray:  # type: ignore[type-arg]
    """One picture of stripes of equal width."""
    picture = np.empty((1, side, side, 3), np.uint8)
    for i, columns in enumerate(np.array_split(np.arange(side), len(colours))):
        picture[0, :, columns] = colours[i]
    return picture


@pytest.mark.parametrize("name", SHADES)
def test_each_basic_colour_is_nearest_to_its_own_shade(name: str) -> None:
    histogram = ColourEncoder().encode(plain(SHADES[name])).vectors[0]
    assert histogram.shape == (DIMS,)
    assert histogram.sum() == pytest.approx(1, abs=1e-4)
    shares = {other: float(histogram @ colour_vector(other)) for other in BASIC}
    assert max(shares, key=shares.__getitem__) == name
    assert shares[name] > 0.5


def test_a_share_is_a_share() -> None:
    half = ColourEncoder().encode(plain(SHADES["red"], SHADES["blue"])).vectors[0]
    whole = ColourEncoder().encode(plain(SHADES["red"])).vectors[0]
    red = colour_vector("red")
    assert half @ red == pytest.approx((whole @ red) / 2, abs=0.03)


def test_large_pixels_are_thinned_out() -> None:
    small = ColourEncoder().encode(plain(SHADES["red"], SHADES["blue"])).vectors
    large = ColourEncoder(InputSpec(320)).encode(plain(SHADES["red"], SHADES["blue"], side=320))
    assert np.allclose(small, large.vectors, atol=0.02)


def test_colours_are_written_in_several_ways() -> None:
    assert np.array_equal(colour_vector("Gray"), colour_vector("grey"))
    assert np.array_equal(colour_vector("dark green"), colour_vector("#006400"))
    assert np.array_equal(colour_vector("#C22"), colour_vector("#cc2222"))
    assert is_colour("Red")
    assert is_colour("#c02020")
    assert not is_colour("fox")


@pytest.mark.parametrize("colour", ["reddish", "#12345", "#ggg", "x" * 500, "hsl(", "☃"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(QueryError) as caught:
        colour_vector(colour)
    assert caught.value.code == "no-such-colour"
