"""Colour clauses: where their lists end, against what the pixels say.

Usage: ``python colours.py LIBRARY SHARED`` with a library of the shared pictures. A picture is of a
colour if a fifth of its pixels, all of them at full size, are: for the eleven names, those that are
nearer to a shade of it than to one of any other name; for ``#rrggbb``, those within 20 of it in
CIELAB. The colours without names are drawn from the pictures' own pixels. Pictures and drawn
colours fall into two halves by a checksum; ``NAMED`` and ``SHADE`` of ``search/colours.py`` were
chosen on half 0.
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lookalike.encoders.base import Float32Array
from lookalike.encoders.colours import BASIC, _lab, colour_vector
from lookalike.opening import open_library
from lookalike.search.colours import NAMED, SHADE
from lookalike.search.cut import length
from lookalike.search.likeness import Likeness
from lookalike.store.vectors import VectorView
from measure import RESULTS, as_named, machine, say

SETS = ("tuxpaint_stamps", "emoji", "flickr8k", "seed0_flickr", "grocery")
LEVELS = 32
ENOUGH, NEAR = 0.2, 20.0
DRAWN = 40
GUESSED = Likeness(12, 0.25)
"""What was taken for both before anybody measured it."""
Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Asked:
    """A colour in a half of a set: what its clause makes of the pictures, and what is true."""

    group: str
    half: int
    shares: Float32Array
    true: np.ndarray[Any, np.dtype[np.bool_]]

    def f1(self, count: int) -> float:
        """F1 of the first ``count``."""
        found = self.true[np.argsort(-self.shares, kind="stable")][:count].sum()
        return 2 * float(found) / max(count + int(self.true.sum()), 1)

    def shown(self, curve: Likeness) -> int:
        """How many a search would show."""
        return length(np.sort(curve.chance(self.shares))[::-1], 1.0)


def cubes() -> Values:
    """The colours that pixels are counted by, in CIELAB; shape (LEVELS cubed, 3)."""
    level = (np.arange(LEVELS) + 0.5) * 256 / LEVELS
    return np.asarray(_lab(np.stack(np.meshgrid(level, level, level, indexing="ij"), -1)
                           .reshape(-1, 3)))  # fmt: skip


def counted(path: Path) -> Values:
    """Shares of the cubes among all pixels of a file, laid on white."""
    with Image.open(path) as opened:
        image = opened.convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    small = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(np.intp) // (256 // LEVELS)
    cells = (small[:, 0] * LEVELS + small[:, 1]) * LEVELS + small[:, 2]
    return np.bincount(cells, minlength=LEVELS**3) / len(cells)


def named(lab: Values) -> dict[str, Values]:
    """For each name which cubes are called so."""
    shades = [(name, shade) for name, shades in BASIC.items() for shade in shades]
    points = _lab(np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for _, s in shades], float))
    nearest = np.linalg.norm(lab[:, None] - points[None], axis=-1).argmin(axis=1)
    owner = np.array([name for name, _ in shades])[nearest]
    return {name: (owner == name).astype(np.float64) for name in BASIC}


def within(lab: Values, at: int) -> Values:
    """Which cubes are near one of them."""
    return (np.linalg.norm(lab - lab[at], axis=1) <= NEAR).astype(np.float64)


def hexed(at: int) -> str:
    """A cube's colour as it is written."""
    parts = (at // LEVELS**2, at // LEVELS % LEVELS, at % LEVELS)
    return "#" + "".join(f"{int((part + 0.5) * 256 / LEVELS):02x}" for part in parts)


def asked(view: VectorView, places: dict[str, int], shared: Path) -> list[Asked]:
    """Every colour in every half of every set."""
    lab, random = cubes(), np.random.default_rng(0)
    names = named(lab)
    found: list[Asked] = []
    for name in SETS:
        paths = [path for path in sorted(places) if path.startswith(f"{shared / name}/")]
        pixels = np.stack([counted(Path(path)) for path in paths])
        keys = np.array([places[path] for path in paths])
        order = np.argsort(keys)
        vectors = np.empty((len(keys), view.dims), np.float32)
        vectors[order] = view.vectors(keys[order])
        halves = np.array([zlib.crc32(path.encode()) % 2 for path in paths])
        drawn = [int(random.choice(len(lab), p=pixels[i]))
                 for i in random.integers(len(pixels), size=DRAWN)]  # fmt: skip
        wanted = {("named", colour): names[colour] for colour in BASIC}
        wanted |= {("drawn", hexed(at)): within(lab, at) for at in drawn}
        for (kind, colour), cells in wanted.items():
            shares, true = vectors @ colour_vector(colour), pixels @ cells >= ENOUGH
            for half in (0, 1):
                mine = halves == half
                if kind == "drawn" and zlib.crc32(colour.encode()) % 2 != half:
                    continue
                found.append(Asked(f"{kind}/{name}", half, shares[mine], true[mine]))
        say(f"{name}: {len(paths)} pictures")
    return found


def report(which: list[Asked], named: Likeness, drawn: Likeness) -> dict[str, Any]:
    """F1 of the cut, of the best threshold for each set in hindsight; empty answers."""
    found: dict[str, Any] = {}
    for group in sorted({a.group for a in which}):
        curve = named if group.startswith("named") else drawn
        there = [a for a in which if a.group == group and a.true.any()]
        absent = [a for a in which if a.group == group and not a.true.any()]
        f1 = float(np.mean([a.f1(a.shown(curve)) for a in there]))
        best = max(np.mean([a.f1(int((a.shares >= t).sum())) for a in there])
                   for t in np.linspace(0, 1, 201))  # fmt: skip
        found[group] = {"colours": len(there), "f1": round(f1, 3), "best": round(float(best), 3),
                        "ratio": round(f1 / float(best), 3),
                        "wrongly empty": round(float(np.mean([a.shown(curve) == 0
                                                              for a in there])), 3),
                        "absent": len(absent),
                        "empty": sum(a.shown(curve) == 0 for a in absent)}  # fmt: skip
    for kind in ("named", "drawn"):
        ratios = [row["ratio"] for group, row in found.items() if group.startswith(kind)]
        found[f"mean ratio, {kind}"] = round(float(np.mean(ratios)), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("shared", type=Path)
    given = parser.parse_args()
    views = open_library(given.library).views()
    assert views.colour is not None
    places = {
        place.path: record.key
        for record in views.store.records(views.store.keys())
        for place in record.locations
    }
    every = asked(views.colour, places, as_named(given.shared))
    halves = [[a for a in every if a.half == half] for half in (0, 1)]
    result = {"machine": machine()}
    for name, curves in (("guessed", (GUESSED, GUESSED)), ("chosen", (NAMED, SHADE))):
        result |= {f"{name}, tuned on": report(halves[0], *curves),
                   f"{name}, reported": report(halves[1], *curves)}  # fmt: skip
    (RESULTS / "colours.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: v for k, v in result.items() if k != "machine"}, indent=1))


if __name__ == "__main__":
    main()
