"""From judgments of several people to one verdict for each picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from lookalike.store.judgments import Judgment

_Z = 1.96
"""95 % of a normal distribution."""
_ACCEPTED = 1.0
_REJECTED = 10.0
"""Powers of ten that a picture loses which everybody rejected."""


@dataclass(frozen=True)
class Votes:
    """How many people's latest word on a picture was yes, and how many no."""

    yes: int = 0
    no: int = 0

    @property
    def relevant(self) -> bool:
        """What most of them say; a tie counts as yes."""
        return self.yes >= self.no

    @property
    def weight(self) -> float:
        """How sure they are together: 1 for one person, 0 for a tie, more for many."""
        return abs(self.yes - self.no) / sqrt(self.yes + self.no)

    @property
    def prior(self) -> float:
        """What the picture's score gains or loses by the votes alone, in powers of ten.

        A picture that most reject loses up to 10. One that is accepted gains as the lower end of
        the confidence interval of its acceptance (Wilson, 1927) rises above a half: nothing for a
        few votes, at most 1 for very many.
        """
        count = self.yes + self.no
        share = self.yes / count
        if share < 0.5:
            return -_REJECTED * (1 - 2 * share)
        return _ACCEPTED * max(0.0, 2 * wilson_lower(self.yes, count) - 1)


def wilson_lower(successes: int, trials: int) -> float:
    """Lower end of the 95 % score interval of a proportion (Wilson, 1927)."""
    if trials == 0:
        return 0.0
    share, z2 = successes / trials, _Z**2
    spread = _Z * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return (share + z2 / (2 * trials) - spread) / (1 + z2 / trials)


def count_votes(judgments: Iterable[Judgment]) -> dict[str, Votes]:
    """Votes by picture id.

    Args:
        judgments: oldest first; of each person the last word on a picture counts. Who gives no
            name is one person.
    """
    latest = {(j.picture, j.user): j.relevant for j in judgments}
    votes: dict[str, Votes] = {}
    for (picture, _), relevant in sorted(latest.items()):
        old = votes.get(picture, Votes())
        votes[picture] = Votes(old.yes + relevant, old.no + (not relevant))
    return votes
