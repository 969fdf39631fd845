"""A stretch of a file that holds one picture, so that a worker can read it by itself."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lookalike.errors import SourceError

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
"""Numbers of the compression methods (PKWARE APPNOTE 6.3.10, section 4.4.5)."""

METHODS = frozenset({STORED, DEFLATED, BZIP2, LZMA})
"""Those that can be read here."""

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_MARK = b"PK\x03\x04"


@dataclass(frozen=True)
class Span:
    """Where in a file the bytes of one picture lie.

    Attributes:
        path: the file.
        offset: where it begins: at the local header in a ZIP archive, else at the first byte.
        packed: how many bytes it takes there.
        size: how many bytes it has unpacked.
        method: how it is packed; one of :data:`METHODS`.
        crc: CRC-32 of the unpacked bytes; None where nobody noted it.
        headed: whether a local header of a ZIP archive comes first.
    """

    path: Path
    offset: int
    packed: int
    size: int
    method: int = STORED
    crc: int | None = None
    headed: bool = False

    def read(self) -> bytes:
        """The picture's bytes, unpacked; never more than ``size`` are made.

        Raises:
            SourceError: ``archive-corrupt``: it is not what the archive's directory says.
            OSError: the file cannot be read.
        """
        with self.path.open("rb") as file:
            file.seek(self.offset)
            if self.headed:
                _skip_header(file)
            packed = file.read(self.packed)
        if len(packed) < self.packed:
            raise _corrupt("it ends early")
        try:
            data = _unpacked(packed, self.method, self.size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, struct.error) as error:
            raise _corrupt(f"it cannot be unpacked ({error})") from error
        if len(data) != self.size:
            raise _corrupt("it is longer or shorter than the archive says")
        if self.crc is not None and zlib.crc32(data) != self.crc:
            raise _corrupt("its checksum is wrong")
        return data


def _skip_header(file: BinaryIO) -> None:
    head = file.read(_LOCAL_HEADER.size)
    if len(head) < _LOCAL_HEADER.size or not head.startswith(_MARK):
        raise _corrupt("it is not where the archive says")
    _, name_length, extra_length = _LOCAL_HEADER.unpack(head)
    file.seek(name_length + extra_length, 1)


def _unpacked(packed: bytes, method: int, size: int) -> bytes:
    # One byte more than promised tells a bomb.
    if method == STORED:
        return packed
    if method == DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    if method == BZIP2:
        return bz2.BZ2Decompressor().decompress(packed, size + 1)
    if method == LZMA:
        return _zip_lzma(packed, size)
    raise ValueError(f"unknown method {method}")


def _zip_lzma(packed: bytes, size: int) -> bytes:
    """APPNOTE section 5.8.8: version (2 bytes), length of the properties, properties, stream."""
    (length,) = struct.unpack_from("<H", packed, 2)
    properties = packed[4 : 4 + length]
    first, dict_size = struct.unpack("<BL", properties)
    filters: list[dict[str, Any]] = [
        {
            "id": lzma.FILTER_LZMA1,
            "lc": first % 9,
            "lp": first // 9 % 5,
            "pb": first // 45,
            "dict_size": min(dict_size, max(size, 4096)),
        }
    ]
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    return decompressor.decompress(packed[4 + length :], size + 1)


def _corrupt(what: str) -> SourceError:
    return SourceError(what, "Fetch or copy the archive again.", code="archive-corrupt")
