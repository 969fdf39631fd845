"""Dates that are told from today: yesterday, last summer, 3 years ago."""

from __future__ import annotations

import re
from datetime import date, timedelta

from lookalike.search.words.spans import (
    MONTH,
    SEASON,
    Span,
    day_span,
    month_number,
    month_span,
    season,
    week_span,
)

_UNIT = r"(?:day|week|month|year)"
_RELATIVE = rf"""
    (?P<day>today|yesterday)
  | (?P<which>last|past|previous|this)\s+
    (?:(?P<unit>week|month|year)|(?P<season>{SEASON})|(?P<month>{MONTH}))
  | (?:the\s+)?(?:last|past)\s+(?P<recent>\d{{1,3}})\s+(?P<recent_unit>{_UNIT})s?
  | (?P<ago>\d{{1,3}})\s+(?P<ago_unit>{_UNIT})s?\s+ago
"""
RELATIVE = re.sub(r"\?P<\w+>", "?:", _RELATIVE)
"""A pattern (verbose) for what :func:`relative_span` reads."""
_PARTS = re.compile(_RELATIVE, re.IGNORECASE | re.VERBOSE)


def relative_span(text: str, today: date) -> Span:
    """What a text that :data:`RELATIVE` matches means.

    The last summer or July is the latest that is over; this one is of this year, and a winter
    that of now, or else the one that this year ends with.
    """
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    if found["day"]:
        return _ago(int(found["day"].lower() == "yesterday"), "day", today)
    if found["recent"]:
        return _recent(int(found["recent"]), found["recent_unit"].lower(), today)
    if found["ago"]:
        return _ago(int(found["ago"]), found["ago_unit"].lower(), today)
    this = found["which"].lower() == "this"
    if found["unit"]:
        return _ago(int(not this), found["unit"].lower(), today)
    if found["season"]:
        return _season(found["season"], today, over=not this)
    return _month(month_number(found["month"]), today, over=not this)


def latest_month(name: str, today: date) -> Span:
    """The month of this name that began last."""
    month = month_number(name)
    return month_span(today.year - (month > today.month), month)


def _ago(count: int, unit: str, today: date) -> Span:
    match unit:
        case "day":
            return day_span(today - timedelta(days=count))
        case "week":
            return week_span(today - timedelta(weeks=count))
        case "month":
            return month_span(today.year, today.month - count)
        case _:
            return Span(f"{today.year - count}", f"{today.year - count}")


def _recent(count: int, unit: str, today: date) -> Span:
    """So many days, weeks, months or years up to today."""
    match unit:
        case "day":
            return day_span(today - timedelta(days=count), today)
        case "week":
            return day_span(today - timedelta(weeks=count), today)
        case _:
            months = count * (12 if unit == "year" else 1)
            begun = month_span(today.year, today.month - months).first
            year, month = map(int, begun.split("-"))
            day = min(today.day, 28)  # every month has one
            return day_span(date(year, month, day), today)


def _season(name: str, today: date, *, over: bool) -> Span:
    years = (today.year, today.year - 1, today.year - 2)
    spans = [season(name, year) for year in years]
    now = f"{today:%Y-%m}"
    if over:
        return next(span for span in spans if span.last < now)
    return next((span for span in spans if span.first <= now <= span.last), spans[0])


def _month(month: int, today: date, *, over: bool) -> Span:
    return month_span(today.year - (over and month >= today.month), month)
