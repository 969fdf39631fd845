"""What every kind of archive yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from lookalike.errors import SourceError
from lookalike.sources.archives.span import Span
from lookalike.sources.metadata import Metadata

Kind = Literal["file", "folder", "link", "device", "encrypted", "unsupported"]


@dataclass(frozen=True)
class Member:
    """One thing in an archive.

    Attributes:
        name: as it is stored.
        kind: ``encrypted`` and ``unsupported`` are files that cannot be read.
        size: unpacked, in bytes.
        packed: in bytes; None where the archive packs many files together.
        stamp: changes whenever the bytes may have changed.
        open: gives the bytes; in a streamed archive only until the next member is taken.
        span: where the bytes lie in the archive's file, if they can be found there.
        note: for what cannot be read, why.
        metadata: what the archive itself says about it.
        counted: whether its bytes have been counted when they were unpacked.
    """

    name: str
    kind: Kind
    size: int
    packed: int | None
    stamp: str
    open: Callable[[], BinaryIO]
    span: Span | None = None
    note: str = ""
    metadata: Metadata | None = None
    counted: bool = False


class Archive(Protocol):
    """An opened archive.

    Attributes:
        streamed: whether members can be read only in their order.
    """

    streamed: bool

    def members(self) -> Iterator[Member]:
        """Everything in it.

        Raises:
            SourceError: ``encrypted``, ``archive-bomb`` or ``unsupported-format``.
            Exception: whatever its reader raises on damage.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def incomplete(what: str) -> SourceError:
    """A part of an archive in several files is missing."""
    return SourceError(
        what,
        "Put all its parts into one folder, then run `lookalike failures --retry`.",
        code="archive-incomplete",
    )


def unread(name: str, package: str) -> SourceError:
    """The error where the package for a kind of archive is not installed."""
    return SourceError(
        f"{name} needs the package {package}",
        "Install it with `pip install lookalike[archives]`.",
        code="unsupported-format",
    )
