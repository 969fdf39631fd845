"""Words and facts about a picture, wherever they were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Metadata:
    """Words and facts about a picture, from the file itself or from beside it.

    Attributes:
        title: short name.
        caption: description in sentences.
        tags: keywords, in order, without repeats.
        taken: when the picture was taken; naive local time, as cameras write it.
        camera: maker and model.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        extra: further named values (author, licence, source page ...), as text.
    """

    title: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    taken: datetime | None = None
    camera: str = ""
    latitude: float | None = None
    longitude: float | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def merged_under(self, other: Metadata) -> Metadata:
        """This metadata with ``other`` laid over it: other's values win, tags are joined."""
        return Metadata(
            title=other.title or self.title,
            caption=other.caption or self.caption,
            tags=tuple(dict.fromkeys((*other.tags, *self.tags))),
            taken=other.taken or self.taken,
            camera=other.camera or self.camera,
            latitude=other.latitude if other.latitude is not None else self.latitude,
            longitude=other.longitude if other.longitude is not None else self.longitude,
            extra={**self.extra, **other.extra},
        )
