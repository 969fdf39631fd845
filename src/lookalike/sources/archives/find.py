"""One member of an archive, by its location."""

from __future__ import annotations

from lookalike.errors import SourceError
from lookalike.sources.archives.kinds import archive_kind
from lookalike.sources.archives.names import SEPARATOR
from lookalike.sources.archives.span import Span
from lookalike.sources.archives.walk import Walk
from lookalike.sources.entry import Container, Entry
from lookalike.sources.naming import path_of
from lookalike.sources.sniff import HEAD_BYTES


def read_member(location: str) -> bytes | None:
    """The bytes of a picture in an archive; None if the archive or the picture is gone.

    Args:
        location: as a :class:`~lookalike.sources.archives.walk.Walk` gave it.

    Raises:
        SourceError: the archive is damaged.
        OSError: it cannot be read.
    """
    container = _container(location)
    if container is None:
        return None
    for item in Walk(container, lambda entry: entry.location == location, only=location):
        if isinstance(item, Entry):
            content = item.content
            return content.read() if isinstance(content, Span) else content
        if item.location == location:
            raise SourceError(item.message, code=item.code)
    return None


def _container(location: str) -> Container | None:
    """The archive: the first part of the location, before a separator, that is a file."""
    at = location.find(SEPARATOR)
    while at >= 0:
        path = path_of(location[:at])
        if path.is_file():
            with path.open("rb") as file:
                kind = archive_kind(path.name, file.read(HEAD_BYTES))
            size = path.stat().st_size
            return Container(location[:at], path, location[:at], size, "", kind) if kind else None
        at = location.find(SEPARATOR, at + 1)
    return None
