"""Small sound files of every format, to be damaged."""

from __future__ import annotations

import gzip
import io
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pylibjxl
from PIL import Image

from lookalike.sources.sniff import HEAD_BYTES, sniff
from tests.imaging.raw_files import dng

PER_KIND = 4
MAX_BYTES = 12_000
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_DRAWING = f"""<svg {_NAMESPACE} viewBox="0 0 40 30"><title>A</title><defs><linearGradient id="g">
<stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient>
<g id="u"><path d="M1,2q3,4,5,6z" fill="url(#g)"/></g></defs><use href="#u"/><text y="9">Hi</text>
<filter id="f"><feGaussianBlur stdDeviation="3"/></filter><rect width="9" height="9"
 filter="url(#f)" transform="rotate(30)"/></svg>"""

# What Pillow writes: format, mode, options.
_WRITTEN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("JPEG", "RGB", {"progressive": True, "comment": b"A comment"}),
    ("JPEG", "CMYK", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "P", {}),
    ("PNG", "I;16", {}),
    ("PNG", "RGB", {"frames": 3}),
    ("GIF", "P", {"frames": 3}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True, "frames": 3}),
    ("AVIF", "RGB", {"speed": 10}),
    ("AVIF", "RGBA", {"speed": 10, "frames": 2}),
    ("HEIF", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "L", {"compression": "jpeg"}),
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "RGB", {"compression": "tiff_adobe_deflate", "frames": 3}),
    ("JPEG2000", "RGB", {}),
    ("BMP", "RGB", {}),
    ("ICO", "RGBA", {}),
    ("ICNS", "RGBA", {}),
    ("PPM", "RGB", {}),
    ("PCX", "P", {}),
    ("TGA", "RGB", {"compression": "tga_rle"}),
    ("SGI", "RGB", {}),
    ("DDS", "RGBA", {}),
    ("QOI", "RGB", {}),
    ("XBM", "1", {}),
)


def written() -> list[bytes]:
    """Files that are made on the spot."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    rng = np.random.default_rng(7)
    base = Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8))
    files = []
    for kind, mode, options in _WRITTEN:
        image = base.convert("L").convert("I;16") if mode == "I;16" else base.convert(mode)
        more = dict(options)
        if frames := more.pop("frames", 0):
            others = [image.rotate(90 * number) for number in range(1, frames)]
            more |= {"save_all": True, "append_images": others}
        out = io.BytesIO()
        image.save(out, kind, **more)
        files.append(out.getvalue())
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x010F] = "A boat", 6, "Brand"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    out = io.BytesIO()
    base.save(out, "JPEG", exif=exif, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>")
    jxl = pylibjxl.encode(np.asarray(base))
    drawing = _DRAWING.encode()
    return [*files, out.getvalue(), jxl, drawing, gzip.compress(drawing), dng(48, 32)]


def collected(folder: Path) -> list[bytes]:
    """The smallest files of each kind that lie in a folder, down to its sub-folders."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*"), key=lambda path: (path.stat().st_size, path)):
        if path.is_file() and 0 < path.stat().st_size <= MAX_BYTES:
            with path.open("rb") as file:
                kind = sniff(file.read(HEAD_BYTES))
            if kind is not None and kind.picture and len(found[kind.name]) < PER_KIND:
                found[kind.name].append(path)
    return [path.read_bytes() for paths in found.values() for path in paths]
