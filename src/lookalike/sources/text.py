"""Text as people meant it: bytes, HTML and odd characters turned into plain words."""

from __future__ import annotations

import codecs
import html
import re

MAX_TEXT_CHARS = 20_000
"""Longer texts are cut off: nobody searches the second chapter of a caption."""

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIDDEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_BREAK = re.compile(
    r"</?(?:br|p|div|li|ul|ol|dl|dt|dd|tr|table|h[1-6]|hr|blockquote)\b[^<>]*>", re.I
)
_TAG = re.compile(r"</?[a-z][a-z0-9:]*(?:\s[^<>]*)?/?>", re.I)
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def decode_text(data: bytes) -> str:
    """Bytes as text: by their byte order mark, else UTF-8, else Windows-1252. Never fails."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def plain_text(text: str) -> str:
    """Text without HTML tags, entities, control characters and superfluous white space.

    Line breaks (also those of HTML) stay, single. ``a < b`` and ``<3`` are no tags and stay.
    """
    text = text[:MAX_TEXT_CHARS]
    if "<" in text:
        for start, end in _HIDDEN:
            text = _without(text, start, end)
        text = _TAG.sub("", _BREAK.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def one_line(text: str) -> str:
    """:func:`plain_text` on a single line."""
    return " ".join(plain_text(text).split())


def _without(text: str, start: str, end: str) -> str:
    # Searched, not matched: a pattern with ".*?" needs quadratic time on many openings.
    lower, kept, at = text.lower(), [], 0
    if len(lower) != len(text):
        return text  # some capitals grow when lowered; offsets would no longer fit
    while (opening := lower.find(start, at)) >= 0:
        closing = lower.find(end, opening)
        if closing < 0:
            break
        kept.append(text[at:opening])
        at = closing + len(end)
    return "".join((*kept, text[at:]))
