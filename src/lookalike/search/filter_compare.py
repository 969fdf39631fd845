"""One comparison of a filter as SQL.

Every condition made here is true or false for every picture, never NULL: ``NOT`` turns it round.
"""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from pathlib import PurePath

from lookalike.errors import FilterError
from lookalike.search.filter_tokens import Token
from lookalike.search.filter_values import in_utc, interval, month_number, quantity
from lookalike.store.folding import fold
from lookalike.store.sql import literal

LIKENESS = ("=", "!=", "~")
ORDER = ("=", "!=", "<", "<=", ">", ">=")
_NOUGHT = literal("\0")  # no value holds it: it parts the members of a list
_ANYTHING = r"[^\x00]*"
_FORMATS = {
    **dict.fromkeys(("jpg", "jpe", "jfif"), "jpeg"),
    **dict.fromkeys(("heic", "hif"), "heif"),
    "tif": "tiff",
    "jp2": "jpeg2000",
    "dib": "bmp",
}
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Field:
    """Something a filter can ask about.

    Attributes:
        name: as it is written in a filter.
        what: what it is, for help texts.
        example: a whole condition.
        column: SQL of its value.
        compare: makes the SQL of one comparison.
        present: SQL that is true where a picture has such a value.
        operators: those that make sense for it.
        units: units a number may have, in lower case.
        limit: the largest number that the column can hold.
    """

    name: str
    what: str
    example: str
    column: str = field(repr=False)
    compare: Callable[[Comparison], str] = field(repr=False)
    present: str = field(repr=False)
    operators: tuple[str, ...] = ORDER
    units: Mapping[str, int] = field(default_factory=dict, repr=False)
    limit: int = 2**31 - 1


@dataclass(frozen=True)
class Comparison:
    """One comparison of a field with a value.

    Attributes:
        field: what is compared.
        operator: one of ``= != < <= > >= ~``.
        value: with what.
        today: what the value ``today`` means.
    """

    field: Field
    operator: str
    value: Token
    today: date

    def sql(self) -> str:
        """The condition, in parentheses where it has several parts.

        Raises:
            FilterError: the field knows no such operator or value.
        """
        if self.operator not in self.field.operators:
            operators = " ".join(self.field.operators)
            raise FilterError(
                f"{self.field.name} cannot be compared with {self.operator}",
                f"It takes {operators} and in; for example: {self.field.example}",
                position=self.value.position,
            )
        if not self.value.text.strip():
            raise FilterError(
                f"The value of {self.field.name} is empty.",
                f"Pictures without any are found by: not has {self.field.name}",
                position=self.value.position,
            )
        return self.field.compare(self)

    def unfit(self, expected: str) -> FilterError:
        """The error for a value of the wrong type."""
        return FilterError(
            f"{self.field.name} is compared with {expected}, not with {self.value.text!r}.",
            f"For example: {self.field.example}",
            position=self.value.position,
        )


def compare_text(test: Comparison) -> str:
    """A plain text, whatever its case."""
    column = test.field.column
    if test.operator == "~":
        return _matches(test, f"lower({column})", _lowered)
    same = _any([f"lower({column}) = {literal(v)}" for v in _lowered(test.value.text)])
    return same if test.operator == "=" else f"({column} <> '' AND NOT {same})"


def compare_named(test: Comparison) -> str:
    """A text under its name in the column of further texts, which holds them as one JSON object.

    A quotation mark within a text is escaped there, so no text can look like another's name.
    """
    name, column = f'"{test.field.name}": "', "lower(extra)"
    if test.operator != "~":
        wanted = (f'{name}{_in_json(form)}"' for form in _lowered(test.value.text))
        same = _any([f"contains({column}, {literal(one)})" for one in wanted])
        return same if test.operator == "=" else f"({test.field.present} AND NOT {same})"
    inside = r'([^"\\]|\\.)*'
    variants = zip(*(_lowered(part) for part in test.value.parts), strict=True)
    patterns = []
    for parts in variants:
        escaped = [_escaped(_in_json(part)) for part in parts]
        whole = f'{inside.join(escaped)}"' if len(escaped) > 1 else inside + escaped[0]
        patterns.append(literal(_escaped(name) + whole))
    return _any([f"regexp_like({column}, {pattern})" for pattern in patterns])


def compare_label(test: Comparison) -> str:
    """One of the labels under their name, which stand there with commas between them."""
    if test.operator == "~":
        return compare_named(test)
    inside = r'([^"\\]|\\.)*'
    before, after = f"({inside}, )?", f'(, {inside})?"'
    name = _escaped(f'"{test.field.name}": "')
    patterns = [
        literal(f"{name}{before}{_escaped(_in_json(form))}{after}")
        for form in _lowered(test.value.text)
    ]
    same = _any([f"regexp_like(lower(extra), {pattern})" for pattern in patterns])
    return same if test.operator == "=" else f"({test.field.present} AND NOT {same})"


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def compare_format(test: Comparison) -> str:
    """A format by its name or by a file's extension."""
    name = test.value.text.lower().removeprefix(".")
    if test.operator == "~":
        return _matches(test, test.field.column, _lowered)
    return f"{test.field.column} {_sql(test.operator)} {literal(_FORMATS.get(name, name))}"


def compare_words(test: Comparison) -> str:
    """Whole words, or with ``~`` parts of them, of the folded words of a picture."""
    if test.operator == "~":
        return _matches(test, test.field.column, _folded)
    words = _escaped(_filled(test, fold(test.value.text)))
    pattern = literal(rf"(^|\W){words}($|\W)")
    return _negated(test, f"regexp_like({test.field.column}, {pattern})")


def compare_tag(test: Comparison) -> str:
    """One of the picture's folded tags."""
    if test.operator == "~":
        return _matches(test, _joined(test.field.column), _folded)
    tag = _filled(test, fold(test.value.text))
    return _negated(test, f"array_has({test.field.column}, {literal(tag)})")


def compare_class(test: Comparison) -> str:
    """One of the encoder's classes, whatever its case."""
    joined = f"lower({_joined(test.field.column)})"
    if test.operator == "~":
        return _matches(test, joined, _lowered)
    whole = literal(f"\0{test.value.text.lower()}\0")
    return _negated(test, f"contains(concat({_NOUGHT}, {joined}, {_NOUGHT}), {whole})")


def compare_folder(test: Comparison) -> str:
    """A folder's full path, its bare name, or some of its last or middle names."""
    column = test.field.column
    if test.operator == "~":
        return _matches(test, f"lower({_joined(column)})", _lowered)
    path = PurePath(test.value.text)  # as the library's own are: without "./", "//", a last "/"
    spellings = _spellings(str(path))
    if path.is_absolute() or len(path.parts) == 1:
        found = [f"array_has({column}, {literal(one)})" for one in spellings]
    else:
        slash, between = literal(os.sep), literal(f"{os.sep}\0{os.sep}")
        paths = f"concat({slash}, array_to_string({column}, {between}), {slash})"
        found = [f"contains({paths}, {literal(os.sep + one + os.sep)})" for one in spellings]
    return _negated(test, _any(found))


def compare_whole_number(test: Comparison) -> str:
    """A number, with a unit where the field has some; 1.5 bytes are compared exactly."""
    number = quantity(test.value.text, dict(test.field.units))
    if number is None or (number.denominator != 1 and not test.field.units):
        raise test.unfit("a size" if test.field.units else "a whole number")
    if abs(number) > test.field.limit:
        raise test.unfit(f"numbers up to {test.field.limit}")
    return _compared(test.field.column, test.operator, number)


def _compared(column: str, operator: str, number: Fraction) -> str:
    if number.denominator != 1 and operator in ("=", "!="):
        return literal(operator == "!=")
    rounded = math.floor(number) if operator in ("<=", ">") else math.ceil(number)
    return f"{column} {_sql(operator)} {literal(rounded)}"


def compare_degrees(test: Comparison) -> str:
    """A number that may be missing."""
    number = quantity(test.value.text, {})
    if number is None or abs(number) > test.field.limit:
        limit = test.field.limit
        raise test.unfit(f"degrees from -{limit} to {limit}")
    column = test.field.column
    return f"({column} IS NOT NULL AND {column} {_sql(test.operator)} {literal(float(number))})"


def compare_date(test: Comparison) -> str:
    """A moment without a time zone that may be missing."""
    return _moment(test, lambda local: local)


def compare_utc_date(test: Comparison) -> str:
    """A moment in UTC; the date that it is compared with is a local one."""
    return _moment(test, in_utc)


def _moment(test: Comparison, clock: Callable[[datetime], datetime]) -> str:
    found = interval(test.value.text, test.today)
    if found is None:
        raise test.unfit("a date")
    start, end = (literal(clock(moment)) for moment in found)
    column = test.field.column
    condition = {
        "=": f"{column} >= {start} AND {column} < {end}",
        "!=": f"({column} < {start} OR {column} >= {end})",
        "<": f"{column} < {start}",
        "<=": f"{column} < {end}",
        ">": f"{column} >= {end}",
        ">=": f"{column} >= {start}",
    }[test.operator]
    return f"({column} IS NOT NULL AND {condition})"


def compare_month(test: Comparison) -> str:
    """The month of a moment that may be missing, in any year."""
    number = month_number(test.value.text)
    if number is None:
        raise test.unfit("a month, by its name or from 1 to 12")
    return _part_of_date(test, "month", number)


def compare_day(test: Comparison) -> str:
    """The day of the month of a moment that may be missing."""
    number = quantity(test.value.text, {})
    if number is None or number.denominator != 1 or not 1 <= number <= 31:
        raise test.unfit("a day of the month from 1 to 31")
    return _part_of_date(test, "day", int(number))


def _part_of_date(test: Comparison, part: str, number: int) -> str:
    column = test.field.column
    of_date = f"date_part('{part}', {column}) {_sql(test.operator)} {literal(number)}"
    return f"({column} IS NOT NULL AND {of_date})"


def compare_truth(test: Comparison) -> str:
    """A truth value."""
    wanted = _YES_NO.get(test.value.text.lower())
    if wanted is None:
        raise test.unfit("yes or no")
    return test.field.column if wanted == (test.operator == "=") else f"NOT {test.field.column}"


def _matches(test: Comparison, column: str, spell: Callable[[str], list[str]]) -> str:
    """The column contains the value; with wildcards, all of it (or one member) is like it."""
    if not any(spell(part)[0] for part in test.value.parts):
        if len(test.value.parts) == 1:
            raise test.unfit("words")
        return test.field.present
    variants = list(zip(*(spell(part) for part in test.value.parts), strict=True))
    if len(test.value.parts) == 1:
        return _any([f"contains({column}, {literal(part)})" for (part,) in variants])
    patterns = (_ANYTHING.join(map(_escaped, parts)) for parts in variants)
    ends = (literal(rf"(^|\x00){pattern}($|\x00)") for pattern in patterns)
    return _any([f"regexp_like({column}, {pattern})" for pattern in ends])


def _lowered(text: str) -> list[str]:
    return [form.lower() for form in _spellings(text)]


def _folded(text: str) -> list[str]:
    return [fold(text)]


def _spellings(text: str) -> list[str]:
    """The two ways in which file systems write an accented letter."""
    return [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]


def _filled(test: Comparison, folded: str) -> str:
    if not folded:
        raise test.unfit("words")
    return folded


def _any(conditions: list[str]) -> str:
    several = list(dict.fromkeys(conditions))
    return several[0] if len(several) == 1 else f"({' OR '.join(several)})"


def _joined(column: str) -> str:
    return f"array_to_string({column}, {_NOUGHT})"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$" else char for char in text)


def _negated(test: Comparison, condition: str) -> str:
    return f"NOT {condition}" if test.operator == "!=" else condition


def _sql(operator: str) -> str:
    return "<>" if operator == "!=" else operator
