"""TAR archives, plain or packed as a whole with gzip, bzip2, xz or Zstandard."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from lookalike.sources.archives.limits import Budget, bomb
from lookalike.sources.archives.member import Kind, Member, unread
from lookalike.sources.archives.span import Span

_MAX_HEADER_BYTES = 2**20
_BLOCK = 512
_HEADER_TYPES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)

# Names that the type stubs of the standard library lack.
_BROKEN = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]
_NOTHING = tarfile.EmptyHeaderError  # type: ignore[attr-defined]
_BrokenLaterError = tarfile.SubsequentHeaderError  # type: ignore[attr-defined]


class TarArchive:
    """A plain TAR archive; workers read its members by themselves.

    Args:
        file: the archive.
        path: its file; None for one inside another.
        budget: what it may cost.
    """

    streamed = False

    def __init__(self, file: BinaryIO, path: Path | None, budget: Budget) -> None:
        self._tar = tarfile.open(fileobj=file, mode="r:", tarinfo=_Info)  # noqa: SIM115 - see close
        self._path = path

    def members(self) -> Iterator[Member]:
        """Everything in it."""
        yield from _members(self._tar, self._path, keep=True)

    def close(self) -> None:
        """Let go of it."""
        self._tar.close()


class PackedTarArchive:
    """A TAR archive that is packed as a whole, read from beginning to end.

    Args:
        file: the archive.
        packing: name of the packing's kind: ``gzip``, ``bzip2``, ``xz`` or ``zstd``.
        budget: what it may cost.
    """

    streamed = True

    def __init__(self, file: BinaryIO, packing: str, budget: Budget) -> None:
        self._stream = unpacking(file, packing)
        metered = cast("BinaryIO", _Metered(self._stream, budget))
        self._tar = tarfile.open(fileobj=metered, mode="r|", tarinfo=_Info)  # noqa: SIM115

    def members(self) -> Iterator[Member]:
        """Everything in it, in its order."""
        yield from _members(self._tar, None, keep=False)

    def close(self) -> None:
        """Let go of it."""
        self._tar.close()
        self._stream.close()


def holds_tar(file: BinaryIO, packing: str) -> bool:
    """Whether the file, unpacked, begins like a TAR archive; its position is moved.

    Raises:
        SourceError: the packing cannot be read here.
        Exception: whatever its reader raises on damage.
    """
    with unpacking(file, packing) as stream:
        return is_tar_header(stream.read(_BLOCK))


def is_tar_header(block: bytes) -> bool:
    """Whether these 512 bytes are the first of a TAR archive; old ones bear no mark."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def unpacking(file: BinaryIO, packing: str) -> BinaryIO:
    """The unpacked bytes of a packed file, as they are read.

    Raises:
        SourceError: the packing cannot be read here (``unsupported-format``).
    """
    if packing == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if packing == "bzip2":
        return cast("BinaryIO", bz2.BZ2File(file))
    if packing == "xz":
        return cast("BinaryIO", lzma.LZMAFile(file))
    try:
        from backports import zstd
    except ImportError as error:
        raise unread("A Zstandard archive", "backports.zstd") from error
    return cast("BinaryIO", zstd.ZstdFile(file))


class _Metered:
    """Counts what is read out of a stream."""

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int) -> bytes:
        # What there is: the damage behind it must not cost what comes before.
        data: bytes = self._stream.read1(size)  # type: ignore[attr-defined]
        self._budget.unpacked(len(data))
        return data


class _Info(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Any:
        try:
            return super().frombuf(buf, encoding, errors)
        except _BROKEN as error:
            # Else damage in the middle would pass for the end.
            raise _BrokenLaterError(str(error)) from error
        except _NOTHING as error:
            raise _BrokenLaterError("it ends before its end mark") from error

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        # Such headers are read whole into memory.
        if self.type in _HEADER_TYPES and self.size > _MAX_HEADER_BYTES:
            raise bomb(f"a header has {self.size:,} bytes")
        return super()._proc_member(archive)  # type: ignore[misc]


def _members(tar: tarfile.TarFile, path: Path | None, *, keep: bool) -> Iterator[Member]:
    while (info := tar.next()) is not None:
        yield Member(
            name=info.name,
            kind=_kind(info),
            size=info.size,
            packed=None,
            stamp=f"{info.size:x}-{info.mtime}-{info.chksum:x}",
            open=partial(_open, tar, info),
            span=_span(info, path),
        )
        if not keep:
            tar.members.clear()  # type: ignore[attr-defined]


def _span(info: tarfile.TarInfo, path: Path | None) -> Span | None:
    if path is None or not info.isreg() or info.issparse():
        return None
    return Span(path, info.offset_data, packed=info.size, size=info.size)


def _kind(info: tarfile.TarInfo) -> Kind:
    if info.isdir():
        return "folder"
    if info.issym() or info.islnk():
        return "link"
    if info.isdev():
        return "device"
    return "file" if info.isreg() else "folder"  # labels, access rights and the like


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    file = tar.extractfile(info)
    if file is None:
        raise tarfile.ReadError("it holds no bytes")
    return cast("BinaryIO", file)
