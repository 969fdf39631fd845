"""Users who judge what a search shows them, round after round, because they know the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

DEPTH = 20
"""Precision is measured among so many."""

Choice = Literal["top", "suggested"]


class Session(Protocol):
    """One query that is searched and judged again and again."""

    def ranking(self, count: int) -> Sequence[str]:
        """Ids of the best pictures, best first."""
        ...

    def judge(self, relevant: Collection[str], not_relevant: Collection[str]) -> None:
        """Keep verdicts; the next ranking may use them."""
        ...

    def suggested(self, count: int) -> Sequence[str]:
        """Ids of the pictures whose verdict would teach most."""
        ...


@dataclass(frozen=True)
class Round:
    """How good the ranking was after so many rounds of judging.

    Attributes:
        judged: how many pictures had been judged.
        seen: precision among the first 20 as the user sees them, judged pictures included. Where
            fewer than 20 pictures are relevant, it is the share of those: 1 can be reached.
        residual: the same with all pictures that were judged taken out first, from the ranking
            and from the relevant ones (residual collection, Salton and Buckley, 1990); None where
            no relevant one is left.
    """

    judged: int
    seen: float
    residual: float | None


@dataclass(frozen=True)
class SimulatedUser:
    """Judges without error.

    Attributes:
        relevant: ids of all pictures that fit.
        per_round: how many pictures are judged in a round: of the ranking, those that come first
            and were not judged yet.
        choice: judge the top of the ranking, or what is suggested.
        example: a relevant picture that is shown in the first round instead, as people do when
            they are asked for one; None to judge what there is.
    """

    relevant: frozenset[str]
    per_round: int = 10
    choice: Choice = "top"
    example: str | None = None

    def rounds(
        self, session: Session, count: int = 6, on_round: Callable[[Round], None] = lambda _: None
    ) -> list[Round]:
        """Search, judge, search again.

        Args:
            session: a query that nobody judged yet.
            count: rounds of judging; there is one ranking more.
            on_round: told each round as it comes.
        """
        judged: set[str] = set()
        found: list[Round] = []
        for number in range(count + 1):
            ranking = session.ranking(DEPTH + self.per_round * (count + 1))
            found.append(self._scored(ranking, judged))
            on_round(found[-1])
            if number < count:
                chosen = self._chosen(session, ranking, judged, first=number == 0)
                session.judge(
                    [picture for picture in chosen if picture in self.relevant],
                    [picture for picture in chosen if picture not in self.relevant],
                )
                judged |= set(chosen)
        return found

    def _chosen(
        self, session: Session, ranking: Sequence[str], judged: set[str], *, first: bool
    ) -> list[str]:
        if first and self.example is not None:
            return [self.example]
        if self.choice == "suggested":
            return list(session.suggested(self.per_round))
        return [picture for picture in ranking if picture not in judged][: self.per_round]

    def _scored(self, ranking: Sequence[str], judged: set[str]) -> Round:
        seen = _precision(ranking, self.relevant)
        rest = [picture for picture in ranking if picture not in judged]
        return Round(len(judged), seen or 0.0, _precision(rest, self.relevant - judged))


def _precision(ranking: Sequence[str], relevant: Collection[str]) -> float | None:
    if not relevant:
        return None
    hits = sum(picture in relevant for picture in ranking[:DEPTH])
    return hits / min(DEPTH, len(relevant))
