from __future__ import annotations

import time
from datetime import datetime

import pytest

from lookalike.sources.text import decode_text, one_line, plain_text
from lookalike.sources.values import date_of, degrees_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("A <b>red</b> <a href='http://x.org/?a=1&b=2' rel=\"nofollow\">fox</a>", "A red fox"),
        ("&quot;Tom &amp; Jerry&quot; caf&eacute; &#28271;", '"Tom & Jerry" café 湯'),
        ("one<br/>two<BR>three<p>four</p>five", "one\ntwo\nthree\nfour\nfive"),
        ("a<!-- secret -->b<script>alert('x < y')</script>c<style>p {}</style>d", "abcd"),
        ("I <3 you, 1 < 2 and 3 > 2", "I <3 you, 1 < 2 and 3 > 2"),
        ("AT&T, R&B; x<y", "AT&T, R&B; x<y"),
        ("  many \t spaces\r\n\r\n  and\rlines ", "many spaces\nand\nlines"),
        ("nul\0 bell\a surrogate\ud800 zero-width\u200b", "nul bell surrogate zero-width"),
        ("", ""),
        ("unfinished <a href='x", "unfinished <a href='x"),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_one_line_has_no_breaks() -> None:
    assert one_line("one<br>two\nthree") == "one two three"


@pytest.mark.parametrize("mark", ["<", "<!--", "<script", "<a ", "&", "&#", " \n", "</"])
def test_text_made_to_waste_time_wastes_none(mark: str) -> None:
    start = time.monotonic()
    plain_text(mark * 200_000)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    assert decode_text("Größe: 3 €".encode(encoding)) == "Größe: 3 €"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019-07-12", datetime(2019, 7, 12)),
        ("2019-07-12T10:11:12Z", datetime(2019, 7, 12, 10, 11, 12)),
        ("2019-07-12 10:11:12.345+02:00", datetime(2019, 7, 12, 10, 11, 12)),
        ("2019:07:12 10:11:12", datetime(2019, 7, 12, 10, 11, 12)),
        ("12.7.2019, 10:11", datetime(2019, 7, 12, 10, 11)),
        ("2019-07", datetime(2019, 7, 1)),
        ("1907", datetime(1907, 1, 1)),
        ("1562926272", datetime(2019, 7, 12, 10, 11, 12)),
        ("1562926272000", datetime(2019, 7, 12, 10, 11, 12)),
        ("0000:00:00 00:00:00", None),
        ("2019-02-30", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_and_cameras_write_them(text: str, date: datetime | None) -> None:
    assert date_of(text) == date


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("48.1375", 48.1375),
        ("-11.5", -11.5),
        ("48,1375", 48.1375),
        ("48,8.25N", 48.1375),
        ("48,8.25S", -48.1375),
        ("48,8,15N", 48.1375),
        ("48° 8' 15\" N", 48.1375),
        ("91", None),
        ("nan", None),
        ("", None),
    ],
)
def test_degrees_are_read_as_xmp_and_people_write_them(text: str, degrees: float | None) -> None:
    assert degrees_of(text, 90) == degrees
