"""How a query was understood, and what else might have been meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lookalike.search.query import Query

UnderstoodAs = Literal["without", "date", "place", "spelling", "synonym", "kinds", "taught"]
SuggestedBecause = Literal["relative", "place", "colour", "without"]


@dataclass(frozen=True)
class Understood:
    """Some words that were not taken as they stand.

    Attributes:
        text: the words.
        kind: what they were taken for: ``without`` (a clause of what not to find), ``date``
            and ``place`` (filters), ``spelling`` (another word), ``synonym`` (words that mean the
            same), ``kinds`` (classes of the encoder that the words are the common name of),
            ``taught`` (a word that people taught, which counts by itself).
        meaning: what counts in their place.
    """

    text: str
    kind: UnderstoodAs
    meaning: str

    def __str__(self) -> str:
        match self.kind:
            case "without":
                return f"Without {self.meaning!r}."
            case "date":
                return f"{self.text!r} was taken for a date: {self.meaning}."
            case "place":
                return f"{self.text!r} was taken for a place: {self.meaning}."
            case "spelling":
                return f"Nothing says {self.text!r}: these are results for {self.meaning!r}."
            case "synonym":
                count = "count" if ", " in self.meaning else "counts"
                return f"Nothing says {self.text!r}: {self.meaning} {count} in its place."
            case "taught":
                return f"{self.text!r} was taught, and counts by itself."
            case "kinds":
                return f"{self.text!r} was read as {self.meaning}."

    def as_dict(self) -> dict[str, str]:
        """As JSON's types."""
        return dict(vars(self))


@dataclass(frozen=True)
class Suggestion:
    """Another query that may find more, or just what was meant.

    Attributes:
        label: for people.
        kind: why it is suggested.
        query: to be run in place of the one that was asked.
    """

    label: str
    kind: SuggestedBecause
    query: Query

    def as_dict(self) -> dict[str, Any]:
        """As JSON's types."""
        return {"label": self.label, "kind": self.kind, "query": self.query.as_dict()}
