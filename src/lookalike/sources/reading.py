"""How a source is read: what its files mean, beyond what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath


@dataclass(frozen=True)
class Reading:
    """How a source is read.

    Attributes:
        label_folders: the names of folders are labels.
        frames: how many frames of an animation or pages of a document are taken in, evenly
            spread; with 1 those that the library holds stay, and no more are added.
        table: absolute path of a metadata table about the source; empty for none.
        base: the folder from whose top labels and the table's paths count: the source, or one
            around it whose reading it shares; empty for the source.
    """

    label_folders: bool = False
    frames: int = 1
    table: str = ""
    base: str = ""


@dataclass(frozen=True)
class Wishes:
    """What somebody asks of a source's reading; None for as it was read before."""

    label_folders: bool | None = None
    frames: int | None = None
    table: str | None = None

    def over(self, reading: Reading) -> Reading:
        """The reading with what is asked for."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return replace(reading, **given)


def reading_of(root: str, known: Mapping[str, Reading]) -> Reading:
    """How a source was read before: as such, else as a part of the nearest one around it.

    Args:
        root: location of the source.
        known: readings of earlier runs, by location of their sources.
    """
    for place in (root, *map(str, PurePath(root).parents)):
        if place in known:
            return replace(known[place], base=known[place].base or place)
    return Reading(base=root)
