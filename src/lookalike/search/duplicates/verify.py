"""Whether two pictures are the same one: aligned, then compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lookalike.search.duplicates.agreement import Agreement, agreement
from lookalike.search.duplicates.alignment import (
    Alignment,
    feature_alignments,
    frame_alignment,
)
from lookalike.search.duplicates.overlay import Overlay, overlaid
from lookalike.search.duplicates.sample import Sample

_LEAST_COVER = 0.9
_LEAST_CROP = 0.2
_LEAST_BLOCKS = {"frame": 4, "features": 5}
_LEAST_CORRELATION = 0.91
_SHARP = 0.985
_PHOTO = 0.7
_DIFFERING_SHARP = 0.02
_DIFFERING = 0.06
_OVERLAY_CORRELATION = 0.96
_OVERLAY_SHARE = 0.42
_OVERLAY_LOPSIDED = 0.6
_OVERLAY_BLOCKS = 16
_MILD_CHANGE = (2.0, 60.0)
_GREY_CHANGE = (1.2, 20.0)


@dataclass(frozen=True)
class Evidence:
    """The best way to lay two pictures on each other, and what it shows.

    Attributes:
        alignment: how they lie.
        covers: the shares of picture a and of picture b that lie in both.
        agreement: how far they agree there.
    """

    alignment: Alignment
    covers: tuple[float, float]
    agreement: Agreement


def evidence(a: Sample, b: Sample) -> Evidence | None:
    """The best alignment of two pictures; None if there is none."""
    best: Evidence | None = None
    for how in _alignments(a, b):
        for refine in (False, True):
            found = _looked_at(how, overlaid(a, b, how, refine=refine))
            if found is None or found.agreement.differing > 0.6:
                break
            if best is None or _order(found) < _order(best):
                best = found
            if found.agreement.differing == 0 and found.agreement.correlation > 0.99:
                return found
    return best


def _alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    frame = frame_alignment(a, b)
    if frame is not None:
        yield frame
    yield from feature_alignments(a, b)


def _looked_at(how: Alignment, overlay: Overlay | None) -> Evidence | None:
    if overlay is None:
        return None
    found = agreement(overlay)
    return None if found is None else Evidence(how, overlay.covers, found)


def _order(found: Evidence) -> tuple[float, float]:
    lacking = max(0.0, 0.9 - max(found.covers))
    return round(found.agreement.differing + lacking, 2), -found.agreement.correlation


def is_same(found: Evidence) -> bool:
    """Whether the evidence is that of one picture and not of two that resemble each other.

    One picture has to lie in the other whole, and nearly all of it has to agree. More may differ
    where it differs one way, as text and stickers do that were laid over one of the two. A
    drawing that fits sharply may differ next to nowhere: so the frames of a sprite, which fit well
    but for what moved, are told apart. A photo has texture nearly everywhere, and may differ more.
    """
    seen = found.agreement
    if max(found.covers) < _LEAST_COVER or min(found.covers) < _LEAST_CROP:
        return False
    least = _LEAST_BLOCKS[found.alignment.by]
    if seen.agreeing < least or not _is_mild(seen):
        return False
    overlay = seen.lopsided >= _OVERLAY_LOPSIDED and seen.agreeing >= _OVERLAY_BLOCKS
    if overlay and seen.correlation >= _OVERLAY_CORRELATION:
        return seen.differing <= _OVERLAY_SHARE
    strict = seen.correlation >= _SHARP and seen.agreeing < _PHOTO * seen.blocks
    return seen.correlation >= _LEAST_CORRELATION and seen.differing <= (
        _DIFFERING_SHARP if strict else _DIFFERING
    )


def _is_mild(seen: Agreement) -> bool:
    """Whether brightness was changed little; where one picture is grey, next to nothing."""
    middle = abs(seen.gain * 128 + seen.offset - 128)
    gain = max(seen.gain, 1 / seen.gain) if seen.gain > 0 else float("inf")
    most_gain, most_shift = _GREY_CHANGE if seen.grey else _MILD_CHANGE
    return gain <= most_gain and middle <= most_shift
