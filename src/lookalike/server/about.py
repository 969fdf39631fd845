"""A picture's record in people's words."""

from __future__ import annotations

from pathlib import PurePath

from lookalike.store.rows import PictureRecord

LEAST_PROB = 0.02


def title(record: PictureRecord) -> str:
    """The picture's title, or else its caption or its file's name."""
    meta = record.metadata
    return meta.title or meta.caption or PurePath(record.locations[0].path).name


def alt_text(record: PictureRecord) -> str:
    """The picture in words, as far as the library has any."""
    meta = record.metadata
    return meta.caption or meta.title or ", ".join(meta.tags[:5]) or title(record)


def seen_in(record: PictureRecord) -> list[tuple[str, float]]:
    """What the encoder sees, with probabilities, as far as these are worth a word."""
    seen = zip(record.classes, record.class_probs, strict=False)
    return [(name, prob) for name, prob in seen if prob >= LEAST_PROB]


def fitted(record: PictureRecord, side: int) -> tuple[int, int]:
    """Width and height of the picture's thumbnail, in pixels."""
    width, height = record.facts.width, record.facts.height
    scale = min(1.0, side / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shape(record: PictureRecord) -> str:
    """CSS class of the aspect ratio, in tenths; extreme ones are cropped."""
    ratio = record.facts.width / max(record.facts.height, 1)
    return f"shape-{min(max(round(ratio * 10), 5), 35)}"
