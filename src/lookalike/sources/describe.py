"""All words about a picture, from inside and from beside it."""

from __future__ import annotations

from lookalike.sources.entry import Entry
from lookalike.sources.frame_names import split_frame
from lookalike.sources.metadata import Metadata
from lookalike.sources.sidecar import read_sidecars
from lookalike.sources.words import name_words


def describe(entry: Entry, embedded: Metadata) -> tuple[Metadata, str]:
    """Put together what is known about a picture.

    Args:
        entry: the picture, as a source found it.
        embedded: what the file says itself.

    Returns:
        The embedded metadata, overruled by sidecars, overruled by the metadata table; and the
        searchable words of its name and folders.
    """
    found = embedded.merged_under(read_sidecars(entry.path.name, entry.sidecars))
    if entry.row is not None:
        found = found.merged_under(entry.row)
    return found, name_words(split_frame(entry.location)[0], entry.root)
