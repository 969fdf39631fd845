"""JPEG XL pictures, read by libjxl (package ``pylibjxl``)."""

from __future__ import annotations

from PIL import Image

from lookalike.imaging.blob import Blob
from lookalike.imaging.deferred import DeferredImage, MissingReaderError

_TIFF_HEADS = (b"II*\x00", b"MM\x00*")


def open_jxl(blob: Blob) -> Image.Image:
    """A JPEG XL picture; of an animation the first frame.

    Raises:
        MissingReaderError: ``pylibjxl`` is not installed.
        RuntimeError, ValueError: the file is damaged.
    """
    try:
        import pylibjxl
    except ImportError as error:
        raise MissingReaderError("jxl") from error
    data = blob.stream.read()
    said = pylibjxl.probe(data)

    def read() -> Image.Image:
        pixels, about = pylibjxl.JXL(threads=1).decode(data, metadata=True)
        grey = pixels.ndim == 3 and pixels.shape[2] == 1
        image = Image.fromarray(pixels[..., 0] if grey else pixels)
        if (exif := _exif(about.get("exif", b""))) is not None:
            image.info["exif"] = exif
        for name, key in (("icc", "icc_profile"), ("xmp", "xmp")):
            if about.get(name):
                image.info[key] = about[name]
        return image

    return DeferredImage("JXL", (said["width"], said["height"]), read)


def _exif(box: bytes) -> bytes | None:
    """The box begins with the offset of the TIFF header (ISO/IEC 18181-2); Pillow wants none."""
    for start in (0, 4):
        if box[start : start + 4] in _TIFF_HEADS:
            return b"Exif\x00\x00" + box[start:]
    return None
