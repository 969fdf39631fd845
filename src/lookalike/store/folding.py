"""Words in the form in which they are compared: without accents and case, CJK by character."""

from __future__ import annotations

import re
import unicodedata

_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")


def fold(text: str) -> str:
    """Fold words for the full-text index; queries are folded alike.

    Accents go (``Füchse`` is found by ``fuchse``), ``ß`` becomes ``ss``, and the characters
    of scripts without spaces between words become words of their own.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_UNSPACED.sub(r" \1 ", unicodedata.normalize("NFC", bare)).split())
