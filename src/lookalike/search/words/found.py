"""What a text says that is better asked as a filter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FoundFilter:
    """A date or a place in a text.

    Attributes:
        text: as it stands there, with "in" and the like.
        where: the filter that it means.
        said: how a description would say it: without these.
        start: where it begins.
        end: where it ends.
    """

    text: str
    where: str
    said: str
    start: int
    end: int
