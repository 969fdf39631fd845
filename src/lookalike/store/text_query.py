"""What the full-text index is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lance.query import BooleanQuery, FullTextQuery, MatchQuery, Occur, PhraseQuery

COLUMN = "text"


@dataclass(frozen=True)
class TextQuery:
    """Words to look for, all of them folded.

    Attributes:
        words: any of them may match.
        forms: other forms of them, that count less.
        required: phrases that must occur.
        phrases: phrases that count the more.
        forms_boost: what the score of a form is multiplied by.
    """

    words: str = ""
    forms: str = ""
    required: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    forms_boost: float = 1.0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.words or self.forms or self.required or self.phrases)

    def to_lance(self) -> Any:
        """As the ``full_text_query`` of a Lance scanner."""
        parts: list[tuple[Occur, FullTextQuery]] = []
        parts += [(Occur.MUST, PhraseQuery(phrase, COLUMN)) for phrase in self.required]
        if self.words:
            parts.append((Occur.SHOULD, MatchQuery(self.words, COLUMN)))
        if self.forms:
            parts.append((Occur.SHOULD, MatchQuery(self.forms, COLUMN, boost=self.forms_boost)))
        parts += [(Occur.SHOULD, PhraseQuery(phrase, COLUMN)) for phrase in self.phrases]
        return parts[0][1] if len(parts) == 1 else BooleanQuery(parts)
