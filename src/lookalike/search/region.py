"""A box in a picture, written as a media fragment: ``photo.jpg#xywh=percent:25,10,50,40``.

The notation is that of W3C's Media Fragments URI 1.0 (2012). Without ``percent:`` the
numbers are pixels of the picture as it is seen (orientation applied).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from lookalike.errors import QueryError
from lookalike.imaging.picture import Box

Unit = Literal["percent", "pixel"]

_NUMBER = r"(\d+(?:\.\d+)?)"
_FRAGMENT = re.compile(
    rf"#xywh=(?:(percent|pixel):)?{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}$", re.IGNORECASE
)
_LEAST_SIDE = 8
"""Pixels; a smaller box shows nothing."""


@dataclass(frozen=True)
class Region(Box):
    """A box in a picture that can be asked for."""

    def __post_init__(self) -> None:
        numbers = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(n) and n >= 0 for n in numbers) or 0 in (self.width, self.height):
            raise QueryError(
                f"The region {self} has no area.",
                "Give x,y,width,height; width and height above 0.",
                code="bad-region",
            )
        if self.unit == "percent" and (self.x + self.width > 100 or self.y + self.height > 100):
            raise QueryError(
                f"The region {self} reaches out of the picture.",
                "x + width and y + height are at most 100 percent.",
                code="bad-region",
            )

    def __str__(self) -> str:
        """As it is written behind a picture; :func:`split_region` reads it back."""
        numbers = ",".join(f"{n:.6g}" for n in (self.x, self.y, self.width, self.height))
        return f"#xywh={'percent:' if self.unit == 'percent' else ''}{numbers}"

    def as_dict(self) -> dict[str, float]:
        """Its four numbers as JSON's types."""
        return {name: round(getattr(self, name), 2) for name in ("x", "y", "width", "height")}

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, upper, right and lower edge in pixels of a picture of this size.

        Raises:
            QueryError: it reaches out of the picture, or is too small to show anything.
        """
        x, y = (width / 100, height / 100) if self.unit == "percent" else (1.0, 1.0)
        left, upper = round(self.x * x), round(self.y * y)
        right, lower = round((self.x + self.width) * x), round((self.y + self.height) * y)
        if right > width or lower > height:
            raise QueryError(
                f"The region {self} reaches out of the picture of {width} x {height} pixels.",
                "Pixels count in the picture as it is seen; or write percent: before the numbers.",
                code="bad-region",
            )
        if min(right - left, lower - upper) < _LEAST_SIDE:
            raise QueryError(
                f"The region {self} covers {right - left} x {lower - upper} pixels.",
                f"Each side needs {_LEAST_SIDE} at least.",
                code="bad-region",
            )
        return left, upper, right, lower


def split_region(text: str) -> tuple[str, Region | None]:
    """What a clause names, and the box in it, if there is one.

    Raises:
        QueryError: the box has no area, or reaches out of the picture.
    """
    found = _FRAGMENT.search(text)
    if found is None:
        return text, None
    unit: Unit = "percent" if (found[1] or "").lower() == "percent" else "pixel"
    x, y, width, height = map(float, found.group(2, 3, 4, 5))
    return text[: found.start()], Region(x, y, width, height, unit)


def parse_region(text: str) -> Region:
    """Read ``x,y,width,height``: pixels, or percent where a ``%`` or ``percent:`` says so.

    Raises:
        QueryError: it is no region.
    """
    percent = "%" in text or text.strip().lower().startswith("percent:")
    numbers = text.strip().lower().removeprefix("percent:").removeprefix("pixel:").replace("%", "")
    fragment = f"#xywh={'percent:' if percent else ''}{''.join(numbers.split())}"
    _, region = split_region(fragment)
    if region is None:
        raise QueryError(
            f"{text!r} is no region.",
            "Write x,y,width,height in pixels, e.g. 40,60,200,150, or in percent: 10,20,50,50%.",
            code="bad-region",
        )
    return region
