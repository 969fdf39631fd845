"""Stamps: short texts that change whenever a file, or the words beside it, may have changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from lookalike.sources.metadata import Metadata


def stamp_of(
    picture: os.stat_result, sidecars: Sequence[os.stat_result], row: Metadata | None
) -> str:
    """The stamp of a picture, its sidecars and its row of the metadata table.

    Besides size and time of writing the time of the last change counts, which tools that put the
    old time of writing back cannot hide. The row counts by its content, so that editing one line
    of a table touches one picture only.
    """
    stamp = _file_stamp(picture)
    if not sidecars and row is None:
        return stamp
    beside = "\n".join((*map(_file_stamp, sidecars), repr(row)))
    digest = hashlib.blake2b(beside.encode("utf-8", "surrogatepass"), digest_size=8)
    return f"{stamp}-{digest.hexdigest()}"


def _file_stamp(about: os.stat_result) -> str:
    return f"{about.st_size:x}-{about.st_mtime_ns:x}-{about.st_ctime_ns:x}"
