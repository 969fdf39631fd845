"""Names of members: which are safe, and how they are shown."""

from __future__ import annotations

import re

from lookalike.sources.naming import location_of

SEPARATOR = "!/"
"""Stands between an archive and what lies in it: ``/photos/a.zip!/in/it.png``."""

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOUSEKEEPING = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})


def fault_of(name: str) -> str:
    """Why a member's name is unsafe, for people; empty if it is safe.

    Names that would leave the folder they are unpacked into are signs of a hostile archive
    ("zip slip"), also in the manner of Windows.
    """
    parts = name.replace("\\", "/").split("/")
    if not name.strip("/\\. "):
        return "it has no name"
    if "\0" in name:
        return "its name holds a zero byte"
    if parts[0] == "":
        return "its name is an absolute path"
    if _DRIVE.match(name):
        return "its name begins with a drive letter"
    if ".." in parts:
        return "its name leads out of the archive"
    return ""


def clean(name: str) -> str:
    """A member's safe name with ``/`` between folders and without empty parts."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def shown(name: str) -> str:
    """A member's name, safe or not, as text that can be stored: control characters as ``%XX``."""
    return _CONTROL.sub(lambda match: f"%{ord(match[0]):02X}", location_of(name))


def is_hidden(name: str) -> bool:
    """Whether a folder or the file itself is hidden, or kept by a system for itself."""
    return any(part[0] == "." or part.lower() in _HOUSEKEEPING for part in name.split("/"))


def archive_of(location: str) -> str:
    """The outermost archive's location of a member's; empty if it lies in none."""
    archive, separator, _ = location.partition(SEPARATOR)
    return archive if separator else ""
