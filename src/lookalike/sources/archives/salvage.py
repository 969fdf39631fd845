"""Members of a ZIP archive whose directory is lost, found by the headers before each."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget

# PKWARE APPNOTE 6.3.10, section 4.3.7.
_HEADER = struct.Struct("<4s5H3L2H")
_MARK = b"PK\x03\x04"
_ENCRYPTED, _SIZES_FOLLOW, _UTF8, _MASKED = 0x1, 0x8, 0x800, 0x2000


def salvaged(file: BinaryIO, budget: Budget) -> Iterator[zipfile.ZipInfo]:
    """Members from the beginning of the file on, as far as one header follows another.

    A header that leaves the member's length open ends it.

    Args:
        file: the archive.
        budget: counts them.

    Raises:
        SourceError: ``encrypted``, if the directory is; ``archive-bomb``.
    """
    end = file.seek(0, 2)
    offset = 0
    while True:
        file.seek(offset)
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or not head.startswith(_MARK):
            return
        info, length = _parsed(head, file, offset)
        if info.flag_bits & (_MASKED | _ENCRYPTED) == _MASKED | _ENCRYPTED:
            raise SourceError(
                "its list of files is encrypted", "Unpack it with its password.", code="encrypted"
            )
        if info.flag_bits & _SIZES_FOLLOW or offset + length + info.compress_size > end:
            return
        budget.member()
        yield info
        offset += length + info.compress_size


def _parsed(head: bytes, file: BinaryIO, offset: int) -> tuple[zipfile.ZipInfo, int]:
    (_, _, flags, method, time, date, crc, packed, size, name_length, extra) = _HEADER.unpack(head)
    name = file.read(name_length).decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    info = zipfile.ZipInfo(name)
    info.orig_filename = name
    info.flag_bits, info.compress_type, info.CRC = flags, method, crc
    info.compress_size, info.file_size, info.header_offset = packed, size, offset
    info.date_time = (
        (date >> 9) + 1980,
        date >> 5 & 0xF,
        date & 0x1F,
        time >> 11,
        time >> 5 & 0x3F,
        (time & 0x1F) * 2,
    )
    return info, _HEADER.size + name_length + extra
