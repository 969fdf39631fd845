"""Whether two pictures are the same one: aligned, then compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lookalike.imaging.sketches import FLAT
from lookalike.search.duplicates.agreement import Agreement, agreement
from lookalike.search.duplicates.alignment import (
    Alignment,
    feature_alignments,
    frame_alignments,
    placed_alignments,
)
from lookalike.search.duplicates.overlay import overlaid
from lookalike.search.duplicates.sample import Sample

_PERFECT = 0.99
_ICON_PX = 128
_SPOT = 0.0015
_SPOT_OF_ICON = 0.0005
_LEAST_COVER = 0.9
_LEAST_CROP = 0.2
_PLACED_COVERS = (0.25, 0.9)
_LEAST_BLOCKS = {"frame": 4, "features": 5, "place": 5}
_LEAST_CORRELATION = 0.97
_SHARP = 0.985
_PHOTO = 0.7
_DIFFERING_SHARP = 0.02
_DIFFERING = 0.06
_OVERLAY_CORRELATION = 0.983
_OVERLAY_CORRELATION_OF_DRAWINGS = 0.99
_OVERLAY_WIDTH = 0.5
_OVERLAY_SHARE = 0.42
_OVERLAY_LOPSIDED = 0.6
_OVERLAY_BLOCKS = 16
_OVERLAY_SHARE_OF_ICON = 0.2
_BAND_OF_ICON = 0.5
_WORDS_OF_ICON = 0.65
_LOPSIDED_OF_ICON = 0.9
_BLOCKS_OF_ICON = 30
_MILD_CHANGE = (2.0, 60.0)
_GREY_CHANGE = (1.2, 20.0)


@dataclass(frozen=True)
class Evidence:
    """The best way to lay two pictures on each other, and what it shows.

    Attributes:
        alignment: how they lie.
        covers: the shares of picture a and of picture b that lie in both.
        agreement: how far they agree there.
        drawing: whether both are flat in large parts, so that details count.
        icon: whether they are drawings, and one of them is small.
    """

    alignment: Alignment
    covers: tuple[float, float]
    agreement: Agreement
    drawing: bool = False
    icon: bool = False


def evidence(a: Sample, b: Sample) -> Evidence | None:
    """The best alignment of two pictures; None if there is none."""
    best: Evidence | None = None
    drawing = min(a.flatness, b.flatness) >= FLAT
    icon = drawing and min(max(a.size), max(b.size)) <= _ICON_PX
    for how in _alignments(a, b):
        if how.by == "place" and best is not None and is_same(best):
            break
        for refine in (True,) if how.by == "place" else (False, True):
            overlay = overlaid(a, b, how, refine=refine)
            seen = None if overlay is None else agreement(overlay, drawing=drawing)
            if overlay is None or seen is None:
                break
            found = Evidence(how, overlay.covers, seen, drawing, icon)
            if best is None or _order(found) < _order(best):
                best = found
            if (
                seen.differing == 0
                and seen.correlation > 0.99
                and seen.detail.spot <= _SPOT_OF_ICON
            ):
                return found
    return best


def _alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    yield from frame_alignments(a, b)
    yield from feature_alignments(a, b)
    yield from placed_alignments(a, b)


def _is_perfect(seen: Agreement) -> bool:
    sharp = seen.correlation > _PERFECT and seen.detail.spot <= _SPOT_OF_ICON
    return seen.differing == 0 and sharp


def _order(found: Evidence) -> tuple[float, float, float]:
    lacking = max(0.0, 0.9 - max(found.covers))
    seen = found.agreement
    return round(seen.differing + lacking, 2), round(seen.detail.spot, 3), -seen.correlation


def is_same(found: Evidence) -> bool:
    """Whether the evidence is that of one picture and not of two that resemble each other.

    One picture has to lie in the other whole, and nearly all of it has to agree. More may differ
    where it differs one way, as text and stickers do that were laid over one of the two. In a
    drawing no detail may differ: so icons that differ in a mouth, and the frames of a sprite, which
    fit well but for what moved, are told apart. A photo has texture nearly everywhere, and may
    differ more.
    """
    seen = found.agreement
    if max(found.covers) < _LEAST_COVER or min(found.covers) < _LEAST_CROP:
        return False
    if found.alignment.by == "place" and not _is_cut_out(found):
        return False
    least = _LEAST_BLOCKS[found.alignment.by]
    if seen.agreeing < least or not _is_mild(seen):
        return False
    if _is_painted_over(found):
        return seen.differing <= _OVERLAY_SHARE
    if found.drawing and seen.detail.spot > (_SPOT_OF_ICON if found.icon else _SPOT):
        return False
    looked_through = found.drawing and not found.icon
    strict = seen.correlation >= _SHARP and not _is_photo(seen) and not looked_through
    return seen.correlation >= _LEAST_CORRELATION and seen.differing <= (
        _DIFFERING_SHARP if strict else _DIFFERING
    )


def _is_cut_out(found: Evidence) -> bool:
    """Whether one may have been cut out of the other: icons are made of parts of others, too."""
    least, most = _PLACED_COVERS
    return not found.icon and least <= min(found.covers) <= most


def _is_painted_over(found: Evidence) -> bool:
    """Whether what differs was laid over one of the two, and is as wide as words."""
    seen = found.agreement
    if found.icon:
        return _is_written_over(seen)
    if seen.lopsided < _OVERLAY_LOPSIDED or seen.agreeing < _OVERLAY_BLOCKS:
        return False
    if found.drawing and seen.detail.width < _OVERLAY_WIDTH:
        return False
    photo = _is_photo(seen)
    return seen.correlation >= (_OVERLAY_CORRELATION if photo else _OVERLAY_CORRELATION_OF_DRAWINGS)


def _is_written_over(seen: Agreement) -> bool:
    """Whether a line of words, and nothing else, was laid over an icon.

    What differs from icon to icon is a mouth, a hat, a colour; hardly ever a band across it.
    """
    band = seen.detail.band >= _BAND_OF_ICON and seen.detail.width >= _WORDS_OF_ICON
    clear = seen.lopsided >= _LOPSIDED_OF_ICON and seen.differing <= _OVERLAY_SHARE_OF_ICON
    return (
        band
        and clear
        and seen.agreeing >= _BLOCKS_OF_ICON
        and seen.correlation >= _OVERLAY_CORRELATION
    )


def _is_photo(seen: Agreement) -> bool:
    return seen.agreeing >= _PHOTO * seen.blocks * (1 - seen.differing)


def _is_mild(seen: Agreement) -> bool:
    """Whether brightness was changed little; where one picture is grey, next to nothing."""
    middle = abs(seen.gain * 128 + seen.offset - 128)
    gain = max(seen.gain, 1 / seen.gain) if seen.gain > 0 else float("inf")
    most_gain, most_shift = _GREY_CHANGE if seen.grey else _MILD_CHANGE
    return gain <= most_gain and middle <= most_shift
