"""Which files are archives, and what opens each kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Archive
from lookalike.sources.archives.rar import RarArchive, is_later_volume
from lookalike.sources.archives.sevenzip import SevenZipArchive
from lookalike.sources.archives.tar import PackedTarArchive, TarArchive, holds_tar, is_tar_header
from lookalike.sources.archives.zip import ZipArchive
from lookalike.sources.datasets.cifar import cifar_kind, open_binary, open_pickled
from lookalike.sources.datasets.columnar import Columnar, columnar_kind
from lookalike.sources.sniff import sniff

_OPENERS: dict[str, Callable[[BinaryIO, Path | None, Budget], Archive | None]] = {
    "zip": ZipArchive,
    "tar": TarArchive,
    "7z": SevenZipArchive,
    "rar": RarArchive,
}
_PACKINGS = frozenset({"gzip", "bzip2", "xz", "zstd"})


def _columnar(kind: str) -> Callable[[BinaryIO, Path | None, Budget], Archive | None]:
    def opened(file: BinaryIO, path: Path | None, budget: Budget) -> Archive | None:
        table = Columnar(file, path, budget, kind)
        return table if table.holds_pictures else None

    return opened


_OPENERS |= {
    "cifar-python": open_pickled,
    "cifar10-binary": partial(open_binary, labels=1),
    "cifar100-binary": partial(open_binary, labels=2),
    "parquet": _columnar("parquet"),
    "arrow": _columnar("arrow"),
}

# What a name promises. Packed files without "tar" in their names are entered if they hold one.
_EXTENSIONS = {
    **dict.fromkeys((".zip", ".cbz"), "zip"),
    **dict.fromkeys((".tar", ".cbt"), "tar"),
    **dict.fromkeys((".7z", ".cb7"), "7z"),
    **dict.fromkeys((".rar", ".cbr"), "rar"),
    **dict.fromkeys((".tgz", ".tar.gz"), "gzip"),
    **dict.fromkeys((".tbz", ".tbz2", ".tar.bz2"), "bzip2"),
    **dict.fromkeys((".txz", ".tar.xz"), "xz"),
    **dict.fromkeys((".tzst", ".tar.zst"), "zstd"),
}
_UNREAD = {
    **dict.fromkeys((".tar.z", ".taz"), "packed by compress"),
    **dict.fromkeys((".tar.lz4", ".tar.lzo", ".tar.lz"), "packed by lz4, lzo or lzip"),
    **dict.fromkeys((".cab", ".lzh", ".lha", ".ace", ".arj", ".cpio", ".iso"), "of an older kind"),
}
# These hold pictures only as parts of something else: documents, programs, arrays.
_DOCUMENTS = """
    .aar .aab .apk .appx .crx .docm .docx .dotx .ear .egg .epub .fb2z .hwpx .idml .ipa .jar .key
    .keras .kra .kmz .lyx .mscz .npz .nupkg .numbers .odb .odf .odg .odp .ods .odt .ora .otp .ott
    .pages .potx .ppsx .pptm .pptx .pt .pth .pxd .sb3 .sketch .snap .usdz .vsdx .vsix .war .whl
    .xlsm .xlsx .xltx .xmind .xpi .xps
"""
_NOT_ENTERED = tuple(_DOCUMENTS.split())


def archive_kind(name: str, head: bytes) -> str:
    """The kind of archive that a file is; empty if it is none that is entered.

    Args:
        name: its file name, or path.
        head: its first bytes, as :func:`lookalike.sources.sniff.sniff` wants them.
    """
    lower = name.lower()
    if lower.endswith(_NOT_ENTERED):
        return ""
    if kind := cifar_kind(lower, head) or columnar_kind(lower, head):
        return kind
    found = sniff(head)
    if found is not None and (found.name in _OPENERS or found.name in _PACKINGS):
        return found.name
    promised = promised_kind(name)
    if promised == "tar" and not is_tar_header(head[:512]):
        return "" if not any(head[:512]) else "tar"
    return promised


def promised_kind(name: str) -> str:
    """The kind of archive that a name promises; ``unread`` for one that cannot be read here."""
    lower = name.lower()
    for extension, kind in _EXTENSIONS.items():
        if lower.endswith(extension):
            return kind
    return "unread" if lower.endswith(tuple(_UNREAD)) else ""


def open_archive(
    file: BinaryIO, name: str, kind: str, path: Path | None, budget: Budget
) -> Archive | None:
    """Open an archive; None if it is read with another file, or packed but no archive.

    Args:
        file: the archive, seekable.
        name: its name.
        kind: as :func:`archive_kind` says.
        path: its file, if it is a file of its own.
        budget: what it may cost.

    Raises:
        SourceError: ``encrypted``, ``archive-bomb``, ``unsupported-format``.
        Exception: whatever its reader raises on damage.
    """
    if kind == "rar" and path is not None and is_later_volume(path):
        return None
    if kind in _OPENERS:
        return _OPENERS[kind](file, path, budget)
    if kind in _PACKINGS:
        if not promised_kind(name) and not holds_tar(file, kind):
            return None
        file.seek(0)
        return PackedTarArchive(file, kind, budget)
    lower = name.lower()
    how = next((how for end, how in _UNREAD.items() if lower.endswith(end)), "of an unknown kind")
    raise SourceError(
        f"it is {how}, which cannot be read",
        "Pack it anew as ZIP or TAR, or unpack it.",
        code="unsupported-format",
    )
