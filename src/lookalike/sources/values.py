"""Values as people and programs write them: dates, degrees, lists of keywords."""

from __future__ import annotations

import ast
import json
import math
import re
from datetime import UTC, datetime

from lookalike.sources.text import MAX_TEXT_CHARS, one_line, plain_text

_DATE = re.compile(
    r"(\d{4})(?:[-:/.](\d{1,2})(?:[-:/.](\d{1,2}))?)?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?"
)
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EPOCH = re.compile(r"\d{9,10}(?:\d{3})?(?:\.\d+)?")
_DEGREES = re.compile(
    r"([+-]?\d+(?:\.\d+)?)[\s,°]*(?:(\d+(?:\.\d+)?)[\s,'′]*(?:(\d+(?:\.\d+)?)[\s\"″]*)?)?([NSEW]?)",
    re.I,
)
# What a nested value is called by services that nest (Flickr, Takeout, gallery-dl).
_NAMES = ("_content", "name", "title", "raw", "value", "text", "username", "formatted")
_MAX_DEPTH = 6


def date_of(text: str) -> datetime | None:
    """A moment, without its time zone; None if the text is no date.

    ISO 8601 (also cut short: ``2019``, ``2019-07``), EXIF (``2019:07:12 10:00:00``),
    ``12.7.2019``, and seconds or milliseconds since 1970 (in UTC).
    """
    text = text.strip()
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text) / (1000 if len(text.partition(".")[0]) > 10 else 1)
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        if match := _DATE.fullmatch(text):
            year, month, day, *clock = match.groups()
        elif match := _GERMAN_DATE.fullmatch(text):
            day, month, year, *clock = match.groups()
        else:
            return None
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(int(year), int(month or 1), int(day or 1), hour, minute, second)
    except (ValueError, OverflowError, OSError):
        return None  # digits in the shape of a date, e.g. 0000:00:00


def degrees_of(text: str, limit: float) -> float | None:
    """Degrees from ``48.85``, ``48,85``, ``48,51.5N`` (XMP) or ``48° 51' 30" N``.

    Args:
        text: the text.
        limit: 90 for latitudes, 180 for longitudes; more is no angle on earth.
    """
    text = text.strip()
    if text.count(",") == 1 and "." not in text and not text[-1:].isalpha():
        text = text.replace(",", ".")
    match = _DEGREES.fullmatch(text)
    if match is None:
        return None
    whole, minutes, seconds, side = match.groups()
    size = abs(float(whole)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    negative = whole.startswith("-") or side.upper() in ("S", "W")
    return (-size if negative else size) if size <= limit else None


def camera_name(make: str, model: str) -> str:
    """Maker and model without saying the maker twice (``Canon Canon EOS 5D``)."""
    make, model = one_line(make), one_line(model)
    first_word = make.split(" ")[0].casefold()
    return model if model.casefold().startswith(first_word) else f"{make} {model}".strip()


def tags_of(texts: list[str]) -> list[str]:
    """Keywords: one text is split at ``|``, else ``;``, else line ends or ``,``."""
    if len(texts) == 1:
        separator = next((mark for mark in "|;\n" if mark in texts[0]), ",")
        texts = texts[0].split(separator)
    return [tag for tag in (one_line(text).strip("#\"' ") for text in texts) if tag]


def texts_of(value: object, depth: int = 0) -> list[str]:
    """Every text in a value of JSON or of a table's cell, as plain text, without empty ones.

    Cells that hold a list (as JSON, or as Python prints it) are taken apart.
    """
    if isinstance(value, str):
        listed = _listed(value)
        if listed is None:
            return [text] if (text := plain_text(value)) else []
        value = listed
    if isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        return [text for item in value for text in texts_of(item, depth + 1)]
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        named = next((value[name] for name in _NAMES if name in value), None)
        only = next(iter(value.values())) if len(value) == 1 else None
        return texts_of(only if named is None else named, depth + 1)
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return [str(value)]
    return []


def _listed(cell: str) -> list[object] | None:
    cell = cell.strip()
    if len(cell) > MAX_TEXT_CHARS or not (cell.startswith("[") and cell.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue  # not written this way: "[untitled]" is a text
        if isinstance(value, list):
            return value
    return None
