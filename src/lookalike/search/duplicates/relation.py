"""What became of a picture in a copy of it, in words."""

from __future__ import annotations

from lookalike.store.pairs import Pair
from lookalike.store.rows import PictureRecord

_TURNED = (
    "",
    "mirrored left to right",
    "mirrored top to bottom",
    "rotated by 180°",
    "transposed",
    "rotated by 90°",
    "rotated by 90°",
    "transposed and rotated by 180°",
)
_WHOLE = 0.93
_OVERLAID = 0.02
_RESIZED = 1.02


def relation(pair: Pair, keeper: PictureRecord, other: PictureRecord) -> str:
    """How the other picture differs from the keeper, e.g. ``mirrored left to right, grey``."""
    if not pair.same:
        return f"similar ({pair.similarity:.2f})"
    covered, shown = pair.cover_a, pair.cover_b
    if pair.a != keeper.key:
        covered, shown = shown, covered
    parts = [_TURNED[pair.orientation]]
    if covered < _WHOLE:
        parts.append(f"{covered:.0%} of it")
    elif shown < _WHOLE:
        parts.append("with a border or more around it")
    elif _pixels(keeper) > _RESIZED * _pixels(other):
        parts.append("smaller")
    if pair.grey:
        parts.append("without colour")
    if pair.differing > _OVERLAID:
        parts.append(f"{pair.differing:.0%} painted over")
    if keeper.facts.format != other.facts.format:
        parts.append(f"as {other.facts.format.upper()}")
    return ", ".join(part for part in parts if part) or "saved again"


def _pixels(record: PictureRecord) -> int:
    return record.facts.width * record.facts.height
