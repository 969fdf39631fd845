"""ZIP archives, also under other names (.cbz)."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from lookalike.sources.archives.limits import Budget, bomb
from lookalike.sources.archives.member import Kind, Member
from lookalike.sources.archives.salvage import salvaged
from lookalike.sources.archives.span import METHODS, Span

_END = b"PK\x05\x06"
_EMPTY = _END + bytes(18)
_END64 = b"PK\x06\x07"
_END_BYTES = 22 + 65535 + 20
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_UNIX, _MACOS = 3, 19
_NAMES = {9: "Deflate64", 93: "Zstandard", 95: "xz", 98: "PPMd", 99: "AES"}


class ZipArchive:
    """A ZIP archive.

    Args:
        file: the archive.
        path: its file, from which workers read members; None for one inside another.
        budget: what it may cost.
    """

    streamed = False

    def __init__(self, file: BinaryIO, path: Path | None, budget: Budget) -> None:
        _check_directory(file, budget)
        self._path = path
        self._damage: zipfile.BadZipFile | None = None
        try:
            self._zip = zipfile.ZipFile(file)
            self._infos = self._zip.infolist()
        except zipfile.BadZipFile as error:
            self._damage = error
            self._infos = list(salvaged(file, budget))
            self._zip = _without_directory(file)

    def members(self) -> Iterator[Member]:
        """Everything in it; two members that share bytes are the mark of a bomb.

        Raises:
            BadZipFile: after all members that could be found in a damaged archive.
        """
        _check_overlaps(self._infos)
        for info in self._infos:
            yield self._member(info)
        if self._damage is not None:
            raise self._damage

    def close(self) -> None:
        """Let go of it."""
        self._zip.close()

    def _member(self, info: zipfile.ZipInfo) -> Member:
        kind, note = _kind(info)
        return Member(
            # Not filename: it ends at a zero byte.
            name=info.orig_filename,
            kind=kind,
            size=info.file_size,
            packed=info.compress_size,
            stamp=f"{info.CRC:08x}-{info.file_size:x}-{_time(info)}",
            open=partial(_open, self._zip, info),
            span=self._span(info) if kind == "file" else None,
            note=note,
        )

    def _span(self, info: zipfile.ZipInfo) -> Span | None:
        if self._path is None:
            return None
        return Span(
            path=self._path,
            offset=info.header_offset,
            packed=info.compress_size,
            size=info.file_size,
            method=info.compress_type,
            crc=info.CRC,
            headed=True,
        )


def _without_directory(file: BinaryIO) -> zipfile.ZipFile:
    """A ZipFile that can read members, whose list is found otherwise."""
    archive = zipfile.ZipFile(io.BytesIO(_EMPTY))
    archive.fp = cast("Any", file)
    return archive


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", archive.open(info))


def _time(info: zipfile.ZipInfo) -> str:
    return "".join(f"{part:02d}" for part in info.date_time)


def _kind(info: zipfile.ZipInfo) -> tuple[Kind, str]:
    mode = info.external_attr >> 16 if info.create_system in (_UNIX, _MACOS) else 0
    if info.is_dir():
        return "folder", ""
    if stat.S_ISLNK(mode):
        return "link", ""
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "device", ""
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", ""
    if info.compress_type not in METHODS:
        method = _NAMES.get(info.compress_type, f"method {info.compress_type}")
        return "unsupported", f"it is packed by {method}"
    return "file", ""


def _check_directory(file: BinaryIO, budget: Budget) -> None:
    """Refuse a directory that would take too much memory, before it is read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return  # zipfile says that it is none
    (directory,) = struct.unpack_from("<L", tail, at + 12)
    before = tail.rfind(_END64, 0, at)
    if directory == 0xFFFFFFFF and before >= 0:
        (end64,) = struct.unpack_from("<Q", tail, before + 8)
        file.seek(min(end64 + 40, size))
        directory = int.from_bytes(file.read(8), "little")
    if min(directory, size) > budget.limits.max_directory_bytes:
        raise bomb(f"its list of files has {directory:,} bytes")


def _check_overlaps(infos: list[zipfile.ZipInfo]) -> None:
    """After Fifield, "A better zip bomb" (2019)."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise bomb("its files overlap")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
