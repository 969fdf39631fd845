"""File names: as text that can be stored, and what they say about a neighbour."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path, PurePath

from lookalike.sources.frame_names import split_frame
from lookalike.sources.sniff import PICTURE_EXTENSIONS

SIDECAR_EXTENSIONS = (".txt", ".json", ".xmp")
"""Files of these kinds describe a picture of the same name; later ones win."""

LEDGER_NAME = ".lookalike-web.sqlite"
"""What a folder that is filled from the web keeps its account in."""

TABLE_NAMES = (
    "manifest.csv",
    "manifest.tsv",
    "manifest.jsonl",
    "metadata.csv",
    "metadata.tsv",
    "metadata.jsonl",
    "manifest.parquet",
    "metadata.parquet",
    "_annotations.coco.json",
)
"""Metadata tables that are found by themselves; later ones win."""

# Google Takeout writes IMG.jpg.supplemental-metadata.json, cuts all before ".json" off at 46
# characters, and puts the number of a copy, IMG(1).jpg, last: IMG.jpg(1).json.
_TAKEOUT_SUFFIX = ".supplemental-metadata"
TAKEOUT_LENGTH = 46
COPY_NUMBER = re.compile(r"\(\d+\)$")
_COPY = re.compile(r"(.*)(\(\d+\))(\.[^.]*)?", re.S)

_LONGEST_EXTENSION = 12


def location_of(path: str | PurePath) -> str:
    """The path as text that can be stored as UTF-8.

    Bytes of a file name that are no valid UTF-8 are written ``%XX``.
    """
    text = os.fspath(path)
    if text.isascii():
        return text
    return "".join(
        f"%{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else char for char in text
    )


def path_of(location: str) -> Path:
    """The file at a location, or the one that the frame at it belongs to.

    The reverse of :func:`location_of`.
    """
    path = Path(location)
    if "#" in location and not path.exists():
        location = split_frame(location)[0]
        path = Path(location)
    if "%" not in location or path.exists():
        return path
    escaped = re.sub(
        rb"%([89A-F][0-9A-F])", lambda m: bytes.fromhex(m[1].decode()), os.fsencode(location)
    )
    return Path(os.fsdecode(escaped))


def kind_of_name(name: str) -> str:
    """What sort of file a name tells of: its extension; empty where it has none that means much."""
    extension = split_extension(name)[1]
    return extension if 1 < len(extension) <= _LONGEST_EXTENSION else ""


def split_extension(name: str) -> tuple[str, str]:
    """A file name without its last suffix, and that suffix in lower case (may be empty)."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a hot path, and a name is no Path
    return stem, suffix.lower()


class Sidecars:
    """The files of one folder that may describe a picture beside them.

    Args:
        names: names of the folder's files; those of other kinds are passed over.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_key: dict[tuple[str, str], str] = {}
        for name in names:
            body, suffix = split_extension(name)
            if suffix in SIDECAR_EXTENSIONS:
                self._by_key.setdefault((body, suffix), name)

    def of(self, picture: str, files: Collection[str]) -> list[str]:
        """Which of them describe a picture, most specific last.

        Args:
            picture: file name of the picture.
            files: names of all pictures of the folder: ``cat.jpg.txt`` describes ``cat.jpg``, and
                ``cat.jpg.png`` only where there is no ``cat.jpg``.
        """
        if not self._by_key:
            return []
        keys = _sidecar_keys(picture)
        stem = split_extension(picture)[0]
        if stem in files and split_extension(stem)[1] in PICTURE_EXTENSIONS:
            keys = [key for key in keys if key[0] != stem]
        found = (self._by_key[key] for key in keys if key in self._by_key)
        return list(dict.fromkeys(found))


def possible_neighbours(picture: str) -> list[str]:
    """Names that files may have which say something about a picture, or about another's sidecars.

    For a single picture these are looked for one by one, so that a thousand single pictures of
    one folder do not have it listed a thousand times.
    """
    keys = _sidecar_keys(picture)
    names = [body + suffix for body, lower in keys for suffix in (lower, lower.upper())]
    return list(dict.fromkeys((split_extension(picture)[0], *names, *TABLE_NAMES)))


def _sidecar_keys(picture: str) -> list[tuple[str, str]]:
    bodies = (split_extension(picture)[0], picture)
    keys = [(body, suffix) for body in bodies for suffix in SIDECAR_EXTENSIONS]
    return keys + [(body, ".json") for body in takeout_bodies(picture)]


def takeout_bodies(picture: str) -> list[str]:
    """Names, without ``.json``, that Google Takeout gives to the description of a picture."""
    copy = _COPY.fullmatch(picture)
    name, number = (copy[1] + (copy[3] or ""), copy[2]) if copy else (picture, "")
    full = name + _TAKEOUT_SUFFIX
    return [body + number for body in (name[:TAKEOUT_LENGTH], full, full[:TAKEOUT_LENGTH])]
