"""Stretches of time as people write them: a day, a month, a season, a year, some years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from lookalike.search.filter_values import MONTHS

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month that a season of the northern half begins with."""

MONTH = "|".join(
    [*MONTHS, "sept", *(name[:3] for name in MONTHS if name != "may")]
)  # the longest first: an alternation takes what comes first
SEASON = "|".join(SEASONS)
_DAY = r"\d\d?(?:st|nd|rd|th)?"
YEAR = r"(?:19|20)\d\d"
_POINT = rf"""
    (?P<iso>{YEAR}-\d\d(?:-\d\d)?)
  | (?P<decade>(?:(?:19|20)\d|(?<!\d)[5-9])0)['’]?s
  | (?:(?P<season>{SEASON})\s+(?:of\s+)?
    | (?:(?P<before>{_DAY})\s+(?:of\s+)?)?(?P<month>{MONTH})\.?,?\s+(?:of\s+)?
      (?:(?:the\s+)?(?P<after>{_DAY}),?\s+)?
    )? (?P<year>{YEAR})
"""
POINT = re.sub(r"\?P<\w+>", "?:", _POINT)
"""A pattern (verbose) for what :func:`span_of` reads."""
_POINT_PARTS = re.compile(_POINT, re.IGNORECASE | re.VERBOSE)


@dataclass(frozen=True)
class Span:
    """A stretch of time.

    Attributes:
        first: the date in a filter that it begins with: ``2019``, ``2019-07``, ``2019-07-04``.
        last: the one that it ends with.
    """

    first: str
    last: str

    def where(self, operator: str = "=") -> str:
        """The filter for what lies in it; or since, before, after or until it (``>= < > <=``)."""
        if operator == "=" and self.first != self.last:
            return f"date >= {self.first} and date <= {self.last}"
        edge = self.first if operator in ("=", ">=", "<") else self.last
        return f"date {operator} {edge}"


def span_of(text: str) -> Span:
    """What a text that :data:`POINT` matches means.

    A decade without its century is one of the last: the 90s began in 1990.
    """
    found = _POINT_PARTS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    if found["iso"]:
        return Span(found["iso"], found["iso"])
    if found["decade"]:
        return decade(found["decade"])
    year = int(found["year"])
    if found["season"]:
        return season(found["season"], year)
    parts = [f"{year}"]
    if found["month"]:
        parts.append(f"{month_number(found['month']):02}")
        day = found["before"] or found["after"]
        parts += [f"{day_number(day):02}"] if day else []
    return Span("-".join(parts), "-".join(parts))


def decade(digits: str) -> Span:
    """Ten years: of ``1990`` or ``90``."""
    year = int(digits if len(digits) == 4 else f"19{digits}")
    return Span(f"{year}", f"{year + 9}")


def season(name: str, year: int) -> Span:
    """Three months; a winter is that which begins in the year."""
    first = SEASONS[name.lower()]
    last = first + 2
    end = f"{year + 1}-{last - 12:02}" if last > 12 else f"{year}-{last:02}"
    return Span(f"{year}-{first:02}", end)


def season_months(name: str) -> list[str]:
    """The names of a season's months."""
    first = SEASONS[name.lower()]
    return [MONTHS[(first - 1 + i) % 12] for i in range(3)]


def month_number(name: str) -> int:
    """1 to 12, by the first three letters."""
    return [month[:3] for month in MONTHS].index(name[:3].lower()) + 1


def day_number(written: str) -> int:
    """4 for ``4th``."""
    return int(re.match(r"\d+", written)[0])  # type: ignore[index]


def month_span(year: int, month: int) -> Span:
    """A month; one below 1 is of the year before."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return Span(f"{year}-{month:02}", f"{year}-{month:02}")


def day_span(first: date, last: date | None = None) -> Span:
    """From one day to another."""
    return Span(first.isoformat(), (last or first).isoformat())


def week_span(day: date) -> Span:
    """The week of a day, from Monday on."""
    monday = day - timedelta(days=day.weekday())
    return day_span(monday, monday + timedelta(days=6))
