"""Dates, sizes and numbers as people write them in a filter."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

SIZE_UNITS = {
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}
PIXEL_UNITS = {"px": 1, "kpx": 1000, "mp": 10**6, "mpx": 10**6, "gp": 10**9}

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII
)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z]*)", re.ASCII | re.IGNORECASE)
_STEPS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
# So that no time zone's offset leads beyond the years 1 to 9999.
_FIRST, _LAST = datetime(1, 1, 2), datetime(9999, 12, 30)


def interval(text: str, today: date) -> tuple[datetime, datetime] | None:
    """The first moment of a date and the first one after it; None if the text is no date.

    Args:
        text: ``2019``, ``2019-06``, ``2019-06-21``, ``2019-06-21T10:30`` (or with seconds),
            ``today`` or ``yesterday``.
        today: what ``today`` means.
    """
    days_ago = {"today": 0, "yesterday": 1}.get(text.lower())
    if days_ago is not None:
        text = (today - timedelta(days=days_ago)).isoformat()
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    given = [int(part) for part in found.groups() if part is not None]
    try:
        start = datetime(*(given + [1, 1][len(given) - 1 :]))  # type: ignore[arg-type]
    except ValueError:
        return None  # a 13th month, a 31st of February
    return _clamped(start), _clamped(_after(start, len(given)))


def month_number(text: str) -> int | None:
    """1 to 12 for ``7``, ``jul`` or ``July``; None if the text is no month."""
    if text.isascii() and text.isdigit():
        return int(text) if 1 <= int(text) <= 12 else None
    lowered = text.lower()
    named = [month for month in MONTHS if lowered in (month, month[:3])]
    return MONTHS.index(named[0]) + 1 if named else None


def _after(start: datetime, parts: int) -> datetime:
    if start.year == 9999:
        return _LAST
    if parts == 1:
        return start.replace(year=start.year + 1)
    if parts == 2:
        return (start + timedelta(days=31)).replace(day=1)
    return start + {3: _STEPS[0], 5: _STEPS[2], 6: _STEPS[3]}[parts]


def _clamped(moment: datetime) -> datetime:
    return min(max(moment, _FIRST), _LAST)


def in_utc(local: datetime) -> datetime:
    """A local moment in UTC."""
    return local.astimezone(UTC)


def local_time(moment: datetime) -> datetime:
    """A moment in UTC as a local one, without its zone."""
    return moment.astimezone().replace(tzinfo=None)


def quantity(text: str, units: dict[str, int]) -> Fraction | None:
    """A number, with or without one of these units; None if the text is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number, unit = found.groups()
    if unit and unit.lower() not in units:
        return None
    return Fraction(number) * (units[unit.lower()] if unit else 1)
