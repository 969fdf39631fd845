"""What a filter can ask about."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection

from lookalike.errors import FilterError
from lookalike.search import filter_compare as compare
from lookalike.search.filter_compare import LIKENESS, Comparison, Field
from lookalike.search.filter_tokens import Token
from lookalike.search.filter_values import PIXEL_UNITS, SIZE_UNITS
from lookalike.store.sql import literal


def _words(name: str, what: str, example: str) -> Field:
    return Field(name, what, example, name, compare.compare_text, f"{name} <> ''", LIKENESS)


def _named(
    name: str,
    what: str,
    example: str,
    compared: Callable[[Comparison], str] = compare.compare_named,
) -> Field:
    key = literal(f'"{name}": ')
    present = f"contains(lower(extra), {key})"
    return Field(name, what, example, "extra", compared, present, LIKENESS)


def _many(
    name: str, what: str, example: str, column: str, compared: Callable[[Comparison], str]
) -> Field:
    return Field(name, what, example, column, compared, f"array_length({column}) > 0", LIKENESS)


def _number(
    name: str,
    what: str,
    example: str,
    column: str = "",
    units: dict[str, int] | None = None,
    limit: int = 2**31 - 1,
) -> Field:
    column = column or name
    present = f"{column} IS NOT NULL"
    numbers = compare.compare_whole_number
    return Field(name, what, example, column, numbers, present, units=units or {}, limit=limit)


def _degrees(name: str, what: str, example: str, limit: int) -> Field:
    return Field(
        name, what, example, name, compare.compare_degrees, f"{name} IS NOT NULL", limit=limit
    )


_PIXELS = "CAST(width AS BIGINT) * height"

FIELDS: tuple[Field, ...] = (
    _many("tag", "a keyword of the picture", "tag = snow", "tag_words", compare.compare_tag),
    _many(
        "folder",
        "a folder it lies in or under: a name, a path, or a part of one (capitals matter after =)",
        'folder = "Italy 2019"',
        "folders",
        compare.compare_folder,
    ),
    _named("label", "its class in a labelled data set", "label = cat", compare.compare_label),
    _words("name", "the file's name", "name ~ IMG_*.jpg"),
    _words("title", "the title", "title ~ sunset"),
    _words("caption", "the description", 'caption ~ "at the lake"'),
    Field(
        "text",
        "any word known of it: title, caption, tags, names of file and folders",
        'text = "red fox"',
        "text",
        compare.compare_words,
        "text <> ''",
        LIKENESS,
    ),
    _many("class", "what the encoder saw", "class ~ retriever", "classes", compare.compare_class),
    Field(
        "date",
        "when it was taken: a year, month, day or minute, today, yesterday",
        "date >= 2019-06",
        "taken",
        compare.compare_date,
        "taken IS NOT NULL",
    ),
    Field(
        "month",
        "the month it was taken in, of any year: a name or 1 to 12",
        "month in (june, july)",
        "taken",
        compare.compare_month,
        "taken IS NOT NULL",
    ),
    Field(
        "day",
        "the day of the month it was taken on, of any month and year",
        "month = december and day = 24",
        "taken",
        compare.compare_day,
        "taken IS NOT NULL",
    ),
    Field(
        "added",
        "when it came into the library",
        "added = today",
        "added",
        compare.compare_utc_date,
        "added IS NOT NULL",
    ),
    _words("camera", "maker and model of the camera", "camera ~ canon"),
    _named("author", "who made it", 'author ~ "Ada Lovelace"'),
    _named("licence", "what its source says about its use", "licence = CC0"),
    _named("page", "the page it was found on", "page ~ example.org/gallery"),
    _named("url", "where it was fetched", "url ~ example.org"),
    Field(
        "format",
        "the file format, by content",
        "format in (png, gif)",
        "format",
        compare.compare_format,
        "format <> ''",
        LIKENESS,
    ),
    _number("size", "the file's size", "size < 2MB", "bytes", SIZE_UNITS, 2**63 - 1),
    _number("width", "pixels from left to right", "width >= 1000"),
    _number("height", "pixels from top to bottom", "height >= 1000"),
    _number("pixels", "width times height", "pixels > 12MP", _PIXELS, PIXEL_UNITS, 2**62),
    _number("frames", "frames of an animation, or pages", "frames > 1"),
    Field(
        "alpha",
        "whether it has transparent parts",
        "alpha = yes",
        "alpha",
        compare.compare_truth,
        "alpha",
        ("=", "!="),
    ),
    _degrees("latitude", "degrees, north positive", "latitude > 48.5", 90),
    _degrees("longitude", "degrees, east positive", "longitude < -3.7", 180),
)
"""Everything a filter can ask about: ``name``, ``what`` it is and an ``example``."""

_BY_NAME = {field.name: field for field in FIELDS}
_ALIASES = {
    "tags": "tag",
    "folders": "folder",
    "taken": "date",
    "license": "licence",
    "artist": "author",
    "bytes": "size",
    "classes": "class",
    "labels": "label",
}


Names = Callable[[], Collection[str]]
"""Gives the names of further texts that a library's pictures have, in lower case."""


def no_names() -> Collection[str]:
    """No further names."""
    return ()


def field_named(token: Token, named: Names = no_names) -> Field:
    """The field that a word of a filter names.

    Args:
        token: the word.
        named: further fields; asked only where no other one fits.

    Raises:
        FilterError: none does.
    """
    if token.kind != "word":
        raise _unknown(token.text, token.position, ())
    return field_called(token.text, named, position=token.position)


def field_called(name: str, named: Names = no_names, *, position: int = 0) -> Field:
    """The field of this name, e.g. ``camera``, or the name of a further text, e.g. ``label``.

    Args:
        name: in any case.
        named: further fields; asked only where no other one fits.
        position: of the name in a filter.

    Raises:
        FilterError: there is none.
    """
    lowered = name.lower()
    found = _BY_NAME.get(_ALIASES.get(lowered, lowered))
    if found is not None:
        return found
    further = named()
    if lowered in further:
        return _named(lowered, f"the {lowered} that its source gives", f"{lowered} = snow")
    raise _unknown(name, position, further)


def _unknown(name: str, position: int, further: Collection[str]) -> FilterError:
    known = [*_BY_NAME, *_ALIASES, *sorted(further)]
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    near = dict.fromkeys(_ALIASES.get(one, one) for one in close)
    there = ", ".join([*_BY_NAME, *sorted(further)])
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {there}."
    return FilterError(f"A filter knows no field {name!r}.", hint, position=position)
