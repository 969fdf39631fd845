"""What every source yields: entries that can be read, and failures to do so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lookalike.sources.archives.span import Span
from lookalike.sources.metadata import Metadata


@dataclass(frozen=True)
class Entry:
    """One thing that may be a picture.

    Attributes:
        location: where it is, as shown to people and kept in the library (an absolute path).
        path: the local file that holds the bytes.
        root: the source it was found under (an absolute path).
        size_bytes: length of the file.
        stamp: changes whenever the bytes, or the words kept beside them, may have changed.
        sidecars: files beside it that describe it, most specific last.
        row: what a metadata table of the source says about it.
        content: its bytes, or where in the file they lie; None where it is the whole file.
    """

    location: str
    path: Path
    root: str
    size_bytes: int
    stamp: str
    sidecars: tuple[Path, ...] = ()
    row: Metadata | None = None
    content: bytes | Span | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Container:
    """A file that holds many pictures: an archive.

    Attributes:
        location: where it is; its members are at ``location!/name``.
        path: the local file.
        root: the source it was found under.
        size_bytes: length of the file.
        stamp: changes whenever what it holds may have changed.
        kind: what opens it, see :mod:`lookalike.sources.archives.kinds`.
        labels_below: the names of folders below this one, its own among them, are labels; empty
            if they are none.
        row: what a metadata table of the source says about it, and so about all it holds.
    """

    location: str
    path: Path
    root: str
    size_bytes: int
    stamp: str
    kind: str
    labels_below: str = ""
    row: Metadata | None = None


FETCH = "fetch"
"""The stage of failures that lie before any file."""


@dataclass(frozen=True)
class Failure:
    """Something that could not be taken in.

    Attributes:
        location: the file or folder, or a URL whose picture was to come into a folder.
        stage: ``fetch``, ``scan``, ``read``, ``decode``, ``encode`` or ``write``.
        code: stable reason, e.g. ``truncated``, ``not-a-picture``, ``permission-denied``.
        message: one sentence for people: what happened, what to do.
        stamp: the entry's stamp at that time; unchanged entries are not tried again.
    """

    location: str
    stage: str
    code: str
    message: str
    stamp: str = ""


Item = Entry | Container | Failure
"""What a source yields."""


class Source(Protocol):
    """A place that pictures come from."""

    def scan(self) -> Iterator[Item]:
        """Yield everything that may be a picture or hold some, and what could not be seen."""
        ...
