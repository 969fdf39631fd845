"""Class folders: data sets whose labels are the names of folders."""

from __future__ import annotations

import re
from dataclasses import replace

from lookalike.sources.entry import Entry
from lookalike.sources.metadata import Metadata

# What parts a data set rather than naming a class.
_SPLITS = frozenset(
    {"train", "training", "test", "testing", "val", "valid", "validation", "dev", "images", "img"}
)
_ARCHIVE = re.compile(r"(?:\.tar)?\.\w{2,4}!$", re.I)


def folder_label(location: str, root: str) -> str:
    """The label of a picture: the name of its folder below the root, or of its archive.

    Folders that part a data set (``train``, ``val``, ``images`` …) give way to the one above.
    Empty for a picture that lies in the root itself.

    Args:
        location: the picture's.
        root: the source's.
    """
    below = location.removeprefix(root).lstrip("!").strip("/").split("/")[:-1]
    for part in reversed(below):
        name = _ARCHIVE.sub("", part)
        if name.lower() not in _SPLITS:
            return name
    return ""


def labelled(entry: Entry, base: str) -> Entry:
    """The entry with the label of its folder below ``base``, where nothing else gives it one."""
    label = folder_label(entry.location, base)
    known = entry.row or Metadata()
    if not label or "label" in known.extra:
        return entry
    row = Metadata(tags=(label,), extra={"label": label}).merged_under(known)
    return replace(entry, row=row, stamp=f"{entry.stamp}-l")
