"""Dates in what people type, as filters."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month that a season of the northern half begins with."""
_OPERATORS = {"since": ">=", "before": "<", "after": ">", "until": "<="}

_MONTH = "|".join(f"{name}|{name[:3]}|{name[:4]}" if name != "may" else name for name in _MONTHS)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATE = re.compile(
    rf"""(?<![\w.,/#-])
    (?:(?P<word>in|from|of|since|before|after|until)\s+)?
    (?:
        {_YEAR}-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?
      | (?:(?P<season>{"|".join(_SEASONS)})\s+(?:of\s+)?
        | (?:(?P<day_before>\d\d?)(?:st|nd|rd|th)?\s+)?(?P<month>{_MONTH})\.?\s+
          (?:(?P<day_after>\d\d?)(?:st|nd|rd|th)?,?\s+)?
        )? {_YEAR.replace("year", "plain_year")}
    )(?![\w/#-]|[.,]\d)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class FoundDate:
    """A date in a text.

    Attributes:
        text: as it stands there.
        where: the filter that it means.
        start: where it begins.
        end: where it ends.
    """

    text: str
    where: str
    start: int
    end: int


def find_date(text: str) -> FoundDate | None:
    """The first date in a text: a year at least; None without one.

    A month alone is none: "may", "march" and many a name are words first.
    """
    found = _DATE.search(text)
    if found is None:
        return None
    where = _season(found) if found["season"] else _day_or_more(found)
    return FoundDate(found[0].strip(), where, *found.span())


def month_of(word: str) -> int | None:
    """The number of the month that a whole word names, 1 to 12; None if it names none."""
    lowered = word.casefold()
    return _MONTHS.index(lowered) + 1 if lowered in _MONTHS else None


def _day_or_more(found: re.Match[str]) -> str:
    parts = [found["year"] or found["plain_year"]]
    if found["iso_month"]:
        parts += [part for part in (found["iso_month"], found["iso_day"]) if part]
    elif found["month"]:
        parts.append(f"{_number(found['month']):02}")
        day = found["day_before"] or found["day_after"]
        parts += [f"{int(day):02}"] if day else []
    operator = _OPERATORS.get((found["word"] or "").lower(), "=")
    return f"date {operator} {'-'.join(parts)}"


def _season(found: re.Match[str]) -> str:
    year, month = int(found["plain_year"]), _SEASONS[found["season"].lower()]
    end_year, end_month = (year, month + 3) if month < 10 else (year + 1, month - 9)
    first, end = f"date >= {year}-{month:02}", f"date < {end_year}-{end_month:02}"
    word = (found["word"] or "").lower()
    if word in ("since", "before", "after", "until"):
        return {
            "since": first,
            "before": f"date < {year}-{month:02}",
            "after": f"date >= {end_year}-{end_month:02}",
            "until": end,
        }[word]
    return f"{first} and {end}"


def _number(month: str) -> int:
    return [name[:3] for name in _MONTHS].index(month[:3].lower()) + 1
