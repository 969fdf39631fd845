"""Where the bytes of a library's pictures are: in users' files, in archives, or its own."""

from __future__ import annotations

from pathlib import Path, PurePath

from lookalike.errors import NotFoundError, SourceError
from lookalike.sources.archives.names import archive_of
from lookalike.sources.frame_names import frame_id, split_frame
from lookalike.sources.naming import location_of, path_of
from lookalike.store.originals import ORIGINALS, Originals, content_id
from lookalike.store.rows import PictureRecord


class PictureFiles:
    """Finds the files of the pictures of the library at ``library``."""

    def __init__(self, library: Path) -> None:
        self._own = Originals(library / ORIGINALS)

    def path(self, record: PictureRecord) -> Path:
        """A file that holds the picture.

        Raises:
            NotFoundError: all its files are gone, or it lies in an archive only (``in-archive``).
        """
        for place in record.locations:
            if (path := path_of(place.path)).is_file():
                return path
        # It was brought along by an import, or the library was moved.
        if (own := self._own.find(record.id)) is not None:
            return own
        if any(archive_of(place.path) for place in record.locations):
            raise NotFoundError(
                f"{record.locations[0].path} lies in an archive.",
                "Unpack the archive, or ask for the thumbnail.",
                code="in-archive",
            )
        raise _gone(record)

    def read(self, record: PictureRecord) -> tuple[bytes, str]:
        """The bytes of the file that holds the picture, also out of an archive, and its name.

        Raises:
            NotFoundError: all its files are gone, changed or unreadable.
        """
        try:
            path = self.path(record)
            return path.read_bytes(), path.name
        except (NotFoundError, OSError) as error:
            found = _out_of_archive(record)
            if found is None:
                raise _gone(record) from error
            return found[0], found[1]

    def source(self, record: PictureRecord) -> tuple[Path | bytes, int]:
        """Where a picture's bytes are, or they themselves, and which frame of them it is.

        Raises:
            NotFoundError: all its files are gone.
        """
        try:
            file = self.path(record)
        except NotFoundError:
            found = _out_of_archive(record)
            if found is None:
                raise
            return found[0], found[2]
        return file, _frame_of(record, file)


def _gone(record: PictureRecord) -> NotFoundError:
    return NotFoundError(
        f"{record.locations[0].path} is not there any more.",
        "Run `lookalike index` on its folder again.",
        code="original-gone",
    )


def _frame_of(record: PictureRecord, file: Path) -> int:
    """Which frame of its file a picture is; a file may really be called like a frame."""
    if any(place.path == location_of(file) for place in record.locations):
        return 1
    return max(split_frame(place.path)[1] for place in record.locations)


def _out_of_archive(record: PictureRecord) -> tuple[bytes, str, int] | None:
    """The picture's bytes if an archive still holds them, their name, and the frame that it is."""
    from lookalike.sources.archives.find import read_member

    for place in record.locations:
        location, frame = split_frame(place.path)
        if not archive_of(location):
            continue
        try:
            data = read_member(location)
        except (SourceError, OSError):
            continue  # another place may still be sound
        if data is not None and frame_id(content_id(data), frame) == record.id:
            return data, PurePath(location).name, frame
    return None
