"""The bytes of one picture: read once, identified by their hash, told apart by their start."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from lookalike.errors import DecodeError, SourceError
from lookalike.imaging.picture import Limits
from lookalike.imaging.raw_marks import is_camera_raw
from lookalike.sources.archives.span import Span
from lookalike.sources.sniff import HEAD_BYTES, RAW, Kind, sniff

_IN_MEMORY_BYTES = 64 * 2**20
_TAIL_BYTES = 64
# Photo CD has its mark at byte 2048.
_HEAD_BYTES = max(HEAD_BYTES, 2052)

Stream = io.BufferedReader | io.BytesIO


@dataclass(frozen=True)
class Blob:
    """The bytes of one picture.

    Attributes:
        name: what messages call it.
        stream: all the bytes, in memory if there are not too many.
        size_bytes: how many there are.
        id: 32 hex digits, the first half of the SHA-256 of the bytes.
        head: the first of them.
        tail: the last of them.
        kind: what they look like; None where nobody can tell.
    """

    name: str
    stream: Stream
    size_bytes: int
    id: str
    head: bytes
    tail: bytes
    kind: Kind | None


def refuse(name: str, code: str, what: str, hint: str = "") -> DecodeError:
    """The error for a picture that cannot be taken in; its message reads ``NAME: WHAT.``."""
    return DecodeError(f"{name}: {what}.", hint, code=code)


@contextmanager
def blob_of(source: Path | Span | bytes, limits: Limits, name: str = "") -> Iterator[Blob]:
    """The bytes of a file, of a part of one, or those given.

    Args:
        source: a path, a stretch of an archive, or the bytes themselves.
        limits: how many bytes are too many.
        name: what messages call it; the path by default.

    Raises:
        DecodeError: ``vanished``, ``permission-denied``, ``unreadable``, ``empty-file``,
            ``too-large`` or ``archive-corrupt``.
    """
    if isinstance(source, Span):
        name = name or str(source.path)
        _check_size(name, source.size, limits)
        source = _unpacked(source, name)
    if isinstance(source, bytes):
        name = name or "the picture"
        _check_size(name, len(source), limits)
        yield _blob(name, io.BytesIO(source), len(source), hashlib.sha256(source).hexdigest())
        return
    name = name or str(source)
    with _opened(source, name, limits) as (file, size):
        if size > _IN_MEMORY_BYTES:
            yield _blob(name, file, size, _digest(file, name))
            return
        data = _read(file, name)
    # The file may have shrunk since its size was asked for.
    _check_size(name, len(data), limits)
    yield _blob(name, io.BytesIO(data), len(data), hashlib.sha256(data).hexdigest())


def _unpacked(span: Span, name: str) -> bytes:
    try:
        return span.read()
    except SourceError as error:
        raise refuse(name, error.code, error.message, error.hint) from error
    except OSError as error:
        _raise_unreadable(name, error)


def _blob(name: str, stream: Stream, size: int, digest: str) -> Blob:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read(_TAIL_BYTES)
    kind = sniff(head)
    if kind is not None and kind.name == "tiff" and is_camera_raw(stream, name):
        kind = RAW
    stream.seek(0)
    return Blob(name, stream, size, digest[:32], head, tail, kind)


@contextmanager
def _opened(path: Path, name: str, limits: Limits) -> Iterator[tuple[Stream, int]]:
    try:
        # Opening a named pipe would wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        _raise_unreadable(name, error)
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise refuse(name, "unreadable", "is not a regular file", "Only files are read.")
    with os.fdopen(descriptor, "rb") as file:
        _check_size(name, about.st_size, limits)
        yield file, about.st_size


def _check_size(name: str, size: int, limits: Limits) -> None:
    if size == 0:
        raise refuse(name, "empty-file", "is empty", "Fetch or copy it again.")
    if size > limits.max_bytes:
        raise refuse(
            name,
            "too-large",
            f"has {size / 2**20:,.0f} MiB, more than the limit of {limits.max_bytes / 2**20:,.0f}",
            "Raise the limit on file size, or store a smaller copy.",
        )


def _read(file: Stream, name: str) -> bytes:
    try:
        return file.read()
    except OSError as error:
        _raise_unreadable(name, error)


def _digest(file: Stream, name: str) -> str:
    try:
        return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        _raise_unreadable(name, error)


def _raise_unreadable(name: str, error: OSError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        raise refuse(name, "vanished", "is not there any more") from error
    if isinstance(error, PermissionError):
        raise refuse(
            name, "permission-denied", "may not be read", "Change its permissions."
        ) from error
    raise refuse(
        name, "unreadable", f"cannot be read ({error.strerror})", "Check the disk or the mount."
    ) from error
