"""Which of several copies is worth keeping, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath

from lookalike.store.rows import PictureRecord

_LOSSLESS = frozenset(
    {"png", "tiff", "bmp", "gif", "ppm", "tga", "psd", "dng", "nef", "cr2", "arw"}
)
_GREY_MODES = frozenset({"1", "L", "LA", "I;16"})
_COPY_NAME = re.compile(
    r"(copy|kopie|copia|copie|\(\d+\)|thumb|resized?|small|crop|edited|bearbeitet|screenshot"
    r"|whatsapp|_[smtqn]$|[-_]\d{2,4}x\d{2,4}|~\d+$)",
    re.IGNORECASE,
)

Criterion = tuple[str, Callable[[PictureRecord], float]]


def looks_copied(location: str) -> bool:
    """Whether a file is called as copies are: ``holiday (1)``, ``IMG_1-640x480``, ``thumb_3``."""
    return _COPY_NAME.search(PurePath(location).stem) is not None


def _said(record: PictureRecord) -> float:
    """How much is known of a picture beside its pixels."""
    meta = record.metadata
    parts = (meta.title, meta.caption, meta.taken, meta.camera, meta.latitude)
    return sum(part is not None and part != "" for part in parts) + min(len(meta.tags), 5) / 5


_CRITERIA: tuple[Criterion, ...] = (
    ("most pixels", lambda record: record.facts.width * record.facts.height),
    ("in colour", lambda record: record.facts.mode not in _GREY_MODES),
    ("lossless format", lambda record: record.facts.format in _LOSSLESS),
    ("most metadata", _said),
    ("largest file", lambda record: record.size_bytes),
    ("not named like a copy", lambda record: not looks_copied(record.locations[0].path)),
    ("here first", lambda record: -record.key),
)


def quality(record: PictureRecord) -> tuple[float, ...]:
    """The larger, the more worth keeping."""
    return tuple(value(record) for _, value in _CRITERIA)


def reasons(keeper: PictureRecord, others: Sequence[PictureRecord]) -> tuple[str, ...]:
    """In which respects the keeper is ahead of some others and behind none; most weighty first."""
    found = []
    for name, value in _CRITERIA:
        own, rest = value(keeper), [value(other) for other in others]
        if rest and own >= max(rest) and own > min(rest):
            found.append(name)
    return tuple(found if len(found) == 1 else [name for name in found if name != "here first"])
