"""The pictures of a library, and those that are sent to search with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.imaging.picture import InputSpec
from lookalike.library.base import LibraryBase

if TYPE_CHECKING:
    from lookalike.search.region import Region


class Pictures(LibraryBase):
    """Pictures, whole and in part."""

    def original(self, picture_id: str) -> Path:
        """A file that holds the picture.

        Raises:
            NotFoundError: all its files are gone, or it lies in an archive only (``in-archive``):
                see :meth:`original_bytes`.
        """
        return self._files.path(self.picture(picture_id))

    def original_bytes(self, picture_id: str) -> tuple[bytes, str]:
        """The bytes of the file that holds the picture, also out of an archive, and its name.

        Raises:
            NotFoundError: all its files are gone, changed or unreadable.
        """
        return self._files.read(self.picture(picture_id))

    def thumbnail(self, picture_id: str, side: int = 320) -> Path:
        """A JPEG of the picture whose longer side has ``side`` pixels; made when first wanted.

        Raises:
            NotFoundError: there is no such picture, or neither its file nor a thumbnail.
            DecodeError: its file changed and is no picture any more.
        """
        from lookalike.imaging.thumbnails import save_thumbnail

        record = self.picture(picture_id)
        folder = self.path / "thumbnails" / record.id[:2]
        target = folder / f"{record.id}-{side}.jpg"
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            source, frame = self._files.source(record)
            spec, name = InputSpec(side, "within"), record.locations[0].path
            decoded = self._decoder.decode(source, spec, name, frame)
            save_thumbnail(decoded.pixels[0], target)
        return target

    def part(self, picture_id: str, region: Region, side: int = 320) -> bytes:
        """A JPEG of a part of a picture; its longer side has at most ``side`` pixels.

        Raises:
            NotFoundError: there is no such picture, or its file is gone.
            QueryError: the region reaches out of the picture.
            DecodeError: its file changed and is no picture any more.
        """
        from lookalike.imaging.thumbnails import encoded_thumbnail

        record = self.picture(picture_id)
        region.pixels(record.facts.width, record.facts.height)
        source, frame = self._files.source(record)
        spec, name = InputSpec(side, "within", box=region), record.locations[0].path
        return encoded_thumbnail(self._decoder.decode(source, spec, name, frame).pixels[0])

    def add_upload(self, data: bytes, name: str = "") -> str:
        """Keep a picture to search with, as the clause ``upload:NAME``; returns the name.

        Raises:
            DecodeError: it is no picture.
        """
        return self._clauses.add_upload(data, name)

    def upload_thumbnail(self, upload: str, side: int, region: Region | None = None) -> bytes:
        """A JPEG of a picture that was sent to search with; its longer side has ``side`` pixels.

        Args:
            upload: its hash.
            side: in pixels.
            region: only this part of it; None for all.

        Raises:
            NotFoundError: it is not kept any more.
            QueryError: the region reaches out of the picture.
        """
        from lookalike.imaging.thumbnails import encoded_thumbnail

        path = self._uploads.path(upload)
        spec = InputSpec(side, "within", box=region)
        decoded = self._decoder.decode(path, spec, "The uploaded picture")
        if region is not None:
            region.pixels(decoded.facts.width, decoded.facts.height)
        return encoded_thumbnail(decoded.pixels[0])
