"""RAR archives, read by rarfile; what is packed needs unrar, unar, 7z or bsdtar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Kind, Member, incomplete, unread

_STORED = 0x30
_VOLUME = re.compile(r"(.*\.part)(\d+)(\.rar)", re.I)


class RarArchive:
    """A RAR archive.

    Args:
        file: the archive.
        path: its file; None for one inside another.
        budget: what it may cost.

    Raises:
        SourceError: ``encrypted``, or rarfile is not there (``unsupported-format``).
    """

    streamed = False

    def __init__(self, file: BinaryIO, path: Path | None, budget: Budget) -> None:
        try:
            import rarfile
        except ImportError as error:
            raise unread("A RAR archive", "rarfile") from error
        # Else it writes copies of members to the disk for the tool.
        rarfile.USE_EXTRACT_HACK = 0
        self._nested = path is None
        try:
            self._archive = rarfile.RarFile(file if path is None else str(path), errors="stop")
        except rarfile.BadRarFile as error:
            raise _fault(str(error)) from error
        if self._archive.needs_password() and not self._archive.infolist():
            raise SourceError(
                "the names of its files are encrypted",
                "Unpack it with its password.",
                code="encrypted",
            )

    def members(self) -> Iterator[Member]:
        """Everything in it."""
        tool = _has_tool() and not self._nested
        for info in self._archive.infolist():
            kind = _kind(info)
            note = ""
            if kind == "file" and info.compress_type != _STORED and not tool:
                kind = "unsupported"
                note = (
                    "packed RAR archives cannot be read inside other archives"
                    if self._nested
                    else "packed RAR archives need unrar, unar, 7z or bsdtar on the PATH"
                )
            yield Member(
                name=info.filename,
                kind=kind,
                size=info.file_size,
                packed=None if self._archive.is_solid() else info.compress_size,
                stamp=f"{info.CRC or 0:08x}-{info.file_size:x}-{info.mtime or ''}",
                open=partial(_open, self._archive, info),
                note=note,
            )
        if fault := self._archive.strerror():
            raise _fault(fault)

    def close(self) -> None:
        """Let go of it."""
        self._archive.close()


def _fault(text: str) -> Exception:
    """What ended the list of files, in words for people."""
    if text.startswith("Cannot open next volume"):
        missing = PurePath(text.partition(": ")[2]).name
        return incomplete(f"its next part {missing} is not here")
    return ValueError(f"its list of files is damaged ({text})")


def is_later_volume(path: Path) -> bool:
    """Whether this is a part of an archive in several files, and the first part lies beside it."""
    match = _VOLUME.fullmatch(path.name)
    if match is None or int(match[2]) == 1:
        return False
    first = f"{match[1]}{'1'.zfill(len(match[2]))}{match[3]}"
    return path.with_name(first).exists()


def _open(archive: Any, info: Any) -> BinaryIO:
    return cast("BinaryIO", archive.open(info))


def _has_tool() -> bool:
    import rarfile

    try:
        rarfile.tool_setup()
    except rarfile.RarCannotExec:
        return False
    return True


def _kind(info: Any) -> Kind:
    if info.is_dir():
        return "folder"
    if info.is_symlink() or getattr(info, "file_redir", None):
        return "link"
    return "encrypted" if info.needs_password() else "file"
