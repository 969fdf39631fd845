"""Dates in what people type, as filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lookalike.search.filter_values import MONTHS
from lookalike.search.words.found import FoundFilter
from lookalike.search.words.relative_dates import RELATIVE, latest_month, relative_span
from lookalike.search.words.spans import (
    MONTH,
    POINT,
    SEASON,
    YEAR,
    Span,
    day_number,
    month_number,
    season,
    season_months,
    span_of,
)
from lookalike.search.words.terms import unquoted

_OPERATORS = {"since": ">=", "before": "<", "after": ">", "until": "<=", "till": "<="}
_NAMES = "|".join(MONTHS)
_SURE = "|".join(name for name in MONTHS if name not in ("may", "march"))
"""Months that are no other word of everyday English in lower case."""
_BEFORE = r"(?:(?P<word>in|on|from|of|during|since|before|after|until|till)\s+)?(?:the\s+)?"
_NOT_NEGATED = r"(?<!without\s)(?<!except\s)(?<!not\s)(?<!not\sin\s)"
_NO_EDGE = r"(?<!before\s)(?<!after\s)(?<!until\s)(?<!till\s)"
"""Before which July a picture was taken is not said."""
_TO = r"\s*(?:[-\u2013\u2014]|\b(?:to|until|till|through)\b)\s*"
_DAY = r"\d\d?(?:st|nd|rd|th)?"


def find_date(text: str, today: date | None = None, start: int = 0) -> FoundFilter | None:
    """The first date in a text, the longest if several begin there; None without one.

    "May" and "march" alone are none, and seasons: these are words first. What is quoted is none.

    Args:
        text: as somebody typed it.
        today: what "yesterday" and "last summer" are told from; by default the local date.
        start: where to begin.
    """
    open_text = unquoted(text)
    found = [(rule, match) for rule in _RULES if (match := rule.pattern.search(open_text, start))]
    if not found:
        return None
    # Of equally long ones the later rule is the more particular one.
    rule, match = min(reversed(found), key=lambda one: (one[1].start(), -one[1].end()))
    where = rule.where(match, today or date.today())
    said = match["said"] if "said" in match.re.groupindex and not _operator(match) else match[0]
    return FoundFilter(match[0].strip(), where, said.strip(), *match.span())


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    where: Callable[[re.Match[str], date], str]


def _rule(pattern: str, where: Callable[[re.Match[str], date], str]) -> _Rule:
    whole = rf"(?<![\w.,/#-]) {_NOT_NEGATED} (?:{pattern}) (?![\w/#-]|[.,]\d)"
    return _Rule(re.compile(whole, re.IGNORECASE | re.VERBOSE), where)


def _operator(found: re.Match[str]) -> str:
    """What the word before a date says; empty where that is no matter."""
    word = found["word"] if "word" in found.re.groupindex else None
    onwards = "onwards" in found.re.groupindex and found["onwards"]
    return ">=" if onwards else _OPERATORS.get((word or "").lower(), "")


def _point(found: re.Match[str], today: date) -> str:
    return span_of(found["said"]).where(_operator(found) or "=")


def _relative(found: re.Match[str], today: date) -> str:
    return relative_span(found["said"], today).where(_operator(found) or "=")


def _from_to(found: re.Match[str], today: date) -> str:
    last = span_of(found["last"])
    if found["month"] is None:
        return Span(span_of(found["first"]).first, last.last).where()
    year, month = int(last.first[:4]), month_number(found["month"])
    begun = f"{year}-{month:02}"  # of the year before, if it comes later in the year
    return Span(f"{year - 1}-{month:02}" if begun > last.first else begun, last.last).where()


def _in_years(found: re.Match[str], today: date) -> str:
    """A month or a season of some years; a winter that two years share is one."""
    first, last = found["first"], found["last"]
    name = found["season"] or ""
    if name.lower() == "winter" and int(last) - int(first) == 1:
        return season(name, int(first)).where()
    month = MONTHS[month_number(found["month"]) - 1] if not name else ""
    months = f"month in ({', '.join(season_months(name))})" if name else f"month = {month}"
    return f"{months} and {Span(first, last).where()}"


def _either(found: re.Match[str], today: date) -> str:
    one, other = (span_of(found[name]).where() for name in ("first", "last"))
    return f"({one}) or ({other})"


def _since_month(found: re.Match[str], today: date) -> str:
    return latest_month(found["month"], today).where(">=")


def _month_and_day(found: re.Match[str], today: date) -> str:
    month = MONTHS[month_number(found["month"] or found["later"]) - 1]
    return f"month = {month} and day = {day_number(found['day'] or found['before'])}"


def _months(found: re.Match[str], today: date) -> str:
    first, last = (MONTHS.index(found[name].lower()) for name in ("first", "last"))
    if found["both"]:
        return f"month in ({MONTHS[first]}, {MONTHS[last]})"
    count = (last - first) % 12 + 1
    return f"month in ({', '.join(MONTHS[(first + i) % 12] for i in range(count))})"


def _month(found: re.Match[str], today: date) -> str:
    return f"month = {found['said'].lower()}"


def _in_season(found: re.Match[str], today: date) -> str:
    return f"month in ({', '.join(season_months(found['said']))})"


_RULES = (
    _rule(rf"{_BEFORE} (?P<said>{POINT}) (?P<onwards>\s+onwards?)?", _point),
    _rule(rf"{_BEFORE} (?P<said>{RELATIVE})", _relative),
    _rule(
        rf"(?:(?:from|in)\s+)? (?:the\s+)? (?:(?P<first>{POINT})|(?P<month>{MONTH})\.?) {_TO}"
        rf"(?:the\s+)? (?P<last>{POINT})",
        _from_to,
    ),
    _rule(
        rf"(?:in\s+)? (?:(?P<season>{SEASON})|(?P<month>{MONTH})\.?) \s+(?:of\s+)?"
        rf"(?P<first>{YEAR})[-\u2013/](?P<last>{YEAR})",
        _in_years,
    ),
    _rule(
        rf"between\s+ (?:(?P<first>{POINT})|(?P<month>{MONTH})\.?) \s+and\s+ (?P<last>{POINT})",
        _from_to,
    ),
    _rule(rf"(?:in\s+)? (?P<first>{POINT}) \s+(?:and|or)\s+ (?P<last>{POINT})", _either),
    _rule(rf"since\s+ (?P<month>{_NAMES})", _since_month),
    _rule(
        rf"{_NO_EDGE} (?:on\s+)? (?:the\s+)?"
        rf"(?P<said>(?P<before>{_DAY})\s+(?:of\s+)?(?P<later>{MONTH})\.?"
        rf"| (?P<month>{MONTH})\.?\s+(?:the\s+)?(?P<day>{_DAY}))",
        _month_and_day,
    ),
    _rule(
        rf"(?:(?:in|from)\s+)? (?P<first>{_NAMES})"
        rf"(?:(?P<both>\s+(?:and|or)\s+)|{_TO}) (?P<last>{_NAMES})",
        _months,
    ),
    _rule(rf"between\s+ (?P<first>{_NAMES}) (?P<both>(?!))? \s+and\s+ (?P<last>{_NAMES})", _months),
    _rule(rf"(?:in|during)\s+ (?P<said>{_NAMES})", _month),
    _rule(rf"{_NO_EDGE} (?P<said>{_SURE})", _month),
    _rule(rf"(?:in|during)\s+(?:the\s+)? (?P<said>{SEASON})", _in_season),
)
