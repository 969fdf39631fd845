"""The words and marks of a filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lookalike.errors import FilterError

MAX_LENGTH = 4_000
"""Characters of a filter."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<operator>==|!=|<>|<=|>=|[=<>~])
    | (?P<mark>[(),])
    | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<word>(?:[^\s()<>=~!,"']|!(?!=))(?:[^\s()<>=~!,]|!(?!=))*)
    """,
    re.DOTALL | re.VERBOSE,
)
_PIECE = re.compile(r"\\([\\\"'*])|(\*)|(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """One word, quoted text, operator or mark.

    Attributes:
        kind: what it is; ``end`` comes last.
        parts: its text, without quotes and escapes, cut at every ``*`` that is a wildcard.
        position: 0-based offset in the filter.
    """

    kind: Literal["word", "quoted", "operator", "mark", "end"]
    parts: tuple[str, ...]
    position: int

    @property
    def text(self) -> str:
        """The whole text."""
        return "*".join(self.parts)

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, unquoted, in upper or lower case."""
        return self.kind == "word" and self.text.lower() in words

    def is_mark(self, mark: str) -> bool:
        """Whether it is this parenthesis or comma."""
        return self.kind == "mark" and self.text == mark


def tokenize(text: str) -> list[Token]:
    """Cut a filter into tokens, the last of kind ``end``.

    Raises:
        FilterError: it is too long, a quote does not end, or it holds what is no text.
    """
    _check(text)
    tokens, position = [], 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise FilterError(
                "The quotation that begins here never ends.",
                'Close it; within quotation marks write \\" for one of them and \\\\ for "\\".',
                position=position,
            )
        if found.lastgroup != "space":
            tokens.append(_token(str(found.lastgroup), found[0], position))
        position = found.end()
    return [*tokens, Token("end", ("",), len(text))]


def _token(kind: str, text: str, position: int) -> Token:
    match kind:
        case "quoted":
            return Token("quoted", _unescaped(text[1:-1]), position)
        case "word":
            return Token("word", tuple(text.split("*")), position)
        case "operator":
            return Token("operator", ({"==": "=", "<>": "!="}.get(text, text),), position)
        case _:
            return Token("mark", (text,), position)


def _unescaped(text: str) -> tuple[str, ...]:
    parts = [""]
    for escaped, star, other in _PIECE.findall(text):
        if star:
            parts.append("")
        else:
            parts[-1] += escaped or other
    return tuple(parts)


def _check(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise FilterError(
            f"The filter is {len(text)} characters long.",
            f"At most {MAX_LENGTH} will do.",
            position=MAX_LENGTH,
        )
    for position, char in enumerate(text):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise FilterError(
                f"The filter holds a character that is no text (U+{ord(char):04X}).",
                "Leave it out, or write * for it after ~.",
                position=position,
            )
