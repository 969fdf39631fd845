"""What lies in one folder."""

# A hot path: os functions on text are several times as fast as Path.
# ruff: noqa: PTH114

from __future__ import annotations

import os
from dataclasses import dataclass, field

from lookalike.sources.entry import Failure
from lookalike.sources.naming import LEDGER_NAME, location_of

_LIBRARY_MARKS = frozenset({"library.json", "pictures.lance"})
# Thumbnails and waste bins that storage devices and Windows keep in every folder.
_HOUSEKEEPING = frozenset({"@eadir", "#recycle", "$recycle.bin", "system volume information"})


@dataclass
class Listing:
    """One listed folder; all names are visible ones, sorted.

    Attributes:
        path: the folder.
        files: names of files, and of links to files or to nothing.
        folders: names of real sub-folders.
        links: names of links to folders.
        failures: names that could not even be looked at.
        is_download: whether it is filled from the web, and keeps a ledger of that.
    """

    path: str
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    is_download: bool = False

    @property
    def is_library(self) -> bool:
        """Whether a library of lookalike lies here, with pictures of its own making."""
        return _LIBRARY_MARKS.issubset((*self.files, *self.folders))


def list_folder(path: str) -> Listing:
    """List a folder.

    Raises:
        OSError: if it cannot be listed.
    """
    listing = Listing(path)
    with os.scandir(path) as found:
        for item in found:
            if item.name == LEDGER_NAME:
                listing.is_download = True
            if item.name.startswith(".") or item.name.lower() in _HOUSEKEEPING:
                continue
            try:
                _place(listing, item).append(item.name)
            except OSError as error:
                listing.failures.append(failure_of(item.path, error))
    for names in (listing.files, listing.folders, listing.links):
        names.sort()
    listing.failures.sort(key=lambda failure: failure.location)
    return listing


def _place(listing: Listing, item: os.DirEntry[str]) -> list[str]:
    if not item.is_dir():
        return listing.files
    return listing.links if item.is_symlink() else listing.folders


def failure_of(path: str, error: OSError) -> Failure:
    """The failure to look at a file or folder."""
    if isinstance(error, PermissionError):
        return _scan_failure(path, "permission-denied", "may not be read; change its permissions.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if os.path.islink(path):
            return _scan_failure(path, "vanished", "is a link to something that is not there.")
        return _scan_failure(path, "vanished", "was gone before it could be read; scan again.")
    reason = error.strerror or type(error).__name__
    return _scan_failure(path, "unreadable", f"cannot be read: {reason}. Check the disk.")


def _scan_failure(path: str, code: str, what: str) -> Failure:
    location = location_of(path)
    return Failure(location, "scan", code, f"{location} {what}")
