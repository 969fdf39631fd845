"""Pictures that libraries other than Pillow read, behind Pillow's face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image

from lookalike.imaging.blob import Stream


class MissingReaderError(Exception):
    """The library that reads such files is not installed.

    Args:
        extra: the extra of this package that brings it.
    """

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.extra = extra


class DeferredImage(Image.Image):
    """A picture of known size whose pixels are read when they are first wanted.

    Args:
        kind: what stands for Pillow's name of the format.
        size: width and height in pixels, as stored.
        read: gives the pixels, perhaps fewer than ``size`` says, but of its shape.
        exif: a stream that begins like a TIFF file, with EXIF data in it.

    Attributes:
        orientation: the EXIF orientation that is left to be applied, 1 to 8.
    """

    def __init__(
        self,
        kind: str,
        size: tuple[int, int],
        read: Callable[[], Image.Image],
        exif: Stream | None = None,
        orientation: int = 1,
    ) -> None:
        super().__init__()
        self.format = kind
        self.orientation = orientation
        self._size, self._mode = size, "RGB"
        self._read: Callable[[], Image.Image] | None = read
        self._stream = exif

    def load(self) -> Any:
        """Read the pixels, the first time that it is called."""
        if self._read is not None:
            read, self._read = self._read, None
            image = read()
            image.load()
            self.im, self._size, self._mode = image.im, image.size, image.mode
            self.info.update(image.info)
        return super().load()

    def getexif(self) -> Image.Exif:
        """The EXIF data at the start of the file, or what came with the pixels."""
        if self._stream is None:
            return super().getexif()
        exif = Image.Exif()
        self._stream.seek(0)
        exif.load_from_fp(self._stream)
        return exif
